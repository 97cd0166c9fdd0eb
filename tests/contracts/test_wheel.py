"""The wheel holds everything the demonstration needs and runs it without a network."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Loaded by Python at start: any attempt to reach a network fails loudly.
NO_NETWORK = """
import socket

def refuse(*arguments, **named):
    raise RuntimeError("the demonstration tried to reach a network")

socket.socket.connect = refuse
socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release would and unpack it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    (folder / "site" / "sitecustomize.py").write_text(NO_NETWORK, encoding="utf-8")
    return folder / "site"


def test_the_wheel_holds_the_sample_cohort_calibrations_and_migrations(unpacked: Path) -> None:
    package = unpacked / "countenance"
    assert len(list((package / "sample_cohort" / "photos").glob("*.jpg"))) == 270
    assert list((package / "calibrations").glob("sface-*.json"))
    assert list((package / "storage" / "migrations").rglob("*.py"))
    assert (package / "service" / "pages" / "demonstration.html.j2").is_file()
    assert not list(package.rglob("*.onnx"))


@pytest.mark.models
@pytest.mark.slow
def test_the_demonstration_runs_from_the_wheel_without_a_network(unpacked: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COUNTENANCE_")}
    environment |= {"PYTHONPATH": str(unpacked), "COUNTENANCE_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run(
        [sys.executable, "-m", "countenance", "demo", "--output", str(tmp_path / "demo")],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "taken for somebody else" in run.stdout
    page = (tmp_path / "demo" / "index.html").read_text(encoding="utf-8")
    assert "do not exist" in page
    # Pictures lie in the page as base64 of JPEG files, whose first bytes these are.
    assert page.count('"/9j/') >= 2
