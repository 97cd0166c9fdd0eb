"""Importing 20 million scores: time and peak memory from a CSV and from a Parquet file to the whole result.

A made-up set of 6,326 photos of 2,109 people, all photos compared with all others once, scores in percent with three
decimals; two labels. Each file is read in a process of its own, so that its peak memory is its own.

Run: ``python benchmarks/score_import.py [--rows 20000000] [--folder DIR]``
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from countenance.audit.allpairs import Request
from countenance.audit.threshold_policy import TargetFalseMatchRate
from countenance.service.audits.document import Facts, build_document
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.measure import Plan
from countenance.service.audits.score_import import ImportChoices, PeopleChoices, understand
from countenance.service.audits.score_run import system_of

ROWS = 20_000_000
SEED = 20
#: Figures to reach: whole import, on two cores.
MOST_SECONDS = 120.0
MOST_GIGABYTES = 6.0
_PHOTOS_A_PERSON = 3


def main() -> None:
    """Make the files, time the import of each and print the lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--worker", type=Path, default=None, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.worker is not None:
        print(json.dumps(timed(given.worker)))
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        files = make_files(Path(folder), given.rows)
        for path in files:
            done = subprocess.run(
                [sys.executable, __file__, "--worker", str(path)], check=True, capture_output=True, text=True
            )
            print(line(path, json.loads(done.stdout)))
    print(f"to reach: under {MOST_SECONDS:.0f} s and {MOST_GIGABYTES:.0f} GB for the whole")


def line(path: Path, found: dict[str, Any]) -> str:
    """Return one file's measurements as a line."""
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in found["seconds"].items())
    return (
        f"{path.suffix[1:]:<8} {found['rows']:,} rows, {path.stat().st_size / 1e6:,.0f} MB: {steps}; "
        f"all {sum(found['seconds'].values()):.0f} s, peak {found['gigabytes']:.2f} GB"
    )


def timed(path: Path) -> dict[str, Any]:
    """Return the seconds of each step and the peak memory of this process."""
    seconds: dict[str, float] = {}
    start = time.perf_counter()
    seen = understand(path, ImportChoices(people=PeopleChoices(path.with_name("people.csv"))))
    seconds["read"] = time.perf_counter() - start
    start = time.perf_counter()
    imported = seen.settle()
    rows = imported.tally.rows
    del seen
    seconds["check rows"] = time.perf_counter() - start
    start = time.perf_counter()
    groups = {photo.subject: photo.labels["sex"] for photo in imported.material.photos}
    imported.counts(groups, Request(thresholds=np.linspace(20, 90, 60).tolist(), keep_from=60.0, highest=60))
    seconds["count once at 60 thresholds"] = time.perf_counter() - start
    start = time.perf_counter()
    facts = Facts("benchmark", "benchmark", "", system_of("made up", imported.scale), "", "", synthetic=True)
    build_document(facts, imported.material, TableEvidence(imported.table), Plan(TargetFalseMatchRate(1e-3)))
    seconds["whole result with resampling"] = time.perf_counter() - start
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rows": rows, "seconds": seconds, "gigabytes": kilobytes / 1e6}


def make_files(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write the list of people and the same scores as CSV and Parquet; return the two score files."""
    photos = math.ceil((1 + math.sqrt(1 + 8 * rows)) / 2)
    people = math.ceil(photos / _PHOTOS_A_PERSON)
    rng = np.random.default_rng(SEED)
    subject = np.arange(photos) % people
    names = np.array([f"person_{who:05d}/photo_{at // people}.jpg" for at, who in enumerate(subject)])
    pl.DataFrame(
        {
            "id": names,
            "subject": [f"person_{who:05d}" for who in subject],
            "sex": [("female", "male")[who % 2] for who in subject],
            "region": [("north", "south", "unknown")[who % 3] for who in subject],
        }
    ).write_csv(folder / "people.csv")
    likeness = rng.normal(0.0, 6.0, people)
    csv, parts = folder / "scores.csv", []
    with csv.open("wb") as stream:
        for start in range(0, photos, 200):
            probe, reference = np.indices((min(200, photos - start), photos)).reshape(2, -1)
            probe = probe + start
            once = probe < reference
            probe, reference = probe[once], reference[once]
            middle = np.where(subject[probe] == subject[reference], 78.0, 22.0)
            score = middle + likeness[subject[probe]] + likeness[subject[reference]] + rng.normal(0.0, 9.0, probe.size)
            part = pl.DataFrame(
                {"probe": names[probe], "reference": names[reference], "similarity": score.clip(0, 100).round(3)}
            )
            part.write_csv(stream, include_header=start == 0)
            parts.append(part)
    parquet = folder / "scores.parquet"
    pl.concat(parts).write_parquet(parquet)
    return csv, parquet


if __name__ == "__main__":
    main()
