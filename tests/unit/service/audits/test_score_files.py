"""Score files in every form they come in, and every way they are broken."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.score_files import CodedRows, decimal_comma, open_table, read_rows

PLAIN = "probe,reference,score\n007,b,0.5\nb,c,0.25\n007,c,\n"


def written(folder: Path, content: str | bytes, name: str = "s.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, *, delimiter: str | None = None, mated: str | None = None) -> CodedRows:
    return read_rows(open_table(path, delimiter=delimiter), "probe", "reference", "score", mated)


def check(rows: CodedRows) -> None:
    assert rows.photos == ("007", "b", "c")
    assert rows.probe.tolist() == [0, 1, 0]
    assert rows.reference.tolist() == [1, 2, 2]
    assert rows.score.tolist()[:2] == [0.5, 0.25]
    assert np.isnan(rows.score[2])


@pytest.mark.parametrize(
    "content",
    [
        PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.encode("utf-16"),
        gzip.compress(PLAIN.encode("utf-16"), mtime=0),
        PLAIN.replace(",", "\t").encode(),
        PLAIN.replace(",", "|").encode(),
        PLAIN.replace(",", ";").replace(".", ",").encode(),
        gzip.compress(PLAIN.encode(), mtime=0),
        PLAIN.replace("0.5", "50%").replace("0.25", "25 %").encode(),
        PLAIN.replace("007,b", " 007 ,b ").replace("probe,", " probe ,").encode(),
        PLAIN.replace("007,c,", "007,c,NaN").encode(),
        PLAIN.replace("007,c,", "007,c,N/A").encode(),
        PLAIN.replace("007,b", '"007","b"').encode(),
    ],
    ids=[
        "plain", "windows", "byte order mark", "utf-16", "utf-16 gzip", "tabs", "bars", "decimal comma", "gzip",
        "percent signs", "spaces", "NaN", "N/A", "quoted",
    ],
)  # fmt: skip
def test_text_files_of_every_kind_give_the_same_rows(tmp_path: Path, content: bytes) -> None:
    rows = read(written(tmp_path, content))
    factor = 100.0 if b"50%" in content else 1.0
    check(CodedRows(rows.photos, rows.probe, rows.reference, rows.score / factor))


def test_parquet_is_known_by_its_contents(tmp_path: Path) -> None:
    frame = pl.DataFrame({"probe": ["007", "b", "007"], "reference": ["b", "c", "c"], "score": [0.5, 0.25, None]})
    path = tmp_path / "scores"
    frame.write_parquet(path)
    check(read(path))


def test_numbers_as_identifiers_are_text(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    pl.DataFrame({"probe": [1, 2], "reference": [2, 10], "score": [1, 0]}).write_parquet(path)
    rows = read(path)
    assert rows.photos == ("1", "10", "2")
    assert rows.score.tolist() == [1.0, 0.0]


def test_marks_of_mated_comparisons_are_read(tmp_path: Path) -> None:
    rows = read(written(tmp_path, "probe,reference,score,m\na,b,1,Genuine\na,c,2,0\nb,c,3,FALSE\na,d,4,\n"), mated="m")
    assert rows.mated is not None
    assert rows.mated.tolist() == [1, 0, 0, -1]


def test_a_mark_that_is_neither_yes_nor_no_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AuditInputInvalid, match="neither yes nor no, the first is row 2"):
        read(written(tmp_path, "probe,reference,score,m\na,b,1,1\na,c,2,perhaps\n"), mated="m")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"probe,reference,score\n", "no row"),
        (b"\n\n", "does not begin with a line of column names"),
        (b"a,b,0.5\nb,c,0.25\n", "looks like data"),
        (b"probe reference score\na b 1\n", "one column only"),
        (b"probe,reference,score,score\na,b,1,2\n", "two columns named 'score'"),
        (b"probe,reference,score\na,b,0,5\nb,c,0,25\n", "Line 2 .* has 4 cells"),
        (b"probe,reference,score\na,b,high\n", "1 scores .* are no numbers, the first in row 1"),
        (b"probe,reference,score\n,b,1\n", "1 rows .* have no probe"),
        (b"probe,reference,score\n   ,b,1\n", "spaces only"),
        (b"PK\x03\x04rest", "spreadsheet or a ZIP"),
        (b"probe,reference,score\n\xe9a,b,1\n", "not UTF-8"),
        ("probe,reference,score\na,b,1\n".encode("utf-16-le"), "without a byte order mark"),
        (gzip.compress(PLAIN.encode() * 100, mtime=0)[:-20], "damaged or cut off"),
        (b"PAR1" + b"\x00" * 40, "cannot be read: damaged"),
    ],
)
def test_broken_files_say_what_is_wrong(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(AuditInputInvalid, match=words) as refused:
        read(written(tmp_path, content))
    assert refused.value.remedy


def test_a_decimal_comma_between_commas_is_explained(tmp_path: Path) -> None:
    with pytest.raises(AuditInputInvalid) as refused:
        read(written(tmp_path, b"probe,reference,score\na,b,0,5\nb,c,0,25\n"))
    assert "semicolons" in refused.value.remedy


def test_a_parquet_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    pl.DataFrame({"probe": ["a"] * 1000, "reference": ["b"] * 1000, "score": range(1000)}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(AuditInputInvalid, match="damaged, cut off"):
        read(path)


def test_a_line_far_down_with_other_columns_is_refused(tmp_path: Path) -> None:
    lines = ["probe,reference,score", *(f"a{n},b{n},0.5" for n in range(5_000)), "a,b,0.1,0.2,0.3"]
    with pytest.raises(AuditInputInvalid, match="cannot be read"):
        read(written(tmp_path, "\n".join(lines)))


def test_a_wrong_stated_delimiter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AuditInputInvalid, match="does not occur"):
        read(written(tmp_path, PLAIN), delimiter=";")


def test_a_missing_file_is_another_error(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="cannot be read"):
        open_table(tmp_path / "none.csv")
    with pytest.raises(FileUnreadable, match="cannot be read"):
        open_table(tmp_path)


def test_a_name_with_a_star_is_one_file(tmp_path: Path) -> None:
    written(tmp_path, PLAIN.replace("0.5", "0.9"), "s1.csv")
    check(read(written(tmp_path, PLAIN, "s[1]*.csv")))


def test_a_decimal_comma_is_seen_only_without_points() -> None:
    assert decimal_comma(["0,5", "1", "0,25"])
    assert not decimal_comma(["0.5", "0,25"])
    assert not decimal_comma(["1", "2"])
