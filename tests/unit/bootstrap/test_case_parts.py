"""From settings to the list of cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.bootstrap.case_parts import case_list
from countenance.core.errors import CaseListUnavailable, SettingsInvalid
from countenance.service.case_lists import CsvCaseList, HttpCaseList
from countenance.service.case_ports import ListedAs
from countenance.settings import Settings


def test_no_setting_is_no_list(tmp_path: Path) -> None:
    assert case_list(Settings(tmp_path, tmp_path)) is None


def test_a_path_is_a_file_that_need_not_be_there_yet(tmp_path: Path) -> None:
    cases = case_list(Settings(tmp_path, tmp_path, case_list=str(tmp_path / "cases.csv")))
    assert isinstance(cases, CsvCaseList)
    with pytest.raises(CaseListUnavailable):
        cases.look_up("24-1")
    (tmp_path / "cases.csv").write_text("case_number\n24-1\n")
    assert cases.look_up("24-1") is ListedAs.OPEN


def test_an_address_is_asked_with_the_token_of_its_file(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("abc\n")
    address = "https://records.example.org/{number}"
    settings = Settings(tmp_path, tmp_path, case_list=address, case_list_token_file=str(token))
    assert isinstance(case_list(settings), HttpCaseList)


@pytest.mark.parametrize("content", [None, "", "two words", "ключ", "a\nb"])
def test_a_file_that_holds_no_token_is_an_error_that_does_not_repeat_it(content: str | None, tmp_path: Path) -> None:
    token = tmp_path / "token"
    if content is not None:
        token.write_text(content, encoding="utf-8")
    address = "https://records.example.org/{number}"
    with pytest.raises(SettingsInvalid) as caught:
        case_list(Settings(tmp_path, tmp_path, case_list=address, case_list_token_file=str(token)))
    assert not content or content not in caught.value.message
