"""Requests: parsing, exact types, and agreement with the Cedar schema made from the same table."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import cedarpy
import pytest
from hypothesis import given, settings

from countenance.core.errors import InputError
from countenance.policy.attributes import ATTRIBUTES, REQUEST_ATTRIBUTES, cedar_schema
from countenance.policy.request import PolicyRequest, cedar_values
from countenance.policy.terms import Sector
from tests.support.policy_builders import NOW, plain_request, request
from tests.support.policy_requests import plain_requests

_SCHEMA = cedarpy.Schema.from_str(cedar_schema())


def _cedar_accepts(context: dict[str, object]) -> bool:
    answer = cedarpy.is_authorized(
        {"principal": 'User::"u"', "action": 'Action::"Search1N"', "resource": 'Gallery::"g"', "context": context},
        "permit (principal, action, resource);",
        [],
        schema=_SCHEMA,
    )
    return answer.allowed


def test_fields_are_the_attributes_of_the_table_in_order() -> None:
    assert tuple(field.name for field in dataclasses.fields(PolicyRequest)) == ("action", *REQUEST_ATTRIBUTES)


@settings(max_examples=100, deadline=None)
@given(raw=plain_requests())
def test_every_valid_request_fits_the_closed_cedar_schema(raw: dict[str, object]) -> None:
    values = cedar_values(PolicyRequest.parse(raw), frozenset(ATTRIBUTES), NOW)

    assert _cedar_accepts(values)


@pytest.mark.parametrize("name", sorted(ATTRIBUTES))
def test_cedar_schema_by_itself_refuses_a_missing_mistyped_or_extra_attribute(name: str) -> None:
    values = cedar_values(request(), frozenset(ATTRIBUTES), NOW)
    assert _cedar_accepts(values)

    assert not _cedar_accepts({key: value for key, value in values.items() if key != name})
    assert not _cedar_accepts({**values, name: {"a": 1}})
    assert not _cedar_accepts({**values, name + "_": 1})


def test_parse_and_plain_values_agree() -> None:
    asked = request(jurisdictions=("US", "EU"), offence_tags={"felony"}, auth_expires=NOW)

    assert asked.jurisdictions == {"US", "EU"}
    assert asked.offence_tags == {"felony"}
    assert asked.auth_expires == NOW
    assert dataclasses.replace(asked) == asked


def test_all_problems_are_told_at_once() -> None:
    raw = plain_request(targeted="yes", reviewers=-1)
    with pytest.raises(InputError, match=r"targeted.*reviewers") as caught:
        PolicyRequest.parse(raw)
    assert caught.value.remedy

    del raw["purpose"]
    raw["extra"] = 1
    with pytest.raises(InputError, match=r"'extra': unknown attribute; purpose: missing"):
        PolicyRequest.parse(raw)


def test_plain_words_are_not_accepted_where_typed_ones_are_meant() -> None:
    with pytest.raises(InputError, match="actor_sector"):
        dataclasses.replace(request(), actor_sector="individual")
    with pytest.raises(InputError, match="actor_sector"):
        dataclasses.replace(request(), actor_sector=Sector.NONE)
    with pytest.raises(InputError, match="action"):
        dataclasses.replace(request(), action="Search1N")


def test_derived_attributes() -> None:
    asked = request(
        actor_sector="private_entity", on_behalf_of="us_local_police", jurisdictions=["DE"], auth_status="granted"
    )
    values = cedar_values(asked, frozenset({"now", "auth_in_force", "acting_as", "jurisdictions"}), NOW)

    assert set(values["acting_as"]) == {"private_entity", "us_local_police"}
    assert set(values["jurisdictions"]) == {"DE", "EU", "US"}
    assert values["auth_in_force"] is True
    assert asked.auth_in_force(asked.auth_expires) is False
    assert request(auth_status="requested").auth_in_force(NOW) is False


def test_times_reach_cedar_in_utc() -> None:
    offset = datetime(2026, 11, 24, 14, 30, tzinfo=timezone(timedelta(hours=2, minutes=30)))
    for moment in (offset, datetime(2026, 11, 24, 12, tzinfo=UTC)):
        values = cedar_values(request(), frozenset({"now"}), moment)
        assert values["now"] == {"__extn": {"fn": "datetime", "arg": "2026-11-24T12:00:00.000Z"}}
