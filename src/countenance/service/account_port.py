"""Who may sign in, and as what: roles, accounts, and somebody who has signed in.

Rules kept here:

- Nobody holds two of searcher, policy owner and auditor: who searches, who decides what may be searched, and who checks
  both are three people.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from countenance.core.errors import AccountInvalid, AccountNotFound, SignInRefused, SignInTooOften

__all__ = [
    "EXCLUSIVE",
    "Account",
    "AccountInvalid",
    "AccountNotFound",
    "Role",
    "SignInRefused",
    "SignInTooOften",
    "SignedIn",
    "checked_roles",
]


class Role(enum.StrEnum):
    """What an account may do. The words are stored and recorded; none changes its meaning."""

    SEARCHER = "searcher"
    """Searches under cases."""
    REVIEWER = "reviewer"
    """Looks at held results."""
    GALLERY_OWNER = "gallery_owner"
    """Keeps galleries and the people in them."""
    POLICY_OWNER = "policy_owner"
    """Decides which rules are in force."""
    AUDITOR = "auditor"
    """Checks what the others did, and measures the recogniser."""
    RECORDS = "records"
    """Answers for the record: reports, dossiers, erasure."""


#: Nobody holds two of these.
EXCLUSIVE = frozenset({Role.SEARCHER, Role.POLICY_OWNER, Role.AUDITOR})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has signed in.

    Attributes:
        account_id: Random identifier of the account, 32 hex digits.
        name: The account's name as shown; the operator's name in cases and reviews.
        roles: What they may do.
        csrf: What their forms carry, so that no other site can send one in their name.
        expires_at: When the session ends if nothing more is done.
        must_change_password: Whether nothing is open to them but changing the password.
    """

    account_id: str
    name: str
    roles: frozenset[Role]
    csrf: str = field(repr=False)
    expires_at: datetime
    must_change_password: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """An account, without its password.

    Attributes:
        account_id: Random identifier, 32 hex digits.
        name: As shown.
        name_key: What it is found and sorted by; see ``accounts.name_key``.
        roles: What it may do.
        created_at: When it was opened.
        disabled_at: Since when nobody signs in with it, or None.
        must_change_password: Whether its password is a one-time one.
        password_ends_at: Until when a one-time password can be used, or None.
    """

    account_id: str
    name: str
    name_key: str
    roles: frozenset[Role]
    created_at: datetime
    disabled_at: datetime | None = None
    must_change_password: bool = False
    password_ends_at: datetime | None = None


def checked_roles(roles: Iterable[str]) -> frozenset[Role]:
    """Return roles that one person may hold together.

    Raises:
        AccountInvalid: There is none, one is unknown, or two of them are kept apart.
    """
    named = sorted(set(roles))
    unknown = [name for name in named if name not in set(Role)]
    if unknown:
        raise AccountInvalid(
            f"There is no role called {', '.join(unknown)}.", remedy=f"Roles are: {', '.join(sorted(Role))}."
        )
    if not named:
        raise AccountInvalid("An account has at least one role.", remedy=f"Roles are: {', '.join(sorted(Role))}.")
    held = frozenset(Role(name) for name in named)
    apart = sorted(held & EXCLUSIVE)
    if len(apart) > 1:
        raise AccountInvalid(
            f"Nobody is {' and '.join(apart)} at once: who searches, who decides what may be searched, and who checks "
            "both are different people.",
            remedy=f"Leave one of them, and open another person's account for the other: {', '.join(apart)}.",
        )
    return held
