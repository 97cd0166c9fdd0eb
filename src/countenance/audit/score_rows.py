"""Rows of a score file made into comparisons: each once, none of a photo with itself, every score a number.

Rules kept here:

- Nothing disappears uncounted: missing scores, comparisons of a photo with itself and repeated rows have their number.
- The same pair twice with one score is one comparison; with two scores it is an error until somebody says which holds.
- If a photo stands on both sides, the file compares one set with itself, and (a, b) is the comparison (b, a) – unless
  their scores differ: then the system is not symmetric and each order is a comparison of its own, of two sets.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.core.errors import AuditInputInvalid

IntArray = npt.NDArray[np.int64]
CodeArray = npt.NDArray[np.int32]
FloatNumbers = npt.NDArray[np.float64]

#: Difference of the two orders of a pair, as a share of the range of all scores, that is rounding: float32 sums in
#: another order differ in the seventh digit.
ROUNDING = 1e-6


class Repeated(enum.StrEnum):
    """Which score holds where a pair has several."""

    REFUSE = "refuse"
    HIGHEST = "highest"
    LOWEST = "lowest"


class Design(enum.StrEnum):
    """Whether photos are compared among themselves or probes with references."""

    DETECT = "detect"
    ONE_SET = "one set"
    TWO_SETS = "two sets"


@dataclass(frozen=True, slots=True, eq=False)
class RawRows:
    """Rows as they stand in the file.

    Attributes:
        probe: Photo code of each row.
        reference: Likewise.
        score: Higher is more alike; NaN where there is none.
        photos: Number of photo codes.
    """

    probe: CodeArray = field(repr=False)
    reference: CodeArray = field(repr=False)
    score: FloatNumbers = field(repr=False)
    photos: int


@dataclass(frozen=True, slots=True)
class RowTally:
    """What became of the rows.

    Attributes:
        rows: In the file.
        missing: Without a score, or with one that is not finite.
        with_itself: A photo compared with itself.
        repeated: The same pair in the same order again, with an equal score.
        repeated_differently: The same again with another score; one of them was kept as asked.
        other_order: (b, a) where (a, b) stands, with an equal score.
        not_symmetric: Pairs whose two orders differ by more than rounding.
        comparisons: Left to measure.
    """

    rows: int
    missing: int
    with_itself: int
    repeated: int
    repeated_differently: int
    other_order: int
    not_symmetric: int
    comparisons: int


@dataclass(frozen=True, slots=True, eq=False)
class CleanRows:
    """Comparisons, each once.

    Attributes:
        probe: Photo code; of one set, the smaller code of the two.
        reference: Photo code.
        score: Finite.
        one_set: Whether photos are compared among themselves.
        tally: What became of the rows.
        without_score: Codes of photos none of whose rows has a score.
    """

    probe: CodeArray = field(repr=False)
    reference: CodeArray = field(repr=False)
    score: FloatNumbers = field(repr=False)
    one_set: bool
    tally: RowTally
    without_score: IntArray = field(repr=False)


def clean_rows(raw: RawRows, *, repeated: Repeated = Repeated.REFUSE, design: Design = Design.DETECT) -> CleanRows:
    """Return the comparisons of a file.

    Args:
        raw: Its rows.
        repeated: What to do about one pair with several scores.
        design: One set or two, if somebody says so.

    Raises:
        AuditInputInvalid: No comparison is left, or a pair has several scores and nobody says which holds.
    """
    usable = np.isfinite(raw.score)
    missing = int(usable.size - np.count_nonzero(usable))
    other = raw.probe != raw.reference
    with_itself = int(np.count_nonzero(usable & ~other))
    usable &= other
    chosen = slice(None) if usable.all() else usable
    probe, reference, score = raw.probe[chosen], raw.reference[chosen], raw.score[chosen]
    if not score.size:
        raise AuditInputInvalid(
            f"None of {raw.score.size:,} rows compares two photos with a score.",
            remedy="Check which columns were read; a missing score is an empty cell or NaN.",
        )
    key = _keys(probe, reference, raw.photos)
    probe, reference, score, same, differing = _once(probe, reference, score, key, repeated)
    one_set = _one_set(probe, reference, raw.photos, design)
    other_order = not_symmetric = 0
    if one_set:
        low, high = np.minimum(probe, reference), np.maximum(probe, reference)
        key = _keys(low, high, raw.photos)
        not_symmetric = _differing_orders(key, score)
        if not_symmetric and design is Design.DETECT:
            one_set = False
        else:
            rule = Repeated.HIGHEST if repeated is Repeated.REFUSE else repeated
            probe, reference, score, equal, unequal = _once(low, high, score, key, rule)
            other_order = equal + unequal
    tally = RowTally(raw.score.size, missing, with_itself, same, differing, other_order, not_symmetric, int(score.size))
    return CleanRows(probe, reference, score, one_set, tally, _without_score(raw, probe, reference))


def _keys(first: CodeArray, second: CodeArray, photos: int) -> IntArray:
    return np.asarray(first.astype(np.int64) * photos + second)


def _one_set(probe: CodeArray, reference: CodeArray, photos: int, design: Design) -> bool:
    if design is not Design.DETECT:
        return design is Design.ONE_SET
    as_probe, as_reference = np.zeros(photos, dtype=np.bool_), np.zeros(photos, dtype=np.bool_)
    as_probe[probe] = True
    as_reference[reference] = True
    return bool(np.any(as_probe & as_reference))


def _once(
    probe: CodeArray, reference: CodeArray, score: FloatNumbers, key: IntArray, repeated: Repeated
) -> tuple[CodeArray, CodeArray, FloatNumbers, int, int]:
    """Return rows with each key once, in order, and how many went with an equal score and with another one."""
    in_order = np.sort(key)
    if not np.any(in_order[1:] == in_order[:-1]):
        return probe, reference, score, 0, 0
    del in_order
    # The row that stays is the first of its key: the highest or the lowest score, then the first in the file.
    order = np.lexsort((score if repeated is Repeated.LOWEST else -score, key))
    first = np.append(True, key[order][1:] != key[order][:-1])
    starts = np.flatnonzero(first)
    kept_score = np.repeat(score[order[starts]], np.diff(np.append(starts, order.size)))
    differing = int(np.count_nonzero(score[order] != kept_score))
    if differing and repeated is Repeated.REFUSE:
        at = int(np.flatnonzero(score[order] != kept_score)[0])
        original = int(starts[np.searchsorted(starts, at, side="right") - 1])
        rows = sorted((int(order[original]) + 1, int(order[at]) + 1))
        raise AuditInputInvalid(
            f"{differing:,} rows repeat a pair of photos with another score, such as rows {rows[0]:,} and {rows[1]:,} "
            "of those with a score.",
            remedy="Say which holds with --repeated highest or --repeated lowest, or correct the file.",
        )
    keep = np.sort(order[starts])
    return probe[keep], reference[keep], score[keep], int(score.size - keep.size) - differing, differing


def _differing_orders(key: IntArray, score: FloatNumbers) -> int:
    """Return the number of pairs whose scores differ by more than rounding."""
    order = np.argsort(key, kind="stable")
    ordered, scores = key[order], score[order]
    same = ordered[1:] == ordered[:-1]
    if not same.any():
        return 0
    allowed = ROUNDING * float(score.max() - score.min())
    return int(np.count_nonzero(np.abs(scores[1:][same] - scores[:-1][same]) > allowed))


def _without_score(raw: RawRows, probe: CodeArray, reference: CodeArray) -> IntArray:
    named, scored = np.zeros(raw.photos, dtype=np.bool_), np.zeros(raw.photos, dtype=np.bool_)
    # A photo that is only compared with itself was acquired: it is left out without having failed.
    attempted = raw.probe != raw.reference
    for column in (raw.probe, raw.reference):
        named[column[attempted]] = True
    scored[probe] = True
    scored[reference] = True
    return np.flatnonzero(named & ~scored)
