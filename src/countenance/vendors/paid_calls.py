"""One call to a vendor: answered from the archive if it can be, else priced, sent, and archived."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from countenance.core.errors import CountenanceError, VendorRefused
from countenance.vendors.archive import Archive
from countenance.vendors.budget import Budget
from countenance.vendors.prices import PriceList
from countenance.vendors.values import Received


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked.

    Attributes:
        key: Identifies the call within the run; the same key is never asked twice once answered.
        operation: The vendor's name of the operation.
        request: Its parameters, with photos replaced by `photo_digest`.
        photos: Names of the photos concerned; for the archive only, never sent.
        stored_faces: How many faces it stores at the vendor.
        cleaning_up: True if it removes what an audit left at the vendor.
    """

    key: str
    operation: str
    request: Mapping[str, Any]
    photos: tuple[str, ...] = ()
    stored_faces: int = 0
    cleaning_up: bool = False


class PaidCalls:
    """Sends calls one at a time.

    Args:
        archive: Where answers are kept.
        budget: What may be spent.
        prices: What attempts cost.
        where: Endpoint, region and SDK, written into every document.
        now: The clock.
        closing: The operation that removes everything at the vendor; after its answer nothing else can be asked.
    """

    def __init__(
        self,
        archive: Archive,
        budget: Budget,
        prices: PriceList,
        *,
        where: Mapping[str, Any],
        now: Callable[[], datetime],
        closing: str,
    ) -> None:
        self.archive = archive
        self.budget = budget
        self.prices = prices
        self._where = where
        self._now = now
        self._closing = closing
        self._current: Call | None = None

    def ask(self, call: Call, send: Callable[[], Received]) -> Mapping[str, Any]:
        """Return the archived document of a call, sending it if it was not answered before.

        ``send`` must go through an SDK that calls `before_attempt` before every attempt.

        Raises:
            CostCapReached: An attempt could pass the cap.
            VendorError: No answer that settles the call; it may be asked again.
        """
        kept = self.archive.answer(call.key)
        if kept is not None:
            return kept
        if self.archive.answered(self._closing):
            raise VendorRefused(
                "What this run had stored at the vendor was deleted before the run was finished.",
                remedy="Move the archive folder away and begin anew; answered calls cannot be taken over.",
            )
        started = self._now().isoformat()
        before = self.archive.attempts_of(call.key)
        self._current = call
        try:
            received = send()
        except CountenanceError as error:
            # A call stopped by the cap was not sent: its attempts, if any, are in the journal already.
            self.archive.failed(call.key, call.operation, why=error.message, at=self._now().isoformat())
            raise
        finally:
            self._current = None
        ended = self._now().isoformat()
        document = {
            "schema": "countenance.vendor-call/1",
            "call": call.key,
            "operation": call.operation,
            "photos": list(call.photos),
            "sent_at": started,
            "answered_at": ended,
            "attempts": self.archive.attempts_of(call.key) - before,
            **self._where,
            "request": dict(call.request),
            "http_status": received.status,
            "request_id": received.request_id,
            "refusal": received.refusal,
            "message": received.message,
            "reply": received.body,
        }
        self.archive.keep_answer(call.key, call.operation, document, at=ended)
        return document

    def before_attempt(self) -> None:
        """Count and record an attempt about to be sent; SDK hooks call this, for retries too.

        Raises:
            CostCapReached: It could pass the cap; it must not be sent.
        """
        call = self._current
        assert call is not None  # noqa: S101 - adapters reach their SDK through `ask` only
        price = self.prices.of(call.operation, stored_faces=call.stored_faces)
        self.budget.spend(price, cleaning_up=call.cleaning_up)
        self.archive.about_to_send(call.key, call.operation, price=price, at=self._now().isoformat())


@contextmanager
def as_documented(operation: str) -> Iterator[None]:
    """Turn an answer that lacks what the vendor documents into an error; the answer itself is in the archive.

    Raises:
        VendorRefused: The code within did not find what it looked for.
    """
    try:
        yield
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise VendorRefused(
            f"The answer to {operation} is not in the documented shape ({type(error).__name__}: {error}).",
            remedy="Look at the last reply in the archive; another version of the client library may be needed.",
        ) from error


def score_within(value: Any, low: float, high: float) -> float:
    """Return a score as a number on the vendor's scale.

    Raises:
        ValueError: It is none, or not on the scale.
    """
    score = float(value)
    if not low <= score <= high:
        raise ValueError(f"a score of {score:g} is not between {low:g} and {high:g}")
    return score


def photo_digest(data: bytes) -> dict[str, Any]:
    """Return what stands for a photo in the archive."""
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
