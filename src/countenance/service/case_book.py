"""The cases as a request meets them: whose credential is this, what does its case state, is there a search left?

Rules kept here:

- Who a credential belongs to can be told after it has ended too; whether it may still do anything is asked for each
  act, so that an attempt after closing is refused *and recorded*.
- The list of cases is asked again at each act, and a search is counted before it runs.
- Nobody searches who makes the rules or audits, whatever credential they hold.
- Digests of secrets are compared in constant time.
- Messages hold no case number: they may be recorded where outsiders read.
"""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from countenance.core.errors import (
    CaseClosed,
    CaseExpired,
    CaseInvalid,
    CaseLimitReached,
    CaseNotFound,
    CredentialRefused,
)
from countenance.service.case_entries import authority_fields
from countenance.service.case_lists import require_listed
from countenance.service.case_ports import CaseList, CaseStore, NewCase, StoredCase, StoredCredential
from countenance.service.credentials import LONGEST_SHOWN, Credential, CredentialKind, digest_of
from countenance.service.journal_port import OpenTransaction
from countenance.service.standing import Standing, operator_id

#: Role of who works under a case's credential.
ROLE = "searcher"


class CaseBook:
    """Finds credentials and cases for requests."""

    def __init__(
        self,
        store: CaseStore,
        case_list: CaseList | None,
        keyed_digest: Callable[[str, bytes], str],
        kept_apart: Callable[[str], bool] | None = None,
    ) -> None:
        """Take rows, the organisation's list of cases if there is one, and the journal's ``keyed_digest``.

        Args:
            store: Rows.
            case_list: The organisation's list of cases, or None.
            keyed_digest: The journal's.
            kept_apart: Whether somebody of a name has a role that is kept apart from searching; None: nobody has.
        """
        self._store = store
        self._case_list = case_list
        self._keyed_digest = keyed_digest
        self._kept_apart = kept_apart

    def find_by_access_key(self, access_key_id: str) -> tuple[Credential, bytes] | None:
        """Return the credential of an AWS access key id and its secret, or None if there is none.

        The secret is there to check a signature with. The credential may have ended: ``admit`` says.
        """
        found = self._shown(CredentialKind.AWS, access_key_id)
        if found is None or found[1] is None:
            return None
        return _credential(found[0]), found[1]

    def find_by_spent_access_key(self, access_key_id: str) -> Credential | None:
        """Return the credential of an AWS access key id, without a secret to check: destroyed after its term, or not.

        Only to say whose credential was refused; nothing is done on its behalf.
        """
        found = self._shown(CredentialKind.AWS, access_key_id)
        return None if found is None else _credential(found[0])

    def find_by_api_key(self, key: str) -> Credential | None:
        """Return the credential of an API key (Azure's ``Ocp-Apim-Subscription-Key``, IBM's ``apikey``), or None."""
        return self._find_by_digest(CredentialKind.API_KEY, key)

    def find_by_token(self, token: str) -> Credential | None:
        """Return the credential of a native bearer token, or None."""
        return self._find_by_digest(CredentialKind.TOKEN, token)

    def find_by_id(self, credential_id: str) -> Credential | None:
        """Return the credential of an identifier that this installation signed itself, or None."""
        found = self._store.credential(credential_id)
        return None if found is None else _credential(found)

    def standing(self, credential: Credential, interface: str, now: datetime) -> Standing:
        """Return on whose behalf a request with this credential is.

        Raises:
            CaseNotFound: Its case is gone.
        """
        case = self.case(credential.case_id)
        return self.standing_of(case, interface, now, credential=credential)

    def standing_of(
        self,
        case: StoredCase,
        interface: str,
        now: datetime,
        *,
        credential: Credential | None = None,
        stated: Mapping[str, object] | None = None,
    ) -> Standing:
        """Return on whose behalf something under a case is, with or without a credential.

        Args:
            case: The case.
            interface: The door.
            now: The server's clock.
            credential: The credential used, if one was.
            stated: Claims about this act that the case leaves open, such as ``probe_source``.

        Raises:
            CaseInvalid: The case states one of them already; what is attested is not changed at the door.
        """
        ends = [case.expires_at, *([credential.expires_at] if credential else [])]
        claims = self.claims(case, now, first_search_at=case.first_search_at)
        fixed = sorted(set(stated or {}) & set(claims))
        if fixed:
            raise CaseInvalid(
                f"The case states {', '.join(fixed)} already.",
                remedy="Leave it out, or open a case that says otherwise.",
            )
        claims |= stated or {}
        return Standing(
            operator_id=case.operator_id,
            operator=case.operator,
            role=ROLE,
            interface=interface,
            claims=MappingProxyType(claims),
            credential_id=credential.credential_id if credential else None,
            case_id=case.case_id,
            case_number=case.case_number,
            attester_id=operator_id(case.attested_by, self._keyed_digest),
            galleries=None if case.any_gallery else self._store.present_galleries(case.case_id),
            most_candidates=case.most_candidates,
            expires_at=min(ends),
            record=MappingProxyType(self._record(case)),
        )

    def standing_of_draft(self, case: NewCase, interface: str, now: datetime) -> Standing:
        """Return what the standing under a case would be that is not opened yet; to ask the rules ahead."""
        return Standing(
            operator_id=case.operator_id,
            operator=case.operator,
            role=ROLE,
            interface=interface,
            claims=MappingProxyType(self.claims(case, now, first_search_at=None)),
            case_number=case.case_number,
            attester_id=operator_id(case.attested_by, self._keyed_digest),
            galleries=None if case.any_gallery else frozenset(case.galleries.values()),
            most_candidates=case.most_candidates,
            expires_at=case.expires_at,
            record=MappingProxyType(self._record(case)),
        )

    def claims(self, case: NewCase, now: datetime, *, first_search_at: datetime | None) -> dict[str, object]:
        """Return what a case states at a moment, as policy request attributes in plain values.

        Besides the claims: the case's number, and the hours from its first search to the request for an authorisation
        (0 where it was asked for before). Where no request is claimed, the hours until now: time goes on running.
        """
        claims: dict[str, object] = {**case.claims, "case_id": case.case_number}
        if "emergency" not in claims:
            claims |= {"emergency": False, "emergency_facts_sha256": ""}
        requested = case.authorisation_requested_at
        if requested is None and claims.get("auth_status", "none") != "none":
            # It was asked for when the case was opened, or before: the case says so.
            requested = first_search_at
        if first_search_at is not None:
            late = (requested or now) - first_search_at
            claims["auth_delay_hours"] = max(0, math.ceil(late / timedelta(hours=1)))
        else:
            claims["auth_delay_hours"] = 0
        return claims

    def check(self, case_id: str, now: datetime, *, credential_id: str | None = None) -> None:
        """Return if something may be done under a case at all. Asks the list of cases, so call it in no transaction.

        Args:
            case_id: The case.
            now: The server's clock.
            credential_id: The credential used, if one was.

        Raises:
            CaseClosed, CaseExpired: The case has ended.
            CredentialRefused: The credential was revoked, has expired or is of another case; or whoever the case names
                makes the rules or audits now.
            CaseNotListed, CaseListUnavailable: The list of cases does not know the number as open, or does not answer.
            CaseNotFound: There is no such case.
        """
        case = self.case(case_id)
        _require_open(case, now)
        if credential_id is not None:
            _require_live(self._store.credential(credential_id), case, now)
        self._require_apart(case.operator)
        require_listed(self._case_list, case.case_number)

    def ask_list(self, case_id: str, now: datetime, *, operator: str, credential_id: str | None = None) -> None:
        """Return unless the list of cases does not know a case as open; see ``check``.

        Where there is no list this asks only for the roles of whoever the case names: ``admit`` says what else stands
        in the way, in its transaction.
        """
        if self._case_list is not None:
            self.check(case_id, now, credential_id=credential_id)
        else:
            self._require_apart(operator)

    def admit(
        self,
        case_id: str,
        now: datetime,
        searches: int = 1,
        *,
        credential_id: str | None = None,
        transaction: OpenTransaction | None = None,
    ) -> None:
        """Return if an act may be done under a case, having counted its searches; all of them or none.

        Args:
            case_id: The case.
            now: The server's clock.
            searches: Searches the act makes; 0 for an act that searches nothing.
            credential_id: The credential used, if one was.
            transaction: The intent's, so that count and intent are stored together; ``ask_list`` comes before it.
                None: check and count here, in a transaction of its own.

        Raises:
            CaseLimitReached: No search is left.
            CaseError: As ``check``.
        """
        if transaction is None:
            self.check(case_id, now, credential_id=credential_id)
            with self._store.transaction() as own:
                self._count(case_id, now, searches, credential_id, own)
        else:
            self._count(case_id, now, searches, credential_id, transaction)

    def _count(
        self, case_id: str, now: datetime, searches: int, credential_id: str | None, transaction: OpenTransaction
    ) -> None:
        if self._store.count_searches(case_id, searches, credential_id=credential_id, transaction=transaction):
            return
        # What stood in the way, as it is stored now.
        case = self.case(case_id)
        _require_open(case, now)
        if credential_id is not None:
            _require_live(self._store.credential(credential_id), case, now)
        raise CaseLimitReached("The case has no search left.")

    def _require_apart(self, operator: str) -> None:
        # Asked at each act: somebody who searched yesterday may make the rules today.
        if self._kept_apart is not None and self._kept_apart(operator):
            raise CredentialRefused(
                "Whoever the case names has a role that is kept apart from searching.",
                remedy="Open a case for somebody who neither makes the rules nor audits.",
            )

    def _record(self, case: NewCase) -> dict[str, str]:
        fields = authority_fields(case, "")
        wanted = (
            "purpose_text", "authorisation_issuer", "authorisation_document_digest", "authorisation_requested_at"
        )  # fmt: skip
        return {name: str(fields[name]) for name in wanted if name in fields}

    def _find_by_digest(self, kind: CredentialKind, secret: str) -> Credential | None:
        if not 0 < len(secret) <= LONGEST_SHOWN:
            return None
        digest = digest_of(secret)
        found = self._shown(kind, digest)
        if found is None or not hmac.compare_digest(found[0].lookup, digest):
            return None
        return _credential(found[0])

    def _shown(self, kind: CredentialKind, lookup: str) -> tuple[StoredCredential, bytes | None] | None:
        if not 0 < len(lookup) <= LONGEST_SHOWN or not lookup.isascii() or "\0" in lookup:
            return None
        return self._store.find_credential(kind.value, lookup)

    def case(self, case_id: str) -> StoredCase:
        """Return a case, whatever its state.

        Raises:
            CaseNotFound: There is none.
        """
        case = self._store.case(case_id)
        if case is None:
            raise CaseNotFound("There is no such case.")
        return case


def _require_open(case: StoredCase, now: datetime) -> None:
    if case.closed_at is not None:
        raise CaseClosed("The case was closed.")
    if now >= case.expires_at:
        raise CaseExpired("The case has expired.")


def _require_live(credential: StoredCredential | None, case: StoredCase, now: datetime) -> None:
    if credential is None or credential.case_id != case.case_id:
        raise CredentialRefused("The credential is not one of this case.")
    if credential.revoked_at is not None:
        raise CredentialRefused("The credential was revoked.")
    if now >= credential.expires_at:
        raise CredentialRefused("The credential has expired.")


def _credential(stored: StoredCredential) -> Credential:
    return Credential(
        credential_id=stored.credential_id,
        case_id=stored.case_id,
        kind=CredentialKind(stored.kind),
        expires_at=stored.expires_at,
        revoked_at=stored.revoked_at,
    )
