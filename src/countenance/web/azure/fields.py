"""Members of a request's query and JSON body, checked one by one: the newer client library checks nothing itself.

Rules kept here:

- Lengths, patterns, ranges and words are those of the vendor's reference; what breaks one is a ``BadArgument`` that
  names the member.
- A member that the operation does not have is refused, not passed over: it may have been meant to restrict something.
- A boolean is not a number, and a number that is not finite is none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from countenance.service.person_group_faces import Rectangle
from countenance.service.person_group_port import ContainerKind, ContainerRef
from countenance.web.azure.errors import AzureError, bad_argument

CONTAINER_ID = re.compile(r"[a-z0-9\-_]{1,64}")
FACE_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
RECOGNITION_MODELS = ("recognition_01", "recognition_02", "recognition_03", "recognition_04")
DETECTION_MODELS = ("detection_01", "detection_02", "detection_03")
#: Longest name, and longest own texts: of a container or person, and of a face, in characters.
LONGEST_NAME, LONGEST_TEXT, LONGEST_FACE_TEXT = 128, 16_384, 1_024
#: What other client libraries of the vendor's add to any query.
_TOLERATED = frozenset({"api-version"})
#: Longest value repeated in a message.
_SHOWN = 100


class Fields:
    """The members of one request, taken out by name; ``done`` refuses what is left."""

    def __init__(self, members: Mapping[str, Any]) -> None:
        """Take the members. One that is null counts as absent, as it does for the vendor."""
        self._left = {name: value for name, value in members.items() if value is not None}

    def done(self) -> None:
        """Refuse members that nothing has asked for.

        Raises:
            AzureError: There are some.
        """
        if self._left:
            raise bad_argument(f"Unknown argument: {', '.join(ascii(name[:_SHOWN]) for name in sorted(self._left))}.")

    def has(self, name: str) -> bool:
        """Return whether a member is there and not taken yet."""
        return name in self._left

    def text(self, name: str, longest: int, shortest: int = 0) -> str | None:
        """Return a text, or None if it is absent."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        if not isinstance(value, str) or not shortest <= len(value) <= longest or not _storable(value):
            raise bad_argument(f"'{name}' is invalid: a text of {shortest} to {longest} characters is needed.")
        return value

    def required_text(self, name: str, longest: int, shortest: int = 1) -> str:
        """Return a text that has to be there."""
        value = self.text(name, longest, shortest)
        if value is None:
            raise bad_argument(f"'{name}' is missing.")
        return value

    def word(self, name: str, words: tuple[str, ...], default: str) -> str:
        """Return one of several words."""
        value = self._left.pop(name, default)
        if value not in words:
            raise bad_argument(f"'{name}' is invalid: it is one of {', '.join(words)}.")
        return str(value)

    def flag(self, name: str, default: bool) -> bool:
        """Return a flag; in a query it is written ``true`` or ``false``."""
        value = self._left.pop(name, default)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise bad_argument(f"'{name}' is invalid: it is true or false.")

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number within its range; in a query it is written in digits."""
        value = self._left.pop(name, default)
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise bad_argument(f"'{name}' is invalid: it is a whole number from {least} to {most}.")
        return value

    def share(self, name: str, default: float) -> float:
        """Return a number from 0 to 1."""
        value = self._left.pop(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise bad_argument(f"'{name}' is invalid: a number is needed.")
        if not 0 <= value <= 1:
            raise bad_argument(f"'{name}' is invalid: it is from 0 to 1.")
        return float(value)

    def face_id(self, name: str) -> str:
        """Return the identifier of a face, lower case."""
        return _checked_face_id(name, self._left.pop(name, None))

    def face_ids(self, name: str, least: int, most: int) -> list[str]:
        """Return identifiers of faces, lower case."""
        value = self._left.pop(name, None)
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise bad_argument(f"'{name}' is invalid: a list of {least} to {most} identifiers is needed.")
        return [_checked_face_id(name, item) for item in value]

    def container(self, name: str, kind: ContainerKind) -> ContainerRef:
        """Return the container a member names."""
        return container_ref(kind, self._left.pop(name, None), name)

    def rectangle(self, name: str) -> Rectangle | None:
        """Return left, top, width, height in pixels, or None if it is absent."""
        value = self._left.pop(name, None)
        if value is None:
            return None
        found = re.fullmatch(r"\s*(-?\d{1,6})\s*,\s*(-?\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*", str(value))
        if found is None:
            raise bad_argument(f"'{name}' is invalid: left,top,width,height in whole pixels are needed.")
        left, top, width, height = (int(part) for part in found.groups())
        if not width or not height:
            raise bad_argument(f"'{name}' is invalid: it has no width or height.")
        return left, top, width, height

    def items(self, name: str) -> list[str]:
        """Return the parts of a list that a query writes with commas; empty if it is absent."""
        value = self._left.pop(name, "")
        return [part.strip() for part in str(value).split(",") if part.strip()]


def query_fields(raw_query: str) -> Fields:
    """Return the members of a query.

    Raises:
        AzureError: It is not a query, or names something twice.
    """
    try:
        pairs = parse_qsl(raw_query, keep_blank_values=True, errors="strict", max_num_fields=50)
    except ValueError:
        raise bad_argument("The query cannot be read.") from None
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise bad_argument("The query names something twice.")
    return Fields({name: value for name, value in pairs if name not in _TOLERATED})


def body_fields(body: bytes) -> Fields:
    """Return the members of a JSON body.

    Raises:
        AzureError: It is not a JSON object.
    """
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise bad_argument("JSON parsing error.") from None
    if not isinstance(parsed, dict):
        raise bad_argument("JSON parsing error: an object is needed.")
    return Fields(parsed)


def container_ref(kind: ContainerKind, value: Any, name: str) -> ContainerRef:
    """Return a container's reference.

    Raises:
        AzureError: The identifier is none.
    """
    if not isinstance(value, str) or not CONTAINER_ID.fullmatch(value):
        raise bad_argument(
            f"'{name}' is invalid: it has 1 to 64 characters out of lower-case letters, digits, '-' and '_'."
        )
    return ContainerRef(kind, value)


def _checked_face_id(name: str, value: Any) -> str:
    if not isinstance(value, str) or not FACE_ID.fullmatch(value):
        raise bad_argument(f"'{name}' is invalid: an identifier such as {'0' * 8}-0000-0000-0000-{'0' * 12} is needed.")
    return value.lower()


def _storable(text: str) -> bool:
    """Return whether every database stores a text alike: no NUL, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def one_of(fields: Fields, names: tuple[str, ...], error: AzureError) -> str:
    """Return which one of several members is there.

    Raises:
        AzureError: None is, or several are.
    """
    present = [name for name in names if fields.has(name)]
    if len(present) != 1:
        raise error
    return present[0]
