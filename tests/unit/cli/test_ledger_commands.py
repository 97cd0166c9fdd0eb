"""``countenance ledger``: what a records officer, a board and the operator type."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from countenance.bootstrap.application import Application, load_settings
from tests.support.command_line import CommandLine
from tests.support.ledger_acts import act_id, gallery_deleted, intent, outcome

NOT_VERIFIED = 7


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def used(run: CommandLine, tmp_path: Path) -> CommandLine:
    """Return the command line over a ledger of six entries."""
    with (app := Application(load_settings())).store() as store:
        journal = app.journal(store)
        for number in range(2):
            journal.begin_act(act_id(number), intent())
            journal.finish_act(act_id(number), outcome())
        journal.record(*gallery_deleted())
    return run


def entry_ids(run: CommandLine) -> list[str]:
    return [entry["entry_id"] for entry in run("ledger", "show", "--json").document["entries"]]


def test_nothing_is_recorded_before_anything_was_done(run: CommandLine) -> None:
    assert "Nothing is recorded yet" in run("ledger", "show").words
    answer = run("ledger", "verify")
    assert (answer.code, "no ledger yet" in answer.words) == (NOT_VERIFIED, True)


def test_show_lists_the_newest_first_and_one_entry_with_its_fields(used: CommandLine) -> None:
    listed = used("ledger", "show", "--json").document
    assert [entry["kind"] for entry in listed["entries"]] == [
        "gallery_deleted",
        *["act_completed", "act_intended"] * 2,
        "ledger_started",
    ]
    assert listed["size"] == 6
    page = used("ledger", "show", "--limit", 2, "--before", 3, "--json").document
    assert [entry["index"] for entry in page["entries"]] == [2, 1]
    words = used("ledger", "show").words
    assert "6 entries" in words
    # A narrow terminal breaks the column between the two words.
    assert "result:" in words
    assert "nobody" in words
    one = used("ledger", "show", entry_ids(used)[4]).words
    assert "camera 4" in one
    assert "US, US-WA" in one
    missing = used("ledger", "show", "ab" * 16)
    assert (missing.code, "There is no entry" in missing.words) == (4, True)


def test_verify_says_what_was_compared_and_what_it_does_not_show(used: CommandLine, tmp_path: Path) -> None:
    alone = used("ledger", "verify")
    assert alone.code == 0
    assert alone.words.startswith("VERIFIED")
    assert "no checkpoint from outside was given" in alone.words
    board = tmp_path / "board.txt"
    assert used("ledger", "checkpoint", "--to", board).code == 0
    assert used("ledger", "checkpoint", "--to", board).code == 0
    held = used("ledger", "verify", "--checkpoint", board)
    assert held.code == 0
    assert "board.txt, number 2: the first 7 of 8 entries" in held.words
    assert "no checkpoint from outside" not in held.words
    assert "That what operators entered is true" in held.words
    document = used("ledger", "verify", "--checkpoint", board, "--json").document
    assert document["verified"] is True


def test_verify_notices_an_end_that_was_cut_off_from_the_checkpoint_outside(used: CommandLine, tmp_path: Path) -> None:
    board, data = tmp_path / "board.txt", tmp_path / "data"
    shutil.copytree(data, tmp_path / "backup")
    used("ledger", "checkpoint", "--to", board)
    shutil.rmtree(data)
    shutil.copytree(tmp_path / "backup", data)
    with sqlite3.connect(data / "countenance.db") as raw:
        raw.execute("DELETE FROM ledger_entries WHERE entry_index = 5")
        raw.execute("DELETE FROM ledger_nodes WHERE position >= 8")
    raw.close()
    (data / "ledger.remembered").unlink()
    assert used("ledger", "verify").code == 0
    answer = used("ledger", "verify", "--checkpoint", board)
    assert answer.code == NOT_VERIFIED
    assert answer.words.startswith("NOT VERIFIED")
    assert "counts 6 entries, and 5 are here" in answer.words


def test_a_restored_backup_stops_the_work_until_it_is_recorded(used: CommandLine, tmp_path: Path) -> None:
    data = tmp_path / "data"
    backup = (data / "countenance.db").read_bytes()
    assert used("ledger", "checkpoint").code == 0
    (data / "countenance.db").write_bytes(backup)
    used_up = used("ledger", "checkpoint")
    assert used_up.code == 0, "a backup that lost nothing is no harm"
    used("ledger", "checkpoint", "--to", tmp_path / "board.txt")
    (data / "countenance.db").write_bytes(backup)
    refused = used("ledger", "key")
    assert refused.code == 7
    assert "its end is gone, or an older copy" in refused.words
    assert "countenance ledger restored" in refused.words
    assert used("ledger", "show").code == 0, "reading is never refused"
    assert used("ledger", "restored", "--reason", "disk failed").code == 0
    assert used("ledger", "key").code == 0
    assert used("ledger", "verify").code == 0


def test_an_export_is_verified_by_the_single_file_beside_it(used: CommandLine, tmp_path: Path) -> None:
    board, out = tmp_path / "board.txt", tmp_path / "handed-over"
    out.mkdir()
    used("ledger", "checkpoint", "--to", board)
    key = used("ledger", "key", "--json").document["keys"][0]
    target = out / "ledger.jsonl"
    made = used("ledger", "export", "--out", target, "--with-verifier", "--for", "the board", "--json").document
    assert made["export"]["entries"] == 7
    assert b"camera 4" not in target.read_bytes()
    verified = subprocess.run(
        [sys.executable, "-I", str(out / "countenance_verify.py"), str(target), str(board), "--key", key, "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert json.loads(verified.stdout)["withheld"] == made["export"]["fields_redacted"]
    one = used("ledger", "export", "--out", out / "one.jsonl", "--entry", entry_ids(used)[3], "--redact", "none")
    assert one.code == 0
    assert "Wrote 1 entries" in one.words
    assert used("ledger", "export", "--out", out).code == 3


def test_prove_leads_from_an_entry_to_a_checkpoint(used: CommandLine) -> None:
    entry = entry_ids(used)[2]
    document = used("ledger", "prove", entry, "--json").document
    assert document["entry"]["entry_id"] == entry
    assert 0 < len(document["proof"]) <= 3
    assert document["checkpoint"].splitlines()[1] == "6"
    assert "It is entry 3 of 6" in used("ledger", "prove", entry).words


def test_a_new_key_signs_on_and_the_old_one_is_still_known(used: CommandLine, tmp_path: Path) -> None:
    early, late = tmp_path / "early.txt", tmp_path / "late.txt"
    used("ledger", "checkpoint", "--to", early)
    first = used("ledger", "key").out.strip()
    second = used("ledger", "key", "rotate").out.strip()
    assert first != second
    assert used("ledger", "key").out.split() == [first, second]
    used("ledger", "checkpoint", "--to", late)
    assert used("ledger", "verify", "--checkpoint", early, "--checkpoint", late).code == 0
    answer = used("ledger", "verify", "--checkpoint", late, "--key", first)
    assert answer.code == NOT_VERIFIED
    assert used("ledger", "verify", "--key", "nonsense").code == 7
    assert "key_before" in used("ledger", "show", entry_ids(used)[1]).words


def test_a_checkpoint_is_printed_where_nothing_else_is_said(used: CommandLine) -> None:
    out = used("ledger", "checkpoint").out
    assert out.splitlines()[1] == "6"
    assert out.count("\n\n") == 1
    assert used("ledger", "checkpoint", "--json").document["checkpoint"] == out
    assert used("ledger", "checkpoint", "--to", "http://127.0.0.1:1/").code == 7
