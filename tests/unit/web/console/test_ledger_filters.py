"""What a list is narrowed to: from the address and back, and what cannot be read is told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from starlette.datastructures import QueryParams

from countenance.core.errors import InputError
from countenance.ledger.kinds import EntryKind
from countenance.web.console.ledger.filters import KINDS, OPTIONS, narrowed

ACT = "ab" * 16


def nowhere(named: str) -> None:
    del named


def test_an_address_comes_back_as_it_was() -> None:
    address = f"kind=act_denied&act={ACT}&case=24-1183&from=2031-03-03&to=2031-03-05"

    asked = narrowed(QueryParams(f"{address}&after=70"))

    assert asked.query() == f"/ledger?{address}"
    assert asked.query(21) == f"/ledger?{address}&after=21"
    assert asked.after == 70


def test_days_are_whole_and_both_included() -> None:
    wanted = narrowed(QueryParams("from=2031-03-03&to=2031-03-05")).wanted(nowhere)

    assert wanted is not None
    assert wanted.since == datetime(2031, 3, 3, tzinfo=UTC)
    assert wanted.before == datetime(2031, 3, 6, tzinfo=UTC)


def test_every_word_of_the_list_can_be_asked_for() -> None:
    for word, _ in OPTIONS:
        wanted = narrowed({"kind": word}).wanted(nowhere)
        assert wanted is not None
        assert wanted.kinds == (KINDS.get(word) or ((EntryKind(word),) if word else ()))


def test_a_case_is_found_by_identifier_even_if_only_the_ledger_knows_it() -> None:
    wanted = narrowed({"case": ACT}).wanted(nowhere)

    assert wanted is not None
    assert wanted.case_id == ACT
    assert narrowed({"case": "24-1183"}).wanted(nowhere) is None


@pytest.mark.parametrize(
    "query",
    ["kind=everything", "act=xyz", "after=-1", "after=1e9", "after=99999999999999999999", "from=yesterday",
     "from=2031-02-30", "from=0001-01-01", "to=9999-12-31", "from=2031-03-05&to=2031-03-03"],
)  # fmt: skip
def test_what_cannot_be_read_is_told(query: str) -> None:
    with pytest.raises(InputError) as raised:
        narrowed(QueryParams(query))

    assert raised.value.remedy


def test_nothing_asked_narrows_nothing() -> None:
    asked = narrowed({})

    assert not asked.anything
    assert asked.query() == "/ledger"
    assert narrowed({"from": "2031-03-03"}).first == date(2031, 3, 3)
