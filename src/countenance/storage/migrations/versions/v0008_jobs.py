"""Jobs that go on after the request that began them, and replies kept for repeated requests.

Revision: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATES = "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')"


def upgrade() -> None:
    """Make the tables of this step."""
    _create_jobs()
    _create_kept_replies()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("interface", sa.Text, nullable=False),
        sa.Column("operator", sa.Text, nullable=False),
        sa.Column("account_id", sa.String(32)),
        sa.Column("credential_id", sa.String(32)),
        sa.Column("case_id", sa.String(32)),
        sa.Column("subject_matter", sa.Text, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("rate_per_s", sa.Text),
        sa.Column("counts", sa.Text, nullable=False),
        sa.Column("result", sa.Text),
        sa.Column("error_code", sa.Text),
        sa.Column("error_message", sa.Text),
        sa.Column("error_remedy", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("instance_id", sa.String(32)),
        sa.Column("cancel_asked_at", sa.String(25)),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.Column("started_at", sa.String(25)),
        sa.Column("finished_at", sa.String(25)),
        sa.Column("heartbeat_at", sa.String(25)),
        sa.PrimaryKeyConstraint("job_id", name="pk_jobs"),
        sa.CheckConstraint(_STATES, name="ck_jobs_state_is_known"),
    )
    op.create_index("ix_jobs_created_at_job_id", "jobs", ["created_at", "job_id"])
    op.create_index("ix_jobs_case_id_created_at_job_id", "jobs", ["case_id", "created_at", "job_id"])
    op.create_index("ix_jobs_kind_created_at_job_id", "jobs", ["kind", "created_at", "job_id"])
    op.create_index(
        "ix_jobs_kind_subject_matter_created_at_job_id", "jobs", ["kind", "subject_matter", "created_at", "job_id"]
    )
    op.create_index("ix_jobs_account_id_state", "jobs", ["account_id", "state"])
    op.create_index("ix_jobs_state_created_at", "jobs", ["state", "created_at"])


def _create_kept_replies() -> None:
    op.create_table(
        "kept_replies",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("key_sha256", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("claim_id", sa.String(32), nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("headers", sa.Text),
        sa.Column("sealed_body", sa.LargeBinary),
        sa.Column("created_at", sa.String(25), nullable=False),
        sa.Column("expires_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key_sha256", name="pk_kept_replies"),
    )
    op.create_index("ix_kept_replies_expires_at", "kept_replies", ["expires_at"])
