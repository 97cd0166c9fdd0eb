"""One call of an operation, with all it works with; its answer; and pictures in requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from countenance.service.accountability import Performed
from countenance.service.person_group_port import ContainerKind, ContainerRef
from countenance.service.person_groups import PersonGroupParts
from countenance.service.photo_addresses import LONGEST_ADDRESS
from countenance.service.standing import Standing
from countenance.web.azure.errors import INVALID_IMAGE_SIZE, TOO_BIG_MESSAGE, TOO_SMALL_MESSAGE, UNSUPPORTED, AzureError
from countenance.web.azure.fields import Fields, body_fields, container_ref, query_fields

#: Smallest and largest picture. Source: Microsoft, Face API reference, Detect.
LEAST_IMAGE_BYTES, MOST_IMAGE_BYTES = 1_024, 6 * 1_024 * 1_024


@dataclass(slots=True, eq=False)
class Call:
    """A call of an authenticated client.

    Attributes:
        parts: The groups and what they work with.
        standing: On whose behalf.
        path: Variables of the path.
        raw_query: The query as sent.
        body: The body.
        is_json: Whether the body says that it is JSON.
        base_url: Where the dialect's paths begin, up to the version and without a slash at the end.
        kind: The kind of container the request is about, as soon as it is known.
        missing_status: Status of what is not there.
        least_image_bytes: Smallest picture accepted.
        fetched: The picture, if the body names its address.
    """

    parts: PersonGroupParts
    standing: Standing
    path: dict[str, str]
    raw_query: str
    body: bytes = field(repr=False)
    is_json: bool
    base_url: str
    kind: ContainerKind | None
    missing_status: int = 404
    least_image_bytes: int = LEAST_IMAGE_BYTES
    fetched: bytes | None = field(default=None, repr=False)

    def query(self) -> Fields:
        """Return the members of the query."""
        return query_fields(self.raw_query)

    def no_query(self) -> None:
        """Refuse a query: the operation has none."""
        self.query().done()

    def members(self) -> Fields:
        """Return the members of the body."""
        self.no_query()
        return body_fields(self.body)

    @property
    def container_kind(self) -> ContainerKind:
        """Return the kind of container the path names."""
        assert self.kind is not None  # noqa: S101 - routes of containers name their kind
        return self.kind

    @property
    def ref(self) -> ContainerRef:
        """Return the container that the path names."""
        return container_ref(self.container_kind, self.path["id"], f"{self.container_kind.value}Id")

    def image(self) -> bytes:
        """Return the picture of the request.

        Raises:
            AzureError: It is too small or too large.
        """
        data = self.body if self.fetched is None else self.fetched
        if len(data) < self.least_image_bytes:
            raise AzureError(400, INVALID_IMAGE_SIZE, TOO_SMALL_MESSAGE)
        if len(data) > MOST_IMAGE_BYTES:
            raise AzureError(400, INVALID_IMAGE_SIZE, TOO_BIG_MESSAGE)
        return data


def named_address(body: bytes) -> str:
    """Return the address of the picture that a JSON body names.

    Raises:
        AzureError: The body is something else.
    """
    fields = body_fields(body)
    address = fields.required_text("url", LONGEST_ADDRESS)
    fields.done()
    return address


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no error.

    Attributes:
        content: What becomes JSON; None for an empty body.
        status: HTTP status.
        headers: Further headers.
    """

    content: Any = None
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


#: An operation: the call → its answer.
Operation = Callable[[Call], Answer]


def require_released(performed: list[Performed[Any]]) -> None:
    """Return unless the rules hold one of several results for review.

    Raises:
        AzureError: They do; the message names the reviews, and nobody who was found.
    """
    held = [item for item in performed if item.held]
    if held:
        reviews = ", ".join(item.review_id for item in held if item.review_id) or "none is set up here"
        entries = ", ".join(item.outcome_entry_id for item in held)
        raise AzureError(
            403,
            UNSUPPORTED,
            "The search was done and its result is held until trained people have looked at it; no candidate is shown "
            f"before (review: {reviews}). Recorded as entry {entries}.",
        )
