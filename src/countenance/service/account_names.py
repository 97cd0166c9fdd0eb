"""Names of accounts: as shown, and as told apart.

Rules kept here:

- Two accounts whose names look alike (capitals, spaces, wide letters) are one: the name is the operator in the record.
"""

from __future__ import annotations

import unicodedata

from countenance.core.errors import AccountInvalid

#: Longest name, in characters.
LONGEST_NAME = 100
#: Most characters of a text that are looked at for a name.
_LONGEST_TYPED = 1_000


def shown_name(name: str) -> str:
    """Return a name as it is shown: compatibility forms of letters replaced, one space between words.

    Raises:
        AccountInvalid: It is empty, too long, or holds something that is not seen.
    """
    shown = tidy_name(name)
    if not _usable(shown):
        raise AccountInvalid(
            "The name of an account is 1 to 100 characters that can be seen, letters or digits among them.",
            remedy="Give the name that cases and reviews call this person by.",
        )
    return shown


def name_key(name: str) -> str:
    """Return what a name is told apart by; an empty text, which no account has, of what cannot be a name."""
    shown = tidy_name(name[:_LONGEST_TYPED])
    return tidy_name(shown.casefold()) if _usable(shown) else ""


def _usable(shown: str) -> bool:
    return 0 < len(shown) <= LONGEST_NAME and shown.isprintable() and any(map(str.isalnum, shown))


def tidy_name(name: str) -> str:
    """Return a name as accounts and cases have it: compatibility forms of letters replaced, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", name).split())
