"""Reviews: held results, fillers and blind votes; and the pictures of faces that reviewers look at.

Revision: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of this step."""
    _create_reference_crops()
    _create_reviewers()
    _create_reviews()
    _create_what_is_shown()
    _create_votes()


def _create_reference_crops() -> None:
    op.create_table(
        "reference_crops",
        sa.Column("reference_id", sa.String(32), nullable=False),
        sa.Column("sealed_crop", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("reference_id", name="pk_reference_crops"),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["stored_references.reference_id"],
            name="fk_reference_crops_stored_references",
            ondelete="CASCADE",
        ),
    )


def _create_reviewers() -> None:
    op.create_table(
        "reviewers",
        sa.Column("reviewer_id", sa.String(32), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("trained_until", sa.String(25), nullable=False),
        sa.Column("attested_by", sa.Text, nullable=False),
        sa.Column("attested_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("reviewer_id", name="pk_reviewers"),
    )


def _create_reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("act_id", sa.String(32), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("gallery_id", sa.String(32), nullable=False),
        sa.Column("gallery", sa.Text, nullable=False),
        sa.Column("requester_id", sa.String(32), nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("threshold", sa.Text, nullable=False),
        sa.Column("reviewers_needed", sa.Integer, nullable=False),
        sa.Column("quorum", sa.Integer, nullable=False),
        sa.Column("filler_seed", sa.String(64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column("opened_at", sa.String(25), nullable=False),
        sa.Column("due_at", sa.String(25), nullable=False),
        sa.Column("ended_at", sa.String(25)),
        sa.Column("ended_by", sa.String(32)),
        sa.Column("end_result", sa.Text),
        sa.Column("end_entry_id", sa.String(32)),
        sa.PrimaryKeyConstraint("review_id", name="pk_reviews"),
        sa.UniqueConstraint("act_id", name="uq_reviews_act_id"),
        sa.CheckConstraint("state IN ('open', 'agreed', 'released', 'closed')", name="ck_reviews_known_state"),
        sa.CheckConstraint(
            "(state IN ('open', 'agreed')) = (ended_at IS NULL) AND (ended_at IS NULL) = (wrapped_key IS NOT NULL)",
            name="ck_reviews_ended_whole",
        ),
    )
    op.create_index("ix_reviews_state_opened_at", "reviews", ["state", "opened_at"])


def _create_what_is_shown() -> None:
    op.create_table(
        "review_probes",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("probe_number", sa.Integer, nullable=False),
        sa.Column("sealed_crop", sa.LargeBinary),
        sa.PrimaryKeyConstraint("review_id", "probe_number", name="pk_review_probes"),
        _of_review("review_probes"),
    )
    op.create_table(
        "review_items",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("item_number", sa.Integer, nullable=False),
        sa.Column("probe_number", sa.Integer, nullable=False),
        sa.Column("reference_id", sa.String(32), nullable=False),
        sa.Column("is_filler", sa.Boolean, nullable=False),
        sa.Column("shown", sa.Boolean, nullable=False),
        sa.Column("candidate_rank", sa.Integer),
        sa.Column("similarity", sa.Float),
        sa.PrimaryKeyConstraint("review_id", "item_number", name="pk_review_items"),
        _of_review("review_items"),
    )
    op.create_table(
        "review_sittings",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("reviewer_id", sa.String(32), nullable=False),
        sa.Column("first_shown_at", sa.String(25), nullable=False),
        sa.PrimaryKeyConstraint("review_id", "reviewer_id", name="pk_review_sittings"),
        _of_review("review_sittings"),
    )


def _create_votes() -> None:
    op.create_table(
        "review_votes",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("reviewer_id", sa.String(32), nullable=False),
        sa.Column("vote_number", sa.Integer, nullable=False),
        sa.Column("entry_id", sa.String(32), nullable=False),
        sa.Column("voted_at", sa.String(25), nullable=False),
        sa.Column("none_of_these", sa.Boolean, nullable=False),
        sa.Column("fillers_shown", sa.Integer, nullable=False),
        sa.Column("fillers_chosen", sa.Integer, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("review_id", "reviewer_id", name="pk_review_votes"),
        sa.UniqueConstraint("review_id", "vote_number", name="uq_review_votes_review_id_vote_number"),
        _of_review("review_votes"),
    )
    op.create_index("ix_review_votes_reviewer_id", "review_votes", ["reviewer_id"])
    op.create_table(
        "review_ratings",
        sa.Column("review_id", sa.String(32), nullable=False),
        sa.Column("reviewer_id", sa.String(32), nullable=False),
        sa.Column("item_number", sa.Integer, nullable=False),
        sa.Column("rating", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("review_id", "reviewer_id", "item_number", name="pk_review_ratings"),
        sa.ForeignKeyConstraint(
            ["review_id", "reviewer_id"],
            ["review_votes.review_id", "review_votes.reviewer_id"],
            name="fk_review_ratings_review_votes",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("rating BETWEEN -3 AND 3", name="ck_review_ratings_seven_points"),
    )


def _of_review(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["review_id"], ["reviews.review_id"], name=f"fk_{table}_reviews", ondelete="CASCADE")
