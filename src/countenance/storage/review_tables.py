"""Reviews: held results, fillers and blind votes; and the pictures of faces that reviewers look at.

Rules kept here:

- A reference's picture hangs on the reference and goes with it, and so with its subject and gallery (``ON DELETE
  CASCADE``). It is sealed under the subject's key: without that nobody can open it.
- A probe's picture is sealed under the review's own key, and both are destroyed when the review ends.
- What was shown and what was voted is kept for disclosure, by random identifiers: who is meant is looked up through the
  reference for as long as that exists, and by nobody afterwards. No foreign key, so that erasing a person leaves the
  record of the review whole and nameless.
- A reviewer has one vote in a review; the database refuses a second.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from countenance.storage.tables import IDENTIFIER, SHA256, TIME, metadata

reference_crops = Table(
    "reference_crops",
    metadata,
    Column("reference_id", IDENTIFIER, nullable=False),
    Column("sealed_crop", LargeBinary, nullable=False),
    PrimaryKeyConstraint("reference_id"),
    ForeignKeyConstraint(["reference_id"], ["stored_references.reference_id"], ondelete="CASCADE"),
)

reviewers = Table(
    "reviewers",
    metadata,
    Column("reviewer_id", IDENTIFIER, nullable=False),
    Column("name", Text, nullable=False),
    Column("trained_until", TIME, nullable=False),
    Column("attested_by", Text, nullable=False),
    Column("attested_at", TIME, nullable=False),
    PrimaryKeyConstraint("reviewer_id"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("review_id", IDENTIFIER, nullable=False),
    Column("act_id", IDENTIFIER, nullable=False),
    Column("state", Text, nullable=False),
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("gallery", Text, nullable=False),
    Column("requester_id", IDENTIFIER, nullable=False),
    # JSON of the standing under which the search was asked for, and of the threshold it was decided at.
    Column("standing", Text, nullable=False),
    Column("threshold", Text, nullable=False),
    Column("reviewers_needed", Integer, nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("filler_seed", SHA256, nullable=False),
    # Null once the review has ended.
    Column("wrapped_key", LargeBinary),
    Column("opened_at", TIME, nullable=False),
    Column("due_at", TIME, nullable=False),
    Column("ended_at", TIME),
    Column("ended_by", IDENTIFIER),
    Column("end_result", Text),
    Column("end_entry_id", IDENTIFIER),
    PrimaryKeyConstraint("review_id"),
    UniqueConstraint("act_id"),
    CheckConstraint("state IN ('open', 'agreed', 'released', 'closed')", name="known_state"),
    CheckConstraint(
        "(state IN ('open', 'agreed')) = (ended_at IS NULL) AND (ended_at IS NULL) = (wrapped_key IS NOT NULL)",
        name="ended_whole",
    ),
    Index(None, "state", "opened_at"),
)

review_probes = Table(
    "review_probes",
    metadata,
    Column("review_id", IDENTIFIER, nullable=False),
    Column("probe_number", Integer, nullable=False),
    Column("sealed_crop", LargeBinary),
    PrimaryKeyConstraint("review_id", "probe_number"),
    ForeignKeyConstraint(["review_id"], ["reviews.review_id"], ondelete="CASCADE"),
)

#: Candidates and fillers. ``candidate_rank`` and ``similarity`` are null for a filler; ``shown`` is false for a
#: candidate without a picture, whom nobody can compare.
review_items = Table(
    "review_items",
    metadata,
    Column("review_id", IDENTIFIER, nullable=False),
    Column("item_number", Integer, nullable=False),
    Column("probe_number", Integer, nullable=False),
    Column("reference_id", IDENTIFIER, nullable=False),
    Column("is_filler", Boolean, nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("candidate_rank", Integer),
    Column("similarity", Float),
    PrimaryKeyConstraint("review_id", "item_number"),
    ForeignKeyConstraint(["review_id"], ["reviews.review_id"], ondelete="CASCADE"),
)

#: When a reviewer first looked.
review_sittings = Table(
    "review_sittings",
    metadata,
    Column("review_id", IDENTIFIER, nullable=False),
    Column("reviewer_id", IDENTIFIER, nullable=False),
    Column("first_shown_at", TIME, nullable=False),
    PrimaryKeyConstraint("review_id", "reviewer_id"),
    ForeignKeyConstraint(["review_id"], ["reviews.review_id"], ondelete="CASCADE"),
)

review_votes = Table(
    "review_votes",
    metadata,
    Column("review_id", IDENTIFIER, nullable=False),
    Column("reviewer_id", IDENTIFIER, nullable=False),
    Column("vote_number", Integer, nullable=False),
    Column("entry_id", IDENTIFIER, nullable=False),
    Column("voted_at", TIME, nullable=False),
    Column("none_of_these", Boolean, nullable=False),
    Column("fillers_shown", Integer, nullable=False),
    Column("fillers_chosen", Integer, nullable=False),
    Column("late", Boolean, nullable=False),
    PrimaryKeyConstraint("review_id", "reviewer_id"),
    UniqueConstraint("review_id", "vote_number"),
    ForeignKeyConstraint(["review_id"], ["reviews.review_id"], ondelete="CASCADE"),
    Index(None, "reviewer_id"),
)

#: One row an item that was rated; "none of these" may rate none.
review_ratings = Table(
    "review_ratings",
    metadata,
    Column("review_id", IDENTIFIER, nullable=False),
    Column("reviewer_id", IDENTIFIER, nullable=False),
    Column("item_number", Integer, nullable=False),
    Column("rating", Integer, nullable=False),
    PrimaryKeyConstraint("review_id", "reviewer_id", "item_number"),
    ForeignKeyConstraint(
        ["review_id", "reviewer_id"], ["review_votes.review_id", "review_votes.reviewer_id"], ondelete="CASCADE"
    ),
    CheckConstraint("rating BETWEEN -3 AND 3", name="seven_points"),
)
