"""A list of cases: known and open lets through; everything else, and every doubt, refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from countenance.core.errors import CaseListUnavailable, CaseNotListed
from countenance.service.case_lists import CsvCaseList, HttpCaseList, case_rule, parse_case_list, require_listed
from countenance.service.case_ports import ListedAs
from tests.support.case_samples import MadeUpCaseList


def csv_list(folder: Path, content: str | bytes) -> CsvCaseList:
    path = folder / "cases.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvCaseList(path)


def test_without_a_list_nothing_is_checked_and_that_is_said() -> None:
    assert require_listed(None, "24-1183") is False


def test_only_a_number_listed_as_open_goes_through() -> None:
    cases = MadeUpCaseList({"open": ListedAs.OPEN, "closed": ListedAs.CLOSED})
    assert require_listed(cases, "open") is True
    with pytest.raises(CaseNotListed, match="closed") as closed:
        require_listed(cases, "closed")
    with pytest.raises(CaseNotListed, match="does not know") as unknown:
        require_listed(cases, "secret-number")
    assert "secret-number" not in str(unknown.value)
    assert case_rule(closed.value) == "case.not_listed"
    cases.reachable = False
    with pytest.raises(CaseListUnavailable):
        require_listed(cases, "open")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("case_number\n24-1\n", ListedAs.OPEN),
        ("case_number,status\n24-1,open\n", ListedAs.OPEN),
        ("Case_Number;Status\r\n24-1;Active\r\n", ListedAs.OPEN),
        ("\ufeffcase_number,title\n24-1,a title\n", ListedAs.OPEN),
        ("title,case_number,status\nx, 24-1 ,closed\n", ListedAs.CLOSED),
        ("case_number,status\n24-1,open\n24-1,closed\n", ListedAs.CLOSED),
        ("case_number,status\n24-2,open\n", ListedAs.UNKNOWN),
        ("case_number\n", ListedAs.UNKNOWN),
        ("case_number\n24-11\n4-1\n", ListedAs.UNKNOWN),
    ],
)
def test_a_file_says_what_its_lines_say(content: str, expected: ListedAs, tmp_path: Path) -> None:
    assert csv_list(tmp_path, content).look_up("24-1") is expected


@pytest.mark.parametrize(
    "content",
    [
        "", "number\n24-1\n", "case_number,status\n24-1,\n", "case_number,status\n24-1\n",
        "case_number,status\n24-1,perhaps\n", "case_number,status\n24-1,open\n24-1,perhaps\n", b"case_number\n\xff\n",
    ],
)  # fmt: skip
def test_a_file_that_leaves_a_doubt_refuses(content: str | bytes, tmp_path: Path) -> None:
    with pytest.raises(CaseListUnavailable):
        csv_list(tmp_path, content).look_up("24-1")


def test_a_strange_status_of_another_case_is_no_doubt_about_this_one(tmp_path: Path) -> None:
    assert csv_list(tmp_path, "case_number,status\n24-2,perhaps\n24-1,open\n").look_up("24-1") is ListedAs.OPEN


def test_a_file_that_is_not_there_refuses_and_a_new_one_takes_effect_at_once(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    cases = CsvCaseList(path)
    with pytest.raises(CaseListUnavailable, match="no such file"):
        cases.look_up("24-1")
    path.write_text("case_number,status\n24-1,open\n")
    assert cases.look_up("24-1") is ListedAs.OPEN
    path.write_text("case_number,status\n24-1,closed\n")
    assert cases.look_up("24-1") is ListedAs.CLOSED
    same_length = path.stat()
    path.write_text("case_number,status\n24-9,closed\n")
    os.utime(path, ns=(same_length.st_atime_ns, same_length.st_mtime_ns + 1))
    assert cases.look_up("24-1") is ListedAs.UNKNOWN
    path.unlink()
    with pytest.raises(CaseListUnavailable):
        cases.look_up("24-1")


def test_a_large_file_is_read_whole() -> None:
    content = "case_number\n" + "".join(f"{number}\n" for number in range(50_000))
    assert len(parse_case_list(content.encode(), "here")) == 50_000


class Answers:
    """Stands in for the GET: answers as told and keeps the numbers."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body
        self.numbers: list[str] = []

    def __call__(self, case_number: str) -> tuple[int, bytes]:
        self.numbers.append(case_number)
        return self.status, self.body


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"status": "open"}', ListedAs.OPEN),
        (200, b'{"case_number": "24-1", "status": "Active", "title": "x"}', ListedAs.OPEN),
        (200, b'{"status": "archived"}', ListedAs.CLOSED),
        (404, b"whatever", ListedAs.UNKNOWN),
    ],
)
def test_an_address_says_what_it_answers(status: int, body: bytes, expected: ListedAs) -> None:
    assert HttpCaseList(Answers(status, body)).look_up("24-1") is expected


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""), (200, b"open"), (200, b"[]"), (200, b'{"status": null}'), (200, b'{"status": ""}'), (200, b"\xff"),
        (200, b'{"status": "perhaps"}'), (200, b'{"case_number": "24-2", "status": "open"}'),
        (200, b'{"case_number": 241, "status": "open"}'), (204, b""), (301, b""), (401, b""), (403, b""), (500, b""),
    ],
)  # fmt: skip
def test_an_answer_that_leaves_a_doubt_refuses(status: int, body: bytes) -> None:
    with pytest.raises(CaseListUnavailable):
        HttpCaseList(Answers(status, body)).look_up("24-1")


def test_a_number_is_asked_about_without_the_space_around_it() -> None:
    answers = Answers(404, b"")
    HttpCaseList(answers).look_up(" 24-1 ")
    assert answers.numbers == ["24-1"]
