"""Galleries, subjects with their keys, references and enrolment runs.

Revision: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the first tables in an empty database."""
    _create_galleries()
    _create_subjects()
    _create_references()
    _create_enrolment_runs()


def _create_galleries() -> None:
    sealing_state = op.create_table(
        "sealing_state",
        sa.Column("row_number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("master_key_id", sa.Text),
        sa.Column("adopted_at", sa.String(25)),
        sa.PrimaryKeyConstraint("row_number", name="pk_sealing_state"),
        sa.CheckConstraint("row_number = 1", name="ck_sealing_state_one_row"),
    )
    op.bulk_insert(sealing_state, [{"row_number": 1}])
    op.create_table(
        "galleries",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model_name", sa.Text, nullable=False),
        sa.Column("model_digest", sa.Text, nullable=False),
        sa.Column("model_dimension", sa.Integer, nullable=False),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("retention_days", sa.Integer),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", name="pk_galleries"),
        sa.UniqueConstraint("name", name="uq_galleries_name"),
    )


def _create_subjects() -> None:
    op.create_table(
        "subjects",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "subject_id", name="pk_subjects"),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.gallery_id"], name="fk_subjects_galleries", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("gallery_id", "name", name="uq_subjects_gallery_id_name"),
    )
    op.create_table(
        "subject_keys",
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("gallery_id", "subject_id", name="pk_subject_keys"),
        sa.ForeignKeyConstraint(
            ["gallery_id", "subject_id"],
            ["subjects.gallery_id", "subjects.subject_id"],
            name="fk_subject_keys_subjects",
            ondelete="CASCADE",
        ),
    )


def _create_references() -> None:
    op.create_table(
        "stored_references",
        sa.Column("reference_id", sa.String(32), nullable=False),
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("subject_id", sa.String(32), nullable=False),
        sa.Column("sealed_template", sa.LargeBinary, nullable=False),
        sa.Column("source_sha256", sa.String(64), nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.Column("expires_at", sa.String(25)),
        sa.PrimaryKeyConstraint("reference_id", name="pk_stored_references"),
        sa.ForeignKeyConstraint(
            ["gallery_id", "subject_id"],
            ["subjects.gallery_id", "subjects.subject_id"],
            name="fk_stored_references_subjects",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "gallery_id", "subject_id", "source_sha256", name="uq_stored_references_gallery_id_subject_id_source_sha256"
        ),
    )
    op.create_index("ix_stored_references_gallery_id_expires_at", "stored_references", ["gallery_id", "expires_at"])


def _create_enrolment_runs() -> None:
    op.create_table(
        "enrolment_runs",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("started_at", sa.String(25), nullable=False),
        sa.Column("finished_at", sa.String(25)),
        sa.Column("expires_at", sa.String(25)),
        sa.PrimaryKeyConstraint("run_id", name="pk_enrolment_runs"),
        sa.ForeignKeyConstraint(
            ["gallery_id"], ["galleries.gallery_id"], name="fk_enrolment_runs_galleries", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_enrolment_runs_gallery_id", "enrolment_runs", ["gallery_id"])
    op.create_table(
        "enrolment_outcomes",
        sa.Column("run_id", sa.String(32), nullable=False),
        sa.Column("item_sha256", sa.String(64), nullable=False),
        sa.Column("source_name", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("sha256", sa.String(64)),
        sa.PrimaryKeyConstraint("run_id", "item_sha256", name="pk_enrolment_outcomes"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["enrolment_runs.run_id"], name="fk_enrolment_outcomes_enrolment_runs", ondelete="CASCADE"
        ),
    )
