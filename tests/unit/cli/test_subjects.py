"""``subject``, ``retention`` and ``key`` as they are typed, over a synthetic engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from countenance.bootstrap.application import Application
from tests.support.command_line import CommandLine
from tests.support.review_place import synthetic_engine
from tests.support.synthetic_engine import synthetic_photo


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    """Return the command line over an album of three people."""
    monkeypatch.setattr(Application, "engine", synthetic_engine)
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    run = CommandLine(monkeypatch, capsys)
    for name in ("anna", "bea", "cleo"):
        (tmp_path / "people" / name).mkdir(parents=True)
        (tmp_path / "people" / name / "1.jpg").write_bytes(synthetic_photo(name))
    words = ("--create", "my own photos", "--source", "consented_enrolment", "--keep-until-erased")
    assert run("enrol", "album", tmp_path / "people", *words, "--quiet").code == 0
    return run


def test_people_are_listed_and_shown(cli: CommandLine) -> None:
    listed = cli("subject", "list", "--json").document["subjects"]
    assert [(one["gallery"], one["subject"], one["references"]) for one in listed] == [
        ("album", name, 1) for name in ("anna", "bea", "cleo")
    ]
    assert [one["subject"] for one in cli(
        "subject", "list", "--gallery", "album", "--after", "anna", "--limit", "1", "--json"
    ).document["subjects"]] == ["bea"]  # fmt: skip
    shown = cli("subject", "show", "anna", "--json").document["held"]
    assert [one["gallery"] for one in shown] == ["album"]
    assert "Nobody is held" in cli("subject", "show", "dora").words
    assert cli("subject", "list", "--gallery", "nowhere").code == 4


def test_a_person_is_erased_with_a_receipt_that_verifies(cli: CommandLine, tmp_path: Path) -> None:
    run = cli(
        "subject", "erase", "anna", "--requested-on", "2026-11-20", "--by", "R. Okafor", "--receipt", "r.json", "--yes"
    )
    assert run.code == 0, run.words
    assert "Erased from album: 1 reference(s), 1 picture(s), 1 key(s)" in run.words
    assert "Searched again in album: 0 of the erased found among 2 references" in run.words
    assert "key rotate" in run.words
    receipt = json.loads((tmp_path / "r.json").read_text())["receipt"]
    assert receipt["requested_at"] == "2026-11-20T00:00:00+00:00"
    assert "anna" in (tmp_path / "r.html").read_text()
    assert (tmp_path / "r.json").stat().st_mode & 0o077 == 0
    key = cli("ledger", "key", "--json").document
    words = next(word for word in json.dumps(key).split('"') if word.count("+") >= 2)
    assert cli("subject", "receipt", "verify", "r.json", "--key", words).code == 0
    (tmp_path / "bad.json").write_text((tmp_path / "r.json").read_text().replace('"references": 1', '"references": 2'))
    bad = cli("subject", "receipt", "verify", "bad.json", "--json")
    assert (bad.code, bad.document["verified"]) == (7, False)
    assert cli("subject", "receipt", "verify", "missing.json").code == 3
    assert "Nobody: no one" in cli("search", "album", tmp_path / "people" / "anna" / "1.jpg").words


def test_erasing_asks_first_and_answers_about_strangers(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", __import__("io").StringIO("n\n"))
    assert cli("subject", "erase", "anna").code == 1
    assert cli("subject", "show", "anna", "--json").document["held"]
    run = cli("subject", "erase", "dora", "--gallery", "album")
    assert run.code == 0
    assert "Nobody is held under the name dora. Looked in: album." in run.words
    assert cli("ledger", "show", "--limit", "1", "--json").document["entries"][0]["fields"]["result"] == "not_held"


def test_what_is_held_is_handed_out_into_a_new_folder(cli: CommandLine, tmp_path: Path) -> None:
    cli("search", "album", tmp_path / "people" / "anna" / "1.jpg")
    run = cli("subject", "export", "anna", "--out", "for-anna", "--for", "herself", "--json")
    assert run.code == 0, run.words
    assert run.document["counts"]["references"] == 1
    document = json.loads((tmp_path / "for-anna" / "subject.json").read_text())
    assert document["searches_that_listed_them"] == 1
    assert document["galleries"][0]["basis"] == "my own photos"
    page = (tmp_path / "for-anna" / "subject.html").read_text()
    assert "anna/1.jpg" in page
    (picture,) = (tmp_path / "for-anna" / "pictures").iterdir()
    assert b"anna" in picture.read_bytes()
    assert cli("subject", "export", "anna", "--out", "for-anna").code == 3


def test_retention_is_shown_and_run(cli: CommandLine) -> None:
    shown = cli("retention", "due", "--json").document
    assert shown["retention_days"] == {"album": None}
    assert shown["due"] == {"references": {}, "runs": 0, "secrets": 0, "reviews": 0, "faces": 0}
    assert cli("retention", "run", "--json").document["gone"]["references"] == 0
    assert "until erased" in cli("retention", "due").words


def test_a_gallery_needs_basis_source_and_rule(cli: CommandLine) -> None:
    rule, basis, source = ("--keep-until-erased",), ("--basis", "x"), ("--source", "consented_enrolment")
    for words in (
        (*basis, *source),
        (*rule, *source),
        (*rule, *basis),
        (*basis, *source, *rule, "--retention-days", "3"),
    ):
        assert cli("gallery", "create", "other", *words).code == 2
    assert cli("gallery", "create", "other", "--basis", "x", *source, "--retention-days", "3").code == 0


def test_the_master_key_moves_to_a_new_file(cli: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = cli("key", "rotate", "--to", "new.key", "--reason", "erasures of May", "--yes")
    assert run.code == 0, run.words
    assert "3 keys wrapped anew" in run.words
    assert cli("key", "rotate", "--to", "new.key", "--yes").code == 7
    assert cli("subject", "list").code == 7
    monkeypatch.setenv("COUNTENANCE_KEY_FILE", str(tmp_path / "new.key"))
    assert cli("subject", "list").code == 0
    entry = cli("ledger", "show", "--limit", "1", "--json").document["entries"][0]
    assert (entry["kind"], entry["fields"]["subject_keys"]) == ("master_key_changed", 3)
