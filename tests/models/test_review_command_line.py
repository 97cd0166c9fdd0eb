"""The whole story with the real model and the sample cohort: a held search, two blind reviewers, a lead."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from countenance.bootstrap.accountability import accountable
from countenance.bootstrap.application import SAMPLE_COHORT, Application, load_settings
from tests.models.conftest import PHOTOS
from tests.support.command_line import CommandLine

PEOPLE = 16
PURPOSE = (
    "--purpose", "data_subject_request", "--place", "US-OH", "--claim", "case_id=24-1183",
)  # fmt: skip


def letter_of(subject: str, review: str, folder: Path) -> str:
    """Return the letter a person's stored picture stands under; only a test can know."""
    with accountable(Application(load_settings()), interface="cli") as parts:
        references = [item.reference_id for item in parts.review_store.items(review)]
        names, crops = parts.review_store.names(references), parts.review_store.crops(references)
    wanted = next(crops[reference] for reference in references if names[reference] == subject)
    return next(path.stem for path in folder.iterdir() if path.read_bytes() == wanted)


def test_a_held_search_is_reviewed_by_two_people_and_released(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, cache_dir: Path
) -> None:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(cache_dir))
    monkeypatch.chdir(tmp_path)
    with (SAMPLE_COHORT / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["role"] == "reference"][:PEOPLE]
    lines = [f"{row['subject']},{SAMPLE_COHORT / row['file']}" for row in rows]
    (tmp_path / "people.csv").write_text("\n".join(["subject,file", *lines]))
    run = CommandLine(monkeypatch, capsys)
    enrol = ("enrol", "shelter", "people.csv", "--create", "test", "--source", "consented_enrolment")
    assert run(*enrol, "--keep-until-erased", "--quiet").code == 0
    assert run("policy", "enable", "two-people").code == 0
    for who in ("Ana", "Ben"):
        assert run("review", "reviewers", "attest", who, "--until", "2099-12-31").code == 0
    found = run("search", "shelter", PHOTOS / "p003_probe.jpg", *PURPOSE, "--json").document
    review = found["record"]["review_id"]
    assert (found["record"]["held"], found["result"]["candidates"]) == (True, [])
    for who in ("Ana", "Ben"):
        folder = tmp_path / who
        shown = run("review", "show", review, "--as", who, "--pictures", folder, "--json")
        letters = shown.document["lineups"][0]["letters"]
        assert len(letters) >= 6
        letter = letter_of("p003", review, folder)
        vote = run("review", "vote", review, "--as", who, "--rating", f"{letter}=+2", "--rest=-2", "--json")
        assert vote.code == 0
    lead = run("review", "release", review, "--json").document["lead"]
    assert [item["subject"] for item in lead["candidates"]] == ["p003"]
    assert lead["statement"] == "Investigative lead, not an identification."
    assert run("ledger", "verify").code == 0
