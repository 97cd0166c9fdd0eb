"""The one score and the one decision."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import countenance
from countenance.core.comparison import ComparisonDecision, decide, meets, similarity
from countenance.core.errors import ModelMismatch
from tests.support.made_up_calibration import ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL, made_up_template

THRESHOLD = ordinary_calibration().threshold_at(0.375)


def test_a_score_is_the_cosine_whichever_is_the_probe() -> None:
    for number in range(20):
        first, second = made_up_template(number), made_up_template(number + 1)
        score = similarity(first, second)
        expected = sum(float(a) * float(b) for a, b in zip(first.vector, second.vector, strict=True))
        assert score == pytest.approx(expected, abs=1e-6)
        assert score == similarity(second, first)
        assert -1.0 <= score <= 1.0


def test_a_template_is_entirely_like_itself_and_never_more() -> None:
    assert all(0.999 < similarity(made_up_template(n), made_up_template(n)) <= 1.0 for n in range(50))


def test_templates_of_two_models_never_give_a_score() -> None:
    with pytest.raises(ModelMismatch, match=r"made-up@.*other@") as caught:
        similarity(made_up_template(1), made_up_template(1, OTHER_MODEL))
    assert "one model" in caught.value.remedy


def test_equality_is_a_match_and_the_next_number_below_is_not() -> None:
    assert decide(0.375, THRESHOLD) is ComparisonDecision.MATCH
    assert decide(math.nextafter(0.375, 1), THRESHOLD) is ComparisonDecision.MATCH
    assert decide(math.nextafter(0.375, 0), THRESHOLD) is ComparisonDecision.NON_MATCH


def test_no_number_is_no_decision() -> None:
    with pytest.raises(ValueError, match="not a number"):
        decide(math.nan, THRESHOLD)


def test_the_rule_for_arrays_is_the_rule_for_one() -> None:
    scores = np.array([0.3749999, 0.375, 0.3750001, -1.0, 1.0])
    expected = [decide(float(score), THRESHOLD) is ComparisonDecision.MATCH for score in scores]
    assert meets(scores, THRESHOLD.value).tolist() == expected


def test_identity_depends_on_the_digest_not_on_the_name() -> None:
    assert MADE_UP_MODEL.short == f"made-up@{MADE_UP_MODEL.digest[:12]}"
    assert MADE_UP_MODEL.digest != OTHER_MODEL.digest
    MADE_UP_MODEL.require_same(MADE_UP_MODEL)


def test_nothing_else_in_the_front_and_the_jobs_compares_with_a_threshold() -> None:
    root = Path(countenance.__file__).parent
    sources = [*(root / "cli").rglob("*.py"), *(root / "service").rglob("*.py"), root / "api.py"]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        for sign in (">= threshold", "> threshold", "< threshold", "<= threshold", ">= choice"):
            assert sign not in text, source
