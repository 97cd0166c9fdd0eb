"""Beta and Student functions against values computed elsewhere with more digits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from countenance.audit.special_functions import beta_quantile, regularised_incomplete_beta, student_t_quantile

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "special_functions.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", VECTORS["incomplete_beta"])
def test_incomplete_beta_agrees_with_high_precision_values(case: dict[str, float]) -> None:
    assert regularised_incomplete_beta(case["x"], case["a"], case["b"]) == pytest.approx(case["value"], rel=1e-9)


@pytest.mark.parametrize("case", VECTORS["student_t"])
def test_student_quantile_agrees_with_high_precision_values(case: dict[str, float]) -> None:
    assert student_t_quantile(case["probability"], case["degrees_of_freedom"]) == pytest.approx(case["value"], rel=1e-9)


def test_infinite_freedom_gives_the_normal_quantile() -> None:
    assert student_t_quantile(0.975, math.inf) == pytest.approx(1.959963984540054, rel=1e-12)


def test_the_ends_of_the_beta_distribution_are_exact() -> None:
    assert regularised_incomplete_beta(0.0, 2.0, 3.0) == 0.0
    assert regularised_incomplete_beta(1.0, 2.0, 3.0) == 1.0


def test_quantile_and_distribution_function_are_inverse() -> None:
    for probability in (1e-6, 0.025, 0.5, 0.999):
        x = beta_quantile(probability, 3.0, 40.0)
        assert regularised_incomplete_beta(x, 3.0, 40.0) == pytest.approx(probability, rel=1e-9)


@pytest.mark.parametrize("arguments", [(1.1, 1.0, 1.0), (0.5, 0.0, 1.0), (math.nan, 1.0, 1.0)])
def test_arguments_out_of_range_are_refused(arguments: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="incomplete beta"):
        regularised_incomplete_beta(*arguments)


def test_a_lower_tail_quantile_is_refused() -> None:
    with pytest.raises(ValueError, match="t quantile"):
        student_t_quantile(0.5, 3)
