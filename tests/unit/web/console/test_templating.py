"""How pages write numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from countenance.web.console.templating import count, day, lasting, moment, percent, short_id, similarity

WHEN = datetime(2031, 5, 6, 7, 8, 59, tzinfo=UTC)


def test_numbers() -> None:
    assert (count(0), count(12_040)) == ("0", "12,040")
    assert (percent(0.0126), percent(1.0), percent(0.0)) == ("1.3 %", "100.0 %", "0.0 %")
    assert (similarity(0.36349), similarity(-0.042)) == ("0.363", "−0.042")


def test_times_are_in_utc_to_the_minute() -> None:
    east = WHEN.astimezone(timezone(timedelta(hours=9)))
    assert moment(WHEN) == moment(east) == moment(WHEN.isoformat()) == "6 May 2031, 07:08 UTC"
    assert (day(WHEN), day("2031-05-06")) == ("6 May 2031", "6 May 2031")
    assert moment(None) == moment("") == day(None) == day("") == "–"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 s"), (59, "59 s"), (3600, "1 h"), (3661, "1 h 1 min"), (90_061, "1 d 1 h"), (-125, "2 min 5 s ago")],
)
def test_lengths_of_time_have_two_units(seconds: int, written: str) -> None:
    assert lasting(seconds) == lasting(timedelta(seconds=seconds)) == written


def test_only_long_identifiers_are_cut() -> None:
    assert (short_id("abcdefghijkl"), short_id("abcdefghijklm")) == ("abcdefghijkl", "abcdefgh…")
