"""Coverage of nominal 95 % intervals in simulated audits: how often each interval holds the true false match rate.

Data model: a person's template is a point in 24 dimensions plus, for some, a shift towards one common direction, which
makes them "wolves"; three photos each scatter around it. The true rate at each threshold comes from about 64 million
pairs of other people from the same model. The shift was chosen so that intervals that take comparisons for independent
cover as badly as in the metrics reference, section 4.3 (naive Wilson 69/57/78/73/88/85 %).

Run: ``python -m benchmarks.coverage_simulation``; some minutes on two cores.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.rows import Row
from countenance.audit.bootstrap import Resampling, draw_weights, percentile_interval, replicate_rates
from countenance.audit.intervals import (
    ClusterSums,
    clopper_pearson,
    two_way_variance,
    wilson,
    within_set_variance,
)
from countenance.audit.measured_rate import measured_rates
from countenance.audit.subject_pairs import SubjectComparisons

FloatNumbers = npt.NDArray[np.float64]

DIMENSIONS, PHOTOS = 24, 3
#: Scale of the shift towards the common direction, and of the scatter of a person's photos.
WOLVES, SCATTER = 0.13, 0.5
RATES = (1e-2, 1e-3, 1e-4)
SEED = 20_240_601
#: Coverage meant, and what the project accepts in every cell.
NOMINAL, LOWEST, HIGHEST = 95.0, 92.0, 97.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Coverage in percent of one simulated situation.

    Attributes:
        what: True rate and people.
        replicates: Simulated audits for the formula intervals; standard error of a coverage near 95: 0.4 to 0.6.
        no_error: Share of them without a false match, in percent.
        clopper_pearson: Of comparisons taken for independent.
        naive_wilson: The same with Wilson's interval.
        vertex: Percentile interval of the vertex bootstrap; None where not run.
        double_or_nothing: The same with weights 0 and 2.
        clustered: The package's default.
    """

    what: str
    replicates: int
    no_error: float
    clopper_pearson: float
    naive_wilson: float
    vertex: float | None
    double_or_nothing: float | None
    clustered: float

    @property
    def reached(self) -> bool:
        """Return whether the package's default is within the accepted range."""
        return LOWEST <= self.clustered <= HIGHEST


def people(generator: np.random.Generator, count: int, photos: int = PHOTOS) -> FloatNumbers:
    """Return templates of shape (count, photos, dimensions)."""
    centres = generator.normal(size=(count, DIMENSIONS)) / np.sqrt(DIMENSIONS)
    centres[:, 0] += np.abs(generator.normal(size=count)) * WOLVES
    scatter = generator.normal(size=(count, photos, DIMENSIONS)) / np.sqrt(DIMENSIONS)
    templates = centres[:, None, :] + SCATTER * scatter
    return np.asarray(templates / np.linalg.norm(templates, axis=2, keepdims=True))


def truth(generator: np.random.Generator, *, draws: int = 8, count: int = 4000) -> tuple[FloatNumbers, FloatNumbers]:
    """Return thresholds and the true rates at them, ascending in threshold."""
    edges = np.linspace(-1.0, 1.0, 20_001)
    histogram = np.zeros(edges.size - 1)
    for _ in range(draws):
        templates = people(generator, count, 1)[:, 0].astype(np.float32)
        histogram += np.histogram((templates @ templates.T)[np.triu_indices(count, 1)], edges)[0]
    tail = histogram[::-1].cumsum()[::-1] / histogram.sum()
    at = [int(np.argmax(tail <= rate)) for rate in RATES]
    return edges[at], tail[at]


def one_set(
    generator: np.random.Generator, count: int, thresholds: FloatNumbers
) -> tuple[FloatNumbers, list[FloatNumbers]]:
    """Return scores (count, photos, count, photos) and the matches by pair of people at each threshold."""
    flat = people(generator, count).reshape(count * PHOTOS, DIMENSIONS)
    scores = (flat @ flat.T).reshape(count, PHOTOS, count, PHOTOS)
    tables = []
    for threshold in thresholds.tolist():
        table = (scores >= threshold).sum(axis=(1, 3)).astype(np.float64)
        np.fill_diagonal(table, 0.0)
        tables.append(table)
    return scores, tables


def _holds(ends: tuple[float, float], true: float) -> bool:
    return ends[0] <= true <= ends[1]


