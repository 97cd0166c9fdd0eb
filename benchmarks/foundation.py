"""All figures of the foundation in one table: ``python -m benchmarks.foundation``.

Prints the table and writes it to ``benchmarks/results/foundation.md``. What is not at hand (LFW View 1, dlib, faiss) is
named in its row as not given or not installed; nothing is filled in from an earlier run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import dlib_speed, exact_search, large_photo, lfw_view1, pipeline_speed, process_costs
from benchmarks.engines import LFW_VARIABLE
from benchmarks.machine import machine_lines
from benchmarks.rows import Row, as_markdown, as_text

RESULT = Path(__file__).parent / "results" / "foundation.md"


def main() -> None:
    """Measure everything asked for, print the table and write it."""
    arguments = _arguments()
    lfw = arguments.lfw
    parts: dict[str, Callable[[], list[Row]]] = {
        "lfw": lambda: lfw_view1.run(lfw),
        "pipeline": lambda: pipeline_speed.run(lfw),
        "dlib": lambda: dlib_speed.run(lfw, arguments.dlib_python),
        "large": large_photo.run,
        "search": lambda: exact_search.run(interpreter=arguments.dlib_python),
        "process": process_costs.run,
    }
    rows: list[Row] = []
    for name, part in parts.items():
        if name in (arguments.only or parts):
            print(f"measuring: {name} …", file=sys.stderr, flush=True)
            rows += part()
    print(as_text(rows))
    if arguments.only is None:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(_page(rows), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.foundation", description=__doc__)
    given = os.environ.get(LFW_VARIABLE)
    parser.add_argument(
        "--lfw", type=Path, default=Path(given) if given else None, help=f"folder of LFW View 1 (${LFW_VARIABLE})"
    )
    parser.add_argument(
        "--dlib-python",
        type=Path,
        help="interpreter with dlib, face_recognition and faiss; the exact search is then measured there",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=("lfw", "pipeline", "dlib", "large", "search", "process"),
        help="measure these parts only; nothing is written",
    )
    return parser.parse_args()


def _page(rows: list[Row]) -> str:
    facts = "\n".join(f"- {line}" for line in (f"date: {datetime.now(UTC):%Y-%m-%d}", *machine_lines()))
    return (
        "# Figures of the foundation\n\n"
        "Written by `python -m benchmarks.foundation`; every ratio is of times measured alternately in this run.\n\n"
        f"{facts}\n\n{as_markdown(rows)}\n"
    )


if __name__ == "__main__":
    main()
