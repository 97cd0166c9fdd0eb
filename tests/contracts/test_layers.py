"""The layers are those that import-linter is told of in pyproject.toml, and they hold."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
LINT = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"]


def contracts() -> list[dict[str, object]]:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    return list(settings["tool"]["importlinter"]["contracts"])


def lint(folder: Path, source: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(source)}
    return subprocess.run(LINT, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    result = lint(REPOSITORY, REPOSITORY / "src")
    assert result.returncode == 0, result.stdout + result.stderr
    for contract in contracts():
        assert any(f"{contract['name']} KEPT" in line for line in result.stdout.splitlines()), contract["name"]


def test_the_layers_are_exhaustive_and_in_the_designs_order() -> None:
    (layers,) = (contract for contract in contracts() if contract["type"] == "layers")
    assert layers["exhaustive"] is True
    named = [[name.strip(" ()") for name in str(line).split("|")] for line in layers["layers"]]  # type: ignore[attr-defined]
    assert named[-1] == ["core"]
    assert set(named[-2]) == {"engine", "gallery", "policy", "ledger", "audit", "storage", "settings", "vendors"}
    assert [line for line in named if line[0] in ("bootstrap", "web", "service")] == [
        ["bootstrap"],
        ["web"],
        ["service"],
    ]


def test_the_linter_would_notice_a_part_that_imports_its_sibling(tmp_path: Path) -> None:
    # A copy of the package's names only, with one import that points sideways.
    root = tmp_path / "countenance"
    for package in (
        "cli",
        "bootstrap",
        "web",
        "service",
        "engine",
        "gallery",
        "policy",
        "ledger",
        "audit",
        "storage",
        "vendors",
        "core",
    ):
        (root / package).mkdir(parents=True)
        (root / package / "__init__.py").touch()
    for module in ("__init__", "__main__", "api", "settings"):
        (root / f"{module}.py").touch()
    (tmp_path / "pyproject.toml").write_text((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    (root / "gallery" / "__init__.py").write_text("import countenance.engine\n")
    (root / "__init__.py").write_text("import countenance.api\nimport countenance.core.errors\n")
    (root / "core" / "errors.py").touch()
    result = lint(tmp_path, tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "siblings on one line do not know each other BROKEN" in result.stdout


def test_nothing_in_the_package_imports_the_tests() -> None:
    for source in (REPOSITORY / "src").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        assert "import tests" not in text, source
        assert "from tests" not in text, source
