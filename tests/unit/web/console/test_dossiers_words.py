"""A dossier's document as its page says it: nothing left out, judgements where they stand on the scale."""

from __future__ import annotations

import pytest

from countenance.service.accountability_reports.dossier import dossier
from countenance.web.console.dossiers.words import dossier_shown
from tests.support.report_samples import ReportLedger, reviewed_search


def test_a_reviewed_search_shows_every_candidate_with_each_blind_judgement_in_its_place() -> None:
    ledger = ReportLedger()
    document = dossier(ledger.sources(), reviewed_search(ledger))
    shown = dossier_shown(document)
    assert [line.rank for line in shown.candidates] == ["1", "2", "3", "4"]
    assert [line.said for line in shown.candidates] == [
        "reviewer 1: +3; reviewer 2: +2", "reviewer 1: −2; reviewer 2: 0", "reviewer 1: −3; reviewer 2: −3",
        "reviewer 1: −3; reviewer 2: −3",
    ]  # fmt: skip
    places = dict(shown.ticks)
    assert [(mark.x, mark.number) for mark in shown.candidates[0].marks] == [(places[3], 1), (places[2], 2)]
    beside = shown.candidates[2].marks
    assert len({mark.x for mark in beside}) == 2
    assert sum(mark.x for mark in beside) == 2 * places[-3]
    assert [line.is_released for line in shown.candidates] == [True, False, False, False]
    assert [vote[1] for vote in shown.votes] == ["Chiara Moss", "Diego Hart"]
    assert "scar over the left brow" in shown.votes[0][3]
    assert len(shown.fillers) == 6
    assert all(0 <= mark.x <= shown.width for line in shown.candidates for mark in line.marks)


def test_a_result_under_review_tells_nobody() -> None:
    ledger = ReportLedger()
    shown = dossier_shown(dossier(ledger.sources(), reviewed_search(ledger, end=False)))
    assert shown.is_waiting
    assert (shown.candidates, shown.fillers, shown.votes) == ((), (), ())


def test_what_was_measured_stands_with_its_interval_and_counts() -> None:
    ledger = ReportLedger()
    shown = dossier_shown(dossier(ledger.sources(), ledger.search()))
    system = dict(shown.system)
    assert "about 1 in 100,000" in system["What passes it"]
    assert "42 of 4,200,000 comparisons" in system["What passes it"]
    assert system["A stranger meets"] == "0.041 false candidates in a search of this gallery"
    assert "3,980 people, 4,120 references" in dict(shown.probe)["Gallery"]


@pytest.mark.parametrize("kind", ["refusal", "open"])
def test_what_is_not_recorded_is_said_to_be_so(kind: str) -> None:
    ledger = ReportLedger()
    act = ledger.refusal() if kind == "refusal" else ledger.open_act()
    shown = dossier_shown(dossier(ledger.sources(), act))
    assert shown.is_refused == (kind == "refusal")
    assert dict(shown.who)["Ended"] == ("at once" if kind == "refusal" else "not recorded")
    assert dict(shown.case) == {"Case": "none"}
