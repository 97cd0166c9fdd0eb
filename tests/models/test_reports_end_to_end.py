"""Real searches on the sample cohort, and every report about them, through the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from countenance.bootstrap.application import SAMPLE_COHORT
from tests.support.command_line import CommandLine

PHOTOS = SAMPLE_COHORT / "photos"


@pytest.fixture
def run(
    tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> CommandLine:
    """Return the command line over a database of its own with four people in a gallery."""
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(cache_dir))
    command = CommandLine(monkeypatch, capsys)
    for subject in ("p010", "p011", "p012", "p013"):
        (tmp_path / "people" / subject).mkdir(parents=True)
        shutil.copy(PHOTOS / f"{subject}_reference.jpg", tmp_path / "people" / subject)
    words = ("--source", "consented_enrolment", "--keep-until-erased", "--basis", "test")
    assert command("gallery", "create", "album", *words).code == 0
    assert command("enrol", "album", tmp_path / "people", "--rejects", tmp_path / "rejects.csv").code == 0
    return command


def test_a_search_and_a_refusal_answer_for_themselves(run: CommandLine, tmp_path: Path) -> None:
    found = run("search", "album", PHOTOS / "p010_probe.jpg", "--json").document
    act = next(value["act_id"] for value in found.values() if isinstance(value, dict) and "act_id" in value)
    police = ("--sector", "us_local_police", "--purpose", "suspect_search", "--place", "US-WA")
    assert run("search", "album", PHOTOS / "p011_probe.jpg", *police).code == 8

    shown = run("report", "search", act, "--out", tmp_path / "dossier.html", "--json").document["dossier"]
    assert shown["statement"] == "Investigative lead, not an identification."
    assert shown["candidates"]["items"][0]["name"] == "p010"
    assert shown["system"]["threshold"]["in_words"]
    assert act in (tmp_path / "dossier.html").read_text(encoding="utf-8")

    assert run("report", "result", act, "--result", "false_match").code == 0
    today = datetime.now(UTC).date().isoformat()
    days = ("--from", today, "--to", today)
    report = run("report", "period", *days, "--out", tmp_path / "report", "--minimum-cell", "1", "--json").document
    assert report["report"]["searches"]["asked"] == 2
    assert report["report"]["searches"]["refused"] == 1
    assert report["report"]["errors"]["false_matches_known"] == 1
    assert {Path(name).name for name in report["files"]} >= {"report.html", "report.json", "tables.csv", "missing.csv"}
    assert json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8")) == report["report"]
    small = run("report", "period", *days, "--out", tmp_path / "small", "--format", "json", "--json").document
    assert small["report"]["searches"]["asked"] is None

    listed = run("report", "exceptions", "--out", tmp_path / "exceptions.html", "--json").document["report"]
    assert listed["acts_looked_at"] == 3
    assert (tmp_path / "exceptions.html").exists()

    packet = run(
        "report", "disclosure", act, "--out", tmp_path / "packet.zip", "--for", "the defence", "--json"
    ).document
    with zipfile.ZipFile(tmp_path / "packet.zip") as archive:
        archive.extractall(tmp_path / "packet")
    ledger = tmp_path / "packet" / "ledger"
    key = (ledger / "keys.txt").read_text(encoding="utf-8").split()[-1]
    verified = subprocess.run(
        [sys.executable, "countenance_verify.py", "entries.jsonl", "checkpoint.txt", "--key", key],
        cwd=ledger,
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.stdout.startswith("VERIFIED"), verified.stdout
    recorded = run("ledger", "show", packet["recorded"]["entry_id"], "--json").document["entries"][0]["fields"]
    assert recorded["content_digest"] == packet["sha256"]
    assert recorded["recipient"] == "the defence"


def test_what_is_no_act_and_days_that_are_none_are_refused_with_a_remedy(run: CommandLine, tmp_path: Path) -> None:
    missing = run("report", "search", "24-1183")
    assert (missing.code, "What to do" in missing.words) == (3, True)
    backwards = ("--from", "2031-02-01", "--to", "2031-01-01")
    assert run("report", "period", *backwards, "--out", tmp_path / "x").code == 3
    assert run("report", "period", *backwards, "--out", tmp_path / "x", "--format", "pdf").code == 2
    assert run("report", "disclosure", "24-1183", "--case", "--out", tmp_path / "x.zip").code == 4
    assert not (tmp_path / "x.zip").exists()
