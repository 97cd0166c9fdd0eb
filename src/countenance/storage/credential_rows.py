"""Rows of credentials: minted, found, revoked; their sealed secrets destroyed when they expire.

Rules kept here:

- A credential is found by what a request shows (access key id, or digest of key or token), whatever its state: who
  asks decides with its times, and can say *why* it is refused.
- A revoked credential keeps its sealed secret until it expires: a request that still uses it can then be told from one
  that only names it, and be recorded as what it is. It opens nothing.
- An expired credential's secret is destroyed with the next change to any case.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select, update

from countenance.storage.case_tables import credentials
from countenance.storage.secret_sealing import seal_secret, unseal_secret
from countenance.storage.template_sealing import MasterKey
from countenance.storage.transactions import Transaction, as_text


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential as stored.

    Attributes:
        credential_id: Random identifier.
        case_id: The case it carries.
        kind: ``aws``, ``api_key`` or ``token``.
        lookup: What it is found by: access key id, or SHA-256 of key or token.
        minted_at, expires_at: From when until when it works.
        revoked_at: When it was ended early, or None.
        sealed_secret: An AWS secret, sealed; None for other kinds and once it is destroyed.
    """

    credential_id: str
    case_id: str
    kind: str
    lookup: str
    minted_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    sealed_secret: bytes | None = field(repr=False)


def add(
    transaction: Transaction,
    *,
    credential_id: str,
    case_id: str,
    kind: str,
    lookup: str,
    secret: bytes | None,
    expires_at: datetime,
) -> None:
    """Store a credential; ``secret`` only where the plain one has to be known again."""
    sealed = None if secret is None else seal_secret(transaction.master_key, credential_id, case_id, secret)
    transaction.connection.execute(
        insert(credentials).values(
            credential_id=credential_id,
            case_id=case_id,
            kind=kind,
            lookup=lookup,
            sealed_secret=sealed,
            minted_at=transaction.now_text,
            expires_at=as_text(expires_at),
        )
    )


def find(connection: Connection, kind: str, lookup: str) -> CredentialRow | None:
    """Return the credential of a kind that a request shows, or None."""
    statement = select(credentials).where(credentials.c.kind == kind, credentials.c.lookup == lookup)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _credential(row)


def by_id(connection: Connection, credential_id: str) -> CredentialRow | None:
    """Return one credential, or None."""
    row = connection.execute(select(credentials).where(credentials.c.credential_id == credential_id)).one_or_none()
    return None if row is None else _credential(row)


def of_case(connection: Connection, case_id: str) -> tuple[CredentialRow, ...]:
    """Return all credentials of a case, oldest first."""
    statement = (
        select(credentials)
        .where(credentials.c.case_id == case_id)
        .order_by(credentials.c.minted_at, credentials.c.kind, credentials.c.credential_id)
    )
    return tuple(_credential(row) for row in connection.execute(statement))


def revoke(transaction: Transaction, credential_id: str, *, by: str, reason: str | None) -> bool:
    """End a credential now; return False if it had been ended before."""
    changed = transaction.connection.execute(
        update(credentials)
        .where(credentials.c.credential_id == credential_id, credentials.c.revoked_at.is_(None))
        .values(revoked_at=transaction.now_text, revoked_by=by, revoke_reason=reason)
    )
    return changed.rowcount == 1


def destroy_expired_secrets(transaction: Transaction) -> int:
    """Destroy the sealed secrets of credentials that have expired; return how many."""
    changed = transaction.connection.execute(
        update(credentials)
        .where(credentials.c.expires_at <= transaction.now_text, credentials.c.sealed_secret.is_not(None))
        .values(sealed_secret=None)
    )
    transaction.deleted = transaction.deleted or changed.rowcount > 0
    return int(changed.rowcount)


def open_secret(master_key: MasterKey, credential: CredentialRow) -> bytes | None:
    """Return the plain secret of a credential, or None if it has none (any more).

    Raises:
        TemplateUnsealFailed: It does not open with this master key.
    """
    if credential.sealed_secret is None:
        return None
    return unseal_secret(master_key, credential.credential_id, credential.case_id, credential.sealed_secret)


def any_sealed(connection: Connection) -> bool:
    """Return whether a secret is stored that only the present master key opens."""
    statement = select(credentials.c.credential_id).where(credentials.c.sealed_secret.is_not(None)).limit(1)
    return connection.execute(statement).first() is not None


def rewrap(transaction: Transaction, new: MasterKey) -> int:
    """Seal every stored secret under another master key; return how many.

    Raises:
        TemplateUnsealFailed: One does not open; nothing is changed then.
    """
    statement = select(credentials).where(credentials.c.sealed_secret.is_not(None))
    found = [_credential(row) for row in transaction.connection.execute(statement)]
    for credential in found:
        secret = open_secret(transaction.master_key, credential)
        assert secret is not None  # noqa: S101 - selected for having one
        transaction.connection.execute(
            update(credentials)
            .where(credentials.c.credential_id == credential.credential_id)
            .values(sealed_secret=seal_secret(new, credential.credential_id, credential.case_id, secret))
        )
    return len(found)


def _credential(row: Row[tuple[object, ...]]) -> CredentialRow:
    return CredentialRow(
        credential_id=row.credential_id,
        case_id=row.case_id,
        kind=row.kind,
        lookup=row.lookup,
        minted_at=datetime.fromisoformat(row.minted_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        revoked_at=None if row.revoked_at is None else datetime.fromisoformat(row.revoked_at),
        revoked_by=row.revoked_by,
        sealed_secret=row.sealed_secret,
    )
