"""Cases and the credentials that carry them.

Rules kept here:

- A case is never deleted while its credentials could be asked about: it is closed, and what it said stays.
- Of an API key or a token only a SHA-256 is stored. An AWS secret has to be known to check a signature; it is sealed
  (``secret_sealing``) and destroyed once its credential has expired.
- A case names its galleries by identifier: a gallery made later under the same name is not meant.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
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

cases = Table(
    "cases",
    metadata,
    Column("case_id", IDENTIFIER, nullable=False),
    Column("case_number", Text, nullable=False),
    Column("operator_id", IDENTIFIER, nullable=False),
    Column("operator", Text, nullable=False),
    Column("attested_by", Text, nullable=False),
    Column("purpose_text", Text, nullable=False),
    Column("vague_reason", Text),
    # JSON object of policy request attributes, as attested; keys sorted.
    Column("claims", Text, nullable=False),
    Column("authorisation_issuer", Text),
    Column("authorisation_requested_at", TIME),
    Column("authorisation_document_sha256", SHA256),
    Column("case_list_checked", Boolean, nullable=False),
    Column("any_gallery", Boolean, nullable=False),
    Column("most_searches", Integer),
    Column("most_candidates", Integer),
    Column("searches_done", Integer, nullable=False),
    Column("opened_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("first_search_at", TIME),
    Column("closed_at", TIME),
    Column("closed_by", Text),
    Column("close_reason", Text),
    PrimaryKeyConstraint("case_id"),
    # The last line of defence; the statement that counts a search refuses it first.
    CheckConstraint("most_searches IS NULL OR searches_done <= most_searches", name="searches_within_limit"),
    Index(None, "case_number"),
    Index(None, "opened_at"),
    Index(None, "operator_id", "opened_at"),
)

#: No foreign key to galleries: what a case was allowed to search stays on record after the gallery is gone.
case_galleries = Table(
    "case_galleries",
    metadata,
    Column("case_id", IDENTIFIER, nullable=False),
    Column("gallery_id", IDENTIFIER, nullable=False),
    Column("name", Text, nullable=False),
    PrimaryKeyConstraint("case_id", "gallery_id"),
    ForeignKeyConstraint(["case_id"], ["cases.case_id"], ondelete="CASCADE"),
)

credentials = Table(
    "credentials",
    metadata,
    Column("credential_id", IDENTIFIER, nullable=False),
    Column("case_id", IDENTIFIER, nullable=False),
    Column("kind", Text, nullable=False),
    # What a request is found by: an AWS access key id, or the SHA-256 of an API key or token.
    Column("lookup", Text, nullable=False),
    Column("sealed_secret", LargeBinary),
    Column("minted_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    Column("revoked_at", TIME),
    Column("revoked_by", Text),
    Column("revoke_reason", Text),
    PrimaryKeyConstraint("credential_id"),
    ForeignKeyConstraint(["case_id"], ["cases.case_id"], ondelete="CASCADE"),
    UniqueConstraint("kind", "lookup"),
    Index(None, "case_id"),
)
