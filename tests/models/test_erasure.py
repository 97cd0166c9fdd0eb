"""Somebody of the sample cohort is enrolled, found, erased and not found again, by the real recogniser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.models.conftest import PHOTOS
from tests.support.command_line import CommandLine


def test_an_erased_person_is_not_found_again(
    tmp_path: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(cache_dir))
    monkeypatch.chdir(tmp_path)
    cli = CommandLine(monkeypatch, capsys)
    people = sorted({path.name.split("_")[0] for path in PHOTOS.iterdir()})[:6]
    for name in people:
        (tmp_path / "people" / name).mkdir(parents=True)
        for photo in PHOTOS.glob(f"{name}_reference*"):
            shutil.copy(photo, tmp_path / "people" / name)
    words = ("--create", "synthetic people", "--source", "consented_enrolment", "--keep-until-erased", "--quiet")
    assert cli("enrol", "album", tmp_path / "people", *words).code == 0
    probe = next(PHOTOS.glob(f"{people[0]}_probe*"))
    found = cli("search", "album", probe, "--json").document["result"]["candidates"]
    assert people[0] in {one["candidate"]["subject"] for one in found}
    done = cli("subject", "erase", people[0], "--yes", "--receipt", "receipt.json", "--json").document
    assert done["erased"][0]["references"] == 1
    again = json.loads((tmp_path / "receipt.json").read_text())["receipt"]["looked_again"]
    assert again["holds"] is True
    assert [(one["references"], one["erased_found"]) for one in again["searched"]] == [(5, 0)]
    assert again["files"]["found"] == 0
    assert cli("subject", "receipt", "verify", "receipt.json").code == 0
    left = cli("search", "album", probe, "--json").document["result"]["candidates"]
    assert people[0] not in {one["candidate"]["subject"] for one in left}
    assert cli("ledger", "verify").code == 0
