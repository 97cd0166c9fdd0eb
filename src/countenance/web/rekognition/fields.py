"""Members of a request, checked one by one: the client library checks few of them, so the service checks all.

Rules kept here:

- Lengths, patterns, ranges and words are those of the vendor's service model; what breaks one is an
  InvalidParameterException that names the member and the rule.
- A member that the operation does not have is refused, not passed over: it may have been meant to restrict something.
- A boolean is not a number, and a number that is not finite is none.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from countenance.service.vendor_quality import QualityFilter
from countenance.web.rekognition.errors import AwsError, invalid
from countenance.web.rekognition.images import ImageInput, image_input
from countenance.web.rekognition.refused_operations import REFUSED_ATTRIBUTES

COLLECTION_ID = re.compile(r"[a-zA-Z0-9_.\-]+")
EXTERNAL_ID = re.compile(r"[a-zA-Z0-9_.\-:]+")
FACE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
REQUEST_TOKEN = re.compile(r"[a-zA-Z0-9_-]+")
#: The vendor's pattern with Unicode letters, spaces and digits, written without property classes.
TAG_TEXT = re.compile(r"[\w\s_.:/=+\-@]*")
#: Longest value repeated in a message.
_SHOWN = 100


class Fields:
    """The members of one request, taken out by name; ``done`` refuses what is left."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        """Take the parsed body. A member that is null counts as absent, as it does for the vendor."""
        self._left = {name: value for name, value in body.items() if value is not None}

    def done(self) -> None:
        """Refuse members that nothing has asked for.

        Raises:
            AwsError: There are some.
        """
        if self._left:
            raise invalid(
                f"Unknown parameter in input: {', '.join(repr(name[:_SHOWN]) for name in sorted(self._left))}."
            )

    def collection_id(self) -> str:
        """Return the collection the operation is about."""
        return self.text("CollectionId", COLLECTION_ID, 255)

    def user_id(self) -> str:
        """Return the user the operation is about."""
        return self.text("UserId", EXTERNAL_ID, 128)

    def text(self, name: str, pattern: re.Pattern[str], longest: int) -> str:
        """Return a text that has to be there."""
        value = self.optional_text(name, pattern, longest)
        if value is None:
            raise invalid(f"Missing required parameter in input: '{name}'.")
        return value

    def optional_text(self, name: str, pattern: re.Pattern[str], longest: int) -> str | None:
        """Return a text, or None if it is absent."""
        value = self._left.pop(name, None)
        return None if value is None else checked_text(name, value, pattern, longest)

    def token(self) -> str | None:
        """Return the place where a page begins, or None for the first page; anything but text is no token."""
        value = self._left.pop("NextToken", None)
        if value is not None and not isinstance(value, str):
            raise invalid("Invalid type for parameter NextToken.")
        return value or None

    def whole(self, name: str, default: int, least: int, most: int | None) -> int:
        """Return a whole number within its range."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(f"Invalid type for parameter {name}: a whole number is needed.")
        if value < least or (most is not None and value > most):
            limit = f"from {least}" + ("" if most is None else f" to {most}")
            raise invalid(f"Value '{value}' at '{name}' failed to satisfy constraint: {limit}.")
        return value

    def percent(self, name: str, default: float) -> float:
        """Return a number from 0 to 100."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise invalid(f"Invalid type for parameter {name}: a number is needed.")
        if not 0 <= value <= 100:
            raise invalid(f"Value '{value}' at '{name}' failed to satisfy constraint: from 0 to 100.")
        return float(value)

    def quality_filter(self, default: QualityFilter) -> QualityFilter:
        """Return how strict to be about quality."""
        value = self._left.pop("QualityFilter", default.value)
        if not isinstance(value, str) or value not in set(QualityFilter):
            raise invalid(f"QualityFilter must be one of {', '.join(QualityFilter)}.")
        return QualityFilter(value)

    def face_ids(self, most: int) -> list[str]:
        """Return the identifiers of faces, which have to be there."""
        found = self.optional_face_ids(most)
        if found is None:
            raise invalid("Missing required parameter in input: 'FaceIds'.")
        return found

    def optional_face_ids(self, most: int) -> list[str] | None:
        """Return the identifiers of faces, or None if they are absent."""
        value = self._left.pop("FaceIds", None)
        if value is None:
            return None
        items = _items("FaceIds", value, 1, most)
        return [checked_text("FaceIds", item, FACE_ID, 36) for item in items]

    def attributes(self, name: str) -> None:
        """Check the face attributes asked for; ``DEFAULT`` and ``ALL`` give the same, everything there is.

        Raises:
            AwsError: One is asked for by name that this service does not give.
        """
        for item in _items(name, self._left.pop(name, []), 0, None):
            if item in ("DEFAULT", "ALL"):
                continue
            if not isinstance(item, str) or item not in REFUSED_ATTRIBUTES:
                raise invalid(f"{name} has an unknown value.")
            raise invalid(f"The attribute {item} is not available. {REFUSED_ATTRIBUTES[item]}")

    def image(self, name: str) -> ImageInput:
        """Return a picture, which has to be there."""
        value = self._left.pop(name, None)
        if value is None:
            raise invalid(f"Missing required parameter in input: '{name}'.")
        return image_input(name, value)

    def tags(self, name: str = "Tags", *, needed: bool = False) -> dict[str, str]:
        """Return tags by key."""
        value = self._left.pop(name, None)
        if value is None and not needed:
            return {}
        if not isinstance(value, dict) or len(value) > 200:
            raise invalid(f"{name} must be at most 200 keys with values.")
        return {tag_key(key): checked_text("tag value", text, TAG_TEXT, 256, 0) for key, text in value.items()}

    def tag_keys(self) -> list[str]:
        """Return the keys of tags, which have to be there."""
        value = self._left.pop("TagKeys", None)
        return [tag_key(item) for item in _items("TagKeys", value, 0, 200)]


def tag_key(value: Any) -> str:
    """Return the key of a tag.

    Raises:
        AwsError: It is not one, or one that the vendor keeps to itself.
    """
    key = checked_text("tag key", value, TAG_TEXT, 128)
    if key.startswith("aws:"):
        raise invalid("Tag keys must not begin with 'aws:'.")
    return key


def checked_text(name: str, value: Any, pattern: re.Pattern[str], longest: int, shortest: int = 1) -> str:
    """Return a text that keeps to its pattern and length.

    Raises:
        AwsError: It does not.
    """
    if not isinstance(value, str):
        raise invalid(f"Invalid type for parameter {name}: text is needed.")
    if not shortest <= len(value) <= longest:
        raise invalid(f"Value at '{name}' failed to satisfy constraint: length from {shortest} to {longest}.")
    if not pattern.fullmatch(value):
        shown = ascii(value[:_SHOWN])
        raise invalid(f"Value {shown} at '{name}' failed to satisfy constraint: pattern {pattern.pattern}.")
    return value


def _items(name: str, value: Any, least: int, most: int | None) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) < least or (most is not None and len(value) > most):
        limit = f"{least} or more" if most is None else f"from {least} to {most}"
        raise AwsError("InvalidParameterException", f"{name} must be a list of {limit} items.")
    return value
