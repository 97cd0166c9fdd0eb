"""Rules in force, certificates loaded and the facts the operator attests; where each gallery comes from.

Revision: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    _create_rules()
    _create_statements()
    op.create_table(
        "gallery_sources",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("stated_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", name="pk_gallery_sources"),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.gallery_id"], name="fk_gallery_sources_galleries", ondelete="CASCADE"
        ),
    )


def _create_rules() -> None:
    policy_state = op.create_table(
        "policy_state",
        sa.Column("row_number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("row_number", name="pk_policy_state"),
        sa.CheckConstraint("row_number = 1", name="ck_policy_state_one_row"),
    )
    op.bulk_insert(policy_state, [{"row_number": 1, "revision": 0}])
    op.create_table(
        "policy_packs",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("switched_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_policy_packs"),
    )
    op.create_table(
        "policy_documents",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("loaded_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_policy_documents"),
    )


def _create_statements() -> None:
    op.create_table(
        "policy_keys",
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("key_use", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("public_key", sa.LargeBinary, nullable=False),
        sa.Column("independent", sa.Boolean, nullable=False),
        sa.Column("listed_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("key_id", "key_use", name="pk_policy_keys"),
    )
    op.create_table(
        "policy_certificates",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=False),
        sa.Column("model_digest", sa.Text, nullable=False),
        sa.Column("loaded_at", sa.String(25), nullable=False),
        sa.Column("load_order", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_policy_certificates"),
    )
    op.create_table(
        "policy_facts",
        sa.Column("word", sa.Text, nullable=False),
        sa.Column("attested_by", sa.Text, nullable=False),
        sa.Column("attested_on", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("word", name="pk_policy_facts"),
    )
