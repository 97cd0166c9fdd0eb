"""The engine as the package wires it, and the photos the benchmarks run on."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

from countenance.bootstrap.application import SAMPLE_COHORT, Application
from countenance.engine.pipeline import FacePipeline
from countenance.settings import read_settings

#: Names the folder with the photos of LFW View 1. Every other name with this prefix is a setting of the package.
LFW_VARIABLE = "LFW_VIEW1"


def package_environment() -> dict[str, str]:
    """Return the environment without the benchmarks' own variable, which the package would refuse as a setting."""
    return {name: value for name, value in os.environ.items() if name != LFW_VARIABLE}


def build_engine(*, model: str = "sface", threads: int = 0) -> FacePipeline:
    """Return the engine as every command of the package builds it; 0 threads is the default, one a core."""
    return Application(read_settings(package_environment(), overrides={"model": model})).engine(threads=threads)


def spread_photos(folder: Path, most: int) -> list[Path]:
    """Return at most ``most`` JPEG files of a folder and its subfolders, evenly spread over their sorted names."""
    files = sorted(folder.rglob("*.jpg"))
    if not files:
        raise SystemExit(f"{folder} holds no .jpg file")
    return [files[i * len(files) // most] for i in range(most)] if len(files) > most else files


def speed_photos(lfw: Path | None, most: int) -> tuple[str, list[Path]]:
    """Return what the photos are, in words, and their paths: LFW View 1 if given, else the sample cohort."""
    folder = SAMPLE_COHORT / "photos" if lfw is None else lfw / "images"
    paths = spread_photos(folder, most)
    return f"{len(paths)} {'sample cohort' if lfw is None else 'LFW View 1'} photos", paths


def seconds(work: Callable[[], object]) -> float:
    """Return the wall time of one call."""
    start = perf_counter()
    work()
    return perf_counter() - start


def seconds_and_processor(work: Callable[[], object]) -> tuple[float, float]:
    """Return wall time and processor time (of all threads of this process) of one call.

    The second is nearly blind to what else the machine is doing.
    """
    wall, processor = perf_counter(), process_time()
    work()
    return perf_counter() - wall, process_time() - processor
