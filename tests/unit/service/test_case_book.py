"""Cases as requests meet them: standing, claims that run with time, and every way not to be admitted."""

from __future__ import annotations

import functools
from typing import cast

import pytest

from countenance.core.errors import (
    CaseClosed,
    CaseError,
    CaseExpired,
    CaseInvalid,
    CaseListUnavailable,
    CaseNotFound,
    CaseNotListed,
    CredentialRefused,
)
from countenance.service.case_book import CaseBook
from countenance.service.case_ports import CaseStore, ListedAs
from countenance.service.cases import Cases, OpenedCase
from countenance.service.journal import LedgerJournal
from countenance.service.standing import Standing, operator_id
from tests.support.case_samples import NUMBER, MadeUpCaseList, terms
from tests.support.memory_cases import MemoryCases
from tests.support.memory_journal import memory_journal
from tests.support.settable_clock import SettableClock

OTHER = "24-2000"


class Desk:
    def __init__(self) -> None:
        self.clock = SettableClock()
        self.said: list[str] = []
        self.journal: LedgerJournal = memory_journal(self.clock)
        self.store = MemoryCases(self.journal)
        self.listed = MadeUpCaseList({NUMBER: ListedAs.OPEN, OTHER: ListedAs.OPEN})
        port = cast("CaseStore", self.store)
        self.cases = Cases(port, self.journal, self.listed, self.clock, lambda: "f" * 64)
        self.book = CaseBook(port, self.listed, self.journal.keyed_digest)

    def open(self, **changes: object) -> OpenedCase:
        return self.cases.open(terms(self.clock.now, **changes))

    def standing(self, opened: OpenedCase) -> Standing:
        credential = self.book.find_by_token(opened.credentials[2].secret)
        assert credential is not None
        return self.book.standing(credential, "rest", self.clock.now)

    def refusal(self, opened: OpenedCase, *, searches: int = 1) -> type[CaseError] | None:
        """Return the class of the error that keeps the token's holder out, or None."""
        credential_id = opened.credentials[2].credential_id
        try:
            self.book.admit(opened.case.case_id, self.clock.now, searches, credential_id=credential_id)
        except CaseError as error:
            self.said.append(str(error))
            return type(error)
        return None


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_standing_says_who_for_what_and_how_far(desk: Desk) -> None:
    desk.store.galleries = {"shelter": "d" * 32, "other": "e" * 32}
    opened = desk.open(galleries=["shelter"], most_candidates=5, auth_issuer="A court", auth_document="x")
    standing = desk.standing(opened)
    assert (standing.operator, standing.interface, standing.role) == ("R. Example", "rest", "searcher")
    assert standing.operator_id == operator_id("R. Example", desk.journal.keyed_digest)
    assert standing.attester_id == operator_id("M. Example", desk.journal.keyed_digest)
    assert (standing.case_id, standing.case_number) == (opened.case.case_id, NUMBER)
    assert standing.credential_id == opened.credentials[2].credential_id
    assert standing.galleries == {"shelter"}
    assert standing.most_candidates == 5
    assert standing.expires_at == opened.case.expires_at
    assert standing.claims["purpose"] == "missing_person"
    assert standing.claims["case_id"] == NUMBER
    assert standing.record["authorisation_issuer"] == "A court"
    assert standing.record["authorisation_document_digest"] == opened.case.authorisation_document_sha256


def test_a_case_without_galleries_reaches_none_and_one_for_any_reaches_all(desk: Desk) -> None:
    assert desk.standing(desk.open()).galleries == frozenset()
    assert desk.standing(desk.open(any_gallery=True)).galleries is None


def test_the_standing_of_a_draft_is_that_of_the_case_opened_from_it(desk: Desk) -> None:
    desk.store.galleries = {"shelter": "d" * 32}
    made = terms(galleries=["shelter"], auth_issuer="A court")
    draft = desk.book.standing_of_draft(desk.cases.draft(made), "rest", desk.clock.now)
    opened = desk.standing(desk.cases.open(made))
    for name in ("operator_id", "claims", "case_number", "attester_id", "galleries", "expires_at", "record"):
        assert getattr(draft, name) == getattr(opened, name)
    assert (draft.case_id, draft.credential_id) == (None, None)


def test_whoever_is_admitted_is_counted_and_asked_about_each_time(desk: Desk) -> None:
    opened = desk.open(most_searches=2)
    desk.listed.asked.clear()
    assert [desk.refusal(opened) for _ in range(2)] == [None, None]
    assert desk.listed.asked == [NUMBER, NUMBER]


def test_after_closing_the_holder_is_known_and_refused(desk: Desk) -> None:
    opened = desk.open()
    desk.cases.close(NUMBER, by="M. Example")
    assert desk.standing(opened).case_id == opened.case.case_id
    assert desk.refusal(opened) is CaseClosed
    assert desk.refusal(opened, searches=0) is CaseClosed


