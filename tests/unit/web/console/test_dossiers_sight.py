"""Who sees which search, and whom they are told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.act_entries import find_act
from countenance.web.console.dossiers.sight import may_see, sees_names
from tests.support.report_samples import ANNA, BRUNO, CHIARA, DIEGO, ReportLedger, reviewed_search


def person(*roles: Role) -> SignedIn:
    return SignedIn("0a" * 16, "somebody", frozenset(roles), "csrf", datetime(2031, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("role", [Role.RECORDS, Role.AUDITOR])
def test_records_and_auditors_see_every_search(role: Role) -> None:
    ledger = ReportLedger()
    entries = find_act(ledger.journal, ledger.refusal())
    assert may_see(person(role), DIEGO, entries)
    assert sees_names(person(role))


@pytest.mark.parametrize("role", [Role.SEARCHER, Role.REVIEWER, Role.GALLERY_OWNER, Role.POLICY_OWNER])
def test_others_see_no_search_that_is_not_theirs(role: Role) -> None:
    ledger = ReportLedger()
    entries = find_act(ledger.journal, ledger.search())
    assert not may_see(person(role), DIEGO, entries)
    assert not sees_names(person(role))


def test_whoever_asked_for_a_search_sees_it_and_is_not_told_names_that_were_not_released() -> None:
    ledger = ReportLedger()
    entries = find_act(ledger.journal, ledger.search(operator_id=ANNA))
    assert may_see(person(Role.SEARCHER), ANNA, entries)
    assert not may_see(person(Role.SEARCHER), BRUNO, entries)
    assert not sees_names(person(Role.SEARCHER, Role.RECORDS))


def test_a_reviewer_sees_what_they_voted_on_when_it_has_ended_and_not_before() -> None:
    ended, open_ = ReportLedger(), ReportLedger()
    over, under_way = reviewed_search(ended), reviewed_search(open_, end=False)
    reviewer = person(Role.REVIEWER)
    for one in (CHIARA, DIEGO):
        assert may_see(reviewer, one, find_act(ended.journal, over))
        assert not may_see(reviewer, one, find_act(open_.journal, under_way))
    assert not may_see(reviewer, BRUNO, find_act(ended.journal, over))
