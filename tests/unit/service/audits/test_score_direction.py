"""Direction and scale: seen, stated, contradicting."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from countenance.audit.score_scale import Direction, Scale
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.score_direction import (
    KnownScores,
    see_direction,
    see_scale,
    separation,
    settle_direction,
    settle_scale,
    text_histogram,
)

Numbers = npt.NDArray[np.float64]
RNG = np.random.default_rng(0)
HIGH, LOW = RNG.normal(0.7, 0.1, 400).clip(0, 1), RNG.normal(0.2, 0.1, 4_000).clip(0, 1)
NONE = np.empty(0)


def known(mated: Numbers, non_mated: Numbers, itself: Numbers = NONE, column: str = "score") -> KnownScores:
    return KnownScores(mated, non_mated, itself, column)


def test_the_separation_is_the_share_of_ordered_pairs() -> None:
    mated, non_mated = np.array([1.0, 0.0, 0.5, 0.5]), np.array([0.5, 0.0, 0.25])
    pairs = [(m > n) + 0.5 * (m == n) for m in mated for n in non_mated]
    assert separation(mated, non_mated) == pytest.approx(np.mean(pairs))
    assert separation(np.ones(3), np.ones(2)) == 0.5


def test_mated_and_non_mated_scores_show_the_direction() -> None:
    assert see_direction(known(HIGH, LOW)).direction is Direction.SIMILARITY
    seen = see_direction(known(LOW, HIGH, column="similarity"))
    assert seen.direction is Direction.DISTANCE
    assert seen.measured
    assert "4,000 mated comparisons have a median of 0.1972, 400 non-mated ones of 0.695:" in seen.reason


def test_few_comparisons_or_none_apart_show_nothing() -> None:
    assert see_direction(known(LOW[:2000], LOW[2000:])).direction is None
    assert see_direction(known(HIGH[:1], LOW[:3])).direction is None


def test_photos_compared_with_themselves_show_the_direction_where_nobody_is_mated() -> None:
    assert see_direction(known(NONE, LOW, np.ones(5))).direction is Direction.SIMILARITY
    seen = see_direction(known(NONE, LOW + 0.1, np.zeros(5)))
    assert (seen.direction, seen.measured) == (Direction.DISTANCE, True)


def test_the_columns_name_comes_last_and_is_no_measurement() -> None:
    for column, direction in (("cosine_distance", Direction.DISTANCE), ("Similarity", Direction.SIMILARITY)):
        seen = see_direction(known(NONE, LOW, column=column))
        assert (seen.direction, seen.measured) == (direction, False)
        assert "Only the column's name" in seen.reason
    assert see_direction(known(NONE, LOW)).direction is None


def test_what_is_stated_holds_unless_the_scores_say_otherwise() -> None:
    unclear = see_direction(known(NONE, LOW, column="distance"))
    assert settle_direction(unclear, Direction.SIMILARITY) is Direction.SIMILARITY
    with pytest.raises(AuditInputInvalid) as refused:
        settle_direction(see_direction(known(LOW, HIGH)), Direction.SIMILARITY)
    assert "Stated: higher is more alike. Seen: lower is more alike." in refused.value.message
    with pytest.raises(AuditInputInvalid) as refused:
        settle_direction(see_direction(known(NONE, LOW)), None)
    assert "--lower-is-more-alike" in refused.value.remedy


@pytest.mark.parametrize(
    ("low", "high", "scale"),
    [
        (0.0, 1.0, Scale.FRACTION), (0.1, 99.9, Scale.PERCENT), (-0.3, 0.9, Scale.COSINE), (-3.0, 50.0, Scale.RAW),
        (0.0, 1.4, Scale.RAW), (0.0, 1460.0, Scale.RAW), (-0.5, 7.0, Scale.RAW),
    ],
)  # fmt: skip
def test_the_range_suggests_the_scale(low: float, high: float, scale: Scale) -> None:
    assert see_scale(known(np.array([high]), np.array([low]))) is scale


def test_a_distance_without_a_stated_scale_is_raw_beyond_one() -> None:
    scale = settle_scale(known(np.array([3.0]), np.array([40.0])), Direction.DISTANCE, None)
    assert (scale.scale, scale.low, scale.high) == (Scale.RAW, 3.0, 40.0)


def test_stated_and_seen_scales_that_contradict_are_named() -> None:
    with pytest.raises(AuditInputInvalid, match=r"Stated: percent\. Seen: no score above 1"):
        settle_scale(known(np.array([1.0]), np.array([0.0])), Direction.SIMILARITY, Scale.PERCENT)
    with pytest.raises(AuditInputInvalid, match=r"Stated: fraction, 0 to 1\. Seen: scores from 3 to 97"):
        settle_scale(known(np.array([97.0]), np.array([3.0])), Direction.SIMILARITY, Scale.FRACTION)
    raw = settle_scale(known(np.array([1.0]), np.array([0.0])), Direction.SIMILARITY, Scale.RAW)
    assert raw.scale is Scale.RAW


def test_equal_scores_are_refused() -> None:
    with pytest.raises(AuditInputInvalid, match=r"All 7 scores are 0\.5"):
        settle_scale(known(np.full(3, 0.5), np.full(4, 0.5)), Direction.SIMILARITY, None)


def test_percent_and_fractions_in_one_file_are_refused() -> None:
    mixed = known(np.concatenate([HIGH[:200] * 100, HIGH[200:]]), np.concatenate([LOW[:2000] * 100, LOW[2000:]]))
    with pytest.raises(AuditInputInvalid, match="percent and fractions are mixed"):
        settle_scale(mixed, Direction.SIMILARITY, None)
    with pytest.raises(AuditInputInvalid, match="mixed"):
        settle_scale(mixed, Direction.SIMILARITY, Scale.PERCENT)
    assert settle_scale(mixed, Direction.SIMILARITY, Scale.RAW).scale is Scale.RAW


def test_a_few_fractions_among_percent_are_found_by_the_mated_scores() -> None:
    mated = np.concatenate([HIGH * 100, HIGH[:20]])
    with pytest.raises(AuditInputInvalid, match="20 scores lie between 0 and 1"):
        settle_scale(known(mated, RNG.uniform(0, 60, 4_000)), Direction.SIMILARITY, None)


def test_percent_that_pile_up_near_zero_are_not_a_mix() -> None:
    vendor = known(HIGH * 100, RNG.exponential(2.0, 20_000).clip(0, 60))
    assert settle_scale(vendor, Direction.SIMILARITY, None).scale is Scale.PERCENT


def test_a_text_histogram_is_tallest_where_most_scores_are() -> None:
    line = text_histogram(LOW, 0.0, 1.0)
    assert len(line) == 48
    assert line.index("█") in range(5, 13)
    assert line.endswith(" ")