def within_set_rows(
    count: int, replicates: int, resampled: int, thresholds: FloatNumbers, true: FloatNumbers
) -> list[Coverage]:
    """Return the coverage for audits of ``count`` people within one set, one row a true rate."""
    generator = np.random.default_rng([SEED, count])
    trials = np.full((count, count), float(PHOTOS**2))
    np.fill_diagonal(trials, 0.0)
    comparisons = int(trials.sum()) // 2
    held = np.zeros((3, len(RATES)))
    none = np.zeros(len(RATES))
    boot = np.zeros((2, len(RATES)))
    for replicate in range(replicates):
        scores, tables = one_set(generator, count, thresholds)
        errors = np.stack(tables, axis=-1)
        variance = within_set_variance(
            ClusterSums.of(errors.sum(axis=1), trials.sum(axis=1)),
            ClusterSums.of(errors.reshape(count * count, -1), trials.ravel()),
        )
        total = errors.sum(axis=(0, 1)) / 2.0
        rates = measured_rates(total, comparisons, variance, subjects=count, disjoint=count // 2, method="")
        naive = wilson(total, comparisons)
        for at, value in enumerate(true.tolist()):
            exact = clopper_pearson(int(total[at]), comparisons)
            held[0, at] += _holds(exact, value)
            held[1, at] += _holds((naive[0][at], naive[1][at]), value)
            held[2, at] += _holds((rates[at].rate.low, rates[at].rate.high), value)
            none[at] += total[at] == 0
        if replicate < resampled:
            boot += _bootstrap_holds(scores, thresholds, true, generator)
    shares, boots = 100.0 * held / replicates, 100.0 * boot / max(1, resampled)
    return [
        Coverage(
            f"{rate:g}, {count} people",
            replicates,
            100.0 * none[at] / replicates,
            clopper_pearson=shares[0, at],
            naive_wilson=shares[1, at],
            vertex=boots[0, at],
            double_or_nothing=boots[1, at],
            clustered=shares[2, at],
        )
        for at, rate in enumerate(RATES)
    ]


def _bootstrap_holds(
    scores: FloatNumbers, thresholds: FloatNumbers, true: FloatNumbers, generator: np.random.Generator
) -> npt.NDArray[np.bool_]:
    count = scores.shape[0]
    first, _, second, _ = found = np.nonzero(scores >= thresholds[0])
    once = first < second
    score = scores[found][once]
    order = np.argsort(-score)
    data = SubjectComparisons(
        groups=("all",),
        group=np.zeros(count, dtype=np.int64),
        photos=np.full(count, PHOTOS),
        first=first[once][order],
        second=second[once][order],
        score=score[order],
        kept_from=float(thresholds[0]),
        mated_subject=np.empty(0, dtype=np.int64),
        mated_score=np.empty(0),
    )
    held = np.zeros((2, true.size), dtype=np.bool_)
    for kind, resampling in enumerate((Resampling.VERTEX, Resampling.DOUBLE_OR_NOTHING)):
        weights = draw_weights(count, 500, generator, resampling=resampling)
        for at, threshold in enumerate(thresholds.tolist()):
            interval = percentile_interval(replicate_rates(data, weights, threshold=threshold).overall)
            held[kind, at] = interval.low <= true[at] <= interval.high
    return held


def two_set_row(probes: int, references: int, replicates: int, threshold: float, true: float) -> Coverage:
    """Return the coverage for probes of some people against references of others, one photo each."""
    generator = np.random.default_rng([SEED, probes, references])
    comparisons = probes * references
    held = np.zeros(3)
    none = 0
    for _ in range(replicates):
        left, right = (people(generator, count, 1)[:, 0].astype(np.float32) for count in (probes, references))
        errors = (left @ right.T) >= threshold
        total = int(errors.sum())
        rows, columns = errors.sum(axis=1), errors.sum(axis=0)
        variance = two_way_variance(
            ClusterSums.of(rows[:, None], np.full(probes, references)),
            ClusterSums.of(columns[:, None], np.full(references, probes)),
            # One comparison a pair: Σc² = Σcm = Σc.
            ClusterSums(np.array([total]), comparisons, np.array([total]), np.array([total]), comparisons, comparisons),
        )
        rate = measured_rates(
            np.array([float(total)]), comparisons, variance, subjects=probes, disjoint=probes, method=""
        )[0].rate
        naive = wilson(total, comparisons)
        held += [
            _holds(clopper_pearson(total, comparisons), true),
            _holds((float(naive[0]), float(naive[1])), true),
            _holds((rate.low, rate.high), true),
        ]
        none += total == 0
    shares = 100.0 * held / replicates
    what = f"{RATES[1]:g}, {probes} × {references} people"
    return Coverage(what, replicates, 100.0 * none / replicates, shares[0], shares[1], None, None, shares[2])


def run(*, scale: float = 1.0, say: Callable[[str], object] | None = None) -> list[Coverage]:
    """Return the table, a row a situation.

    Args:
        scale: Share of the full number of replicates, for a quick look.
        say: Called with a line as each part ends.
    """
    thresholds, true = truth(np.random.default_rng(SEED))
    rows: list[Coverage] = []
    for count, replicates, resampled in ((50, 3000, 200), (200, 1500, 100)):
        rows += within_set_rows(
            count, max(10, round(replicates * scale)), max(5, round(resampled * scale)), thresholds, true
        )
        if say is not None:
            say(f"{count} people done")
    for probes, references in ((100, 2000), (300, 2000)):
        rows.append(two_set_row(probes, references, max(10, round(800 * scale)), float(thresholds[1]), float(true[1])))
        if say is not None:
            say(f"{probes} × {references} people done")
    return rows


def as_rows(rows: list[Coverage]) -> list[Row]:
    """Return the table as benchmark rows: the package's interval beside the naive one."""
    return [
        Row(
            f"coverage of nominal 95 %, {row.what}",
            f"{row.clustered:.1f} %",
            f"naive Wilson {row.naive_wilson:.1f} %",
            reach=f"{LOWEST:.0f} to {HIGHEST:.0f} %",
        )
        for row in rows
    ]


def table(rows: list[Coverage]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        "| true FMR, people | audits | no error | Clopper–P. | naive Wilson | vertex | double-or-n. "
        "| **Wilson n_eff** |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        boots = [f"{value:.0f}" if value is not None else "–" for value in (row.vertex, row.double_or_nothing)]
        lines.append(
            f"| {row.what} | {row.replicates} | {row.no_error:.0f} | {row.clopper_pearson:.1f} "
            f"| {row.naive_wilson:.1f} | {boots[0]} | {boots[1]} | **{row.clustered:.1f}** |"
        )
    return "\n".join(lines)


def main() -> int:
    """Print the table; return 1 if a cell of the package's default is outside the accepted range."""
    rows = run(say=print)
    print(table(rows))
    return 0 if all(row.reached for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
