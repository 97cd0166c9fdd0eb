"""The form about a request: every attribute is on it once, and what it sends is what was filled in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.datastructures import QueryParams

from countenance.policy.attributes import REQUEST_ATTRIBUTES
from countenance.policy.request import PolicyRequest
from countenance.policy.rule_packs import load_shipped_packs
from countenance.policy.terms import Action
from countenance.service.acts import UNSTATED
from countenance.web.console.policy.request_form import GROUPS, Control, controls, moment_of, plain_values, read_values


def sent(values: dict[str, Any]) -> QueryParams:
    """Return what a browser sends of the form with these values in it."""
    pairs: list[tuple[str, str]] = []
    for _, items in controls(values):
        for one in items:
            pairs += [(one.name, word) for word in ([one.value] if isinstance(one.value, str) else one.value)]
    return QueryParams(urlencode(pairs))


def test_every_attribute_is_on_the_form_once() -> None:
    names = [name for _, group in GROUPS for name in group]

    assert sorted(names) == sorted(["action", "now", *REQUEST_ATTRIBUTES])


def test_every_example_of_every_pack_goes_through_the_form_unchanged() -> None:
    for pack in load_shipped_packs():
        for example in pack.examples:
            values = plain_values(example.request)
            read = read_values(sent({**values, "now": example.now}))
            assert PolicyRequest.parse(read) == example.request, (pack.name, example.name)


def test_choices_have_words_for_people() -> None:
    every: dict[str, Control] = {one.name: one for _, group in controls({}) for one in group}

    assert dict(every["actor_sector"].options)["us_local_police"] == "US local police"
    assert len(every["action"].options) == len(Action)
    assert all(one.label for one in every.values())


def test_what_is_not_stated_is_the_strictest() -> None:
    read = read_values(QueryParams("action=Search1N&purpose=missing_person&actor_sector=individual"))

    for name in ("timing", "legal_basis", "eval_certificate", "auth_delay_hours", "auth_expires", "threshold_fmr_ppb"):
        assert read[name] == UNSTATED[name]
    assert read["targeted"] is False


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2031-03-03T09:30", datetime(2031, 3, 3, 9, 30, tzinfo=UTC)),
        ("2031-03-03T09:30:00+02:00", datetime.fromisoformat("2031-03-03T09:30:00+02:00")),
        ("", None), ("soon", None), ("0001-01-01T00:00", None), ("9999-12-31T23:59", None),
    ],
)  # fmt: skip
def test_times_are_read_or_not(written: str, read: datetime | None) -> None:
    assert moment_of(written) == read
