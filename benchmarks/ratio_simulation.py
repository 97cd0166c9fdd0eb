"""How often the interval of a ratio leaves parity out where groups do not differ: it states 1 in 20.

Every ratio is 1 in truth, since people of one kind are put into groups by lot. Two kinds: those of
``coverage_simulation``, and ones among whom a few look like everybody (a shift towards one direction, gamma
distributed), which is harder. Each audit compares the first group with all others pooled, by the delete-one-person
jackknife in use and by the delta method on the clustered variance, at thresholds of the two false match rates.

Run: ``python -m benchmarks.ratio_simulation``; about two minutes on two cores.
"""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np
import numpy.typing as npt

from benchmarks.coverage_simulation import PHOTOS, people
from countenance.audit.allpairs import Request, compare_all
from countenance.audit.measured_rate import MeasuredRate
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import false_match_rates, false_non_match_rates
from countenance.audit.ratios import jackknife_ratio_interval, log_ratio_interval, pooled_log_variance

FloatNumbers = npt.NDArray[np.float64]

AUDITS, SEED = 400, 20_261_124
RATES = (1e-2, 1e-3)
SHAPES = ((100, 2), (100, 6), (300, 2), (300, 6))
#: Of the harder kind: dimensions, scatter of a person's photos, and scale of the shift, which is gamma(2, 1/2).
DIMENSIONS, SCATTER, SHIFT = 32, 0.6, 0.6
#: Photos a threshold is taken from.
LARGE = 1500


def uneven_people(generator: np.random.Generator, count: int) -> FloatNumbers:
    """Return templates of the harder kind, shape (count, photos, dimensions), not of unit length."""
    centres = generator.standard_normal((count, DIMENSIONS))
    centres += SHIFT * generator.gamma(2.0, 0.5, size=(count, 1)) * generator.standard_normal(DIMENSIONS)
    return centres[:, None, :] + SCATTER * generator.standard_normal((count, PHOTOS, DIMENSIONS))


KINDS = {"even": people, "uneven": uneven_people}


def photo_set(kind: str, generator: np.random.Generator, count: int, groups: int) -> PhotoSet:
    """Return people of one kind with groups by lot, as equal in size as they can be."""
    drawn = KINDS[kind](generator, count)
    vectors = drawn.reshape(-1, drawn.shape[-1]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lot = generator.permutation(np.arange(count) % groups)
    names = [f"p{person}" for person in range(count) for _ in range(PHOTOS)]
    return PhotoSet(vectors, names, [f"g{lot[person]}" for person in range(count) for _ in range(PHOTOS)])


def thresholds(kind: str, generator: np.random.Generator) -> list[float]:
    """Return the similarities of ``RATES`` in a large set."""
    photos = photo_set(kind, generator, LARGE // PHOTOS, 1)
    scores = (photos.vectors @ photos.vectors.T)[np.triu_indices(LARGE, PHOTOS)]
    return [float(np.quantile(scores, 1.0 - rate)) for rate in RATES]


def excludes(rates: tuple[MeasuredRate, ...]) -> dict[str, bool]:
    """Return, by method, whether the interval of the first group over the others leaves 1 out."""
    own, others = rates[0], rates[1:]
    trials = sum(one.rate.trials for one in others)
    pooled = sum(one.rate.errors for one in others) / trials
    clusters = min(own.subjects, sum(one.subjects for one in others))
    logarithm = pooled_log_variance([one.rate.errors for one in others], [one.log_variance for one in others])
    variance = sum(one.variance * (one.rate.trials / trials) ** 2 for one in others)
    found = {
        "jackknife": jackknife_ratio_interval(
            own.estimate, own.log_variance, pooled, logarithm, clusters=clusters
        ),
        "delta": log_ratio_interval(own.estimate, own.variance, pooled, variance, clusters=clusters),
    }  # fmt: skip
    return {name: not ratio.low <= 1.0 <= ratio.high for name, ratio in found.items()}


def run(kind: str, audits: int) -> list[tuple[str, Counter[str]]]:
    """Return (situation, how often each method's interval left parity out)."""
    generator = np.random.default_rng(SEED)
    at = thresholds(kind, generator)
    rows: list[tuple[str, Counter[str]]] = []
    for count, groups in SHAPES:
        found = {(which, rate): Counter[str]() for which in ("FMR", "FNMR") for rate in RATES}
        for _ in range(audits):
            counts = compare_all(photo_set(kind, generator, count, groups), request=Request(thresholds=at))
            match, miss = false_match_rates(counts), false_non_match_rates(counts)
            # Thresholds come back sorted: those of lower rates last, as in RATES.
            for index, rate in enumerate(RATES):
                cells = tuple(cell[index] for cell in miss.cells)
                for which, rates in (("FMR", match.within(index)), ("FNMR", cells)):
                    found[which, rate].update(name for name, out in excludes(rates).items() if out)
        rows += [
            (f"{which} at FMR {rate:g}, {count} {kind} people in {groups} groups", out)
            for (which, rate), out in found.items()
        ]
    return rows


def main() -> int:
    """Print the table; fail if the intervals in use leave parity out clearly more often than they state."""
    audits = int(sys.argv[1]) if len(sys.argv) > 1 else AUDITS
    print("| what | delta method | **jackknife** | stated |\n|---|---|---|---|")
    worst = 0.0
    for what, out in [*run("even", audits), *run("uneven", audits)]:
        print(f"| {what} | {out['delta'] / audits:.1%} | **{out['jackknife'] / audits:.1%}** | 5 % |")
        worst = max(worst, out["jackknife"] / audits)
    # Three standard errors above what is stated.
    return int(worst > 0.05 + 3.0 * (0.05 * 0.95 / audits) ** 0.5)


if __name__ == "__main__":
    sys.exit(main())
