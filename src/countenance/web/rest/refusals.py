"""Requests that the frame refuses before or instead of doing them, each with what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered.

    Attributes:
        status: HTTP status.
        code: Stable word.
        message: What happened.
        remedy: What can be done about it.
        headers: Headers that go with it.
    """

    status: int
    code: str
    message: str
    remedy: str
    headers: Mapping[str, str] = field(default_factory=dict)


class RequestRefused(Exception):
    """A request that is not done.

    Attributes:
        said: What is answered.
        entry_id: Where it is recorded, or None.
    """

    def __init__(self, said: Said, entry_id: str | None = None) -> None:
        super().__init__(said.message)
        self.said = said
        self.entry_id = entry_id


class TokenRefused(RequestRefused):
    """No token, or none that is known or still good."""

    def __init__(self, message: str, entry_id: str | None = None) -> None:
        """Take which, and where it is recorded."""
        remedy = "Show a case's token: Authorization: Bearer cnt_…"
        challenge = {"WWW-Authenticate": 'Bearer realm="countenance"'}
        super().__init__(Said(401, "token_refused", message, remedy, challenge), entry_id)


class KeyTaken(RequestRefused):
    """An idempotency key belongs to another request."""

    def __init__(self) -> None:
        message = "This idempotency key belongs to another request."
        super().__init__(Said(422, "idempotency_key_taken", message, "Use a new random key for each new request."))


class UnderWay(RequestRefused):
    """The first request with an idempotency key is not done yet."""

    def __init__(self) -> None:
        message, remedy = "The first request with this idempotency key is under way.", "Come back with the same key."
        super().__init__(Said(409, "request_under_way", message, remedy, {"Retry-After": "1"}))


class ReplyNotKept(RequestRefused):
    """What an idempotency key stands for was done; the reply held identities or was large, and is not kept."""

    def __init__(self, location: str | None) -> None:
        """Take where the result is, or None."""
        message = "This was done; its reply held identities or was large, and is not kept."
        remedy = "Ask again with a new key if it has to be done again."
        super().__init__(Said(409, "reply_not_kept", message, remedy, {"Location": location} if location else {}))
