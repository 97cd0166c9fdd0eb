"""The names people may rely on, and what importing them costs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import countenance

SOURCE = Path(__file__).parents[2] / "src"
PUBLIC = [
    "CountenanceError", "__version__", "audit_photos", "compare", "detect", "enrol", "galleries", "open_audit",
    "search",
]  # fmt: skip


def test_the_public_names_are_these() -> None:
    # A name that goes or comes is a change for everybody who uses the package: it belongs into the changelog.
    assert sorted(countenance.__all__) == PUBLIC
    assert dir(countenance) == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    assert getattr(countenance, name).__doc__


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'embed'"):
        _ = countenance.embed  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import countenance", {"numpy", "onnxruntime", "sqlalchemy", "PIL", "cv2", "typer", "rich", "cryptography"}),
        ("import countenance.cli.main", {"onnxruntime", "sqlalchemy", "alembic", "PIL", "jinja2", "onnx"}),
        (
            "from countenance.cli.main import command_line; command_line('compare')",
            {"onnxruntime", "sqlalchemy", "alembic", "PIL", "jinja2", "onnx", "polars", "fastapi", "plotly"},
        ),
        ("from countenance import compare", {"onnxruntime", "sqlalchemy", "PIL", "cv2", "typer"}),
    ],
)
def test_importing_loads_nothing_heavy_and_does_nothing(statement: str, absent: set[str], tmp_path: Path) -> None:
    program = f"{statement}\nimport sys, threading\nprint(threading.active_count(), *sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=True)
    threads, *modules = run.stdout.split()
    assert threads == "1"
    assert "countenance" in modules
    assert absent & set(modules) == set()
    assert list(tmp_path.iterdir()) == []
