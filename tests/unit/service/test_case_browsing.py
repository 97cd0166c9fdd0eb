"""Lists of cases, page by page, against the whole list sorted at once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from countenance.core.errors import InputError
from countenance.service.case_browsing import CaseBrowser, CasePlace, CaseRows, case_place

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    case_id: str
    operator_id: str
    opened_at: datetime
    is_open: bool


class SlowRows:
    """Reads pages by sorting everything and looking for the place."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = sorted(rows, key=lambda row: (-row.opened_at.timestamp(), row.case_id))

    def cases_page(
        self,
        *,
        operator_id: str | None,
        is_open: bool,
        now: datetime,
        after: tuple[datetime, str] | None,
        limit: int,
    ) -> tuple[Row, ...]:
        assert now == NOW
        wanted = [row for row in self.rows if row.is_open is is_open and operator_id in (None, row.operator_id)]
        if after is not None:
            place = (-after[0].timestamp(), after[1])
            wanted = [row for row in wanted if (-row.opened_at.timestamp(), row.case_id) > place]
        return tuple(wanted[:limit])


def browser(rows: list[Row]) -> CaseBrowser:
    return CaseBrowser(cast("CaseRows", SlowRows(rows)), lambda: NOW)


def made_up(seed: int, count: int) -> list[Row]:
    chance = random.Random(seed)
    return [
        Row(f"{number:032x}", chance.choice("ab"), NOW - timedelta(hours=chance.randrange(9)), chance.random() < 0.4)
        for number in range(count)
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
@pytest.mark.parametrize("operator", [None, "a"])
def test_all_pages_together_are_the_open_cases_and_then_the_others(seed: int, limit: int, operator: str | None) -> None:
    rows = made_up(seed, 20)
    reader, found, after = browser(rows), [], ""
    for _ in range(100):
        page = reader.page(operator, after, limit)
        assert len(page.open) + len(page.ended) <= limit
        found += [*page.open, *page.ended]
        if page.next is None:
            break
        after = page.next
    mine = [row for row in rows if operator in (None, row.operator_id)]
    wanted = sorted(mine, key=lambda row: (not row.is_open, -row.opened_at.timestamp(), row.case_id))
    assert [row.case_id for row in found] == [row.case_id for row in wanted]


def test_a_place_is_read_as_it_was_written() -> None:
    for place in (CasePlace(), CasePlace(is_open=False), CasePlace(False, NOW, "ab" * 16)):
        assert case_place(str(place)) == place
    assert case_place("") == CasePlace()


@pytest.mark.parametrize("written", ["closed", "open~yesterday~1", "open~2031-05-06T07:08:09~1", f"open~~{'a' * 33}"])
def test_an_address_that_is_no_place_is_refused(written: str) -> None:
    with pytest.raises(InputError, match="no such place"):
        case_place(written)
