"""What is written of a standing and a threshold is the same when it is read."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from types import MappingProxyType

from countenance.service.review_records import (
    standing_from_json,
    standing_to_json,
    threshold_from_json,
    threshold_to_json,
)
from countenance.service.standing import Standing
from tests.support.made_up_calibration import ordinary_calibration

STANDING = Standing(
    operator_id="1" * 32,
    operator="Åse «R.» Example",
    role="searcher",
    interface="rekognition",
    claims=MappingProxyType(
        {
            "purpose": "missing_person",
            "jurisdictions": ("US-OH", "FR"),
            "selection_basis": (),
            "targeted": True,
            "auth_delay_hours": 7,
            "auth_expires": datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC),
        }
    ),
    credential_id="2" * 32,
    case_id="3" * 32,
    case_number="24-1183",
    attester_id="4" * 32,
    galleries=frozenset({"kin", "shelter"}),
    most_candidates=10,
    expires_at=datetime(2031, 6, 1, tzinfo=UTC),
    record=MappingProxyType({"purpose_text": "Last seen at the ferry.", "attested_claims": ("purpose",)}),
)


def same(left: Standing, right: Standing) -> bool:
    pairs = ((getattr(left, field.name), getattr(right, field.name)) for field in dataclasses.fields(Standing))
    return all(dict(a) == dict(b) if isinstance(a, MappingProxyType) else a == b for a, b in pairs)


def test_a_standing_is_read_as_it_was_written() -> None:
    assert same(standing_from_json(standing_to_json(STANDING)), STANDING)


def test_so_is_one_without_case_galleries_or_end() -> None:
    bare = Standing("1" * 32, "A", "operator", "cli", MappingProxyType({}))
    assert same(standing_from_json(standing_to_json(bare)), bare)
    nowhere = dataclasses.replace(bare, galleries=frozenset())
    assert standing_from_json(standing_to_json(nowhere)).galleries == frozenset()


def test_a_threshold_is_read_with_all_it_promises() -> None:
    threshold = ordinary_calibration().threshold_for(1e-3)
    assert threshold_from_json(threshold_to_json(threshold)) == threshold
