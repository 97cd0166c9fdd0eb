"""What must not lie in the repository: addresses of package registries, paths of a machine, large files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("src", "tests", "docs", "benchmarks", "requirements", ".ci")
SAMPLE_SET = REPOSITORY / "src" / "countenance" / "sample_cohort"
LARGEST_BYTES = 1_000_000
# Put together here, so that this file does not hold what it looks for.
REGISTRIES = tuple("".join(parts) for parts in (("pypi", ".org"), ("pythonhosted", ".org"), ("--index", "-url")))
OWNED = "|".join("".join(parts) for parts in (("wo", "rk"), ("ro", "ot"), ("ho", "me/[a-z]+"), ("Us", "ers/[a-zA-Z]+")))
MACHINE_PATHS = re.compile(rf"(?<![\w.\-~<])/(?:{OWNED})\b/?")


def files() -> Iterator[Path]:
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and not path.name.endswith(".tmp"):
                yield path
    yield from (path for path in sorted(REPOSITORY.iterdir()) if path.is_file())


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def test_the_search_sees_the_repository() -> None:
    seen = {path.relative_to(REPOSITORY).as_posix() for path in files()}
    assert {"pyproject.toml", "src/countenance/core/errors.py", "tests/contracts/test_repository.py"} <= seen


def test_no_file_names_a_package_registry() -> None:
    found = [(path.name, word) for path, text in texts() for word in REGISTRIES if word in text]
    assert found == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    found = [(path.name, match.group()) for path, text in texts() for match in MACHINE_PATHS.finditer(text)]
    assert found == []


def test_no_file_outside_the_sample_set_is_large() -> None:
    large = [path.name for path in files() if path.stat().st_size > LARGEST_BYTES and SAMPLE_SET not in path.parents]
    assert large == []
    assert sum(path.stat().st_size for path in files() if SAMPLE_SET in path.parents) < 20_000_000


@pytest.mark.parametrize("suffix", [".onnx", ".dat", ".db", ".key", ".pkl", ".npy"])
def test_no_model_database_key_or_template_lies_in_the_repository(suffix: str) -> None:
    assert [path for path in files() if path.suffix == suffix] == []


def test_no_test_is_switched_off() -> None:
    words = re.compile(r"mark\.(?:skip|skipif|xf" + r"ail)\b|pytest\.skip\(|# (?:TO" + r"DO|FIX" + r"ME)")
    assert [path.name for path, text in texts() if path.suffix == ".py" and words.search(text)] == []
