"""The list survives a crash at any byte, and a photo whose rows are not all there is done anew."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from countenance.core.errors import FileUnreadable, ListInvalid
from countenance.service.face_leads import MovedFace
from countenance.service.migration import Reject
from countenance.service.moved_list import CsvMovedList, rejects_csv

ADA = [MovedFace("ada, 1.jpg", "ada", "old1", "new1", "box", 0.5)]
GROUP = [MovedFace('b"\n.jpg', "g", old, f"new{old}", "box", 0.25) for old in ("2", "3", "")]


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "face_ids.csv"
    kept = CsvMovedList(path)
    kept.add(ADA)
    kept.add(GROUP)
    assert list(CsvMovedList(path).rows()) == [*ADA, *GROUP]
    table = csv.DictReader(io.StringIO(path.read_text()))
    assert [row["new_face_id"] for row in table] == ["new1", "new2", "new3", "new"]


def test_a_crash_at_any_byte_leaves_whole_photos_only(tmp_path: Path) -> None:
    path = tmp_path / "face_ids.csv"
    kept = CsvMovedList(path)
    kept.add(ADA)
    sound = len(path.read_bytes())
    kept.add(GROUP)
    whole = path.read_bytes()
    for length in range(sound, len(whole)):
        path.write_bytes(whole[:length])
        again = CsvMovedList(path)
        assert list(again.rows()) == ADA, length
        again.add(GROUP)
        assert list(CsvMovedList(path).rows()) == [*ADA, *GROUP], length


def test_another_file_is_not_taken_for_a_list(tmp_path: Path) -> None:
    for content in (b"a,b\n1,2\n", b"\xff\xfe"):
        (tmp_path / "x.csv").write_bytes(content)
        with pytest.raises(ListInvalid):
            CsvMovedList(tmp_path / "x.csv")
        assert (tmp_path / "x.csv").read_bytes() == content
    with pytest.raises(FileUnreadable):
        CsvMovedList(tmp_path / "no folder" / "x.csv")


def test_rejects_are_a_list_with_a_header() -> None:
    (row,) = csv.DictReader(io.StringIO(rejects_csv([Reject("a.jpg", "ada", "", "no face, none")])))
    assert row == {"photo": "a.jpg", "external_image_id": "ada", "old_face_id": "", "reason": "no face, none"}
