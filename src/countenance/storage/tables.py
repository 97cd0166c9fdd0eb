"""The tables as they are after the newest migration; the migrations, not this module, create them.

Rules kept here:

- A photo, by digest, is stored once per subject and gallery: the database refuses a second row, whoever writes it.
- Times are text of one fixed width (``transactions.as_text``), so that they sort as text on every database.
- Everything of a gallery hangs on its row and goes with it (``ON DELETE CASCADE``).
- Templates and subject keys are sealed. Subject names, file names and photo digests are stored as they are: whoever
  can read the database can read *who* is enrolled, though not what they look like. Use pseudonyms as subject names,
  or an encrypted volume, where that matters.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

#: A random identifier: 16 bytes as hex, enough that two never meet by chance.
IDENTIFIER = String(32)
#: A time as text, such as ``2026-01-31T23:59:59+00:00``.
TIME = String(25)
#: A hex SHA-256.
SHA256 = String(64)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

#: One row, made by the migration: the master key that subject keys are wrapped with, null before the first use.
#: Share-locked by everybody who wraps a key, so that no key is wrapped with a master key on its way out.
sealing_state = Table(
    "sealing_state",
    metadata,
    Column("row_number", Integer, autoincrement=False, nullable=False),
    Column("master_key_id", Text),
    Column("adopted_at", TIME),
    PrimaryKeyConstraint("row_number"),
    CheckConstraint("row_number = 1", name="one_row"),
)

galleries = Table(
    "galleries",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("name", Text, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("model_digest", Text, nullable=False),
    Column("model_dimension", Integer, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("basis", Text, nullable=False),
    Column("retention_days", Integer),
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("gallery_id"),
    UniqueConstraint("name"),
)

subjects = Table(
    "subjects",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("subject_id", IDENTIFIER, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("gallery_id", "subject_id"),
    ForeignKeyConstraint(["gallery_id"], ["galleries.gallery_id"], ondelete="CASCADE"),
    UniqueConstraint("gallery_id", "name"),
)

#: A table of its own, so that the keys can be left out of one backup and kept, for a shorter time, in another.
subject_keys = Table(
    "subject_keys",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("subject_id", IDENTIFIER, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    PrimaryKeyConstraint("gallery_id", "subject_id"),
    ForeignKeyConstraint(
        ["gallery_id", "subject_id"], ["subjects.gallery_id", "subjects.subject_id"], ondelete="CASCADE"
    ),
)

#: Called ``references`` everywhere else; that word is reserved in SQL.
stored_references = Table(
    "stored_references",
    metadata,
    Column("reference_id", IDENTIFIER, nullable=False),
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("subject_id", IDENTIFIER, nullable=False),
    Column("sealed_template", LargeBinary, nullable=False),
    Column("source_sha256", SHA256, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME),
    PrimaryKeyConstraint("reference_id"),
    ForeignKeyConstraint(
        ["gallery_id", "subject_id"], ["subjects.gallery_id", "subjects.subject_id"], ondelete="CASCADE"
    ),
    UniqueConstraint("gallery_id", "subject_id", "source_sha256"),
    Index(None, "gallery_id", "expires_at"),
)

enrolment_runs = Table(
    "enrolment_runs",
    metadata,
    Column("run_id", IDENTIFIER, nullable=False),
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("source", Text, nullable=False),
    Column("started_at", TIME, nullable=False),
    Column("finished_at", TIME),
    Column("expires_at", TIME),
    PrimaryKeyConstraint("run_id"),
    ForeignKeyConstraint(["gallery_id"], ["galleries.gallery_id"], ondelete="CASCADE"),
    Index(None, "gallery_id"),
)

enrolment_outcomes = Table(
    "enrolment_outcomes",
    metadata,
    Column("run_id", IDENTIFIER, nullable=False),
    # Digest of source name and subject: a path may be longer than an index entry can be (PostgreSQL: 2704 bytes).
    Column("item_sha256", SHA256, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reason", Text),
    Column("sha256", SHA256),
    PrimaryKeyConstraint("run_id", "item_sha256"),
    ForeignKeyConstraint(["run_id"], ["enrolment_runs.run_id"], ondelete="CASCADE"),
)
