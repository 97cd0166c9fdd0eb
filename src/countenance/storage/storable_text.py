"""Text that every supported database stores alike; anything else is refused before a database has to."""

from __future__ import annotations

from countenance.core.errors import InputError

#: Longest subject or gallery name, in bytes of UTF-8. Names are indexed, and an index entry of PostgreSQL holds at most
#: 2704 bytes (a third of a page); half of that leaves room for what stands beside the name.
LONGEST_NAME_BYTES = 1352


def require_storable(text: str, what: str) -> None:
    """Raise unless a text can be stored: it holds no NUL and nothing that is not Unicode.

    Names of files on Linux are bytes; Python shows bytes that are no text as lone surrogates, which end up here.

    Args:
        text: The text.
        what: What it is, for the message: the text itself may be a person's name and stays out of it.

    Raises:
        InputError: It cannot be stored.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        storable = False
    else:
        storable = "\0" not in text
    if not storable:
        # Raised outside the handler: the encoding error carries the text.
        raise InputError(
            f"A {what} holds a character that cannot be stored.",
            remedy="Rename it; letters, digits and punctuation of any script will do.",
        )


def require_storable_name(name: str, what: str) -> None:
    """Raise unless a name can be stored and indexed: as ``require_storable``, not empty, and not too long.

    Raises:
        InputError: It cannot be.
    """
    require_storable(name, f"{what} name")
    length = len(name.encode())
    if not 0 < length <= LONGEST_NAME_BYTES:
        raise InputError(
            f"A {what} name has {length} bytes; 1 to {LONGEST_NAME_BYTES} can be stored.",
            remedy="Give it another name.",
        )
