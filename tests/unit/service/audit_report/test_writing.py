"""How numbers are written."""

from __future__ import annotations

import pytest

from countenance.service.audit_report.writing import NOTHING, count, p_value, ratio, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1.00"),
        (0.125, "0.125"),
        (0.0125, "0.013"),
        (0.0996, "0.100"),
        (0.00042, "0.00042"),
        (1e-6, "0.0000010"),
        (4.2e-7, "4.2 × 10⁻⁷"),
        (None, NOTHING),
    ],
)
def test_shares_have_two_digits_and_three_above_a_tenth(value: float | None, text: str) -> None:
    assert share(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(2.0, "2.00"), (0.4375, "0.438"), (99.94, "99.9"), (123.5, "124"), (1234.4, "1,234"), (0.0, "0")],
)
def test_ratios_have_three_digits_and_are_whole_above_a_hundred(value: float, text: str) -> None:
    assert ratio(value) == text


def test_counts_are_separated_and_expected_counts_have_one_decimal() -> None:
    assert [count(36045), count(12.0), count(87.18)] == ["36,045", "12", "87.2"]


def test_small_p_values_are_bounded_not_rounded_to_zero() -> None:
    assert [p_value(0.00004), p_value(0.0431)] == ["below 0.0001", "0.043"]
