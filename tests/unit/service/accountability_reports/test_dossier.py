"""A search's dossier: complete, blind while a review goes on, and honest about what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from countenance.core.errors import InputError
from countenance.service.accountability_reports.dossier import dossier
from countenance.service.accountability_reports.pages import dossier_page
from tests.support.report_samples import ReportLedger, reviewed_search

CASE = "0c" * 16


def made(ledger: ReportLedger, act: str, **options: Any) -> dict[str, Any]:
    ledger.custody()
    document: dict[str, Any] = json.loads(json.dumps(dossier(ledger.sources(), act, **options), allow_nan=False))
    return document


def test_who_when_why_with_what_and_whom_it_listed() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE)
    document = made(ledger, ledger.search(case_id=CASE, case_number="24-1183"))
    assert document["statement"] == "Investigative lead, not an identification."
    assert document["who"]["operator"] == "Anna Sander"
    assert document["who"]["attested_by"] == "Bruno Feld"
    assert document["case"]["number"] == "24-1183"
    assert document["case"]["number_checked_against_list"] is True
    assert {"name": "Purpose", "value": "missing person", "source": "attested by Bruno Feld"} in document["claims"]
    assert document["gallery"][0] | {"gallery_id": ""} == {
        "gallery_id": "",
        "name": "shelter photos",
        "source": "missing persons",
        "revision": 17,
        "people": 3980,
        "references": 4120,
    }
    assert document["system"]["threshold"]["in_words"] == "about 1 in 100,000"
    assert [item["similarity"] for item in document["candidates"]["items"]] == [0.71, 0.7, 0.69]
    assert document["disclosures"][0]["to"] == "Anna Sander"
    assert document["missing"] == [
        "whether the probe was edited (nobody stated it)",
        "what came of it: no result was reported",
    ]


def test_a_claim_nobody_made_is_not_attested_by_anybody() -> None:
    ledger = ReportLedger()
    document = made(ledger, ledger.search(attested_claims=("purpose",)))
    sources = {claim["name"]: claim["source"] for claim in document["claims"]}
    assert sources["Purpose"] == "attested by Bruno Feld"
    assert sources["Legal basis"] == "not stated; taken as the strictest"


def test_every_reviewers_rating_stands_beside_every_candidate_chosen_or_not() -> None:
    ledger = ReportLedger()
    document = made(ledger, reviewed_search(ledger))
    items = document["candidates"]["items"]
    assert [(item["rank"], item["ratings"], item["released"]) for item in items] == [
        (1, [3, 2], True),
        (2, [-2, 0], False),
        (3, [-3, -3], False),
        (4, [-3, -3], False),
    ]
    assert [vote["reviewer"] for vote in document["review"]["votes"]] == ["Chiara Moss", "Diego Hart"]
    assert len(document["candidates"]["fillers"]) == 6
    assert {one["name"] for one in document["candidates"]["fillers"]} == {"not named here"}
    assert [told["what"] for told in document["disclosures"]] == ["1 of the candidates, after review"]


def test_while_a_review_goes_on_nobody_learns_whom_the_search_listed() -> None:
    ledger = ReportLedger()
    document = made(ledger, reviewed_search(ledger, end=False))
    assert document["statement"].startswith("Held for review")
    assert document["candidates"]["items"] == []
    assert document["candidates"]["count"] is None
    assert document["review"]["votes"] == []
    text = json.dumps(document) + dossier_page(document)
    assert "e0000000" not in text
    assert "scar over" not in text
    assert "0.71" not in text


def test_without_names_only_those_released_are_named() -> None:
    ledger = ReportLedger()
    document = made(ledger, reviewed_search(ledger), names=False)
    assert [item["name"] for item in document["candidates"]["items"]] == ["person 1", *["not named here"] * 3]


def test_a_refusal_has_its_rule_and_nothing_that_was_not_done() -> None:
    ledger = ReportLedger()
    document = made(ledger, ledger.refusal())
    assert document["statement"] == "Refused: nothing was searched."
    assert document["decision"]["rules"][0]["rule"] == "microsoft-2020.no_us_police"
    assert document["candidates"]["items"] == []
    assert document["disclosures"] == []


def test_of_an_act_that_died_or_failed_nobody_was_told_anything() -> None:
    ledger = ReportLedger()
    died, failed = ledger.open_act(), ledger.search("failed", error_code="image_unreadable")
    ledger.rows.dead.add(died)
    ledger.journal.interrupted_acts()
    for act in (died, failed):
        document = made(ledger, act)
        assert document["disclosures"] == []
        assert document["candidates"]["items"] == []
    assert made(ledger, failed)["statement"] == "The act failed; nothing was given out."


def test_the_proof_leads_to_the_entry_that_says_what_became_of_the_act() -> None:
    ledger = ReportLedger()
    act = ledger.search()
    document = made(ledger, act)
    entries, proof = document["ledger"]["entries"], document["ledger"]["proof"]
    assert proof["entry_id"] == entries[-1]["entry_id"]
    assert proof["index"] == entries[-1]["index"]
    assert ledger.sources().prove(proof["entry_id"]).leaf_hash == proof["leaf_hash"]


def test_an_act_is_found_by_its_entries_and_by_its_review() -> None:
    ledger = ReportLedger()
    act = reviewed_search(ledger)
    entry = ledger.journal.entries(limit=1)[0]
    for name in (act, act.upper(), entry.entry_id, "7e" * 16):
        assert made(ledger, name)["act_id"] == act


@pytest.mark.parametrize("name", ["", "24-1183", "ff" * 16, "../../etc"])
def test_what_is_no_act_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="knows no act"):
        dossier(ReportLedger().sources(), name)


def test_a_page_holds_what_was_typed_as_text() -> None:
    ledger = ReportLedger()
    ledger.open_case(CASE, purpose_text="<script>alert(1)</script>")
    page = dossier_page(made(ledger, ledger.search(case_id=CASE)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
