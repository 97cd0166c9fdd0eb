"""Advice comes from measured rates and the size of what is searched."""

from __future__ import annotations

from pathlib import Path

import pytest

import countenance
from countenance.audit.calibration_record import calibration_from_json
from countenance.service.compat_replay import advice_for
from countenance.service.similarity_scale import VendorScale, vendor_scale


@pytest.fixture(scope="module")
def scale() -> VendorScale:
    """Return the scale of the recogniser that is shipped; its record counts twelve million comparisons."""
    (record,) = (Path(countenance.__file__).parent / "calibrations").glob("sface-*.json")
    return vendor_scale(calibration_from_json(record.read_text(encoding="utf-8")))


def test_a_large_gallery_wants_a_higher_threshold(scale: VendorScale) -> None:
    said = advice_for(scale, 80.0, 1, 10_000)
    assert said.suggested == pytest.approx(95.0, abs=0.5)
    assert said.in_words() == (
        "Your 80 corresponds here to FMR 1 in 10,000 on LFW View 1, 0.98 false candidates a search among 10,000 faces. "
        f"You probably want {said.suggested:.1f}: one false candidate in ten searches of strangers."
    )


def test_a_lower_threshold_than_the_packages_own_is_called_so_for_comparisons(scale: VendorScale) -> None:
    said = advice_for(scale, 75.0, 1, None)
    assert said.suggested == pytest.approx(80.0)
    assert said.in_words().endswith("You probably want 80.0: FMR 1 in 10,000.")


@pytest.mark.parametrize("references", [None, 1, 900])
def test_a_threshold_that_is_strict_enough_is_left_alone(references: int | None, scale: VendorScale) -> None:
    assert "You probably want" not in advice_for(scale, 95.0, 1, references).in_words()


def test_where_the_data_does_not_reach_it_says_so(scale: VendorScale) -> None:
    said = advice_for(scale, 80.0, 1, 10_000_000)
    assert not said.reached
    assert said.in_words().endswith("the strictest that the calibration data carries.")


def test_the_suggestion_keeps_what_it_promises(scale: VendorScale) -> None:
    for references in (100, 1_000, 10_000):
        said = advice_for(scale, 50.0, 1, references)
        assert scale.threshold(said.suggested).false_match_rate.estimate * references <= 0.1
