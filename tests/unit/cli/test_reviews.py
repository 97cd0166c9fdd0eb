"""``review``: a case, a held search, blind votes, a release; and what each of them refuses, in words and in JSON."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest

from countenance.bootstrap.application import Application
from tests.support.command_line import CommandLine
from tests.support.review_place import synthetic_engine
from tests.support.synthetic_engine import synthetic_photo

PERMITS = """
format = "countenance-operator/1"

[[permit]]
id = "missing-person"
says = "A charity looks for a missing person at the family's request."
actions = ["Enroll", "ImportGallery", "Search1N", "ReleaseForUse"]
sectors = ["private_entity"]
on_behalf_of = ["none"]
purposes = ["missing_person"]
gallery_sources = ["consented_enrolment"]
timings = ["after_the_fact"]
intended_uses = ["lead_only"]
adverse_effect = false
"""
CASE = """
purpose_text = "Girl of nine, last seen at the ferry landing; her mother asks to compare shelter photos."
operator = "R. Okafor"
attested_by = "M. Lind"
expires = "8h"
galleries = ["shelter"]
actor_sector = "private_entity"
on_behalf_of = "none"
purpose = "missing_person"
jurisdictions = ["US-OH"]
selection_basis = []
targeted = true
timing = "after_the_fact"
space = "private_premises"
probe_source = "still_photo"
intended_use = "lead_only"
adverse_effect = false
legal_basis = "explicit_consent"
consent_status = "given"
consent_form = "written_release"
purpose_and_term_disclosed = true
"""
PROBE = "probe.jpg"
REVIEWERS = ("Ana", "Ben", "Cy")


@pytest.fixture
def countenance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.setattr(Application, "engine", synthetic_engine)
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    for number in range(9):
        (tmp_path / "photos" / f"p{number}").mkdir(parents=True)
        (tmp_path / "photos" / f"p{number}" / "1.jpg").write_bytes(synthetic_photo(f"p{number}"))
    (tmp_path / PROBE).write_bytes(synthetic_photo("p3", variant="later"))
    (tmp_path / "permits.toml").write_text(PERMITS)
    (tmp_path / "case.toml").write_text(CASE)
    run = CommandLine(monkeypatch, capsys)
    claims = ("--sector", "private_entity", "--purpose", "missing_person", "--place", "US-OH")
    stated = (
        "legal_basis=explicit_consent", "consent_status=given", "consent_form=written_release", "adverse_effect=false",
    )  # fmt: skip
    enrol = ("enrol", "shelter", "photos", "--create", "test", "--source", "consented_enrolment")
    for words in (
        ("policy", "permits", "load", "permits.toml"),
        ("policy", "enable", "two-people"),
        (
            *enrol, "--retention-days", "90", *claims, "--claim", "purpose_and_term_disclosed=true",
            *(word for claim in stated for word in ("--claim", claim)),
        ),
        ("case", "open", "24-1183", "--from", "case.toml"),
        *(("review", "reviewers", "attest", name, "--until", "2099-12-31", "--as", "Chief") for name in REVIEWERS),
    ):  # fmt: skip
        done = run(*words)
        assert done.code == 0, done.words
    return run


def held(countenance: CommandLine) -> str:
    found = countenance("search", "shelter", PROBE, "--case", "24-1183", "--json").document
    assert (found["result"]["candidates"], found["record"]["held"]) == ([], True)
    return str(found["record"]["review_id"])


def letters(countenance: CommandLine, review: str, who: str) -> dict[str, str]:
    """Return whom the letters of a reviewer's pictures stand for."""
    folder = f"pictures-{who}"
    assert countenance("review", "show", review, "--as", who, "--pictures", folder).code == 0
    words = {path.stem: path.read_text() for path in Path(folder).iterdir() if not path.stem.startswith("probe")}
    return {text.split()[2].rstrip(","): letter for letter, text in words.items()}


def test_a_case_a_held_search_two_blind_votes_and_a_lead(countenance: CommandLine) -> None:
    words = countenance("search", "shelter", PROBE, "--case", "24-1183")
    review = re.search(r"Review ([0-9a-f]{32})\.", words.out)
    assert review is not None
    assert "p3" not in words.out
    name = review[1]
    assert "waits for votes" in countenance("review", "list").words
    first = countenance("review", "vote", name[:8], "--as", "Ana", "--rating", "A=1", "--json")
    assert (first.code, first.document["error"]["code"]) == (3, "vote_invalid")
    ana, ben = letters(countenance, name, "Ana"), letters(countenance, name, "Ben")
    assert set(ana) == set(ben)
    assert len(ana) == 6
    vote = countenance("review", "vote", name, "--as", "Ana", "--rating", f"{ana['p3']}=+2", "--rest=-3", "--json")
    assert vote.document["vote"]["votes_missing"] == 1
    said = countenance("review", "vote", name, "--as", "Ben", "--rating", f"{ben['p3']}=1", "--rest", "-1")
    assert "can be released" in said.words
    lead = countenance("review", "release", name, "--as", "R. Okafor")
    assert lead.code == 0
    assert "Investigative lead, not an identification." in lead.words
    assert "p3" in lead.words
    again = countenance("review", "release", name, "--as", "R. Okafor", "--json").document
    assert [item["subject"] for item in again["lead"]["candidates"]] == ["p3"]
    assert again["record"]["decision"] == "permit"
    kept = countenance("review", "account", name, "--json").document["account"]
    assert kept["result"] == "released"
    assert len(kept["items"]) == 6
    assert "released" in countenance("review", "list", "--all").words
    assert countenance("ledger", "verify").code == 0


