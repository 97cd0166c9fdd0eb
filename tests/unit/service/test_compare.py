"""1:1 with a synthetic engine: the outcome, the decision, its threshold and its words."""

from __future__ import annotations

import pytest

from countenance.core.comparison import ComparisonDecision
from countenance.core.errors import CalibrationMissing, CalibrationUnsupported, ImageUnreadable, SeveralFaces
from countenance.service.compare import CompareOutcome, ComparisonResult, ThresholdChoice, compare
from countenance.service.faces import PhotoInput
from tests.support.admitted import admitted
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo, synthetic_template

RECORD = ordinary_calibration()
ANNA, ANNA_AGAIN, BEA = (
    synthetic_photo("anna", variant="1"),
    synthetic_photo("anna", variant="2"),
    synthetic_photo("bea"),
)
NOBODY = synthetic_photo()


def run(
    first: bytes, second: bytes, choice: ThresholdChoice | None = None, *, face: int | None = None
) -> ComparisonResult:
    return compare(
        admitted("compare", threshold=(choice or ThresholdChoice()).resolve(RECORD)),
        PhotoInput("a.jpg", first, face),
        PhotoInput("b.jpg", second),
        engine=SyntheticEngine(),
        calibrations=MadeUpBook(RECORD),
    )


def test_two_photos_of_one_person_match_and_of_two_people_do_not() -> None:
    same, different = run(ANNA, ANNA_AGAIN), run(ANNA, BEA)
    assert (same.outcome, same.decision) == (CompareOutcome.COMPARED, ComparisonDecision.MATCH)
    assert (different.outcome, different.decision) == (CompareOutcome.COMPARED, ComparisonDecision.NON_MATCH)
    left, right = synthetic_template("anna", "1").vector, synthetic_template("bea").vector
    assert different.similarity == pytest.approx(float(left @ right), abs=1e-6)
    assert same.meaning is not None
    assert same.meaning.false_match_rate == RECORD.false_match_rate_at(same.similarity or 0.0)


def test_the_default_is_one_in_ten_thousand_and_zero_is_a_threshold_like_any_other() -> None:
    assert run(ANNA, BEA).threshold == RECORD.threshold_for(1e-4)
    assert run(ANNA, BEA, ThresholdChoice(target_false_match_rate=0.01)).threshold == RECORD.threshold_for(0.01)
    at_zero = run(ANNA, ANNA_AGAIN, ThresholdChoice(value=0.0))
    assert at_zero.threshold.value == 0.0
    assert at_zero.decision is ComparisonDecision.MATCH
    assert run(ANNA, BEA, ThresholdChoice(value=-1.0)).decision is ComparisonDecision.MATCH


@pytest.mark.parametrize(
    ("first", "second"), [(synthetic_photo(), BEA), (BEA, synthetic_photo()), (synthetic_photo(),) * 2]
)
def test_no_face_is_an_outcome_without_score_or_decision(first: bytes, second: bytes) -> None:
    result = run(first, second)
    assert result.outcome is CompareOutcome.NO_FACE
    assert (result.similarity, result.decision, result.meaning) == (None, None, None)
    assert str(result).startswith("Not compared")
    assert any("no face found" in warning for warning in result.warnings)


def test_several_faces_are_never_picked_from_silently() -> None:
    group = synthetic_photo("bea", "anna")
    with pytest.raises(SeveralFaces, match=r"a\.jpg holds 2 faces"):
        run(group, ANNA)
    assert run(group, ANNA, face=2).decision is ComparisonDecision.MATCH
    assert run(group, ANNA, face=1).decision is ComparisonDecision.NON_MATCH


def test_low_quality_is_a_warning_that_names_its_photo() -> None:
    result = run(ANNA, synthetic_photo("anna", blurred=True))
    assert result.decision is not None
    assert result.warnings == ("b.jpg: blurred: sharpness 3",)
    assert "Note: b.jpg: blurred" in str(result)


def test_what_cannot_be_read_or_meant_is_an_error() -> None:
    with pytest.raises(ImageUnreadable):
        run(ANNA, b"damaged")
    with pytest.raises(CalibrationUnsupported):
        run(ANNA, BEA, ThresholdChoice(target_false_match_rate=1e-9))
    with pytest.raises(CalibrationMissing):
        compare(
            admitted("compare", threshold=RECORD.threshold_for(1e-4)), PhotoInput("a", ANNA), PhotoInput("b", BEA),
            engine=SyntheticEngine(), calibrations=MadeUpBook(),
        )  # fmt: skip


def test_the_words_say_the_score_what_it_means_and_that_it_is_no_probability() -> None:
    words = str(run(ANNA, ANNA_AGAIN))
    for part in (
        "Match: a.jpg and b.jpg",
        "similarity 0.8",
        "made-up scores",
        "Threshold",
        "not a probability",
        "made-up@",
    ):
        assert part in words
    assert "%" in words


def test_the_notebook_form_escapes_names_and_shows_no_numbers_of_a_template() -> None:
    result = compare(
        admitted("compare", threshold=RECORD.threshold_for(1e-4)), PhotoInput("<script>.jpg", ANNA),
        PhotoInput("b", BEA), engine=SyntheticEngine(), calibrations=MadeUpBook(RECORD),
    )  # fmt: skip
    page = result._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "vector" not in repr(result)
    assert "array" not in repr(result)
