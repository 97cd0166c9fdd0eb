"""Open, close, renew and revoke: what happens to a case, recorded in the transaction in which it happens.

Rules kept here:

- Opening a case mints one credential of each kind. All of them end with the case at the latest.
- Closing a case ends its credentials in the same transaction; the next request that shows one is refused.
- A number the list of cases does not know opens nothing, and the attempt is in the ledger.
- Claims are kept with the name of who attests them. Nothing here checks a claim.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from countenance.core.errors import (
    CaseError,
    CaseInvalid,
    CaseNotFound,
    CredentialRefused,
    GalleryNotFound,
)
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.case_entries import authority_fields, opened_fields
from countenance.service.case_lists import case_rule, require_listed
from countenance.service.case_ports import CaseList, CaseStore, ClaimValue, StoredCase, StoredCredential
from countenance.service.case_terms import CaseTerms
from countenance.service.credentials import CredentialKind, MintedCredential, mint
from countenance.service.journal_port import Journal, OpenTransaction
from countenance.service.standing import operator_id
from countenance.service.vague_reasons import vague_reason

#: Action word of an attempt to open a case, in the ledger.
OPEN_CASE = "OpenCase"
#: Most cases on a page of the list.
LARGEST_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class DraftCase:
    """Terms with what the installation knows about them; see ``case_ports.NewCase``."""

    case_number: str
    operator_id: str
    operator: str
    attested_by: str
    purpose_text: str
    vague_reason: str | None
    claims: Mapping[str, ClaimValue]
    authorisation_issuer: str | None
    authorisation_requested_at: datetime | None
    authorisation_document_sha256: str | None
    case_list_checked: bool
    galleries: Mapping[str, str]
    any_gallery: bool
    most_searches: int | None
    most_candidates: int | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """A case just opened, or given new credentials.

    Attributes:
        case: The case.
        credentials: Its new credentials with their secrets, to be shown once.
        entry_id: The ledger entry about it.
    """

    case: StoredCase
    credentials: tuple[MintedCredential, ...]
    entry_id: str


@dataclass(frozen=True, slots=True)
class ClosedCase:
    """A case just closed.

    Attributes:
        case: The case.
        credentials_ended: How many credentials worked until now.
        entry_id: The ledger entry about it.
    """

    case: StoredCase
    credentials_ended: int
    entry_id: str


@dataclass(frozen=True, slots=True)
class _Ending:
    """Who ends something and why, and the same as fields of an entry."""

    by: str
    reason: str
    fields: Mapping[str, FieldValue]


class Cases:
    """What is done to cases."""

    def __init__(
        self,
        store: CaseStore,
        journal: Journal,
        case_list: CaseList | None,
        clock: Callable[[], datetime],
        policy_digest: Callable[[], str],
        kept_apart: Callable[[str], bool] = lambda name: False,
    ) -> None:
        """Take rows, ledger, the organisation's list of cases if there is one, a clock, and the rules' digest.

        Args:
            store: Rows.
            journal: Ledger.
            case_list: The organisation's list of cases, or None.
            clock: The server's.
            policy_digest: Returns the digest of the rules in force.
            kept_apart: Whether somebody of a name has a role that is kept apart from searching.
        """
        self._store = store
        self._journal = journal
        self._case_list = case_list
        self._clock = clock
        self._policy_digest = policy_digest
        self._kept_apart = kept_apart

    def draft(self, terms: CaseTerms) -> DraftCase:
        """Return what would be opened, with the number checked against the list of cases; nothing is stored.

        Raises:
            CaseInvalid: Whoever is to search makes the rules or audits.
            CaseNotListed, CaseListUnavailable: As ``require_listed``.
            GalleryNotFound: A gallery it names does not exist.
        """
        if self._kept_apart(terms.operator):
            raise CaseInvalid(
                "Whoever is to search has a role that is kept apart from searching.",
                remedy="Name somebody who neither makes the rules nor audits.",
            )
        known = self._store.gallery_identifiers()
        missing = [name for name in terms.galleries if name not in known]
        if missing:
            raise GalleryNotFound(f"There is no gallery named {', '.join(missing)}.")
        return self._draft(
            terms, {known[name]: name for name in terms.galleries}, require_listed(self._case_list, terms.case_number)
        )

    def open(self, terms: CaseTerms) -> OpenedCase:
        """Open a case and mint its credentials.

        Raises:
            CaseInvalid: Whoever is to search makes the rules or audits.
            CaseNotListed, CaseListUnavailable: The number is not in the list, or the list cannot be asked; recorded.
            GalleryNotFound: A gallery it names does not exist.
            LedgerError, StorageError: It cannot be recorded or stored; there is no case then.
        """
        try:
            case = self.draft(terms)
        except CaseError as error:
            self._record_refusal(terms, error)
            raise
        case_id, attester_id = os.urandom(16).hex(), self._identifier(case.attested_by)
        with self._store.transaction() as transaction:
            self._store.destroy_expired_secrets(transaction=transaction)
            self._store.add_case(case_id, case, transaction=transaction)
            minted = tuple(mint(kind) for kind in CredentialKind)
            self._keep(minted, case_id, case.expires_at, transaction)
            entry = self._journal.record(
                EntryKind.CASE_OPENED, opened_fields(case_id, case, attester_id), transaction=transaction
            )
            self._record_minted(minted, case_id, case.operator_id, case.expires_at, transaction)
        return OpenedCase(self._present(case_id), minted, entry.entry_id)

    def close(self, name: str, *, by: str, reason: str = "") -> ClosedCase:
        """Close a case; none of its credentials works any more from now on.

        Raises:
            CaseNotFound: There is none of this number or identifier, or several.
            CaseInvalid: It is closed already.
        """
        case, ending = self.find(name), self._ending(by, reason)
        with self._store.transaction() as transaction:
            if not self._store.close_case(case.case_id, by=by, reason=reason or None, transaction=transaction):
                raise CaseInvalid(f"The case {case.case_number} is closed already.", remedy="There is nothing to do.")
            ended = self._end_all(case.case_id, ending, transaction)
            entry = self._journal.record(
                EntryKind.CASE_CLOSED,
                {"case_id": case.case_id, "credentials_ended": ended, **ending.fields},
                transaction=transaction,
            )
        return ClosedCase(self._present(case.case_id), ended, entry.entry_id)

    def renew(self, name: str, *, by: str, reason: str = "") -> OpenedCase:
        """End all credentials of a case and mint new ones; term and limits stay as they are.

        Raises:
            CaseNotFound: There is none of this number or identifier, or several.
            CaseInvalid: It is closed or has expired.
        """
        case, ending = self.find(name), self._ending(by, reason)
        with self._store.transaction() as transaction:
            # Counting none takes the case's row: it cannot be closed, or expire, before the new ones are stored.
            if not self._store.count_searches(case.case_id, 0, transaction=transaction):
                raise CaseInvalid(
                    f"The case {case.case_number} is closed or has expired.", remedy="Open a new case instead."
                )
            self._store.destroy_expired_secrets(transaction=transaction)
            self._end_all(case.case_id, ending, transaction)
            minted = tuple(mint(kind) for kind in CredentialKind)
            self._keep(minted, case.case_id, case.expires_at, transaction)
            entry_id = self._record_minted(minted, case.case_id, case.operator_id, case.expires_at, transaction)
        return OpenedCase(self._present(case.case_id), minted, entry_id)

    def revoke(self, credential_id: str, *, by: str, reason: str = "") -> str:
        """End one credential now and return the ledger entry about it.

        Args:
            credential_id: Its identifier, or an AWS access key id.
            by: Who ends it.
            reason: Why.

        Raises:
            CredentialRefused: There is none, or it had ended before.
        """
        known = self._store.credential(credential_id)
        if known is None and (shown := self._store.find_credential(CredentialKind.AWS, credential_id)):
            known = shown[0]
        if known is None:
            raise CredentialRefused(
                "There is no such credential.", remedy="`countenance case show CASE` lists a case's credentials."
            )
        ending = self._ending(by, reason)
        with self._store.transaction() as transaction:
            if not self._store.revoke_credential(
                known.credential_id, by=by, reason=reason or None, transaction=transaction
            ):
                raise CredentialRefused("The credential has ended already.", remedy="There is nothing to do.")
            return self._record_revoked(known.credential_id, ending, transaction)

    def find(self, name: str) -> StoredCase:
        """Return the case of a number or identifier; of several with one number, the one that is open.

        Raises:
            CaseNotFound: There is none, or several are open.
        """
        found = self._store.cases_named(name.strip())
        if len(found) > 1:
            now = self._clock()
            found = tuple(case for case in found if case.closed_at is None and case.expires_at > now) or found[:1]
        if not found:
            raise CaseNotFound(f"There is no case {name}.")
        if len(found) > 1:
            raise CaseNotFound(
                f"{len(found)} open cases have the number {name}.",
                remedy="Name one by its identifier: " + ", ".join(case.case_id[:12] for case in found) + ".",
            )
        return found[0]

    def recent(self, *, open_only: bool = True, limit: int = 100, offset: int = 0) -> tuple[StoredCase, ...]:
        """Return cases, newest first."""
        return self._store.recent_cases(
            open_only=open_only, now=self._clock(), limit=min(limit, LARGEST_PAGE), offset=offset
        )

    def credentials_of(self, case_id: str) -> tuple[StoredCredential, ...]:
        """Return all credentials of a case, ended ones too, without secrets."""
        return self._store.credentials_of(case_id)

    def _draft(self, terms: CaseTerms, galleries: Mapping[str, str], listed: bool) -> DraftCase:
        return DraftCase(
            case_number=terms.case_number,
            operator_id=self._identifier(terms.operator),
            operator=terms.operator,
            attested_by=terms.attested_by,
            purpose_text=terms.purpose_text,
            vague_reason=vague_reason(terms.purpose_text, offence_statute=str(terms.claims.get("offence_statute", ""))),
            claims=terms.claims,
            authorisation_issuer=terms.authorisation_issuer,
            authorisation_requested_at=terms.authorisation_requested_at,
            authorisation_document_sha256=terms.authorisation_document_sha256,
            case_list_checked=listed,
            galleries=galleries,
            any_gallery=terms.any_gallery,
            most_searches=terms.most_searches,
            most_candidates=terms.most_candidates,
            expires_at=terms.expires_at,
        )

    def _record_refusal(self, terms: CaseTerms, error: CaseError) -> None:
        refused = self._draft(terms, {}, listed=False)
        self._journal.record(
            EntryKind.ACT_DENIED,
            {
                **authority_fields(refused, self._identifier(terms.attested_by)),
                "act_id": os.urandom(16).hex(),
                "action": OPEN_CASE,
                "operator_id": refused.operator_id,
                "decision": "deny",
                "deciding_rules": (case_rule(error),),
                "reasons": (error.message,),
                "policy_digest": self._policy_digest(),
            },
        )

    def _keep(
        self, minted: tuple[MintedCredential, ...], case_id: str, expires_at: datetime, transaction: OpenTransaction
    ) -> None:
        for one in minted:
            self._store.add_credential(
                credential_id=one.credential_id,
                case_id=case_id,
                kind=one.kind.value,
                lookup=one.lookup,
                secret=one.kept_secret,
                expires_at=expires_at,
                transaction=transaction,
            )

    def _record_minted(
        self,
        minted: tuple[MintedCredential, ...],
        case_id: str,
        operator: str,
        expires_at: datetime,
        transaction: OpenTransaction,
    ) -> str:
        entry_id = ""
        for one in minted:
            entry_id = self._journal.record(
                EntryKind.CREDENTIAL_MINTED,
                {
                    "case_id": case_id,
                    "operator_id": operator,
                    "credential_id": one.credential_id,
                    "interface": one.kind.value,
                    "expires_at": utc_text(expires_at),
                },
                transaction=transaction,
            ).entry_id
        return entry_id

    def _end_all(self, case_id: str, ending: _Ending, transaction: OpenTransaction) -> int:
        """End the credentials of a case that still work; return how many. Their entries follow the change."""
        ended = [
            one.credential_id
            for one in self._store.credentials_of(case_id)
            if self._store.revoke_credential(
                one.credential_id, by=ending.by, reason=ending.reason or None, transaction=transaction
            )
        ]
        for credential_id in ended:
            self._record_revoked(credential_id, ending, transaction)
        return len(ended)

    def _record_revoked(self, credential_id: str, ending: _Ending, transaction: OpenTransaction) -> str:
        fields = {"credential_id": credential_id, **ending.fields}
        return self._journal.record(EntryKind.CREDENTIAL_REVOKED, fields, transaction=transaction).entry_id

    def _ending(self, by: str, reason: str) -> _Ending:
        # Made before a transaction begins: the key of identifiers may be read, or made, in one of its own.
        fields: dict[str, FieldValue] = {"operator_id": self._identifier(by)}
        return _Ending(by, reason, fields | ({"reason": reason} if reason else {}))

    def _identifier(self, name: str) -> str:
        return operator_id(name, self._journal.keyed_digest)

    def _present(self, case_id: str) -> StoredCase:
        case = self._store.case(case_id)
        if case is None:
            raise CaseNotFound(f"The case {case_id} is gone.")
        return case
