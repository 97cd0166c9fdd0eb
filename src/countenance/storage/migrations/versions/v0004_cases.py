"""Cases and the credentials that carry them.

Revision: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    _create_cases()
    _create_case_galleries()
    _create_credentials()


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("case_number", sa.Text, nullable=False),
        sa.Column("operator_id", sa.String(32), nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("attested_by", sa.Text, nullable=False),
        sa.Column("purpose_text", sa.Text, nullable=False),
        sa.Column("vague_reason", sa.Text),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("authorisation_issuer", sa.Text),
        sa.Column("authorisation_requested_at", sa.String(25)),
        sa.Column("authorisation_document_sha256", sa.String(64)),
        sa.Column("case_list_checked", sa.Boolean, nullable=False),
        sa.Column("any_gallery", sa.Boolean, nullable=False),
        sa.Column("most_searches", sa.Integer),
        sa.Column("most_candidates", sa.Integer),
        sa.Column("searches_done", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.String(25), nullable=False),
        sa.Column("expires_at", sa.String(25), nullable=False),
        sa.Column("first_search_at", sa.String(25)),
        sa.Column("closed_at", sa.String(25)),
        sa.Column("closed_by", sa.Text),
        sa.Column("close_reason", sa.Text),
        sa.PrimaryKeyConstraint("case_id", name="pk_cases"),
        sa.CheckConstraint(
            "most_searches IS NULL OR searches_done <= most_searches", name="ck_cases_searches_within_limit"
        ),
    )
    op.create_index("ix_cases_case_number", "cases", ["case_number"])
    op.create_index("ix_cases_opened_at", "cases", ["opened_at"])


def _create_case_galleries() -> None:
    op.create_table(
        "case_galleries",
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "gallery_id", name="pk_case_galleries"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_case_galleries_cases", ondelete="CASCADE"),
    )


def _create_credentials() -> None:
    op.create_table(
        "credentials",
        sa.Column("credential_id", sa.String(32), nullable=False),
        sa.Column("case_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("lookup", sa.Text, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary),
        sa.Column("minted_at", sa.String(25), nullable=False),
        sa.Column("expires_at", sa.String(25), nullable=False),
        sa.Column("revoked_at", sa.String(25)),
        sa.Column("revoked_by", sa.Text),
        sa.Column("revoke_reason", sa.Text),
        sa.PrimaryKeyConstraint("credential_id", name="pk_credentials"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.case_id"], name="fk_credentials_cases", ondelete="CASCADE"),
        sa.UniqueConstraint("kind", "lookup", name="uq_credentials_kind_lookup"),
    )
    op.create_index("ix_credentials_case_id", "credentials", ["case_id"])
