"""Accounts of the console, sessions, and attempts to sign in.

Revision: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ROLES_APART = (
    "(CASE WHEN replace(roles, 'searcher', '') <> roles THEN 1 ELSE 0 END) + "
    "(CASE WHEN replace(roles, 'policy_owner', '') <> roles THEN 1 ELSE 0 END) + "
    "(CASE WHEN replace(roles, 'auditor', '') <> roles THEN 1 ELSE 0 END) <= 1"
)


def upgrade() -> None:
    """Make the tables of this step."""
    _create_accounts()
    _create_sessions()
    _create_attempts()


def _create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("password_ends_at", sa.String(25)),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.Column("disabled_at", sa.String(25)),
        sa.PrimaryKeyConstraint("account_id", name="pk_accounts"),
        sa.UniqueConstraint("name_key", name="uq_accounts_name_key"),
        sa.CheckConstraint(_ROLES_APART, name="ck_accounts_roles_apart"),
    )


def _create_sessions() -> None:
    op.create_table(
        "account_sessions",
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("account_id", sa.String(32), nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.Column("last_seen_at", sa.String(25), nullable=False),
        sa.Column("ends_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_account_sessions"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.account_id"], name="fk_account_sessions_accounts", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_account_sessions_account_id", "account_sessions", ["account_id"])
    op.create_index("ix_account_sessions_ends_at", "account_sessions", ["ends_at"])


def _create_attempts() -> None:
    op.create_table(
        "sign_in_attempts",
        sa.Column("operator_id", sa.String(32), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.String(25), nullable=False),
        sa.Column("locked_until", sa.String(25)),
        sa.Column("known", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("operator_id", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_last_at", "sign_in_attempts", ["last_at"])
