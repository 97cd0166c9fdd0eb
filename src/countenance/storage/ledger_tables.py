"""The ledger: sealed entries, the hashes of its tree, open acts, and what is known about its keys and checkpoints.

Rules kept here:

- Entries and hashes are only ever added at their end. Nothing in a database can keep its owner from doing otherwise;
  what shows it is a checkpoint held outside (see ``countenance.ledger.checkpoint``).
- The columns beside a sealed line only find it; what counts is the line. Verification compares them.
- No foreign keys: what was done stays on record when the gallery, case or person it was done to is gone.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from countenance.storage.tables import IDENTIFIER, TIME, metadata

#: A time as the ledger writes it: ``2026-01-31T23:59:59.000000Z``.
LEDGER_TIME = String(27)
#: SQLite keeps a table in the order of its key, without an index beside it, only if the key is called INTEGER.
POSITION = BigInteger().with_variant(Integer, "sqlite")

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("entry_index", POSITION, autoincrement=False, nullable=False),
    Column("entry_id", IDENTIFIER, nullable=False),
    Column("kind", Text, nullable=False),
    Column("recorded_at", LEDGER_TIME, nullable=False),
    Column("sealed_line", LargeBinary, nullable=False),
    Column("act_id", IDENTIFIER),
    Column("case_id", IDENTIFIER),
    Column("review_id", IDENTIFIER),
    Column("gallery_id", IDENTIFIER),
    PrimaryKeyConstraint("entry_index"),
    UniqueConstraint("entry_id"),
    Index(None, "kind", "entry_index"),
    Index(None, "recorded_at"),
    Index(None, "act_id"),
    Index(None, "case_id"),
    Index(None, "review_id"),
    Index(None, "gallery_id"),
)

#: Roots of complete subtrees, in the order of ``countenance.ledger.hash_store``.
ledger_nodes = Table(
    "ledger_nodes",
    metadata,
    Column("position", POSITION, autoincrement=False, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("position"),
)

#: Acts whose intent is recorded and whose outcome is not. ``instance_id`` names the process that runs them.
open_acts = Table(
    "open_acts",
    metadata,
    Column("act_id", IDENTIFIER, nullable=False),
    Column("intent_entry_id", IDENTIFIER, nullable=False),
    Column("instance_id", IDENTIFIER, nullable=False),
    Column("started_at", TIME, nullable=False),
    PrimaryKeyConstraint("act_id"),
)

#: Public halves of the keys that signed or sign for this ledger, the first one first.
ledger_keys = Table(
    "ledger_keys",
    metadata,
    Column("number", Integer, autoincrement=False, nullable=False),
    Column("verifier_key", Text, nullable=False),
    Column("since", TIME, nullable=False),
    PrimaryKeyConstraint("number"),
)

ledger_checkpoints = Table(
    "ledger_checkpoints",
    metadata,
    Column("number", Integer, autoincrement=False, nullable=False),
    Column("entries", POSITION, nullable=False),
    Column("signed", LargeBinary, nullable=False),
    Column("made_at", LEDGER_TIME, nullable=False),
    Column("destination", Text, nullable=False),
    PrimaryKeyConstraint("number"),
)

#: At most one row: the key of this installation's digests, wrapped under the master key.
ledger_digest_key = Table(
    "ledger_digest_key",
    metadata,
    Column("row_number", Integer, autoincrement=False, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    PrimaryKeyConstraint("row_number"),
    CheckConstraint("row_number = 1", name="one_row"),
)
