"""Opening and closing cases: what is refused and recorded, and what a case is found by."""

from __future__ import annotations

from typing import cast

import pytest

from countenance.core.errors import CaseInvalid, CaseListUnavailable, CaseNotFound, CaseNotListed, GalleryNotFound
from countenance.ledger.kinds import EntryKind
from countenance.service.case_lists import case_rule
from countenance.service.case_ports import CaseStore, ListedAs
from countenance.service.cases import OPEN_CASE, Cases
from countenance.service.journal import LedgerJournal
from countenance.service.standing import operator_id
from tests.support.case_samples import NUMBER, MadeUpCaseList, terms
from tests.support.memory_cases import MemoryCases
from tests.support.memory_journal import memory_journal
from tests.support.settable_clock import SettableClock


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def journal(clock: SettableClock) -> LedgerJournal:
    return memory_journal(clock)


@pytest.fixture
def listed() -> MadeUpCaseList:
    return MadeUpCaseList({NUMBER: ListedAs.OPEN})


@pytest.fixture
def cases(journal: LedgerJournal, listed: MadeUpCaseList, clock: SettableClock) -> Cases:
    return Cases(cast("CaseStore", MemoryCases(journal)), journal, listed, clock, lambda: "f" * 64)


def test_a_number_the_list_does_not_know_opens_nothing_and_is_recorded(cases: Cases, journal: LedgerJournal) -> None:
    with pytest.raises(CaseNotListed):
        cases.open(terms(case_number="24-9999"))
    assert cases.recent(open_only=False) == ()
    (entry,) = journal.entries()
    assert entry.kind == EntryKind.ACT_DENIED
    assert entry.fields["action"] == OPEN_CASE
    assert entry.fields["deciding_rules"] == ("case.not_listed",)
    assert entry.fields["case_number"] == "24-9999"
    assert entry.fields["policy_digest"] == "f" * 64
    assert entry.fields["operator_id"] == operator_id("r. example ", journal.keyed_digest)
    assert "24-9999" not in str(entry.fields["reasons"])


def test_a_list_that_does_not_answer_opens_nothing_and_is_recorded(
    cases: Cases, journal: LedgerJournal, listed: MadeUpCaseList
) -> None:
    listed.reachable = False
    with pytest.raises(CaseListUnavailable) as caught:
        cases.open(terms())
    assert cases.recent(open_only=False) == ()
    assert journal.entries()[0].fields["deciding_rules"] == (case_rule(caught.value),) == ("case.list_unavailable",)


def test_what_the_list_said_is_kept_with_the_case(cases: Cases, journal: LedgerJournal, clock: SettableClock) -> None:
    assert cases.open(terms()).case.case_list_checked is True
    unlisted = Cases(cast("CaseStore", MemoryCases(journal)), journal, None, clock, lambda: "f" * 64)
    assert unlisted.open(terms()).case.case_list_checked is False
    recorded = [entry.fields["case_list_checked"] for entry in journal.entries() if entry.kind == EntryKind.CASE_OPENED]
    assert recorded == [False, True]


def test_a_vague_reason_is_flagged_and_accepted(cases: Cases) -> None:
    assert cases.open(terms(purpose_text="investigation")).case.vague_reason is not None
    assert cases.open(terms(purpose_text=None)).case.vague_reason == "No reason was given in words."
    assert cases.open(terms(purpose_text="burglary", offence_statute="ORC 2911.12")).case.vague_reason is None


def test_a_gallery_that_does_not_exist_opens_nothing(cases: Cases, journal: LedgerJournal) -> None:
    with pytest.raises(GalleryNotFound, match="shelter"):
        cases.open(terms(galleries=["shelter"]))
    assert journal.size() == 0


def test_a_draft_stores_and_records_nothing(cases: Cases, journal: LedgerJournal) -> None:
    assert cases.draft(terms()).case_list_checked is True
    with pytest.raises(CaseNotListed):
        cases.draft(terms(case_number="24-9999"))
    assert journal.size() == 0
    assert cases.recent(open_only=False) == ()


def test_no_entry_holds_a_secret_or_a_name(cases: Cases, journal: LedgerJournal) -> None:
    opened = cases.open(terms())
    renewed = cases.renew(NUMBER, by="M. Example")
    cases.revoke(renewed.credentials[2].credential_id, by="M. Example", reason="lost")
    cases.close(NUMBER, by="M. Example")
    recorded = repr(journal.entries(from_index=0))
    for one in (*opened.credentials, *renewed.credentials):
        assert one.secret not in recorded
        assert one.secret not in repr(opened) + repr(renewed)
        assert one.lookup not in recorded
        assert one.credential_id in recorded
    for name in ("R. Example", "M. Example"):
        assert name not in recorded


def test_of_several_cases_with_one_number_the_open_one_is_meant(cases: Cases, clock: SettableClock) -> None:
    first = cases.open(terms()).case
    cases.close(NUMBER, by="M. Example")
    assert cases.find(NUMBER).case_id == first.case_id
    clock.advance(seconds=1)
    second = cases.open(terms(clock.now)).case
    assert cases.find(f" {NUMBER} ").case_id == second.case_id
    cases.open(terms(clock.now))
    with pytest.raises(CaseNotFound, match="2 open cases") as caught:
        cases.find(NUMBER)
    assert second.case_id[:12] in caught.value.remedy
    assert cases.find(second.case_id[:12]).case_id == second.case_id
    with pytest.raises(CaseNotFound, match="no case"):
        cases.find("24-9999")


def test_a_closed_or_expired_case_is_neither_closed_again_nor_renewed(cases: Cases, clock: SettableClock) -> None:
    cases.open(terms())
    cases.close(NUMBER, by="M. Example")
    with pytest.raises(CaseInvalid, match="closed already"):
        cases.close(NUMBER, by="M. Example")
    with pytest.raises(CaseInvalid, match="closed or has expired"):
        cases.renew(NUMBER, by="M. Example")
    other = cases.open(terms()).case
    clock.advance(days=1)
    with pytest.raises(CaseInvalid, match="closed or has expired"):
        cases.renew(other.case_id, by="M. Example")
    assert cases.close(other.case_id, by="M. Example").credentials_ended == 3
