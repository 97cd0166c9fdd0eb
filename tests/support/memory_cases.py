"""Cases and credentials in memory, with the same contract as the SQL ones: small enough to be seen to be right."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from countenance.service.case_ports import NewCase
from countenance.service.journal import LedgerJournal
from countenance.service.journal_port import OpenTransaction
from countenance.storage.case_rows import CaseRow
from countenance.storage.credential_rows import CredentialRow


class MemoryCases:
    """Implements ``CaseStore``; its transactions are those of a journal in memory, so both are rolled back together.

    Attributes:
        galleries: Name → identifier.
    """

    def __init__(self, journal: LedgerJournal) -> None:
        self._journal = journal
        self.galleries: dict[str, str] = {}
        self._cases: dict[str, CaseRow] = {}
        self._credentials: dict[str, tuple[CredentialRow, bytes | None]] = {}

    @contextmanager
    def transaction(self) -> Iterator[OpenTransaction]:
        before = copy.copy(self._cases), copy.copy(self._credentials)
        try:
            with self._journal.transaction() as transaction:
                yield transaction
        except BaseException:
            self._cases, self._credentials = before
            raise

    def add_case(self, case_id: str, case: NewCase, *, transaction: OpenTransaction) -> None:
        self._cases[case_id] = CaseRow(
            case_id=case_id,
            case_number=case.case_number,
            operator_id=case.operator_id,
            operator=case.operator,
            attested_by=case.attested_by,
            purpose_text=case.purpose_text,
            vague_reason=case.vague_reason,
            claims=dict(case.claims),
            authorisation_issuer=case.authorisation_issuer,
            authorisation_requested_at=_second(case.authorisation_requested_at),
            authorisation_document_sha256=case.authorisation_document_sha256,
            case_list_checked=case.case_list_checked,
            galleries=dict(case.galleries),
            any_gallery=case.any_gallery,
            most_searches=case.most_searches,
            most_candidates=case.most_candidates,
            searches_done=0,
            opened_at=transaction.now.replace(microsecond=0),
            expires_at=case.expires_at.replace(microsecond=0),
            first_search_at=None,
            closed_at=None,
            closed_by=None,
            close_reason=None,
        )

    def case(self, case_id: str) -> CaseRow | None:
        return self._cases.get(case_id)

    def cases_named(self, name: str) -> tuple[CaseRow, ...]:
        long_enough = len(name) >= 8
        return self._newest_first(
            case
            for case in self._cases.values()
            if case.case_number == name or (long_enough and case.case_id.startswith(name))
        )

    def recent_cases(self, *, open_only: bool, now: datetime, limit: int, offset: int = 0) -> tuple[CaseRow, ...]:
        wanted = (
            case
            for case in self._cases.values()
            if not open_only or (case.closed_at is None and case.expires_at > now.replace(microsecond=0))
        )
        return self._newest_first(wanted)[offset : offset + limit]

    def count_searches(
        self, case_id: str, searches: int, *, credential_id: str | None = None, transaction: OpenTransaction
    ) -> bool:
        case, now = self._cases.get(case_id), transaction.now.replace(microsecond=0)
        if case is None or case.closed_at is not None or case.expires_at <= now:
            return False
        if case.most_searches is not None and case.searches_done + searches > case.most_searches:
            return False
        if credential_id is not None:
            credential = self.credential(credential_id)
            if credential is None or credential.case_id != case_id or credential.revoked_at is not None:
                return False
            if credential.expires_at <= now:
                return False
        first = case.first_search_at or (now if searches else None)
        self._cases[case_id] = replace(case, searches_done=case.searches_done + searches, first_search_at=first)
        return True

    def close_case(self, case_id: str, *, by: str, reason: str | None, transaction: OpenTransaction) -> bool:
        case = self._cases[case_id]
        if case.closed_at is not None:
            return False
        closed_at = transaction.now.replace(microsecond=0)
        self._cases[case_id] = replace(case, closed_at=closed_at, closed_by=by, close_reason=reason)
        return True

    def gallery_identifiers(self) -> dict[str, str]:
        return dict(self.galleries)

    def present_galleries(self, case_id: str) -> frozenset[str]:
        named = self._cases[case_id].galleries
        return frozenset(name for name, gallery_id in self.galleries.items() if gallery_id in named)

    def add_credential(
        self,
        *,
        credential_id: str,
        case_id: str,
        kind: str,
        lookup: str,
        secret: bytes | None,
        expires_at: datetime,
        transaction: OpenTransaction,
    ) -> None:
        minted_at = transaction.now.replace(microsecond=0)
        row = CredentialRow(
            credential_id, case_id, kind, lookup, minted_at, expires_at.replace(microsecond=0), None, None, None
        )
        self._credentials[credential_id] = (row, secret)

    def find_credential(self, kind: str, lookup: str) -> tuple[CredentialRow, bytes | None] | None:
        found = (one for one in self._credentials.values() if (one[0].kind, one[0].lookup) == (kind, lookup))
        return next(found, None)

    def credential(self, credential_id: str) -> CredentialRow | None:
        found = self._credentials.get(credential_id)
        return None if found is None else found[0]

    def credentials_of(self, case_id: str) -> tuple[CredentialRow, ...]:
        found = (row for row, _ in self._credentials.values() if row.case_id == case_id)
        return tuple(sorted(found, key=lambda row: (row.minted_at, row.kind, row.credential_id)))

    def revoke_credential(
        self, credential_id: str, *, by: str, reason: str | None, transaction: OpenTransaction
    ) -> bool:
        del reason
        row, secret = self._credentials[credential_id]
        if row.revoked_at is not None:
            return False
        revoked = replace(row, revoked_at=transaction.now.replace(microsecond=0), revoked_by=by)
        self._credentials[credential_id] = (revoked, secret)
        return True

    def destroy_expired_secrets(self, *, transaction: OpenTransaction) -> int:
        now = transaction.now.replace(microsecond=0)
        expired = [row for row, secret in self._credentials.values() if secret is not None and row.expires_at <= now]
        for row in expired:
            self._credentials[row.credential_id] = (row, None)
        return len(expired)

    def _newest_first(self, cases: Iterator[CaseRow]) -> tuple[CaseRow, ...]:
        epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
        return tuple(sorted(cases, key=lambda case: ((epoch - case.opened_at) / timedelta(seconds=1), case.case_id)))


def _second(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(microsecond=0)
