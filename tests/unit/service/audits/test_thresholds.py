"""A threshold is placed where its meaning is known, and said to be unplaced where it is not."""

from __future__ import annotations

import pytest

from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.running import RunChoices, plan_of
from countenance.service.audits.thresholds import placed, recommended
from tests.support.made_up_calibration import calibration_from_scores

COSINE, PERCENT = (-1.0, 1.0), (0.0, 100.0)


def test_a_number_on_the_systems_own_scale_is_a_threshold_as_it_stands() -> None:
    found = placed((), (80.0, 99.0), PERCENT, None)
    assert [one.threshold for one in found.named] == [80.0, 99.0]
    assert placed((), (0.5,), COSINE, None).named[0].threshold == 0.5


def test_a_percentage_of_another_system_is_placed_by_its_published_rate_or_said_to_have_none() -> None:
    found = placed(("aclu-2018",), (99.0,), COSINE, None)
    assert found.named == ()
    assert any("80 %" in note and "no calibration record" in note for note in found.notes)
    assert sum("no published false match rate" in note for note in found.notes) == 2


@pytest.mark.parametrize(("presets", "asked"), [(("aclu-1918",), ()), ((), (500.0,)), ((), (-3.0,))])
def test_what_is_no_threshold_is_refused(presets: tuple[str, ...], asked: tuple[float, ...]) -> None:
    with pytest.raises(AuditInputInvalid) as caught:
        placed(presets, asked, COSINE, None)
    assert caught.value.remedy


def test_the_recommended_threshold_is_the_one_the_calibration_record_gives() -> None:
    scores = [0.01 * (at % 80) for at in range(31_000)]
    calibration = calibration_from_scores(scores, [0.9], step=0.02)
    (named,) = recommended(calibration)
    assert named.threshold == calibration.threshold_for(1e-4).value
    assert "made-up scores" in named.source
    plan, _ = plan_of(RunChoices(), calibration)
    assert plan.named == (named,)
    assert plan.basis.startswith("a false match in 10,000 comparisons")


def test_without_a_calibration_record_the_threshold_is_set_on_the_data() -> None:
    plan, _ = plan_of(RunChoices(), None)
    assert plan.policy.__class__.__name__ == "TargetFalseMatchRate"
    assert recommended(None) == ()


@pytest.mark.parametrize(
    "choices",
    [
        RunChoices(threshold=0.5, target_fmr=0.1),
        RunChoices(target_fpir=0.1),
        RunChoices(gallery_size=10),
    ],
)
def test_choices_that_contradict_each_other_are_refused(choices: RunChoices) -> None:
    with pytest.raises(AuditInputInvalid):
        plan_of(choices, None)
