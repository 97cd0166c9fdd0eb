"""``migrate rekognition`` and ``compat replay`` as they are typed, over an engine without models."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from countenance.bootstrap.application import Application
from tests.support.command_line import CommandLine
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    def engine(application: Application, *, threads: int | None = None) -> SyntheticEngine:
        return SyntheticEngine(application.manifest.identity)

    monkeypatch.setattr(Application, "engine", engine)
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_REFERENCE_PICTURE_PX", "0")
    monkeypatch.chdir(tmp_path)
    for name in ("ada", "bob"):
        (tmp_path / "originals" / name).mkdir(parents=True)
        (tmp_path / "originals" / name / "1.jpg").write_bytes(synthetic_photo(name))
        (tmp_path / f"{name}.jpg").write_bytes(synthetic_photo(name, variant="new"))
    (tmp_path / "originals" / "ada" / "2.jpg").write_bytes(b"\xff\xfe")
    faces = [{"FaceId": f"old-{name}", "ImageId": name, "ExternalImageId": name} for name in ("ada", "bob")]
    (tmp_path / "faces.jsonl").write_text("\n".join(map(json.dumps, faces)))
    return CommandLine(monkeypatch, capsys)


MIGRATE = (
    "migrate", "rekognition", "--collection", "staff", "--images", "originals", "--faces", "faces.jsonl",
    "--source", "consented_enrolment",
)  # fmt: skip


def test_a_collection_is_taken_along_and_its_recording_replayed(typed: CommandLine, tmp_path: Path) -> None:
    run = typed(*MIGRATE)
    assert run.code == 1, run.words
    assert "2 of 2 old face ids lead to new ones" in run.words
    kept = tmp_path / "migration-staff"
    rejects = list(csv.DictReader((kept / "rejects.csv").read_text().splitlines()))
    assert [row["photo"] for row in rejects] == ["ada/2.jpg"]
    recorded: list[dict[str, Any]] = [
        {
            "operation": "SearchFacesByImage",
            "request": {"CollectionId": "old", "Image": {"File": f"{asked}.jpg"}},
            "response": {"FaceMatches": [{"Similarity": 99.0, "Face": {"FaceId": f"old-{found}"}}]},
        }
        for asked, found in (("ada", "ada"), ("bob", "ada"))
    ]
    (tmp_path / "recorded.jsonl").write_text("\n".join(map(json.dumps, recorded)))
    words = ("compat", "replay", "recorded.jsonl", "--collection", "staff", "--face-ids", kept / "face_ids.csv")
    shown = typed(*words, "--exit-code")
    assert shown.code == 0, shown.words
    assert "2 calls compared; 2 decided the same, 0 flip." in shown.words
    assert "Same person first in 50.0% (1 of 2 searches)." in shown.words
    assert "Your 80 corresponds here to FMR 1 in 10,000" in shown.words
    document = typed(*words, "--json").document
    assert (document["first_same"], document["first_told"], document["flips"]) == (1, 2, [])
    assert document["advice"][0]["facts"]["references"] == 2


def test_a_second_run_tries_only_what_was_rejected(typed: CommandLine, tmp_path: Path) -> None:
    assert typed(*MIGRATE).code == 1
    (tmp_path / "originals" / "ada" / "2.jpg").write_bytes(synthetic_photo("ada", variant="2"))
    run = typed(*MIGRATE, "--json")
    assert run.code == 0, run.words
    report = run.document["report"]
    assert (report["photos"], report["done_before"], report["faces"], report["led"]) == (3, 2, 3, 2)


def test_a_decision_that_flips_is_shown_and_ends_with_its_own_code(typed: CommandLine, tmp_path: Path) -> None:
    call = {
        "operation": "CompareFaces",
        "request": {"SourceImage": {"File": "ada.jpg"}, "TargetImage": {"File": "bob.jpg"}},
        "response": {"FaceMatches": [{"Similarity": 85.5}]},
    }
    (tmp_path / "recorded.jsonl").write_text(json.dumps(call))
    words = ("compat", "replay", "recorded.jsonl", "--photo-source", "consented_enrolment")
    assert typed(*words).code == 0
    shown = typed(*words, "--exit-code")
    assert shown.code == 10
    assert "85.5" in shown.words
    assert "non_match" in shown.words


def test_files_that_cannot_be_used_are_told(typed: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{}\n")
    (tmp_path / "recorded.jsonl").write_text("")
    for words in (
        ("compat", "replay", "gone.jsonl"),
        ("compat", "replay", "broken.jsonl"),
        ("compat", "replay", "recorded.jsonl", "--face-ids", "broken.jsonl"),
        ("migrate", "rekognition", "--collection", "staff", "--images", "gone"),
        ("migrate", "rekognition", "--collection", "staff", "--images", "originals", "--faces", "gone"),
        ("migrate", "rekognition", "--collection", "staff", "--images", "originals", "--faces", "broken.jsonl"),
    ):
        run = typed(*words)
        assert run.code not in (0, 1), words
        assert "Error" in run.words or "cannot" in run.words or "not" in run.words
