"""The ledger: sealed entries, the hashes of its tree, and acts that have begun.

Revision: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_POSITION = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables of this step."""
    _create_entries()
    _create_tree()
    _create_acts()
    _create_keys_and_checkpoints()


def _create_entries() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("entry_index", _POSITION, autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.String(27), nullable=False),
        sa.Column("sealed_line", sa.LargeBinary, nullable=False),
        sa.Column("act_id", sa.String(32)),
        sa.Column("case_id", sa.String(32)),
        sa.Column("review_id", sa.String(32)),
        sa.Column("gallery_id", sa.String(32)),
        sa.PrimaryKeyConstraint("entry_index", name="pk_ledger_entries"),
        sa.UniqueConstraint("entry_id", name="uq_ledger_entries_entry_id"),
    )
    op.create_index("ix_ledger_entries_kind_entry_index", "ledger_entries", ["kind", "entry_index"])
    for column in ("recorded_at", "act_id", "case_id", "review_id", "gallery_id"):
        op.create_index(f"ix_ledger_entries_{column}", "ledger_entries", [column])


def _create_tree() -> None:
    op.create_table(
        "ledger_nodes",
        sa.Column("position", _POSITION, autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_ledger_nodes"),
    )


def _create_acts() -> None:
    op.create_table(
        "open_acts",
        sa.Column("act_id", sa.String(32), nullable=False),
        sa.Column("intent_entry_id", sa.String(32), nullable=False),
        sa.Column("instance_id", sa.String(32), nullable=False),
        sa.Column("started_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("act_id", name="pk_open_acts"),
    )


def _create_keys_and_checkpoints() -> None:
    op.create_table(
        "ledger_keys",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("verifier_key", sa.Text, nullable=False),
        sa.Column("since", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_keys"),
    )
    op.create_table(
        "ledger_checkpoints",
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("entries", _POSITION, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.String(27), nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_checkpoints"),
    )
    op.create_table(
        "ledger_digest_key",
        sa.Column("row_number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("row_number", name="pk_ledger_digest_key"),
        sa.CheckConstraint("row_number = 1", name="ck_ledger_digest_key_one_row"),
    )
