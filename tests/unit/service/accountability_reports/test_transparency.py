"""The report for a period: what is counted, what is withheld, what is missing."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.period import Period
from countenance.service.accountability_reports.tables_csv import csv_files
from countenance.service.accountability_reports.transparency import transparency_report
from tests.support.report_samples import ANNA, BRUNO, CERTIFICATE, GALLERY, MODEL, ReportLedger, reviewed_search

YEAR = Period(date(2031, 1, 1), date(2031, 12, 31))


def busy() -> ReportLedger:
    """Return a ledger of 30 searches that listed somebody, 20 that found nobody and 12 refusals."""
    ledger = ReportLedger()
    for number in range(50):
        ledger.search("candidates" if number < 30 else "nobody")
    for _ in range(12):
        ledger.refusal()
    return ledger


def report(ledger: ReportLedger, minimum: int = 5, **changes: Any) -> dict[str, Any]:
    document = transparency_report(ledger.sources(**changes), YEAR, minimum=minimum)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    return document


def table(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in document["tables"] if one["name"] == name)


def rows(document: dict[str, Any], name: str) -> dict[str, list[int | None]]:
    return {row["label"]: row["cells"] for row in table(document, name)["rows"]}


def test_searches_are_counted_by_what_became_of_them() -> None:
    document = report(busy())
    assert document["searches"] == {
        "asked": 62,
        "refused": 12,
        "listed_somebody": 30,
        "people_who_searched": 1,
        "galleries_searched": 1,
    }
    assert rows(document, "outcomes") == {
        "candidates listed": [30],
        "nobody found": [20],
        "refused by a rule or case": [12],
    }


def test_searches_are_counted_by_purpose_sector_and_offence_run_and_refused() -> None:
    document = report(busy())
    assert table(document, "purpose")["columns"] == ["run", "refused"]
    assert rows(document, "purpose") == {"missing person": [50, 0], "suspect search": [0, 12]}
    assert rows(document, "sector") == {"US public agency": [50, 0], "US local police": [0, 12]}
    assert rows(document, "offence") == {"not stated": [50, 0], "theft": [0, 12]}
    assert table(document, "purpose")["total"] == [50, 12]
    assert table(document, "offence")["total"] is None


def test_refusals_are_counted_by_rule_with_what_the_rule_says() -> None:
    (label,) = rows(report(busy()), "refusals")
    assert label.startswith("microsoft-2020.no_us_police: Modelled on")
    assert rows(report(busy()), "refusals")[label] == [12]


def test_few_refusals_are_withheld_everywhere() -> None:
    ledger = ReportLedger()
    for number in range(50):
        ledger.search("candidates" if number < 30 else "nobody")
    for _ in range(2):
        ledger.refusal()
    document = report(ledger)
    assert document["searches"]["asked"] == 52
    assert document["searches"]["refused"] is None
    assert rows(document, "outcomes")["refused by a rule or case"] == [None]
    assert table(document, "refusals")["all_withheld"]
    assert all("refused" not in one["columns"] for one in document["tables"] if one["name"] != "refusals")
    # With everything shown, the numbers are there: the ones above were withheld, not lost.
    assert report(ledger, minimum=1)["searches"]["refused"] == 2


def test_the_operators_own_errors_are_never_withheld() -> None:
    ledger = busy()
    act = ledger.search("failed", error_code="image_unreadable")
    ledger.record(EntryKind.RESULT_REPORTED, operator_id=ANNA, act_id=act, result="cleared", false_match_known=True)
    ledger.record(EntryKind.OVERRIDE, operator_id=BRUNO, reason="x", overridden_rules=("a.b",))
    document = report(ledger)
    errors = document["errors"]
    assert (errors["acts_failed"], errors["false_matches_known"], len(errors["overrides"])) == (1, 1, 1)
    assert rows(document, "outcomes")["failed with an error"] == [1]


def test_nobody_reads_typed_words_or_whole_identifiers_of_operators_in_it() -> None:
    ledger = busy()
    ledger.record(EntryKind.OVERRIDE, operator_id=BRUNO, reason="typed secret", overridden_rules=("a.b",))
    text = json.dumps(report(ledger))
    assert "typed secret" not in text
    assert BRUNO not in text
    assert "Anna Sander" not in text


def test_reviews_and_reviewers_errors_are_counted() -> None:
    ledger = busy()
    reviewed_search(ledger)
    shown = report(ledger, minimum=1)["reviews"]
    assert (shown["opened"], shown["votes"], shown["fillers_shown"]) == (1, 2, 12)
    assert shown["ended_as"] == [{"label": "released as a lead", "cells": [1]}]
    assert shown["filler_error_rate"]["errors"] == 0
    withheld = report(ledger)["reviews"]
    assert withheld["opened"] is None
    assert withheld["votes"] is None
    assert withheld["ended_as"] == []


def test_models_thresholds_and_rates_are_those_the_searches_rested_on() -> None:
    (model,) = report(busy())["models"]
    assert (model["model_digest"], model["searches"]) == (MODEL, 50)
    (threshold,) = model["thresholds"]
    assert (threshold["value"], threshold["in_words"]) == (0.42, "about 1 in 100,000")
    assert threshold["measured_on"] == "made-up numbers, 2031-01-05"
    (certificate,) = model["certificates"]
    assert certificate["digest"] == CERTIFICATE
    assert certificate["worst_false_match"]["group"] == "sex=b"


def test_a_rate_of_another_calibration_than_that_day_is_not_claimed() -> None:
    ledger = ReportLedger()
    for _ in range(6):
        ledger.search(expected_false_candidates="4.12")
    (threshold,) = report(ledger)["models"][0]["thresholds"]
    assert threshold["measured_on"] is None
    assert threshold["false_match_rate"] == 4.12 / 4120
    assert threshold["in_words"] == "about 1 in 1,000"


def test_changes_erasures_and_checkpoints_are_in_it() -> None:
    ledger = busy()
    ledger.record(
        EntryKind.POLICY_CHANGED,
        operator_id=BRUNO,
        change="pack_disabled",
        pack="accuracy",
        policy_digest_after="12" * 32,
    )
    # One request: what went from two galleries, and the look for it afterwards, noted for each.
    for gallery, references in ((GALLERY, 3), ("ee" * 16, 1)):
        ledger.record(
            EntryKind.ERASURE,
            act_id="e1" * 16,
            operator_id=BRUNO,
            gallery_id=gallery,
            result="erased",
            references=references,
            keys_destroyed=1,
            searched_again=False,
            request_received_at="2031-03-01T09:00:00.000000Z",
        )
    for gallery in (GALLERY, "ee" * 16):
        ledger.record(
            EntryKind.ERASURE,
            act_id="e1" * 16,
            operator_id=BRUNO,
            gallery_id=gallery,
            result="looked_again",
            references=0,
            keys_destroyed=0,
            searched_again=True,
            found_again=2,
        )
    ledger.record(
        EntryKind.ERASURE,
        act_id="e2" * 16,
        operator_id=BRUNO,
        gallery_id=GALLERY,
        result="not_held",
        references=0,
        keys_destroyed=0,
        searched_again=False,
    )
    ledger.record(EntryKind.CHECKPOINT_PUBLISHED, entries=5, root="ab" * 32, destination="board@example.org")
    document = report(ledger)
    assert document["changes"][0]["what"] == "pack disabled accuracy"
    assert document["changes"][0]["by"] == "operator b2b2b2b2"
    erasures = document["erasures"]
    assert (erasures["on_request"], erasures["nothing_held"], erasures["references_erased"]) == (1, 1, 4)
    assert (erasures["searched_again"], erasures["found_again"], erasures["without_request_time"]) == (1, 2, 0)
    assert erasures["median_hours_from_request"] == 49.1
    assert document["checkpoints"]["published"][0]["entries"] == 5
    assert "board@example.org" not in json.dumps(document)


def test_what_the_ledger_cannot_know_is_listed_and_no_number_stands_there() -> None:
    missing = report(busy())["missing"]
    said = " ".join(one["what"] for one in missing)
    assert "Demographics" in said
    assert "What came of some searches" in said
    assert not any(character.isdigit() for character in said)
    assert all(one["why"] and one["who"] for one in missing)


def test_an_empty_period_says_so_without_withholding_anything() -> None:
    document = report(ReportLedger())
    assert document["searches"]["asked"] == 0
    assert document["searches"]["refused"] == 0
    assert document["entries"] == {"count": 0, "first": None, "last": None}
    assert document["models"] == []


def test_the_csv_files_hold_what_the_document_holds() -> None:
    ledger = busy()
    for _ in range(3):
        ledger.search(purpose="victim_search")
    document = report(ledger)
    files = csv_files(document)
    cells = [line.split(",") for line in files["tables.csv"].splitlines()[1:]]
    assert ["outcomes", "candidates listed", "asked", "33", "yes"] in cells
    assert ["purpose", "victim search", "run", "", "withheld"] in cells
    assert "errors,false_matches_known,0" in files["figures.csv"].splitlines()
    assert files["missing.csv"].splitlines()[0] == "what,why,who"


def test_a_cell_that_a_spreadsheet_would_compute_is_disarmed() -> None:
    document = report(busy())
    document["missing"] = [{"what": "=1+1", "why": "@x", "who": "fine"}]
    assert csv_files(document)["missing.csv"].splitlines()[1] == "'=1+1,'@x,fine"
