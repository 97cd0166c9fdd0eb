"""What a fresh process costs: import, one comparison from a cold start, memory with the models loaded."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys

from benchmarks.engines import package_environment, seconds
from benchmarks.rows import Row
from countenance.bootstrap.application import SAMPLE_COHORT

_ROUNDS = 7
_PHOTOS = (SAMPLE_COHORT / "photos" / "p001_reference.jpg", SAMPLE_COHORT / "photos" / "p001_probe.jpg")
_RESIDENT = """
import sys
from benchmarks.engines import build_engine
engine = build_engine()
engine.read_faces(open(sys.argv[1], "rb").read())
with open("/proc/self/status", encoding="ascii") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmRSS:")))
"""


def run() -> list[Row]:
    """Return import time, cold comparison and idle memory."""
    return [_import(), _cold_compare(), _memory()]


def _import() -> Row:
    bare, ours = [], []
    for _ in range(_ROUNDS):
        bare.append(seconds(lambda: _python("-c", "pass")))
        ours.append(seconds(lambda: _python("-c", "import countenance")))
    extra = statistics.median(ours) - statistics.median(bare)
    return Row(
        "import of the package (above a bare interpreter)",
        f"{extra:.3f} s",
        f"python -c pass {statistics.median(bare):.3f} s",
        reach="< 0.3 s",
    )


def _cold_compare() -> Row:
    what, reach = "compare of two photos from a cold start (files in the file cache)", "< 1.5 s"
    arguments = ["-m", "countenance", "compare", *(str(path) for path in _PHOTOS)]
    first = _python(*arguments)
    if first.returncode != 0:
        words = " ".join(first.stderr.split())[:120]
        return Row(what, f"not measured: exit code {first.returncode}, {words}", reach=reach)
    before = os.times()
    times = [seconds(lambda: _python(*arguments)) for _ in range(_ROUNDS)]
    after = os.times()
    busy = after.children_user + after.children_system - before.children_user - before.children_system
    return Row(
        what,
        f"{statistics.median(times):.2f} s (median of {_ROUNDS}), fastest {min(times):.2f} s",
        f"processor time {busy / _ROUNDS:.2f} s",
        reach=reach,
    )


def _memory() -> Row:
    what, reach = "memory with models loaded, idle after one photo (VmRSS)", "< 350 MB"
    if platform.system() != "Linux":
        return Row(what, "not measured: needs /proc", reach=reach)
    done = _python("-c", _RESIDENT, str(_PHOTOS[0]))
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return Row(what, f"{int(done.stdout) / 1024:.0f} MB", reach=reach)


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, env=package_environment(), check=False
    )
