"""The vendor's own thresholds come first; what lies at or below the floor is refused or said."""

from __future__ import annotations

import pytest

from countenance.audit.threshold_policy import FixedThreshold, TargetFalseMatchRate
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.running import RunChoices
from countenance.service.audits.vendor_result import scale_of
from countenance.service.audits.vendor_thresholds import vendor_plan_of

PERCENT, FRACTION = scale_of(0.0, 100.0), scale_of(0.0, 1.0)


def test_without_a_choice_the_vendors_default_decides_and_its_source_is_said() -> None:
    plan, notes = vendor_plan_of("rekognition", RunChoices(), PERCENT, measurable_above=None)
    assert plan.policy == FixedThreshold(80.0)
    assert "API Reference" in plan.basis
    assert [one.threshold for one in plan.named] == [80.0, 99.0]
    assert notes == ()
    azure, _ = vendor_plan_of("azure", RunChoices(), FRACTION, measurable_above=None)
    assert azure.policy == FixedThreshold(0.5)


def test_presets_and_asked_percentages_are_on_the_vendors_scale() -> None:
    choices = RunChoices(presets=("aclu-2018",), thresholds=(97.0,))
    plan, _ = vendor_plan_of("azure", choices, FRACTION, measurable_above=None)
    assert [one.threshold for one in plan.named] == [0.5, 0.8, 0.95, 0.97]


def test_named_thresholds_at_or_below_the_floor_are_left_out_and_said() -> None:
    plan, notes = vendor_plan_of("rekognition", RunChoices(threshold=95.0), PERCENT, measurable_above=80.0)
    assert [one.threshold for one in plan.named] == [99.0]
    assert len(notes) == 1
    assert "80 (the vendor's default)" in notes[0]


def test_an_operating_threshold_at_the_floor_is_refused() -> None:
    with pytest.raises(AuditInputInvalid, match="left out scores up to 80"):
        vendor_plan_of("rekognition", RunChoices(), PERCENT, measurable_above=80.0)


def test_a_target_is_set_on_the_data() -> None:
    plan, _ = vendor_plan_of("rekognition", RunChoices(target_fmr=1e-2), PERCENT, measurable_above=90.0)
    assert plan.policy == TargetFalseMatchRate(1e-2, None)


@pytest.mark.parametrize(
    "choices",
    [
        RunChoices(threshold=90.0, target_fmr=1e-3),
        RunChoices(target_fpir=0.1),
        RunChoices(threshold=120.0),
        RunChoices(presets=("nothing",)),
    ],
)
def test_choices_that_make_no_sense_are_refused(choices: RunChoices) -> None:
    with pytest.raises(AuditInputInvalid):
        vendor_plan_of("rekognition", choices, PERCENT, measurable_above=None)
