"""Entries as sentences: each kind has one, from its least and all its fields, and none gives away more than it may."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from countenance.ledger.field_types import FieldSpec, FieldType, FieldValue
from countenance.ledger.kinds import SCHEMAS, EntryKind
from countenance.service.account_port import Role, SignedIn
from countenance.service.accountability_reports.people import people
from countenance.service.journal_port import JournalEntry
from countenance.web.console.ledger.sentences import Teller
from countenance.web.console.ledger.sight import sight_of
from tests.support.report_samples import ANNA, BRUNO, GALLERY, START, ReportLedger

VALUES: Mapping[FieldType, FieldValue] = {
    FieldType.WORD: "search", FieldType.IDENTIFIER: GALLERY, FieldType.DIGEST: "a" * 64,
    FieldType.KEYED_DIGEST: "b" * 64, FieldType.DECIMAL: "0.5", FieldType.COUNT: 1, FieldType.INTEGER: 1,
    FieldType.FLAG: True, FieldType.TIME: "2031-03-03T09:00:00.000000Z", FieldType.TEXT: "typed by somebody",
    FieldType.SENTENCE: "A sentence.",
}  # fmt: skip


def value(spec: FieldSpec) -> FieldValue:
    return (VALUES[spec.type],) if spec.many else VALUES[spec.type]  # type: ignore[return-value]


def teller(role: Role = Role.RECORDS, own_id: str = "", *entries: JournalEntry) -> Teller:
    person = SignedIn("0" * 32, "Anna Sander", frozenset({role}), "", START)
    intents = {str(one.fields["act_id"]): one for one in entries if one.kind == EntryKind.ACT_INTENDED}
    known = people([(ANNA, "Anna Sander"), (BRUNO, "Bruno Feld")])
    return Teller(sight_of(person, own_id), known, {GALLERY: "shelter photos"}, intents)


@pytest.mark.parametrize("kind", EntryKind)
@pytest.mark.parametrize("which", ["required", "all", "none"])
def test_every_kind_is_told_whatever_of_it_is_there(kind: EntryKind, which: str) -> None:
    fields = {
        name: value(spec)
        for name, spec in SCHEMAS[kind].items()
        if which == "all" or (which == "required" and spec.required)
    }

    said = teller().tell(JournalEntry(0, "e" * 32, kind.value, START, fields, {}))

    assert said.endswith(".")
    assert "{" not in said
    assert "None" not in said
    assert "_" not in said.replace("deciding_rules", "") or "shelter" in said


@pytest.mark.parametrize("kind", EntryKind)
def test_those_who_see_no_whole_entries_are_told_nothing_that_was_typed(kind: EntryKind) -> None:
    fields = {name: value(spec) for name, spec in SCHEMAS[kind].items()}

    said = teller(Role.REVIEWER).tell(JournalEntry(0, "e" * 32, kind.value, START, fields, {}))

    assert "typed by somebody" not in said


def told(ledger: ReportLedger, role: Role = Role.RECORDS, own_id: str = "") -> list[str]:
    entries = ledger.journal.entries(from_index=0, limit=100)
    return [teller(role, own_id, *entries).tell(entry) for entry in entries]


def test_an_act_is_told_as_asked_and_as_it_ended() -> None:
    ledger = ReportLedger()
    ledger.search("nobody", case_id="ca" * 16, case_number="24-1183")

    assert told(ledger) == [
        "Anna Sander asked to search the gallery shelter photos under case 24-1183, purpose missing person; no rule "
        "objected.",
        "Anna Sander searched the gallery shelter photos under case 24-1183; nobody was found.",
    ]


def test_to_others_people_and_cases_are_beginnings_of_identifiers() -> None:
    ledger = ReportLedger()
    ledger.search("candidates", case_id="ca" * 16, case_number="24-1183")

    asked, ended = told(ledger, Role.SEARCHER, BRUNO)

    assert asked.startswith("Operator a1a1a1a1 asked")
    assert ended == (
        "Operator a1a1a1a1 searched the gallery shelter photos under case cacacaca; 3 candidates were listed."
    )
    assert told(ledger, Role.SEARCHER, ANNA)[1].startswith("Anna Sander searched")


def test_a_result_that_is_held_tells_no_number() -> None:
    ledger = ReportLedger()
    ledger.search("candidates", held_for_review=True, review_id="5e" * 16)

    assert told(ledger)[1].endswith("what was found is held for review.")


def test_a_refusal_names_the_rule() -> None:
    ledger = ReportLedger()
    ledger.refusal()

    assert told(ledger) == [
        "Anna Sander was refused: to search the gallery shelter photos; microsoft-2020.no_us_police forbids it."
    ]


def test_a_kind_of_a_newer_version_is_told_by_its_name() -> None:
    entry = JournalEntry(0, "e" * 32, "something_new", START, {}, {})

    assert teller().tell(entry) == "An entry of the kind something new."
