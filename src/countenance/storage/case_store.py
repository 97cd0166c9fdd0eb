"""Cases and credentials over an open store: the object that ``bootstrap`` hands to the use cases.

Rules kept here:

- Writing takes part in the caller's transaction, so that a case, its credentials and the ledger's entries about them
  are stored together or not at all.
- A secret is unsealed only to check a signature with it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime

from countenance.storage import case_rows, credential_rows, subject_keys
from countenance.storage.case_rows import CaseRow, NewCase
from countenance.storage.credential_rows import CredentialRow
from countenance.storage.store import SqlGalleryStore
from countenance.storage.transactions import Transaction, as_text


class SqlCaseStore:
    """Cases and their credentials in the database of a gallery store."""

    def __init__(self, store: SqlGalleryStore) -> None:
        self._store = store

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Return a context for a transaction of the store, for the methods here and for the ledger to take part in."""
        return self._store.transaction()

    def add_case(self, case_id: str, case: NewCase, *, transaction: Transaction) -> None:
        """Store a new case; see ``case_rows.add``."""
        case_rows.add(transaction, case_id, case)

    def case(self, case_id: str) -> CaseRow | None:
        """Return one case, or None."""
        with self._store.database.reading() as connection:
            return case_rows.by_id(connection, case_id)

    def cases_named(self, name: str) -> tuple[CaseRow, ...]:
        """Return the cases with a number, or an identifier beginning so; newest first."""
        with self._store.database.reading() as connection:
            return case_rows.named(connection, name)

    def recent_cases(self, *, open_only: bool, now: datetime, limit: int, offset: int = 0) -> tuple[CaseRow, ...]:
        """Return cases, newest first."""
        with self._store.database.reading() as connection:
            return case_rows.recent(connection, open_only=open_only, now_text=as_text(now), limit=limit, offset=offset)

    def cases_page(
        self,
        *,
        operator_id: str | None,
        is_open: bool,
        now: datetime,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> tuple[CaseRow, ...]:
        """Return a page of cases; see ``case_rows.page``."""
        with self._store.database.reading() as connection:
            return case_rows.page(
                connection,
                operator_id=operator_id,
                is_open=is_open,
                now_text=as_text(now),
                after=None if after is None else (as_text(after[0]), after[1]),
                limit=limit,
            )

    def count_searches(
        self, case_id: str, searches: int, *, credential_id: str | None = None, transaction: Transaction
    ) -> bool:
        """Count searches against a case's limits, all or none; see ``case_rows.count_searches``."""
        return case_rows.count_searches(transaction, case_id, searches, credential_id=credential_id)

    def close_case(self, case_id: str, *, by: str, reason: str | None, transaction: Transaction) -> bool:
        """Close a case; return False if it was closed before."""
        return case_rows.close(transaction, case_id, by=by, reason=reason)

    def gallery_identifiers(self) -> dict[str, str]:
        """Return name → identifier of all galleries."""
        with self._store.database.reading() as connection:
            return case_rows.gallery_identifiers(connection)

    def present_galleries(self, case_id: str) -> frozenset[str]:
        """Return the present names of a case's galleries that still exist."""
        with self._store.database.reading() as connection:
            return case_rows.present_galleries(connection, case_id)

    def add_credential(
        self,
        *,
        credential_id: str,
        case_id: str,
        kind: str,
        lookup: str,
        secret: bytes | None,
        expires_at: datetime,
        transaction: Transaction,
    ) -> None:
        """Store a credential, its secret sealed; see ``credential_rows.add``.

        Raises:
            TemplateUnsealFailed: The database has moved on to another master key since it was opened.
        """
        if secret is not None:
            subject_keys.require_adopted(transaction)
        credential_rows.add(
            transaction,
            credential_id=credential_id,
            case_id=case_id,
            kind=kind,
            lookup=lookup,
            secret=secret,
            expires_at=expires_at,
        )

    def find_credential(self, kind: str, lookup: str) -> tuple[CredentialRow, bytes | None] | None:
        """Return the credential a request shows, with its plain secret if it has one that is still sealed here.

        Raises:
            TemplateUnsealFailed: The secret does not open with this master key.
        """
        with self._store.database.reading() as connection:
            found = credential_rows.find(connection, kind, lookup)
        return None if found is None else (found, credential_rows.open_secret(self._store.master_key, found))

    def credential(self, credential_id: str) -> CredentialRow | None:
        """Return one credential, or None."""
        with self._store.database.reading() as connection:
            return credential_rows.by_id(connection, credential_id)

    def credentials_of(self, case_id: str) -> tuple[CredentialRow, ...]:
        """Return all credentials of a case, ended ones too, oldest first."""
        with self._store.database.reading() as connection:
            return credential_rows.of_case(connection, case_id)

    def revoke_credential(self, credential_id: str, *, by: str, reason: str | None, transaction: Transaction) -> bool:
        """End a credential now; return False if it had ended before."""
        return credential_rows.revoke(transaction, credential_id, by=by, reason=reason)

    def destroy_expired_secrets(self, *, transaction: Transaction) -> int:
        """Destroy the sealed secrets of credentials that have expired; return how many."""
        return credential_rows.destroy_expired_secrets(transaction)
