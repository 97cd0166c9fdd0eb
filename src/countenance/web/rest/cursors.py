"""Where a list goes on: opaque to clients, checked when it comes back."""

from __future__ import annotations

import base64
import binascii
import json

from countenance.core.errors import InputError

#: Longest cursor looked at: names of galleries and subjects have at most 1,352 bytes each.
LONGEST = 6_000
#: Largest number in a column of 64 bits, which SQLite and PostgreSQL both have.
_LARGEST = 2**63 - 1


def cursor_of(kind: str, *place: str | int) -> str:
    """Return the cursor of a place in a list; ``kind`` keeps lists apart."""
    return base64.urlsafe_b64encode(json.dumps([kind, *place], separators=(",", ":")).encode()).decode().rstrip("=")


def place_of(kind: str, cursor: str, *types: type) -> tuple[str | int, ...]:
    """Return the place of a cursor.

    Raises:
        InputError: It is none of this list.
    """
    try:
        if len(cursor) > LONGEST:
            raise ValueError(cursor[:10])
        read = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        found, *place = read
        good = found == kind and [type(item) for item in place] == list(types) and all(map(_storable, place))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        good, place = False, []
    if not good:
        raise InputError("The cursor is not one of this list.", remedy="Leave it out to begin at the beginning.")
    return tuple(place)


def _storable(item: str | int) -> bool:
    """Return whether a database can compare something with it: no lone surrogate or NUL, no number above 63 bits."""
    if isinstance(item, int):
        return 0 <= item <= _LARGEST
    return "\x00" not in item and not any("\ud800" <= letter <= "\udfff" for letter in item)
