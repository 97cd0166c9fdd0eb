"""Rules in force, certificates loaded, the facts the operator attests, and where each gallery comes from."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from countenance.storage.tables import IDENTIFIER, SHA256, TIME, metadata

#: One row, made by the migration. Its revision grows with every change of the rules; who changes them locks it.
policy_state = Table(
    "policy_state",
    metadata,
    Column("row_number", Integer, autoincrement=False, nullable=False),
    Column("revision", BigInteger, nullable=False),
    PrimaryKeyConstraint("row_number"),
    CheckConstraint("row_number = 1", name="one_row"),
)

#: Packs the operator has switched; any other pack is as it was shipped.
policy_packs = Table(
    "policy_packs",
    metadata,
    Column("name", Text, nullable=False),
    Column("switched_on", Boolean, nullable=False),
    Column("changed_at", TIME, nullable=False),
    PrimaryKeyConstraint("name"),
)

#: ``operator_list`` (TOML) and ``federal_law`` (a signed envelope), as handed in.
policy_documents = Table(
    "policy_documents",
    metadata,
    Column("kind", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("loaded_at", TIME, nullable=False),
    PrimaryKeyConstraint("kind"),
)

policy_keys = Table(
    "policy_keys",
    metadata,
    Column("key_id", SHA256, nullable=False),
    Column("key_use", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("independent", Boolean, nullable=False),
    Column("listed_at", TIME, nullable=False),
    PrimaryKeyConstraint("key_id", "key_use"),
)

policy_certificates = Table(
    "policy_certificates",
    metadata,
    Column("sha256", SHA256, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Column("model_digest", Text, nullable=False),
    Column("loaded_at", TIME, nullable=False),
    # Two may be loaded within one second; the newest counts.
    Column("load_order", BigInteger, nullable=False),
    PrimaryKeyConstraint("sha256"),
)

policy_facts = Table(
    "policy_facts",
    metadata,
    Column("word", Text, nullable=False),
    Column("attested_by", Text, nullable=False),
    Column("attested_on", String(10), nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("reference", Text, nullable=False),
    PrimaryKeyConstraint("word"),
)

#: A table of its own: galleries made before sources were asked for have no row, and count as ``unknown``.
gallery_sources = Table(
    "gallery_sources",
    metadata,
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("source", Text, nullable=False),
    Column("stated_at", TIME, nullable=False),
    PrimaryKeyConstraint("gallery_id"),
    ForeignKeyConstraint(["gallery_id"], ["galleries.gallery_id"], ondelete="CASCADE"),
)
