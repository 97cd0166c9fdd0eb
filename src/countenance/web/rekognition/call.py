"""One call of an operation, with all it works with; and what its result is told in when it is held for review."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from countenance.service.accountability import Performed
from countenance.service.collection_parts import CollectionParts
from countenance.service.standing import Standing
from countenance.web.rekognition.errors import ACCESS_DENIED, AwsError
from countenance.web.rekognition.fields import Fields
from countenance.web.rekognition.images import ImageInput


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """A verified call.

    Attributes:
        operation: Its name.
        fields: The members of the request.
        parts: The collections and what they work with.
        standing: On whose behalf.
        region: The region the client signed for; it appears in names of resources only.
        objects: The objects that the request names as pictures: their bytes, or what is wrong with them.
    """

    operation: str
    fields: Fields
    parts: CollectionParts
    standing: Standing
    region: str
    objects: Mapping[ImageInput, bytes | AwsError] = field(repr=False)

    def photo(self, image: ImageInput) -> bytes:
        """Return the bytes of a picture of the request.

        Raises:
            AwsError: It is an object that cannot be read.
        """
        found = image.data if image.data is not None else self.objects[image]
        if isinstance(found, AwsError):
            raise found
        return found


#: An operation: the call → the members of the answer.
Operation = Callable[[Call], dict[str, Any]]


def require_released(performed: Performed[Any]) -> None:
    """Return unless the rules hold a result for review.

    Raises:
        AwsError: They do; the message names the review, and nobody who was found.
    """
    if performed.held:
        where = f"review {performed.review_id}" if performed.review_id else "no review: none is set up here"
        raise AwsError(
            ACCESS_DENIED,
            "The search was done and its result is held until trained people have looked at it; no candidate is shown "
            f"before ({where}). Recorded as entry {performed.outcome_entry_id}.",
        )
