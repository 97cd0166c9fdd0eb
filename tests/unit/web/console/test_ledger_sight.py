"""Who sees what of an entry: whole, as an outsider, or not before a review has ended."""

from __future__ import annotations

import pytest

from countenance.ledger.entries import public_reason
from countenance.ledger.kinds import SCHEMAS, EntryKind
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.people import people
from countenance.service.journal_port import JournalEntry
from countenance.service.ledger_exports import Redaction
from countenance.web.console.ledger.sight import UNDER_REVIEW, is_reviewing, sight_of
from tests.support.report_samples import ANNA, BRUNO, START, ReportLedger

REVIEW = "5e" * 16


def person(*roles: Role) -> SignedIn:
    return SignedIn("0" * 32, "Anna Sander", frozenset(roles), "", START)


def entry(kind: EntryKind) -> JournalEntry:
    return JournalEntry(0, "e" * 32, kind.value, START, dict.fromkeys(SCHEMAS[kind], ""), {})


@pytest.mark.parametrize("kind", EntryKind)
def test_other_roles_see_exactly_what_an_export_for_outsiders_shows(kind: EntryKind) -> None:
    sight = sight_of(person(Role.SEARCHER), ANNA)

    for name in SCHEMAS[kind]:
        assert sight.hidden(entry(kind), name, reviewing=False) == public_reason(kind.value, name)


@pytest.mark.parametrize("role", [Role.RECORDS, Role.AUDITOR])
def test_records_officers_and_auditors_see_everything_once_no_review_goes_on(role: Role) -> None:
    sight = sight_of(person(role), ANNA)

    assert all(sight.hidden(entry(kind), name, reviewing=False) is None for kind in EntryKind for name in SCHEMAS[kind])


@pytest.mark.parametrize("kind", EntryKind)
def test_policy_owners_read_whole_entries_about_rules_and_no_others(kind: EntryKind) -> None:
    sight = sight_of(person(Role.POLICY_OWNER), ANNA)
    about_rules = kind in ("policy_changed", "threshold_changed", "certificate_loaded", "override")

    for name in SCHEMAS[kind]:
        expected = None if about_rules else public_reason(kind.value, name)
        assert sight.hidden(entry(kind), name, reviewing=False) == expected


@pytest.mark.parametrize("role", Role)
def test_whom_a_search_listed_is_shown_to_nobody_during_its_review(role: Role) -> None:
    sight, outcome = sight_of(person(role), ANNA), entry(EntryKind.ACT_COMPLETED)

    for name in ("candidate_reference_ids", "candidate_subject_digests", "candidate_scores"):
        assert sight.hidden(outcome, name, reviewing=True) == UNDER_REVIEW
    vote = entry(EntryKind.REVIEW_VOTE)
    for name in ("ratings", "none_of_these", "fillers_taken_for_mates", "reason"):
        assert sight.hidden(vote, name, reviewing=True) == UNDER_REVIEW


def test_a_review_goes_on_until_it_is_released_or_closed() -> None:
    ledger = ReportLedger()
    act = ledger.search("candidates", held_for_review=True, review_id=REVIEW)
    outcome = ledger.journal.entries(limit=1)[0]
    assert outcome.fields["act_id"] == act
    assert is_reviewing(ledger.journal, outcome)

    ledger.record(EntryKind.REVIEW_CLOSED, review_id=REVIEW, act_id=act, result="no_agreement", vote_entry_ids=())

    assert not is_reviewing(ledger.journal, outcome)


def test_an_act_without_a_review_is_not_under_review() -> None:
    ledger = ReportLedger()
    ledger.search("candidates")

    assert not is_reviewing(ledger.journal, ledger.journal.entries(limit=1)[0])


def test_names_are_for_those_who_answer_for_the_record_and_ones_own_for_everybody() -> None:
    known = people([(ANNA, "Anna Sander"), (BRUNO, "Bruno Feld")])

    assert sight_of(person(Role.POLICY_OWNER), "").called(known, BRUNO) == "Bruno Feld"
    searcher = sight_of(person(Role.SEARCHER), ANNA)
    assert searcher.called(known, ANNA) == "Anna Sander"
    assert searcher.called(known, BRUNO) == f"operator {BRUNO[:8]}"
    assert searcher.called(known, None) == "nobody named"


@pytest.mark.parametrize(
    ("roles", "redactions"),
    [
        ((Role.RECORDS,), tuple(Redaction)),
        ((Role.AUDITOR,), tuple(Redaction)),
        ((Role.RECORDS, Role.REVIEWER), (Redaction.DEFAULT, Redaction.EVERYTHING)),
        ((Role.RECORDS, Role.SEARCHER), (Redaction.DEFAULT, Redaction.EVERYTHING)),
        ((Role.POLICY_OWNER,), ()),
        ((Role.REVIEWER,), ()),
    ],
)
def test_nobody_exports_what_a_review_keeps_from_them(
    roles: tuple[Role, ...], redactions: tuple[Redaction, ...]
) -> None:
    sight = sight_of(person(*roles), "")

    assert sight.redactions == redactions
    assert [word for word, _ in sight.redaction_choices] == [one.value for one in redactions]
