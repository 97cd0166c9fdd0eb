"""Which way a file's scores run and on what scale: seen in the data, held against what somebody says, shown.

Rules kept here:

- What is seen comes from comparisons known to be mated and non-mated; without those from photos compared with
  themselves; last from the column's name. The reason is part of the answer.
- What somebody states is used, unless the data clearly says otherwise: then an error names both.
- A file that mixes percent and fractions is refused; no row of it can be trusted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.score_scale import Direction, Scale, ScoreScale
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.score_columns import DISTANCE_WORDS, SIMILARITY_WORDS, words_of

FloatNumbers = npt.NDArray[np.float64]

#: Values at which the separation of mated and non-mated scores is computed; finer changes its third digit.
_LEVELS = 4_096
#: Separation (area under the ROC curve) this far from one half shows a direction …
CLEAR = 0.1
#: … if it is also this many standard errors away.
_STANDARD_ERRORS = 3.0
#: Share of photos compared with themselves that must have the best score there is.
_SELF_SHARE = 0.95
#: A file mixes scales if this share of scores lies on either side of 1 …
_MIXED_SHARE = 0.005
#: … and just above 1 (to 2) there is this much less than just below it (from 0.5).
_MIXED_DROP = 0.1
#: Characters of a text histogram.
_COLUMNS = 48
_BARS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, eq=False)
class KnownScores:
    """Scores as written, by what is known of their comparisons.

    Attributes:
        mated: Of one person.
        non_mated: Of different people.
        with_itself: Of a photo with itself.
        column: Name of the column.
    """

    mated: FloatNumbers = field(repr=False)
    non_mated: FloatNumbers = field(repr=False)
    with_itself: FloatNumbers = field(repr=False)
    column: str

    @property
    def extent(self) -> tuple[float, float]:
        """Return the lowest and the highest score between different photos."""
        parts = [part for part in (self.mated, self.non_mated) if part.size]
        return min(float(part.min()) for part in parts), max(float(part.max()) for part in parts)


@dataclass(frozen=True, slots=True)
class SeenDirection:
    """The direction the data shows.

    Attributes:
        direction: None if nothing shows one.
        reason: In a sentence.
        measured: Whether scores show it, not only the column's name.
    """

    direction: Direction | None
    reason: str
    measured: bool


def see_direction(scores: KnownScores) -> SeenDirection:
    """Return the direction that is seen, with the reason."""
    if scores.mated.size and scores.non_mated.size:
        area = separation(scores.mated, scores.non_mated)
        said = (
            f"{scores.mated.size:,} mated comparisons have a median of {np.median(scores.mated):.4g}, "
            f"{scores.non_mated.size:,} non-mated ones of {np.median(scores.non_mated):.4g}"
        )
        if abs(area - 0.5) > max(CLEAR, _STANDARD_ERRORS * _null_error(scores.mated.size, scores.non_mated.size)):
            higher = area > 0.5
            return SeenDirection(
                Direction.SIMILARITY if higher else Direction.DISTANCE,
                f"{said}: mated comparisons score {'higher' if higher else 'lower'}.",
                measured=True,
            )
        return SeenDirection(None, f"{said}: they do not lie clearly apart.", measured=False)
    if scores.with_itself.size:
        low, high = scores.extent
        for direction, share in (
            (Direction.SIMILARITY, np.mean(scores.with_itself >= high)),
            (Direction.DISTANCE, np.mean(scores.with_itself <= low)),
        ):
            if share >= _SELF_SHARE:
                end = "highest" if direction is Direction.SIMILARITY else "lowest"
                return SeenDirection(direction, f"Photos compared with themselves have the {end} scores.", True)
    words = words_of(scores.column)
    for direction, names in ((Direction.DISTANCE, DISTANCE_WORDS), (Direction.SIMILARITY, SIMILARITY_WORDS)):
        if words & names:
            return SeenDirection(direction, f"Only the column's name shows it: {scores.column!r}.", measured=False)
    return SeenDirection(None, "No comparison is known to be mated, and the column's name does not say.", False)


def separation(mated: FloatNumbers, non_mated: FloatNumbers) -> float:
    """Return the chance that a mated score is higher than a non-mated one, ties counted half; 0.5 shows nothing.

    Source: Mann-Whitney statistic, the area under the ROC curve; scores in steps of 1/4096 of their range.
    """
    low = min(float(mated.min()), float(non_mated.min()))
    high = max(float(mated.max()), float(non_mated.max()))
    if high == low:
        return 0.5
    ours, theirs = (np.histogram(part, bins=_LEVELS, range=(low, high))[0] for part in (mated, non_mated))
    below = np.cumsum(theirs) - theirs
    return float((ours / mated.size) @ ((below + theirs / 2.0) / non_mated.size))


def _null_error(first: int, second: int) -> float:
    """Return the standard error of the separation if there is none. Source: variance of the Mann-Whitney statistic."""
    return math.sqrt((first + second + 1) / (12.0 * first * second))


def settle_direction(seen: SeenDirection, stated: Direction | None) -> Direction:
    """Return the direction to use.

    Raises:
        AuditInputInvalid: Stated and seen contradict each other, or nothing is stated and nothing seen.
    """
    if stated is None:
        if seen.direction is None:
            raise AuditInputInvalid(
                f"Whether a higher score is more alike cannot be seen. {seen.reason}",
                remedy="Say it: --higher-is-more-alike for a similarity, --lower-is-more-alike for a distance.",
            )
        return seen.direction
    if seen.measured and seen.direction is not None and seen.direction is not stated:
        raise AuditInputInvalid(
            f"Stated: {stated.value}. Seen: {seen.direction.value}. {seen.reason}",
            remedy="Correct the direction, or the subjects if photos were given to the wrong people.",
        )
    return stated


def see_scale(scores: KnownScores) -> Scale:
    """Return the scale the range of the scores suggests."""
    low, high = scores.extent
    if low < -1.0 or high > 100.0:
        return Scale.RAW
    if low < 0.0:
        return Scale.COSINE if high <= 1.0 else Scale.RAW
    if high <= 1.0:
        return Scale.FRACTION
    # Distances of unit vectors end at 2 and those of dlib's vectors hardly reach 2; nobody's percent stays below 10.
    return Scale.PERCENT if high > 10.0 else Scale.RAW


def settle_scale(scores: KnownScores, direction: Direction, stated: Scale | None) -> ScoreScale:
    """Return the scale to use, with its range.

    Raises:
        AuditInputInvalid: All scores are equal, percent and fractions are mixed, or stated and seen contradict.
    """
    low, high = scores.extent
    if low == high:
        count = scores.mated.size + scores.non_mated.size
        raise AuditInputInvalid(
            f"All {count:,} scores are {low:g}: they tell nobody from anybody.",
            remedy="Check which column is the score (--score), and how the file was exported.",
        )
    seen = see_scale(scores)
    if stated is not Scale.RAW and seen is Scale.PERCENT and direction is Direction.SIMILARITY:
        _refuse_mix(scores)
    if stated is not None:
        _refuse_contradiction(stated, low, high)
    # An unstated distance has no agreed range.
    unstated = Scale.RAW if direction is Direction.DISTANCE and seen is Scale.PERCENT else seen
    chosen = unstated if stated is None else stated
    ends = {Scale.PERCENT: (0.0, 100.0), Scale.FRACTION: (0.0, 1.0), Scale.COSINE: (-1.0, 1.0)}
    return ScoreScale(chosen, direction, *ends.get(chosen, (low, high)))


def _refuse_contradiction(stated: Scale, low: float, high: float) -> None:
    ranges = {Scale.PERCENT: (0.0, 100.0), Scale.FRACTION: (0.0, 1.0), Scale.COSINE: (-1.0, 1.0)}
    if stated in ranges:
        start, end = ranges[stated]
        if low < start or high > end:
            raise AuditInputInvalid(
                f"Stated: {stated.value}, {start:g} to {end:g}. Seen: scores from {low:g} to {high:g}.",
                remedy="State the scale the file has, or --scale raw to take scores as they are.",
            )
    if stated is Scale.PERCENT and high <= 1.0:
        raise AuditInputInvalid(
            f"Stated: percent. Seen: no score above {high:g}; read as percent, nobody would be more than 1 % alike.",
            remedy="State --scale fraction; thresholds are then written as 0.8, not 80.",
        )


def _refuse_mix(scores: KnownScores) -> None:
    """Refuse percent and fractions in one file: many scores up to 1, then hardly any, then those of percent."""
    for part in (np.concatenate([scores.mated, scores.non_mated]), scores.mated):
        if not part.size:
            continue
        low = int(np.count_nonzero(part <= 1.0))
        below = int(np.count_nonzero((part > 0.5) & (part <= 1.0)))
        above = int(np.count_nonzero((part > 1.0) & (part <= 2.0)))
        shares = (low / part.size, 1.0 - low / part.size, below / part.size)
        if min(shares) >= _MIXED_SHARE and above <= _MIXED_DROP * below:
            raise AuditInputInvalid(
                f"{low:,} scores lie between 0 and 1 and {part.size - low:,} above, with hardly any just above 1: "
                "percent and fractions are mixed.",
                remedy="Bring all rows to one scale, or state --scale raw if the scores are really on one.",
            )


def text_histogram(scores: FloatNumbers, low: float, high: float) -> str:
    """Return the distribution of scores from ``low`` to ``high`` as one line of bars; the tallest is the fullest."""
    counts = np.histogram(np.clip(scores, low, high), bins=_COLUMNS, range=(low, high))[0]
    # Square roots, so that a bar of a hundredth is still seen.
    heights = np.ceil(np.sqrt(counts / max(int(counts.max(initial=0)), 1)) * (len(_BARS) - 1)).astype(int)
    return "".join(_BARS[height] for height in heights.tolist())