def test_whoever_asked_cannot_look_vote_or_be_told_before(countenance: CommandLine) -> None:
    review = held(countenance)
    for words in (("show", review), ("vote", review, "--none-of-these")):
        run = countenance("review", *words, "--as", "R. Okafor", "--json")
        assert (run.code, run.document["error"]["code"]) == (8, "reviewer_refused")
    release = countenance("review", "release", review, "--as", "R. Okafor", "--json")
    assert (release.code, release.document["error"]["code"]) == (8, "review_undecided")
    account = countenance("review", "account", review, "--json")
    assert (account.code, account.document["error"]["code"]) == (8, "review_undecided")
    unknown = countenance("review", "show", "00000000", "--as", "Ana", "--json")
    assert (unknown.code, unknown.document["error"]["code"]) == (4, "review_not_found")


def test_disagreement_ends_without_a_name(countenance: CommandLine) -> None:
    review = held(countenance)
    ana = letters(countenance, review, "Ana")
    countenance("review", "vote", review, "--as", "Ana", "--rating", f"{ana['p3']}=3", "--rest=-3")
    for who in ("Ben", "Cy"):
        letters(countenance, review, who)
        said = countenance("review", "vote", review, "--as", who, "--none-of-these", "--reason", "other ears")
    assert "did not agree" in said.words
    run = countenance("review", "release", review, "--as", "R. Okafor", "--json")
    assert (run.code, run.document["error"]["code"]) == (8, "review_over")
    assert "p3" not in run.out


def test_a_case_that_was_closed_releases_nothing(countenance: CommandLine) -> None:
    review = held(countenance)
    for who in ("Ana", "Ben"):
        letter = letters(countenance, review, who)["p3"]
        countenance("review", "vote", review, "--as", who, "--rating", f"{letter}=2", "--rest=-2")
    countenance("case", "close", "24-1183", "--reason", "child found")
    run = countenance("review", "release", review, "--as", "R. Okafor", "--json")
    assert (run.code, run.document["error"]["code"]) == (8, "case_closed")
    denied = countenance("ledger", "show", "--limit", "1", "--json").document["entries"][0]
    assert (denied["kind"], denied["fields"]["review_id"]) == ("act_denied", review)
    closed = countenance("review", "close", review, "--as", "R. Okafor", "--reason", "child found")
    assert "nothing is released" in closed.words


def test_error_rates_of_reviewers_stand_with_their_intervals(countenance: CommandLine) -> None:
    review = held(countenance)
    everybody = letters(countenance, review, "Ana")
    filler = next(name for name in everybody if name != "p3")
    countenance("review", "vote", review, "--as", "Ana", "--rating", f"{everybody[filler]}=1", "--rest=-3")
    countenance("review", "close", review)
    found = countenance("review", "reviewers", "--json").document["reviewers"]
    assert [one["name"] for one in found] == list(REVIEWERS)
    assert found[0]["per_filler"] | {"low": 0, "high": 0} == {
        "errors": 1, "trials": 5, "rate": 0.2, "low": 0, "high": 0,
    }  # fmt: skip
    assert found[1]["per_filler"] is None
    words = countenance("review", "reviewers").words
    assert "1 of 5 = 20.0% (0.5% to 71.6%)" in words
    assert "none yet" in words


def test_nobody_vouches_for_themselves_or_for_the_past(countenance: CommandLine) -> None:
    for who, until in (("Chief", "2099-12-31"), ("Dee", "2020-01-01")):
        run = countenance("review", "reviewers", "attest", who, "--until", until, "--as", "Chief", "--json")
        assert (run.code, run.document["error"]["code"]) == (3, "input")


def test_the_page_is_for_its_owner_holds_no_name_and_loads_nothing(countenance: CommandLine) -> None:
    review = held(countenance)
    run = countenance("review", "show", review, "--as", "Ana", "--json")
    page = Path(run.document["sheet"])
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    text = page.read_text()
    assert text.count("data:image/jpeg;base64,") == 7
    assert not re.search(r"https?://|\bp\d\b|0\.\d{3}|shelter|rank", text)
    assert run.document["lineups"] == [{"probe": 1, "letters": list("ABCDEF"), "without_picture": []}]
