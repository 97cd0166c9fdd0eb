"""A process that is killed while it appends loses nothing it said was recorded, and leaves nothing half done."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.conftest import POSTGRESQL, SQLITE
from tests.storage.writer_process import REPOSITORY

KILLS = {"sqlite": 50, "postgresql": 12}


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_kills_at_random_points_lose_nothing_and_leave_nothing_half_done(
    dialect: str, empty_database: Callable[[str], str], tmp_path: Path
) -> None:
    arguments = ["--data-dir", str(tmp_path), "--url", empty_database(dialect), "--kills", str(KILLS[dialect])]
    run = subprocess.run(
        [sys.executable, "-m", "tests.storage.ledger_kills", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    counted = json.loads(run.stdout)
    assert counted["kills"] == KILLS[dialect]
    # The kills have to have met acts in the middle, or they prove nothing.
    assert counted["interrupted"] >= KILLS[dialect] // 5
    assert counted["completed"] > counted["interrupted"]
