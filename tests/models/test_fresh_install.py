"""A fresh installation, as a newcomer types it, with the real engine: police are refused, an own album is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from countenance import api
from countenance.bootstrap.application import SAMPLE_COHORT
from tests.support.command_line import CommandLine, Run

PHOTOS = SAMPLE_COHORT / "photos"
Typed = Callable[..., Run]


@pytest.fixture
def countenance(
    tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Typed:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(cache_dir))
    monkeypatch.chdir(tmp_path)
    api.application.cache_clear()
    for subject in ("p010", "p011"):
        (tmp_path / "people" / subject).mkdir(parents=True)
        shutil.copy(PHOTOS / f"{subject}_reference.jpg", tmp_path / "people" / subject)
    shutil.copy(PHOTOS / "p010_probe.jpg", tmp_path / "probe.jpg")
    return CommandLine(monkeypatch, capsys)


def ledger(countenance: Typed) -> list[dict[str, object]]:
    return list(countenance("ledger", "show", "--limit", 100, "--json").document["entries"])


def test_a_persons_own_album_is_enrolled_and_searched_without_stating_anything(countenance: Typed) -> None:
    album = ("--basis", "my own photos", "--source", "consented_enrolment", "--keep-until-erased")
    assert countenance("gallery", "create", "album", *album).code == 0
    assert countenance("enrol", "album", "people").code == 0
    run = countenance("search", "album", "probe.jpg", "--threshold", "0.5", "--json")
    assert run.code == 0
    assert [item["candidate"]["subject"] for item in run.document["result"]["candidates"]] == ["p010"]
    assert run.document["record"]["rules"] == ["operator.own-album"]
    kinds = [entry["kind"] for entry in ledger(countenance)]
    for kind in ("gallery_created", "act_intended", "enrolment", "act_completed"):
        assert kind in kinds
    assert countenance("ledger", "verify").code == 0


def test_a_police_search_is_refused_with_reasons_and_sources_in_words(countenance: Typed) -> None:
    bookings = ("--basis", "bookings", "--source", "booking_photos", "--retention-days", "365")
    assert countenance("gallery", "create", "bookings", *bookings).code == 0
    words = (
        "search", "bookings", "probe.jpg", "--sector", "us_local_police",
        "--purpose", "suspect_initial_identification", "--place", "US-WA",
    )  # fmt: skip
    run = countenance(*words)
    assert run.code == 8
    for part in (
        "P2.us_police",
        "by or for a US police department",
        "What would change it",
        "usatoday.com",
        "P5.no_certificate",
        "operator.no_permission",
        "not legal advice",
        "Recorded as entry",
    ):
        assert part in run.words
    error = countenance(*words, "--json").document["error"]
    assert error["code"] == "policy_denied"
    pledge = next(rule for rule in error["rules"] if rule["rule"] == "P2.us_police")
    assert "Microsoft" in pledge["sources"][0]
    denied = [entry for entry in ledger(countenance) if entry["kind"] == "act_denied"]
    assert error["entry_id"] in {entry["entry_id"] for entry in denied}


def test_a_contractor_of_the_police_is_refused_too(countenance: Typed) -> None:
    run = countenance("compare", "probe.jpg", "probe.jpg", "--on-behalf-of", "us_local_police", "--place", "US")
    assert run.code == 8
    assert "P2.us_police" in run.words


def test_an_album_in_a_place_nobody_looked_at_is_refused(countenance: Typed) -> None:
    run = countenance("compare", "probe.jpg", "probe.jpg", "--place", "JP")
    assert run.code == 8
    assert "No loaded pack looks at the rules of JP" in run.words


def test_a_search_that_needs_a_review_shows_nobody(countenance: Typed) -> None:
    album = ("--basis", "my own photos", "--source", "consented_enrolment", "--keep-until-erased")
    countenance("gallery", "create", "album", *album)
    countenance("enrol", "album", "people")
    for extra in ((), ("--json",), ("--every-face",), ("--every-face", "--json")):
        run = countenance("search", "album", "probe.jpg", "--purpose", "data_subject_request", *extra)
        assert run.code == 0
        assert "p010" not in run.words
        assert "p011" not in run.words
        assert "held for review" in run.words


def test_the_rules_are_listed_tested_explained_and_changed_on_record(countenance: Typed, tmp_path: Path) -> None:
    listed = countenance("policy", "list", "--json").document["rules"]
    assert listed["packs"]["us-police-pledge"] is True
    assert "us-police-pledge (on)" in countenance("policy", "list").out
    assert countenance("policy", "test", "us-police-pledge").code == 0
    request = tmp_path / "request.json"
    request.write_text(json.dumps({"action": "Search1N", "mode": "search_1_n", "actor_sector": "us_local_police",
                                   "on_behalf_of": "none", "purpose": "suspect_search", "selection_basis": [],
                                   "jurisdictions": ["US"]}))  # fmt: skip
    explained = countenance("policy", "explain", request)
    assert explained.code == 0
    assert "P2.us_police" in explained.words
    assert countenance("policy", "explain", request, "--exit-code").code == 8
    assert countenance("policy", "disable", "us-police-pledge").code == 2
    off = countenance("policy", "disable", "us-police-pledge", "--reason", "for the test")
    assert off.code == 0
    assert "may be permitted now" in off.words
    assert "P2.us_police" not in countenance("policy", "explain", request).words
    assert countenance("policy", "enable", "us-police-pledge").code == 0
    entered = countenance(
        "policy", "federal-law", "enter", "--citation", "Public Law 1-1", "--statement", "It regulates it.",
        "--by", "A. Operator",
    )  # fmt: skip
    assert entered.code == 0
    assert "P2.us_police" not in countenance("policy", "explain", request).words
    assert oct((tmp_path / "data" / "operator.key").stat().st_mode)[-3:] == "600"
    assert countenance("policy", "federal-law", "withdraw").code == 0
    assert "P2.us_police" in countenance("policy", "explain", request).words
    until = ("--by", "A. Chief", "--until", "2099-01-01", "--reference", "policy.pdf")
    assert countenance("policy", "attest", "public_policy", *until).code == 0
    assert countenance("policy", "list", "--json").document["rules"]["facts"][0]["in_force"] is True
    assert countenance("policy", "withdraw", "public_policy").code == 0
    changes = [entry for entry in ledger(countenance) if entry["kind"] == "policy_changed"]
    assert len(changes) == 6