def test_from_the_moment_it_expires_nothing_is_done(desk: Desk) -> None:
    opened = desk.open(expires="1h")
    desk.clock.advance(seconds=3599)
    assert desk.refusal(opened) is None
    desk.clock.advance(seconds=1)
    assert desk.refusal(opened) is CaseExpired
    assert desk.refusal(opened, searches=0) is CaseExpired


def test_a_case_closed_in_the_list_afterwards_is_refused_until_it_is_open_again(desk: Desk) -> None:
    opened = desk.open()
    desk.listed.listed[NUMBER] = ListedAs.CLOSED
    assert desk.refusal(opened) is CaseNotListed
    del desk.listed.listed[NUMBER]
    assert desk.refusal(opened, searches=0) is CaseNotListed
    desk.listed.reachable = False
    assert desk.refusal(opened) is CaseListUnavailable
    assert NUMBER not in " ".join(desk.said)
    desk.listed.reachable, desk.listed.listed[NUMBER] = True, ListedAs.OPEN
    assert desk.refusal(opened) is None
    assert desk.cases.find(NUMBER).searches_done == 1


def test_a_credential_opens_its_own_case_only(desk: Desk) -> None:
    opened, other = desk.open(), desk.open(case_number=OTHER)
    for credential_id in (other.credentials[0].credential_id, "0" * 32, ""):
        with pytest.raises(CredentialRefused, match="not one of this case"):
            desk.book.admit(opened.case.case_id, desk.clock.now, credential_id=credential_id)
    with pytest.raises(CaseNotFound):
        desk.book.admit("0" * 32, desk.clock.now)


def test_a_case_that_ends_between_check_and_count_is_refused_for_what_ended_it(desk: Desk) -> None:
    opened = desk.open()
    credential_id = opened.credentials[2].credential_id
    for end, expected in (
        (lambda: desk.cases.revoke(credential_id, by="M. Example"), CredentialRefused),
        (lambda: desk.cases.close(NUMBER, by="M. Example"), CaseClosed),
    ):
        desk.book.check(opened.case.case_id, desk.clock.now, credential_id=None)
        end()
        with desk.store.transaction() as transaction, pytest.raises(expected):
            desk.book.admit(opened.case.case_id, desk.clock.now, credential_id=credential_id, transaction=transaction)
    assert desk.cases.find(NUMBER).searches_done == 0


def test_a_count_goes_with_the_transaction_it_was_made_in(desk: Desk) -> None:
    opened = desk.open(most_searches=1)

    def admit_and_stop() -> None:
        with desk.store.transaction() as transaction:
            desk.book.admit(opened.case.case_id, desk.clock.now, transaction=transaction)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        admit_and_stop()
    assert desk.refusal(opened) is None


def hours(desk: Desk) -> object:
    case = desk.cases.find(NUMBER)
    return desk.book.claims(case, desk.clock.now, first_search_at=case.first_search_at)["auth_delay_hours"]


def test_the_delay_of_an_authorisation_never_asked_for_runs_from_the_first_search(desk: Desk) -> None:
    opened = desk.open(expires="30d")
    desk.clock.advance(days=2)
    assert hours(desk) == 0
    assert desk.refusal(opened) is None
    assert hours(desk) == 0
    desk.clock.advance(seconds=1)
    assert hours(desk) == 1
    desk.clock.advance(days=2)
    assert hours(desk) == 49


def test_an_authorisation_asked_for_before_the_first_search_is_not_late(desk: Desk) -> None:
    opened = desk.open(auth_status="requested", auth_id="W-1", expires="30d")
    assert desk.refusal(opened) is None
    desk.clock.advance(days=5)
    assert hours(desk) == 0


def test_no_emergency_is_claimed_unless_its_facts_were_shown(desk: Desk) -> None:
    assert desk.standing(desk.open()).claims["emergency"] is False
    assert desk.standing(desk.open(case_number=OTHER, emergency_facts="facts")).claims["emergency"] is True


def test_whoever_makes_the_rules_or_audits_now_searches_under_no_case(desk: Desk) -> None:
    apart: set[str] = set()
    port = cast("CaseStore", desk.store)
    book = CaseBook(port, None, desk.journal.keyed_digest, apart.__contains__)
    opened = desk.open()
    credential_id = opened.credentials[2].credential_id
    for ask in (book.check, functools.partial(book.ask_list, operator=opened.case.operator)):
        ask(opened.case.case_id, desk.clock.now, credential_id=credential_id)
        apart.add(opened.case.operator)
        with pytest.raises(CredentialRefused, match="kept apart from searching"):
            ask(opened.case.case_id, desk.clock.now, credential_id=credential_id)
        apart.clear()


def test_no_case_is_opened_for_whoever_makes_the_rules_or_audits(desk: Desk) -> None:
    port = cast("CaseStore", desk.store)
    cases = Cases(port, desk.journal, None, desk.clock, lambda: "f" * 64, lambda name: name == "R. Example")
    with pytest.raises(CaseInvalid, match="kept apart from searching"):
        cases.open(terms(desk.clock.now))
    assert not cases.recent()
    assert cases.open(terms(desk.clock.now, operator="Somebody Else")).case.operator == "Somebody Else"
