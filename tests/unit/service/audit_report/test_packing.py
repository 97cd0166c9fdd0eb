"""Packing keeps every number of the document and words each rate once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from countenance.service.audit_report.packing import CURVE_POINTS, RATE, Strings, is_rate, pack, packed_rate, rounded
from tests.unit.service.audit_report.made_up_document import made_up_document, made_up_rate


def _rates(value: Any) -> Iterator[Mapping[str, Any]]:
    if is_rate(value):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _rates(part)
    elif isinstance(value, list):
        for part in value:
            yield from _rates(part)


def _packed_rates(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list) and len(value) == len(RATE) and not isinstance(value[1], (list, dict, str)):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _packed_rates(part)
    elif isinstance(value, list):
        for part in value:
            yield from _packed_rates(part)


def _close(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-8)


def test_every_rate_of_the_groupings_is_there_in_order_with_its_words() -> None:
    document = made_up_document(stops=5, sizes=2)
    packed = pack(document)
    of_document = list(_rates(document["groupings"]))
    of_page = list(_packed_rates(packed["groupings"]))
    assert len(of_document) == len(of_page) > 500
    for rate, short in zip(of_document, of_page, strict=True):
        assert short[:3] == [_close(rate[key]) for key in ("estimate", "low", "high")]
        assert short[3:6] == [rate["errors"], rate["trials"], rate["subjects"]]
        assert packed["strings"][short[RATE.index("flags")]] == "; ".join(rate["flags"])
        words = rate["in_words"].split(" (")[0]
        assert packed["strings"][short[RATE.index("words")]] == words


def test_the_documents_own_words_are_used_without_the_counts_in_brackets() -> None:
    strings = Strings()
    rate = {**made_up_rate(0, 980, 45), "in_words": "fewer than 1 in 120 (no error in 980 comparisons)"}
    assert strings.texts[packed_rate(rate, strings)[RATE.index("words")]] == "fewer than 1 in 120"


def test_a_rate_without_words_gets_those_of_its_number() -> None:
    strings = Strings()
    rate = {key: value for key, value in made_up_rate(10, 980, 45).items() if key != "in_words"}
    assert strings.texts[packed_rate(rate, strings)[RATE.index("words")]] == "1 in 98"


def test_a_modelled_rate_without_counts_or_interval_stays_without_them() -> None:
    rate = {"estimate": 0.5, "low": None, "high": None, "errors": None, "trials": None, "flags": ["a model"]}
    assert packed_rate(rate, Strings())[1:6] == [None, None, None, None, None]


def test_long_curves_keep_both_ends_and_invent_no_point() -> None:
    document = made_up_document(stops=3, sizes=2, det_points=1_000)
    whole = document["groupings"][0]["det"][0]["points"]
    drawn = pack(document)["groupings"][0]["det"][0]["points"]
    assert len(drawn) == CURVE_POINTS
    assert drawn[0] == [rounded(value) for value in whole[0]]
    assert drawn[-1] == [rounded(value) for value in whole[-1]]
    there = {tuple(rounded(value) for value in point) for point in whole}
    assert all(tuple(point) in there for point in drawn)
