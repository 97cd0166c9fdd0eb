"""The process that measures PyEER and cimat: run by ``all_pairs`` with an interpreter that has them.

Reads templates and people from a file and prints one JSON object: peer → seconds for what it does of an audit.
Run: ``python benchmarks/all_pairs_worker.py FILE.npz THRESHOLD``; needs nothing of this package.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from time import perf_counter
from typing import Any

import numpy as np

#: Photos cimat compares: its time grows with the cube of the people in its variance.
CIMAT_PHOTOS = 600


def pyeer_seconds(vectors: Any, people: Any) -> float:
    """Return the seconds of PyEER's statistics over scores that are there already."""
    from pyeer.eer_info import get_eer_stats  # type: ignore[import-not-found, unused-ignore]

    first, second = np.triu_indices(len(people), 1)
    scores = (vectors @ vectors.T)[first, second]
    mated = people[first] == people[second]
    started = perf_counter()
    get_eer_stats(scores[mated], scores[~mated])
    return perf_counter() - started


def cimat_seconds(vectors: Any, people: Any, threshold: float) -> float:
    """Return the seconds of cimat's scores and interval over the first photos."""
    from cimat import MTData, UncertaintyEstimator  # type: ignore[import-not-found, unused-ignore]

    table: dict[str, dict[str, Any]] = {}
    for row in range(CIMAT_PHOTOS):
        table.setdefault(str(people[row]), {})[str(row)] = vectors[row]
    started = perf_counter()
    data = MTData(table)
    data.generate_similarity_scores()
    estimator = UncertaintyEstimator(scores=data.similarity_scores)
    estimator.compute_binerror_metrics(threshold)
    estimator.get_binerror_ci(threshold=threshold, alpha=0.05)
    return perf_counter() - started


def main() -> None:
    """Measure what is installed."""
    data, threshold = np.load(sys.argv[1]), float(sys.argv[2])
    vectors, people = data["vectors"], data["people"]
    seconds: dict[str, float] = {}
    if importlib.util.find_spec("pyeer") is not None:
        seconds["pyeer"] = pyeer_seconds(vectors, people)
    if importlib.util.find_spec("cimat") is not None:
        seconds["cimat"] = cimat_seconds(vectors, people, threshold)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
