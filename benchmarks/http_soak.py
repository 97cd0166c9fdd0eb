"""Many clients for minutes over all dialects: nothing but expected answers, memory and file descriptors flat.

Each client is a thread with connections of its own and a seeded mix of operations: photos detected, compared, searched,
enrolled and deleted again; faces found and verified; lists, pages, wrong keys, collections that are not there. Every
answer has to be the one expected of its operation, or say in its dialect's words that too much is asked at once.
Memory, file descriptors and threads of the server are noted every second. What is held against the limits are medians
of the first and the last quarter of the time after warm-up.

Run: ``python -m benchmarks.http_soak [--minutes 5] [--clients 32] [--seed 1] [--out FILE.json]``.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.http_access import more_access
from benchmarks.http_process import Served, percentiles, served, unforeseen
from benchmarks.http_soak_clients import Mixed
from benchmarks.http_soak_doors import Done
from benchmarks.machine import machine_lines

#: How much of the time is warm-up: pools, allocators and indexes fill.
WARM_UP_SHARE = 0.3
#: Most growth of memory from the first to the last quarter after warm-up. Source: issue 5, table of figures.
MOST_GROWTH = 0.10
#: File descriptors more than before that are no leak: connections of clients between two requests.
SPARE_FILES = 8


@dataclass(frozen=True, slots=True)
class Sample:
    """What the server held at a moment: seconds since the start, memory in bytes, file descriptors, threads."""

    at_s: float
    memory: int
    files: int
    threads: int


@dataclass
class Soaked:
    """What came of a soak.

    Attributes:
        answers: Operation → how it was answered → how often.
        times: Operation → milliseconds of each request.
        faults: What should not have been; the first hundred.
        samples: What the server held, second by second.
    """

    answers: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    times: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    faults: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, operation: str, word: str, milliseconds: float, fault: str | None) -> None:
        """Note one request."""
        with self.lock:
            self.answers[operation][word] += 1
            self.times[operation].append(milliseconds)
            if fault is not None and len(self.faults) < 100:
                self.faults.append(f"{operation}: {fault}")


def soak(server: Served, *, seconds: float, clients: int, seed: int) -> Soaked:
    """Let that many clients ask for that long and return what came of it."""
    soaked, stop, access = Soaked(), threading.Event(), more_access(server.data_dir)

    def mixed(number: int) -> Mixed:
        return Mixed(server, access, random.Random(f"{seed} {number}"), number)

    # Signed in beforehand: checking a password takes time and memory on purpose, and thirty-two at once are unusual.
    every = [mixed(number) for number in range(clients)]
    for one in every:
        _note(soaked, one.sign_in)
    threads = [threading.Thread(target=_client, args=(one, soaked, stop)) for one in every]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    try:
        while time.monotonic() - started < seconds and server.alive():
            time.sleep(1.0)
            passed = time.monotonic() - started
            soaked.samples.append(Sample(passed, server.resident_bytes(), server.open_files(), server.threads()))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    soaked.faults += _faults_of(server)
    return soaked


def _client(mixed: Mixed, soaked: Soaked, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            _note(soaked, mixed.ask)
    finally:
        mixed.close()


def _note(soaked: Soaked, ask: Callable[[], Done]) -> None:
    before = time.perf_counter()
    try:
        done = ask()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a fault to be told of, and the rest goes on
        soaked.add("client", "error", 0.0, repr(error)[:300])
    else:
        soaked.add(done.operation, done.word, (time.perf_counter() - before) * 1e3, done.fault)


def _faults_of(server: Served) -> list[str]:
    """Return what is wrong with the server."""
    if not server.alive():
        return [f"the process has ended with status {server.process.returncode}"]
    return [f"log: {line[:500]}" for line in unforeseen(server)[:20]]


def growth_faults(samples: list[Sample]) -> list[str]:
    """Return what is wrong with what the server held."""
    faults, held = [], flatness(samples)
    if held["growth"] > MOST_GROWTH:
        faults.append(f"memory grew by {held['growth']:.1%} after warm-up")
    if held["more_files"] > SPARE_FILES:
        faults.append(f"{held['more_files']} more file descriptors after warm-up")
    return faults


def flatness(samples: list[Sample]) -> dict[str, float]:
    """Return how far memory and file descriptors moved after warm-up.

    Keys: ``first_mb`` and ``last_mb`` (medians of the first and last quarter), ``growth`` as a share of the first,
    ``over_highest`` (the last one as a share of the highest value of anything before it, warm-up included, less one),
    ``slope_mb_per_minute`` (least squares over all of it), ``more_files``.

    Raises:
        ValueError: There are fewer than eight samples after warm-up.
    """
    warm = samples[round(len(samples) * WARM_UP_SHARE) :]
    if len(warm) < 8:
        raise ValueError(f"{len(warm)} samples are too few to tell anything")
    quarter = len(warm) // 4
    first, last = warm[:quarter], warm[-quarter:]
    before, after = (statistics.median(sample.memory for sample in part) for part in (first, last))
    files = [statistics.median(sample.files for sample in part) for part in (first, last)]
    slope = statistics.linear_regression([one.at_s / 60 for one in warm], [one.memory / 1e6 for one in warm]).slope
    return {
        "first_mb": round(before / 1e6, 1),
        "last_mb": round(after / 1e6, 1),
        "growth": round(after / before - 1, 4),
        "over_highest": round(after / max(one.memory for one in samples[:-quarter]) - 1, 4),
        "slope_mb_per_minute": round(slope, 2),
        "more_files": files[1] - files[0],
    }


def document(soaked: Soaked, *, clients: int, seconds: float) -> dict[str, Any]:
    """Return everything measured as plain values."""
    requests = sum(sum(words.values()) for words in soaked.answers.values())
    return {
        "clients": clients,
        "seconds": round(seconds, 1),
        "requests": requests,
        "requests_per_second": round(requests / seconds, 1),
        "operations": {
            name: {"answers": dict(soaked.answers[name]), **percentiles(soaked.times[name])}
            for name in sorted(soaked.answers)
        },
        "held": flatness(soaked.samples),
        "samples": [[round(one.at_s, 1), one.memory // 1_000_000, one.files, one.threads] for one in soaked.samples],
        "faults": soaked.faults,
    }


def show(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = ["| operation | answers | p50 ms | p95 ms |", "|---|---|---|---|"]
    for name, row in figures["operations"].items():
        answers = ", ".join(f"{word}: {count:,}" for word, count in sorted(row["answers"].items()))
        lines.append(f"| {name} | {answers} | {row['p50_ms']} | {row['p95_ms']} |")
    held = figures["held"]
    lines += ["", "| after s | memory MB | file descriptors | threads |", "|---|---|---|---|"]
    samples = figures["samples"]
    lines += [f"| {at} | {memory} | {files} | {threads} |" for at, memory, files, threads in
              samples[:: max(1, len(samples) // 15)]]  # fmt: skip
    lines += [
        "",
        f"{figures['requests']:,} requests of {figures['clients']} clients in {figures['seconds']} s "
        f"({figures['requests_per_second']} a second); memory {held['first_mb']} to {held['last_mb']} MB after warm-up "
        f"({held['growth']:+.1%}, {held['slope_mb_per_minute']:+} MB a minute); file descriptors "
        f"{held['more_files']:+g}; faults: {len(figures['faults'])}",
    ]
    return "\n".join([*lines, *figures["faults"]])


def main() -> int:
    """Run and print; the exit status is 1 if anything was not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        soaked = soak(server, seconds=chosen.minutes * 60, clients=chosen.clients, seed=chosen.seed)
        soaked.faults += growth_faults(soaked.samples)
    figures = document(soaked, clients=chosen.clients, seconds=soaked.samples[-1].at_s)
    print("\n".join(machine_lines()), "", show(figures), sep="\n")
    if chosen.out:
        figures["machine"] = machine_lines()
        chosen.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 1 if soaked.faults else 0


if __name__ == "__main__":
    sys.exit(main())
