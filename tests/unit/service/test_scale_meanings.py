"""Values of the scale are told as measured rates."""

from __future__ import annotations

from pathlib import Path

import pytest

import countenance
from countenance.audit.calibration_record import calibration_from_json
from countenance.core.thresholds import Rate
from countenance.service.scale_meanings import GALLERY_SIZES, meanings, rate_in_words, scale_document
from countenance.service.similarity_scale import vendor_scale
from tests.support.made_up_calibration import ordinary_calibration

RECORDS = sorted((Path(countenance.__file__).parent / "calibrations").glob("*.json"))
DOCUMENT = Path(__file__).parents[3] / "docs" / "reference" / "vendor-scales.md"


def test_the_reference_page_is_what_the_shipped_records_say() -> None:
    scales = [vendor_scale(calibration_from_json(path.read_text(encoding="utf-8"))) for path in RECORDS]
    assert len(scales) == 2
    assert DOCUMENT.read_text(encoding="utf-8") == scale_document(scales)


def test_a_higher_value_lets_fewer_strangers_through_and_misses_more_people() -> None:
    scale = vendor_scale(ordinary_calibration())
    rates = [scale.threshold(value) for value in (80, 95, 99)]
    assert [rate.false_match_rate.estimate for rate in rates] == sorted(
        (rate.false_match_rate.estimate for rate in rates), reverse=True
    )
    rows = meanings(scale)
    assert [row.value for row in rows] == ["80", "95", "99"]
    assert all(len(row.false_candidates) == len(GALLERY_SIZES) for row in rows)
    # One in ten thousand, a hundred thousand times: ten, give or take what the calibration's grid leaves open.
    expected = 100_000 * rates[0].false_match_rate.estimate
    assert rows[0].false_candidates[2].startswith(f"{expected:.2g} a search")


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (Rate(1e-4, 9e-5, 1.1e-4, 1000, 10_000_000), "1 in 10,000"),
        (Rate(1e-6, 5e-7, 2e-6, 10, 10_000_000), "1 in 1,000,000 (few cases)"),
        (Rate(0.0, 0.0, 1e-6, 0, 3_000_000), "fewer than 1 in 1,000,000"),
    ],
)
def test_a_rate_says_how_well_it_is_known(rate: Rate, words: str) -> None:
    assert rate_in_words(rate) == words
