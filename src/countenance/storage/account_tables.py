"""Accounts of the console, sessions of those who have signed in, and attempts to do so.

Rules kept here:

- An account is never deleted: it is disabled, and who did what stays told apart.
- Of a password only a salted hash is stored, of a session's token only a SHA-256.
- Attempts are kept by a keyed digest of the name typed: what is typed there may be a password.
- The database, too, refuses an account that holds two of the roles that are kept apart.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from countenance.storage.tables import IDENTIFIER, SHA256, TIME, metadata

#: Roles as stored: words in alphabetical order with one space between them; no role's name is part of another's.
_HELD_APART = ("searcher", "policy_owner", "auditor")
#: The last line of defence; ``service.account_port.checked_roles`` refuses first and says why.
ROLES_APART = " + ".join(f"(CASE WHEN replace(roles, '{role}', '') <> roles THEN 1 ELSE 0 END)" for role in _HELD_APART)

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", IDENTIFIER, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("must_change_password", Boolean, nullable=False),
    Column("password_ends_at", TIME),
    Column("created_at", TIME, nullable=False),
    Column("disabled_at", TIME),
    PrimaryKeyConstraint("account_id"),
    UniqueConstraint("name_key"),
    CheckConstraint(f"{ROLES_APART} <= 1", name="roles_apart"),
)

account_sessions = Table(
    "account_sessions",
    metadata,
    Column("token_sha256", SHA256, nullable=False),
    Column("account_id", IDENTIFIER, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("last_seen_at", TIME, nullable=False),
    Column("ends_at", TIME, nullable=False),
    PrimaryKeyConstraint("token_sha256"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
    Index(None, "account_id"),
    Index(None, "ends_at"),
)

sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    Column("operator_id", IDENTIFIER, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("last_at", TIME, nullable=False),
    Column("locked_until", TIME),
    # Whether an account has the name: attempts of names that none has are forgotten after a day.
    Column("known", Boolean, nullable=False),
    PrimaryKeyConstraint("operator_id"),
    Index(None, "last_at"),
)
