"""What is sent, what it costs, and that a photo is the one the audit was made with."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.bootstrap.vendor_connections import OPERATIONS
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.vendors.azure import AzureAudit
from countenance.vendors.prices import price_list
from countenance.vendors.rekognition import RekognitionAudit
from tests.support.vendor_photos import one_set, two_sets


def test_pairs_of_one_set_are_counted_once(tmp_path: Path) -> None:
    assert one_set(tmp_path, 5).pairs == 10
    assert two_sets(tmp_path, probes=4, references=5).pairs == 20


def test_a_plan_is_another_when_a_photo_a_name_or_the_order_is_another(tmp_path: Path) -> None:
    plans = [
        one_set(tmp_path / "a", 5),
        one_set(tmp_path / "b", 4),
        two_sets(tmp_path / "c"),
        two_sets(tmp_path, probes=3),
    ]
    assert len({plan.digest() for plan in plans}) == 4
    assert one_set(tmp_path / "elsewhere", 5).digest() == plans[0].digest()


def test_a_photo_that_is_not_the_one_recorded_is_refused(tmp_path: Path) -> None:
    (photo, *_) = one_set(tmp_path).probes
    photo.path.write_bytes(b"another")
    with pytest.raises(AuditInputInvalid, match="not the photo"):
        photo.read()
    photo.path.unlink()
    with pytest.raises(FileUnreadable):
        photo.read()


@pytest.mark.parametrize(
    ("vendor", "operation", "calls", "cost"),
    [
        # 100 probes, 200 references, 20,000 pairs; counted by hand.
        ("rekognition", "search", 1 + 200 + 100 + 1, "0.302"),
        ("rekognition", "compare", 300 + 20_000, "20.300"),
        ("azure", "search", 1 + 200 + 1 + 10 + 100 + 100 + 1, "0.415"),
        ("azure", "identify", 1 + 200 + 200 + 1 + 10 + 100 + 100 + 1, "0.615"),
        ("azure", "compare", 300 + 20_000, "20.300"),
    ],
)
def test_calls_and_cost_are_planned_as_counted_by_hand(vendor: str, operation: str, calls: int, cost: str) -> None:
    planned = RekognitionAudit.planned if vendor == "rekognition" else AzureAudit.planned
    lines = planned(operation, price_list(vendor), probes=100, references=200, pairs=20_000, one_set=False)
    assert sum(line.calls for line in lines) == calls
    assert f"{sum(line.price for line in lines):.3f}" == cost
    assert operation in OPERATIONS[vendor]
