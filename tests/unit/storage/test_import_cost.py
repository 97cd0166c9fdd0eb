"""Importing the package costs nothing of storage, and opening a present database nothing of Alembic."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from countenance.storage.store import open_store
from tests.support.settable_clock import SettableClock


def imported_by(program: str) -> set[str]:
    """Return the top-level packages that a program has imported when it ends."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in shown.stdout.split()}


@pytest.mark.parametrize("module", ["countenance", "countenance.storage"])
def test_importing_the_package_imports_no_database_library(module: str) -> None:
    assert imported_by(f"import {module}").isdisjoint({"sqlalchemy", "alembic", "psycopg", "cryptography"})


def test_opening_a_present_sqlite_database_imports_neither_alembic_nor_psycopg(tmp_path: Path) -> None:
    url, key_file = f"sqlite:///{tmp_path}/data.db", tmp_path / "master.key"
    program = (
        "from datetime import UTC, datetime\nfrom pathlib import Path\n"
        "from countenance.storage.store import open_store\n"
        f"open_store({url!r}, Path({str(key_file)!r}), lambda: datetime.now(UTC)).close()"
    )
    assert "alembic" in imported_by(program)
    assert imported_by(program).isdisjoint({"alembic", "psycopg"})
    open_store(url, key_file, SettableClock()).close()
