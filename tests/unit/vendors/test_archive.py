"""The journal: what was answered is kept, what was sent is counted, a torn line is nothing, damage is said."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.vendors.archive import Archive

AT = "2026-01-02T03:04:05+00:00"
ABOUT = {"run_id": "abc", "started_at": AT, "vendor": "rekognition", "photos_sha256": "12", "one_set": True}


def answered(archive: Archive, call: str = "Search 1", reply: object = "hits") -> None:
    archive.about_to_send(call, "Search", price=Decimal("0.001"), at=AT)
    archive.keep_answer(call, "Search", {"reply": reply}, at=AT)


def test_an_answer_is_found_again_by_another_process(tmp_path: Path) -> None:
    answered(Archive(tmp_path))
    again = Archive(tmp_path)
    assert again.answer("Search 1") == {"reply": "hits"}
    assert again.answer("Search 2") is None
    assert (again.attempts, again.spent, again.answered("Search")) == (1, Decimal("0.001"), 1)


def test_an_attempt_without_an_answer_is_paid_and_may_be_sent_again(tmp_path: Path) -> None:
    Archive(tmp_path).about_to_send("Search 1", "Search", price=Decimal("0.001"), at=AT)
    again = Archive(tmp_path)
    assert again.answer("Search 1") is None
    assert again.spent == Decimal("0.001")
    assert again.attempts_of("Search 1") == 1


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_torn_by_a_crash_counts_as_not_written_and_the_next_is_whole(tmp_path: Path, cut: int) -> None:
    archive = Archive(tmp_path)
    answered(archive)
    archive.about_to_send("Search 2", "Search", price=Decimal("0.001"), at=AT)
    journal = tmp_path / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-cut])
    again = Archive(tmp_path)
    assert again.attempts == 1
    answered(again, "Search 3")
    assert [json.loads(line)["event"] for line in journal.read_text().splitlines()] == [
        "attempt",
        "answered",
        "attempt",
        "answered",
    ]


def test_a_damaged_line_is_an_error_with_its_number(tmp_path: Path) -> None:
    answered(Archive(tmp_path))
    journal = tmp_path / "journal.jsonl"
    journal.write_text("nonsense\n" + journal.read_text())
    with pytest.raises(AuditInputInvalid, match="Line 1"):
        Archive(tmp_path)


def test_an_expired_answer_is_asked_again_and_its_file_stays(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    answered(archive, reply="old")
    archive.forget_answer("Search 1")
    assert archive.answer("Search 1") is None
    answered(archive, reply="new")
    again = Archive(tmp_path)
    assert again.answer("Search 1") == {"reply": "new"}
    assert [document["reply"] for document in again.documents()] == ["old", "new"]
    assert len(list((tmp_path / "replies").glob("*.json"))) == 2


def test_the_folder_belongs_to_one_run_whose_id_stays(tmp_path: Path) -> None:
    Archive(tmp_path).claim(ABOUT)
    stored = Archive(tmp_path).claim({**ABOUT, "run_id": "other", "started_at": "later"})
    assert stored["run_id"] == "abc"
    assert stored["started_at"] == AT
    with pytest.raises(AuditInputInvalid, match="another run"):
        Archive(tmp_path).claim({**ABOUT, "photos_sha256": "13"})


def test_every_file_is_listed_with_its_digest(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    archive.claim(ABOUT)
    answered(archive)
    assert [file.name for file in archive.files()] == ["journal.jsonl", "replies/000001-Search.json", "run.json"]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileUnreadable, match="cannot be used"):
        Archive(tmp_path / "file" / "archive")
