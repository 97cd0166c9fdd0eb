"""An enrolment job whose process is killed, again and again: the next one goes on, and the end is the same."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.synthetic_engine import synthetic_photo

REPOSITORY = Path(__file__).parents[2]
PHOTOS, KILLS, DELAY_S = 160, 4, 0.012


def start(folder: Path, *archive: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.job_process", str(folder), str(DELAY_S), *map(str, archive)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY / 'src'}{os.pathsep}{REPOSITORY}"},
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[str, dict[str, int], int, int]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    (line,) = [line for line in output.splitlines() if line.startswith("ended ")]
    state, counts, attempts, done = json.loads(line.removeprefix("ended "))
    return state, counts, attempts, done


def packed(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(PHOTOS):
            name = f"p{number % 20:02}"
            content = {
                0: synthetic_photo(note=f"{number}"),
                1: synthetic_photo(name, "somebody", note=f"{number}"),
                2: b"damaged\n" + str(number).encode(),
            }.get(number % 10, synthetic_photo(name, variant=str(number)))
            archive.writestr(f"{name}/{number:03}.jpg", content)
        archive.writestr("p00/inner.zip", b"PK\x03\x04")
    return path


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "countenance.db")) as connection:
        return connection.execute(query).fetchall()


def progress(folder: Path) -> int:
    try:
        found = rows(folder, "SELECT count(*) FROM enrolment_outcomes")
    except sqlite3.Error:
        return 0
    return int(str(found[0][0]))


@pytest.mark.slow
def test_a_killed_job_goes_on_in_the_next_process_and_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    archive = packed(tmp_path / "photos.zip")
    expected = ended(start(tmp_path / "undisturbed", archive))
    assert expected[0] == "done"
    assert sum(expected[1].values()) == PHOTOS + 1
    folder = tmp_path / "killed"
    chance = random.Random(7)
    process = start(folder, archive)
    killed_at = []
    for _ in range(KILLS):
        before = progress(folder)
        give_up_at = time.monotonic() + 60
        while progress(folder) <= before and process.poll() is None and time.monotonic() < give_up_at:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)
        if process.poll() is not None:
            break
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        killed_at.append(progress(folder))
        process = start(folder)
    state, counts, attempts, done = ended(process)
    assert killed_at
    assert 0 < killed_at[0] < PHOTOS
    assert (state, counts, done) == (expected[0], expected[1], expected[3])
    assert attempts == len(killed_at) + 1
    query = "SELECT source_name, subject, outcome, reason FROM enrolment_outcomes ORDER BY 1, 2"
    assert rows(folder, query) == rows(tmp_path / "undisturbed", query)
    stored = rows(folder, "SELECT count(*), count(DISTINCT source_sha256) FROM stored_references")
    assert stored == [(counts["stored"], counts["stored"])]
    # The wiping comes right after the end is stored, before the process ends.
    assert list((folder / "jobs").iterdir()) == []
