"""Jobs that go on after the request that began them, and replies kept so that a repeated request is not done twice.

Rules kept here:

- A job's row holds what is needed to go on with it: no photo, no template, no secret. Uploaded photos lie in the job's
  private folder until it ends; what came of each photo is enrolment's own bookkeeping and ends as that does.
- A job belongs to a case or to an account of the console; who asks as another does not find it.
- Of an idempotency key only a SHA-256 is stored. A kept reply is sealed, and ends after a day.
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
    Table,
    Text,
)

from countenance.storage.tables import IDENTIFIER, SHA256, TIME, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", IDENTIFIER, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    # Whose it is: the door, the operator's name, and the account or the credential with its case.
    Column("interface", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("account_id", IDENTIFIER),
    Column("credential_id", IDENTIFIER),
    Column("case_id", IDENTIFIER),
    # What it is about, for lists: a gallery's or an audit's name.
    Column("subject_matter", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("rate_per_s", Text),
    Column("counts", Text, nullable=False),
    Column("result", Text),
    Column("error_code", Text),
    Column("error_message", Text),
    Column("error_remedy", Text),
    Column("attempts", Integer, nullable=False),
    # The process that runs it; see ``process_presence``.
    Column("instance_id", IDENTIFIER),
    Column("cancel_asked_at", TIME),
    Column("created_at", TIME, nullable=False),
    Column("started_at", TIME),
    Column("finished_at", TIME),
    Column("heartbeat_at", TIME),
    PrimaryKeyConstraint("job_id"),
    CheckConstraint(
        "state IN ('queued', 'running', 'done', 'failed', 'cancelled', 'interrupted')", name="state_is_known"
    ),
    Index(None, "created_at", "job_id"),
    Index(None, "case_id", "created_at", "job_id"),
    Index(None, "kind", "created_at", "job_id"),
    Index(None, "kind", "subject_matter", "created_at", "job_id"),
    # For the places that an account's jobs take.
    Index(None, "account_id", "state"),
    Index(None, "state", "created_at"),
)

kept_replies = Table(
    "kept_replies",
    metadata,
    # Whose the key is: a credential or an account. Another's key of the same letters is another key.
    Column("scope", Text, nullable=False),
    Column("key_sha256", SHA256, nullable=False),
    # Of method, path and body: the same key with another request is a mistake.
    Column("fingerprint", SHA256, nullable=False),
    Column("claim_id", IDENTIFIER, nullable=False),
    # Null while the first request is under way.
    Column("status", Integer),
    Column("headers", Text),
    Column("sealed_body", LargeBinary),
    Column("created_at", TIME, nullable=False),
    Column("expires_at", TIME, nullable=False),
    PrimaryKeyConstraint("scope", "key_sha256"),
    Index(None, "expires_at"),
)
