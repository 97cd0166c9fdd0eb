"""Templates with known people → error rates against similarity, and the record as JSON.

Rules kept here:

- Every non-mated comparison counts once; comparisons of one person's photos are mated, never false matches.
- A score is at a grid similarity if it is at or above it, with the tolerance ``Calibration`` uses for look-ups.
- Scores are float64 products of float32 templates, so that counts do not depend on how the matrix product is cut.
- Memory is bounded by a block of rows times all templates; nothing is kept per comparison.
- The record holds numbers only: no template, no label of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from countenance.audit.calibration_counts import GridCounts, ScoreGrid, count_on_grid
from countenance.audit.calibration_record import calibration_from_json, calibration_to_json, rounded_outwards
from countenance.audit.intervals import (
    FloatNumbers,
    clustered_wilson,
    per_subject_variance,
    within_set_variance,
)
from countenance.audit.labels import code_labels
from countenance.audit.templates import require_templates
from countenance.core.errors import AuditInputInvalid
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import ERRORS_FOR_MEASURED, Calibration
from countenance.core.vocabulary import FloatArray

__all__ = ["calibrate", "calibration_from_json", "calibration_to_json"]

#: The similarities rates are measured at: -1 to 1 in steps of 0.001 (a step moves the FMR of common models by some
#: percent). The tolerance is that of ``core.thresholds.Calibration`` when a similarity is looked up: "equal" is equal.
GRID = ScoreGrid(steps_per_unit=1000, tolerance=1e-9)
#: Scores held at a time; about 100 bytes each while they are counted.
SCORES_PER_BLOCK = 1_000_000

METHOD = (
    "95 % intervals: Wilson with the effective sample size of the variance clustered by subject (vertex for FMR), "
    "Student quantile with subjects - 1 degrees of freedom; where no error was seen, the design effect of the nearest "
    f"similarity with at least {ERRORS_FOR_MEASURED} errors; ends rounded outwards to five digits"
)


def calibrate(
    vectors: FloatArray,
    subjects: Sequence[str],
    *,
    model: ModelIdentity,
    data_set: str,
    date: str,
    failures_to_acquire: int,
    progress: Callable[[int, int], None] | None = None,
) -> Calibration:
    """Return the false match and false non-match rates of one recogniser against similarity, from -1 to 1.

    Args:
        vectors: Templates, float32, shape (photos, dimension), unit length.
        subjects: Who is in each photo, one label a row.
        model: The recogniser that made the templates.
        data_set: Name and split of the data, in words.
        date: ISO date of the measurement.
        failures_to_acquire: Photos in which no usable face was found.
        progress: Called with (photos compared, photos) now and then.

    Raises:
        AuditInputInvalid: Templates or labels cannot be used, fewer than two people, or fewer than two with two photos.
    """
    require_templates(vectors, rows=len(subjects))
    if vectors.shape[1] != model.dimension:
        raise AuditInputInvalid(
            f"Templates have {vectors.shape[1]} elements, those of {model.short} have {model.dimension}.",
            remedy="Calibrate with templates made by this model.",
        )
    coded = code_labels(subjects, what="subject")
    photos_each = np.bincount(coded.codes, minlength=coded.count)
    if np.count_nonzero(photos_each > 1) < 2:
        raise AuditInputInvalid(
            f"{len(subjects):,} photos of {coded.count:,} people: fewer than two people have two photos, so a false "
            "non-match rate cannot be measured.",
            remedy="Give two or more photos of at least two people.",
        )
    counts = count_on_grid(
        vectors[np.argsort(coded.codes, kind="stable")],
        photos_each,
        GRID,
        scores_per_block=SCORES_PER_BLOCK,
        progress=progress,
    )
    return Calibration(
        model=model,
        data_set=data_set,
        date=date,
        subjects=coded.count,
        photos=len(subjects),
        failures_to_acquire=failures_to_acquire,
        method=METHOD,
        grid=GRID.values(),
        # Every non-mated comparison stands in the sums with both its people.
        false_matches=_whole(counts.subjects.errors) // 2,
        non_mated=round(counts.subjects.trials) // 2,
        false_match_interval=_false_match_interval(counts),
        false_non_matches=_whole(counts.mated.errors),
        mated=round(counts.mated.trials),
        false_non_match_interval=_false_non_match_interval(counts),
    )


def _whole(counts: FloatNumbers) -> npt.NDArray[np.int64]:
    return np.rint(counts).astype(np.int64)


def _false_match_interval(counts: GridCounts) -> FloatNumbers:
    variance = within_set_variance(counts.subjects, counts.subject_pairs)
    errors, trials = counts.subjects.errors / 2.0, counts.subjects.trials / 2.0
    return _interval(errors, trials, variance, counts.subjects.clusters)


def _false_non_match_interval(counts: GridCounts) -> FloatNumbers:
    return _interval(
        counts.mated.errors, counts.mated.trials, per_subject_variance(counts.mated), counts.mated.clusters
    )


def _interval(errors: FloatNumbers, trials: float, variance: FloatNumbers, clusters: int) -> FloatNumbers:
    measured = clustered_wilson(errors, trials, variance, clusters=clusters)
    # Errors only grow towards one end of the grid, so the fewest that reach the limit are the nearest to none.
    enough = np.flatnonzero((errors >= ERRORS_FOR_MEASURED) & (errors < trials))
    at_zero = float(measured.design_effect[enough[np.argmin(errors[enough])]]) if enough.size else 1.0
    final = clustered_wilson(errors, trials, variance, clusters=clusters, design_effect_at_zero=at_zero)
    return rounded_outwards(np.stack([final.low, final.high], axis=1))
