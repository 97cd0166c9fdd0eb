"""A process killed anywhere between a held search and its release leaves nothing half done and nothing unrecorded."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.storage.conftest import POSTGRESQL, SQLITE
from tests.storage.writer_process import REPOSITORY

KILLS = {"sqlite": 12, "postgresql": 4}


@pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL])
def test_kills_between_search_and_release_leave_tables_and_ledger_agreeing(
    dialect: str, empty_database: Callable[[str], str], tmp_path: Path
) -> None:
    arguments = ["--data-dir", str(tmp_path), "--url", empty_database(dialect), "--kills", str(KILLS[dialect])]
    run = subprocess.run(
        [sys.executable, "-m", "tests.storage.review_kills", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    counted = json.loads(run.stdout)
    assert counted["kills"] == KILLS[dialect]
    # The kills have to have met stories in the middle, or they prove nothing.
    assert counted["reviews"] >= KILLS[dialect] // 3
    assert counted["votes"] > 0
