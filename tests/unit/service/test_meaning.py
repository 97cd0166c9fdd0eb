"""What a score and a gallery's size mean together."""

from __future__ import annotations

import pytest

from countenance.core.errors import CalibrationMissing
from countenance.core.thresholds import Rate, Support
from countenance.service.meaning import (
    DEFAULT_COMPARE_FMR,
    false_candidates,
    meaning_of,
    require_calibration,
    threshold_for_gallery,
)
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL

RECORD = ordinary_calibration()


def test_a_score_means_the_rates_of_its_record() -> None:
    meaning = meaning_of(0.3, RECORD)
    assert meaning.false_match_rate == RECORD.false_match_rate_at(0.3)
    assert meaning.false_non_match_rate == RECORD.false_non_match_rate_at(0.3)
    assert "made-up scores" in meaning.in_words()


def test_few_cases_are_said_to_be_few_and_none_is_only_bounded() -> None:
    similarity = next(s / 1000 for s in range(1000) if 0 < RECORD.false_match_rate_at(s / 1000).errors < 30)
    assert "cases only" in meaning_of(similarity, RECORD).in_words()
    assert "fewer than" in meaning_of(0.99, RECORD).in_words()
    assert "cases only" not in meaning_of(0.1, RECORD).in_words()


@pytest.mark.parametrize("references", [1, 10, 12_345])
def test_false_candidates_are_the_sum_of_every_references_chance(references: int) -> None:
    rate = Rate(0.001, 0.0008, 0.0013, 40, 40_000)
    expected = false_candidates(rate, references)
    assert expected.expected == pytest.approx(sum(0.001 for _ in range(references)))
    assert expected.at_most == pytest.approx(0.0013 * references)
    assert expected.support is Support.MEASURED


@pytest.mark.parametrize(
    ("rate", "references", "words"),
    [
        (Rate(0.001, 0, 0.002, 40, 40_000), 0, "The gallery is empty."),
        (Rate(0.001, 0, 0.002, 40, 40_000), 100, "in about 1 in 10 searches among 100 references."),
        (Rate(0.001, 0, 0.002, 40, 40_000), 5000, "about 5 false candidates a search among 5,000 references."),
        (Rate(0.0, 0, 0.0001, 0, 40_000), 100, "fewer than 0.01 false candidates among 100 references."),
        (Rate(0.0001, 0, 0.0002, 4, 40_000), 100, "(measured from few cases)."),
    ],
)
def test_the_words_fit_the_number(rate: Rate, references: int, words: str) -> None:
    assert false_candidates(rate, references).in_words().endswith(words)


def test_a_model_without_a_record_has_no_meaning() -> None:
    assert require_calibration(MadeUpBook(RECORD), MADE_UP_MODEL) is RECORD
    with pytest.raises(CalibrationMissing, match="other@"):
        require_calibration(MadeUpBook(RECORD), OTHER_MODEL)


def test_a_larger_gallery_gets_a_stricter_threshold_until_the_data_ends() -> None:
    previous = -1.0
    for references in (1, 100, 500, 1000, 1300):
        threshold, kept = threshold_for_gallery(RECORD, references, 0.1)
        assert kept
        assert threshold.value >= previous
        assert threshold.false_match_rate.estimate * references <= 0.1
        previous = threshold.value
    # 40,000 comparisons support 3 / 40,000; 0.1 among 1,400 would need less.
    strictest, kept = threshold_for_gallery(RECORD, 1_400, 0.1)
    assert not kept
    assert strictest.value >= previous
    assert threshold_for_gallery(RECORD, 10**6, 0.1) == (strictest, False)


def test_a_small_gallery_is_not_searched_looser_than_a_comparison() -> None:
    threshold, kept = threshold_for_gallery(RECORD, 0, 0.9)
    assert kept
    assert threshold.false_match_rate.estimate <= DEFAULT_COMPARE_FMR
