"""Where the limits of ``engine.quality.QualityLimits`` come from: ``python -m benchmarks.quality_limits --lfw FOLDER``.

Two photos a person of LFW View 1. The threshold is the similarity at which one in 10,000 of all non-mated pairs of the
untouched photos matches (FMR 1e-4). Then the second photo is shrunk until the eyes are so many pixels apart, or
blurred, and goes through the whole pipeline: how many of the mated pairs are missed at that threshold (FNMR), and in
how many photos is no face found? Also: the share of untouched photos that each present limit rejects.

Prints the tables and writes them to ``benchmarks/results/quality_limits.md``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from benchmarks.degraded_photos import (
    CleanPair,
    Degrade,
    Outcome,
    blurred,
    read_clean,
    read_degraded,
    smaller,
    two_photos_a_person,
    vector,
)
from benchmarks.engines import LFW_VARIABLE, build_engine
from benchmarks.machine import machine_lines
from countenance.audit.intervals import wilson
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.core.comparison import meets
from countenance.core.vocabulary import Face
from countenance.engine.pipeline import FacePipeline
from countenance.engine.sessions import cores
from countenance.service.calibrate import central_face

RESULT = Path(__file__).parent / "results" / "quality_limits.md"
EYES_PX = (8, 10, 12, 16, 20, 24, 32)
#: Standard deviation of the blur as a share of the distance of the eyes: 0.03 is about one pixel of the aligned crop.
BLUR_SHARES = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1)
TARGET_FMR = 1e-4
_HEAD = ("probe", "tried", "no face", "FNMR", "95 % interval", "median eyes, px", "median sharpness", "sharpness, 5 %")

Table = list[tuple[str, ...]]


def main() -> None:
    """Measure, print and write."""
    arguments = _arguments()
    engine = build_engine(threads=1)
    pairs = read_clean(engine, two_photos_a_person(arguments.lfw, arguments.people))
    threshold, non_mated = threshold_at(TARGET_FMR, pairs)
    table: Table = [_HEAD, _line("untouched", _untouched(pairs), threshold)]
    for name, degrade in _degradations():
        table.append(_line(name, read_degraded(engine, pairs, degrade), threshold))
    clean = [face for pair in pairs for face in (pair.reference, pair.probe)]
    rejects = rejected_shares({"LFW View 1": clean, "sample cohort": _cohort_faces(engine)})
    facts = [
        f"date: {datetime.now(UTC):%Y-%m-%d}",
        *machine_lines(),
        f"{len(pairs)} people of LFW View 1, two photos each; model {engine.model.short}",
        f"threshold {threshold:.4f}: FMR {TARGET_FMR:g} on {non_mated:,} non-mated pairs of untouched photos",
    ]
    page = (
        "# What small and blurred faces do to recognition\n\nWritten by `python -m benchmarks.quality_limits`.\n\n"
        + "\n".join(f"- {fact}" for fact in facts)
        + f"\n\n## Degraded probes\n\n{_markdown(table)}\n"
        + f"\n## Share of untouched photos each present limit rejects\n\n{_markdown(rejects)}\n"
    )
    print(page)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(page, encoding="utf-8")


def threshold_at(rate: float, pairs: list[CleanPair]) -> tuple[float, int]:
    """Return the least similarity with at most ``rate`` of the non-mated pairs at or above it, and their number."""
    vectors = np.stack([vector(face) for pair in pairs for face in (pair.reference, pair.probe)])
    people = np.repeat(np.arange(len(pairs)), 2)
    one, two = np.triu_indices(len(vectors), 1)
    different = people[one] != people[two]
    scores = np.sort((vectors @ vectors.T)[one[different], two[different]])
    allowed = int(rate * len(scores))
    return float(np.nextafter(scores[-allowed - 1], np.float32(2.0))), len(scores)


def rejected_shares(faces: dict[str, list[Face]]) -> Table:
    """Return, for every quality measure, its limit and the share of each set's faces that break it."""
    (first, *_) = faces.values()
    table: Table = [("measure", "limit", *(f"{name} ({len(found):,} faces)" for name, found in faces.items()))]
    for i, measure in enumerate(first[0].quality):
        limit = f"≥ {measure.minimum:g}" if measure.minimum is not None else f"≤ {measure.maximum:g}"
        table.append((measure.name, limit, *(_share_words(found, [i]) for found in faces.values())))
    every = range(len(first[0].quality))
    return [*table, ("any of them", "", *(_share_words(found, every) for found in faces.values()))]


def _share_words(faces: list[Face], measures: Iterable[int]) -> str:
    chosen = list(measures)
    rejected = sum(any(not face.quality[i].acceptable for i in chosen) for face in faces)
    return f"{rejected / len(faces):.1%} ({rejected})"


def _degradations() -> list[tuple[str, Degrade]]:
    return [(f"eyes {eyes} px apart", smaller(float(eyes))) for eyes in EYES_PX] + [
        (f"blur {share:g} of the eye distance", blurred(share)) for share in BLUR_SHARES
    ]


def _untouched(pairs: list[CleanPair]) -> Outcome:
    return Outcome(
        tried=len(pairs),
        no_face=0,
        scores=np.array([float(np.dot(vector(pair.reference), vector(pair.probe))) for pair in pairs]),
        quality={
            measure.name: np.array([pair.probe.quality[i].value for pair in pairs])
            for i, measure in enumerate(pairs[0].probe.quality)
        },
    )


def _line(name: str, outcome: Outcome, threshold: float) -> tuple[str, ...]:
    seen = len(outcome.scores)
    if seen == 0:
        return (name, str(outcome.tried), str(outcome.no_face), *[""] * 5)
    missed = seen - int(meets(outcome.scores, threshold).sum())
    low, high = (float(end) for end in wilson(missed, seen))
    sharpness = outcome.quality["sharpness"]
    return (
        name,
        f"{outcome.tried:,}",
        f"{outcome.no_face / outcome.tried:.1%} ({outcome.no_face})",
        f"{missed / seen:.1%} ({missed})",
        f"{low:.1%} to {high:.1%}",
        f"{np.median(outcome.quality['inter_eye_distance']):.1f}",
        f"{np.median(sharpness):.0f}",
        f"{np.quantile(sharpness, 0.05):.0f}",
    )


def _cohort_faces(engine: FacePipeline) -> list[Face]:
    with ThreadPoolExecutor(cores()) as pool:
        found = pool.map(
            lambda path: engine.read_faces(path.read_bytes(), templates=False),
            sorted((SAMPLE_COHORT / "photos").glob("*.jpg")),
        )
        return [central_face(photo) for photo in found if photo.faces]


def _markdown(table: Sequence[tuple[str, ...]]) -> str:
    lines = [table[0], ("---",) * len(table[0]), *table[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality_limits", description=__doc__)
    given = os.environ.get(LFW_VARIABLE)
    parser.add_argument("--lfw", type=Path, default=Path(given) if given else None, required=not given)
    parser.add_argument("--people", type=int, default=600, help="people with two photos to use (600)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
