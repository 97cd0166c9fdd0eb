"""Pages of a list: one item more than fits says that there is a next page."""

from __future__ import annotations

import pytest

from countenance.web.rest.lists import first_of


@pytest.mark.parametrize(
    ("found", "shown", "following"),
    [([], [], None), ([1], [1], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2], "behind 2")],
)
def test_a_cursor_stands_behind_the_last_item_shown(found: list[int], shown: list[int], following: str | None) -> None:
    assert first_of(found, 2, lambda last: f"behind {last}") == (shown, following)
