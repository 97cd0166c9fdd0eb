"""A process that is killed while it erases leaves nobody erased and unrecorded, nor recorded and not erased."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.conftest import POSTGRESQL, SQLITE
from tests.storage.writer_process import REPOSITORY

KILLS = {"sqlite": 12, "postgresql": 6}


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_kills_at_random_points_leave_deletion_and_record_together(
    dialect: str, empty_database: Callable[[str], str], tmp_path: Path
) -> None:
    arguments = ["--data-dir", str(tmp_path), "--url", empty_database(dialect), "--kills", str(KILLS[dialect])]
    run = subprocess.run(
        [sys.executable, "-m", "tests.storage.erasure_kills", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    counted = json.loads(run.stdout)
    assert counted["kills"] == KILLS[dialect]
    # The kills have to have met erasures at different points, or they prove nothing.
    assert counted["looked"] > 0
    assert counted["looked"] < counted["gone"]
