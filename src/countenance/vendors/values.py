"""What vendors' adapters take and give: photos, what became of them, and scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol

#: Reasons a photo yields nothing at a vendor, where the vendor gives no word of its own.
NO_FACE = "no_face"
IMAGE_FORMAT = "image_format"
IMAGE_TOO_LARGE = "image_too_large"
IMAGE_TOO_SMALL = "image_too_small"
INVALID_IMAGE = "invalid_image"


class Photo(Protocol):
    """A photo that can be sent."""

    @property
    def name(self) -> str:
        """Return the photo's name within the audit; it is never sent."""
        ...

    @property
    def sha256(self) -> str:
        """Return the digest of the bytes."""
        ...

    def read(self) -> bytes:
        """Return the bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Acquired:
    """What a vendor made of one photo.

    Attributes:
        reason: None if it has a face in use, else why not, as a word of the vendor or one of this module.
        detail: The vendor's own message, if it gave one.
        several_faces: True if the vendor saw more than one face and the largest was used; None if it does not say.
        sent: False if the photo was not sent, because the vendor documents that it refuses such files.
    """

    reason: str | None = None
    detail: str | None = None
    several_faces: bool | None = False
    sent: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """One reference a search returned.

    Attributes:
        reference: Name of the reference photo.
        score: Similarity on the vendor's scale; higher is more alike.
    """

    reference: str
    score: float


@dataclass(frozen=True, slots=True)
class Searched:
    """What one search returned.

    Attributes:
        probe: What the vendor made of the probe.
        hits: The references it returned, best first.
        limit_reached: True if it returned as many as it would at most, so that others may have been left out.
    """

    probe: Acquired
    hits: tuple[Hit, ...] = ()
    limit_reached: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """What one comparison returned.

    Attributes:
        score: Similarity on the vendor's scale, or None where the vendor gave none.
        reason: Why there is none.
    """

    score: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RetryPlan:
    """How the SDK repeats a call that was throttled, broken off or answered with a server error.

    Attributes:
        attempts: Attempts in all, the first included.
        connect_timeout_s: Longest wait for a connection.
        read_timeout_s: Longest wait for an answer.
        backoff_s: First wait, doubled each time with an upper limit; Azure's SDK only, botocore has its own.
    """

    attempts: int = 8
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 60.0
    backoff_s: float = 0.8


@dataclass(frozen=True, slots=True)
class PlannedCalls:
    """Calls of one kind that a run will need.

    Attributes:
        operation: The vendor's name of the operation.
        calls: How many.
        price_each: Price of one attempt.
    """

    operation: str
    calls: int
    price_each: Decimal

    @property
    def price(self) -> Decimal:
        """Return the price of all, without retries."""
        return self.calls * self.price_each


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as an adapter hands it over for the archive.

    Attributes:
        body: The answer's JSON as received.
        status: HTTP status.
        request_id: The vendor's name for the call.
        refusal: The vendor's code if it refused what was sent for good, else None.
        message: The vendor's message with it.
    """

    body: Any = field(repr=False)
    status: int
    request_id: str | None
    refusal: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class VendorFacts:
    """With what, where and how a vendor is asked.

    Attributes:
        vendor: Short name, as typed.
        title: The product's full name.
        operation: ``search``, ``identify`` or ``compare``.
        endpoint: URL asked.
        region: Region, where the vendor has such.
        sdk: Name and version of the client library.
        score_low: Lowest score of the scale.
        score_high: Highest score of the scale.
        settings: Everything sent that bears on scores: thresholds, limits, models, filters, retry plan.
    """

    vendor: str
    title: str
    operation: str
    endpoint: str
    region: str | None
    sdk: str
    score_low: float
    score_high: float
    settings: Mapping[str, Any] = field(repr=False)
