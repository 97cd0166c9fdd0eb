"""What pages say of scores: natural frequencies beside plain numbers, and both costs of a threshold."""

from __future__ import annotations

import pytest

from countenance.core.thresholds import Rate
from countenance.service.compare import ThresholdChoice
from countenance.service.faces import PhotoInput
from countenance.web.console.comparing.words import comparison_page, in_words, interval, plain, thresholds_offered
from tests.support.accountable_place import AccountablePlace
from tests.support.made_up_calibration import ordinary_calibration
from tests.support.synthetic_engine import synthetic_photo


@pytest.mark.parametrize(
    ("number", "written"),
    [(0.000029, "0.000029"), (9.64e-7, "0.00000096"), (0.03, "0.030"), (1.25, "1.2"), (12_345.6, "12,346"), (0, "0")],
)
def test_numbers_are_written_without_exponents(number: float, written: str) -> None:
    assert plain(number) == written


def test_a_rate_is_a_natural_frequency_beside_its_number() -> None:
    assert in_words(Rate(0.00042, 0.0004, 0.00045, 420, 1_000_000)) == "about 1 in 2,400 (0.00042)"
    assert in_words(Rate(4e-6, 1e-6, 9e-6, 4, 1_000_000)) == "about 1 in 250,000 (0.0000040, from few cases)"
    assert in_words(Rate(0.0, 0.0, 1e-5, 0, 1_000_000)) == "fewer than 1 in 100,000"
    assert interval(Rate(0.0, 0.0, 1e-5, 0, 10)).startswith("none to 1 in 100,000; no error was seen")


def test_rates_that_cannot_be_measured_are_not_offered() -> None:
    # 40,000 comparisons: three errors are 7.5e-5.
    record = ordinary_calibration()
    offered = dict(thresholds_offered(record))
    assert list(offered) == ["0.01", "0.001", "0.0001"]
    missed = record.threshold_for(1e-4).false_non_match_rate.estimate
    assert offered["0.0001"].endswith(f"{missed:.1%} of pairs of one person missed".replace("%", " %", 1))


@pytest.mark.parametrize(("other", "headline"), [("p1", "A match"), ("p2", "No match")])
def test_the_decision_is_told_at_its_threshold(other: str, headline: str) -> None:
    place = AccountablePlace()
    done = place.jobs().compare(
        PhotoInput("Photo A", synthetic_photo("p1")),
        PhotoInput("Photo B", synthetic_photo(other, variant="new")),
        ThresholdChoice(target_false_match_rate=1e-3),
    )
    page = comparison_page(done, ordinary_calibration())
    assert page.headline == f"{headline}, at this threshold"
    assert page.is_match is (other == "p1")
    assert len(page.figures) == 2
    assert "made-up scores" in dict(page.rows)["Measured on"]


def test_without_a_face_there_is_no_score_and_no_drawing() -> None:
    place = AccountablePlace()
    done = place.jobs().compare(
        PhotoInput("Photo A", synthetic_photo("p1")), PhotoInput("Photo B", synthetic_photo()), ThresholdChoice()
    )
    page = comparison_page(done, ordinary_calibration())
    assert (page.similarity, page.figures, page.is_match) == ("", (), None)
    assert "without a face" in page.headline
