"""Places in lists of reviews, as addresses carry them; which lists there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from countenance.core.errors import InputError
from countenance.service.review_lists import PAGE, Cursor, cursor_of, overview, taken_part, waiting

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """As much of a review as a list needs."""

    review_id: str
    opened_at: datetime


class Rows:
    """So many reviews, one a minute; keeps what it was asked."""

    def __init__(self, count: int) -> None:
        self.rows: list[Any] = [Row(f"{number:032x}", NOW + timedelta(minutes=number)) for number in range(count)]
        self.asked: list[Mapping[str, Any]] = []

    def _page(self, after: Cursor | None, limit: int) -> Sequence[Any]:
        return [row for row in self.rows if after is None or row.opened_at > after.opened_at][:limit]

    def waiting_for(self, reviewer_id: str, *, after: Cursor | None, limit: int) -> Sequence[Any]:
        return self._page(after, limit)

    def left_out_for(self, reviewer_id: str, *, most: int) -> tuple[int, int]:
        return 1, most

    def in_state(self, state: str, **asked: Any) -> Sequence[Any]:
        self.asked.append({"state": state, **asked})
        return self._page(asked["after"], asked["limit"])

    def count_due(self, state: str, *, due_before: datetime | None, most: int) -> int:
        return most

    def taken_part(self, reviewer_id: str, *, after: Cursor | None, limit: int) -> Sequence[Any]:
        return self._page(after, limit)

    def states(self, review_ids: Sequence[str]) -> Mapping[str, tuple[str, str | None]]:
        return {}


@pytest.mark.parametrize("count", [0, 1, PAGE, PAGE + 1, 2 * PAGE + 3])
def test_pages_follow_one_another_without_a_gap_and_end(count: int) -> None:
    found: list[Any] = []
    rows, after = Rows(count), None
    while True:
        page = waiting(rows, "me", after=after)
        found += page.reviews
        if page.more is None:
            break
        after = cursor_of(page.more.text())
    assert found == rows.rows
    assert taken_part(rows, "me")[0] == rows.rows[:PAGE]


def test_late_ones_are_open_and_were_due_before_now() -> None:
    rows = Rows(0)
    overview(rows, "late", NOW)
    overview(rows, "released", NOW)
    assert {**rows.asked[0], "limit": 0} == {
        "state": "open", "oldest_first": True, "due_before": NOW, "after": None, "limit": 0,
    }  # fmt: skip
    assert (rows.asked[1]["state"], rows.asked[1]["oldest_first"], rows.asked[1]["due_before"]) == (
        "released", False, None,
    )  # fmt: skip


def test_a_list_that_there_is_not_is_refused() -> None:
    with pytest.raises(InputError, match="no such list"):
        overview(Rows(0), "everything; drop table", NOW)


@pytest.mark.parametrize(
    "text", ["x", "2031-05-06T07:08:09+00:00", "2031-05-06T07:08:09." + "0" * 32, ".", "2031-05-06T07:08:09+00:00.0'"]
)
def test_a_place_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        cursor_of(text)


def test_no_place_is_the_beginning() -> None:
    assert cursor_of("") is None
