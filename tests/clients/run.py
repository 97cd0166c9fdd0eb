"""Run client scripts, unedited, with the vendors' libraries, each in an environment of its own, and print a table.

    python -m tests.clients.run [--scripts FOLDER] [--output FOLDER] [--cache FOLDER] [--only NAME]

``--scripts`` is the folder of the vendors' client scripts (also ``COUNTENANCE_CLIENT_SCRIPTS``); without it only the
scripts beside this file are run. Environments are made once, from the pinned versions in the text files beside this
one, and kept in the cache folder; they hold the vendor's library and nothing of this project. The server is a process
of its own: ``countenance serve --demo`` on a free port. The exit status is 1 if any script failed, 2 if any is missing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from benchmarks.http_process import Served, served

from countenance.bootstrap.application import SAMPLE_COHORT

HERE = Path(__file__).parent
CACHE = Path.home() / ".cache" / "countenance-contract-clients"
#: Seconds one script may take.
LONGEST_S = 300


@dataclass(frozen=True, slots=True)
class Run:
    """One script with one environment.

    Attributes:
        environment: Name of the pinned versions beside this file.
        package: Whose version is shown.
        script: The script's file name.
        own: Whether it lies beside this file; else in the folder of the vendors' scripts.
        arguments: Template of its arguments.
        note: What sets this run apart from others with the same script and environment.
    """

    environment: str
    package: str
    script: str
    arguments: tuple[str, ...]
    own: bool = False
    note: str = ""


_FOUR = ("{a1}", "{a2}", "{b1}", "{noface}")
_AZURE = ("--endpoint", "{address}", "--key", "{key}", *_FOUR)
_AWS = ("--endpoint", "{address}", *_FOUR)
_IBM = ("--url", "{address}/visual-recognition/api", "--key", "{key}", "--zip", "{archive}")
RUNS = (
    Run("boto3_2021", "boto3", "aws_operations_of_2021.py", _AWS, own=True),
    Run("boto3_new", "boto3", "aws_operations_of_2021.py", _AWS, own=True),
    Run("azure_new", "azure-ai-vision-face", "azure_operations.py", _AZURE, own=True),
    Run("azure_old", "azure-cognitiveservices-vision-face", "azure_operations_of_2022.py", _AZURE, own=True),
    Run(
        "ibm", "ibm-watson", "watson_operations.py",
        ("--url", "{address}/visual-recognition/api", "--key", "{key}", "{a1}"), own=True,
    ),
    Run("boto3_2023", "boto3", "aws_boto3_client.py", _AWS),
    Run("boto3_new", "boto3", "aws_boto3_client.py", _AWS),
    Run("boto3_new", "boto3", "aws_boto3_client.py", _FOUR, note="endpoint from the environment"),
    Run("azure_new", "azure-ai-vision-face", "azure_ai_vision_face_client.py", _AZURE),
    Run("azure_old", "azure-cognitiveservices-vision-face", "azure_cognitiveservices_face_client.py", _AZURE),
    Run("ibm", "ibm-watson", "ibm_watson_v3_client.py", (*_IBM, "--auth", "icp", "{a1}"), note="icp"),
    Run(
        "ibm", "ibm-watson", "ibm_watson_v3_client.py",
        (*_IBM, "--auth", "iam", "--iam-url", "{address}/identity/token", "{a1}"), note="iam",
    ),
    Run("ibm", "ibm-watson", "ibm_watson_v3_client.py", (*_IBM, "--auth", "token", "{a1}"), note="token"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a run: the version it ran with, ``passed`` or ``FAILED`` or ``missing``, seconds, kept output."""

    run: Run
    version: str
    word: str
    seconds: float
    output: Path | None


def interpreter(environment: str, cache: Path) -> Path:
    """Return the Python of an environment; it is made if it is not there as pinned.

    Raises:
        subprocess.CalledProcessError: It cannot be made.
    """
    pinned = HERE / f"{environment}.txt"
    digest = hashlib.sha256(pinned.read_bytes()).hexdigest()[:12]
    folder = cache / f"{environment}-{digest}-py{sys.version_info.major}{sys.version_info.minor}"
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.is_file():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        install = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*install, "--requirement", str(pinned)], check=True)
        done.touch()
    return python


def pinned_version(environment: str, package: str) -> str:
    """Return the version of a package in an environment, as pinned."""
    for line in (HERE / f"{environment}.txt").read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        if name == package:
            return version
    raise ValueError(f"{environment}.txt does not pin {package}")


def inputs(folder: Path) -> dict[str, str]:
    """Return the files that scripts are handed, by name: rendered people who do not exist, and a picture of nobody."""
    photos = SAMPLE_COHORT / "photos"
    # The scripts want two people whom a client's usual setting tells apart. The model confuses some of the rendered
    # people, which is what an audit measures and no business of a contract.
    named = {"a1": "p001_reference", "a2": "p001_probe", "b1": "p066_reference"}
    files = {name: str(photos / f"{stem}.jpg") for name, stem in named.items()}
    nobody, archive = folder / "nobody.jpg", folder / "three.zip"
    ramp = np.tile(np.linspace(60, 200, 320, dtype=np.uint8), (240, 1))
    cv2.imwrite(str(nobody), np.dstack([ramp, ramp[:, ::-1], ramp]))
    with zipfile.ZipFile(archive, "w") as packed:
        for path in files.values():
            packed.write(path, Path(path).name)
    return files | {"noface": str(nobody), "archive": str(archive)}


def run_all(runs: Sequence[Run], server: Served, scripts: Path | None, cache: Path, output: Path) -> list[Result]:
    """Run scripts one after another and return what came of each."""
    output.mkdir(parents=True, exist_ok=True)
    values = inputs(output) | {"address": server.address, "key": server.api_key}
    return [_run_one(run, server, scripts, cache, output, values) for run in runs]


def _run_one(
    run: Run, server: Served, scripts: Path | None, cache: Path, output: Path, values: dict[str, str]
) -> Result:
    version = pinned_version(run.environment, run.package)
    folder = HERE if run.own else scripts
    if folder is None or not (folder / run.script).is_file():
        return Result(run, version, "missing", 0.0, None)
    arguments = [part.format(**values) for part in run.arguments]
    # The environment of the server's own package must not be seen by a client's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}
    environment |= {
        "AWS_ENDPOINT_URL_REKOGNITION": server.address,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": server.access_key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret_access_key,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    python = interpreter(run.environment, cache)
    before = time.monotonic()
    done = subprocess.run(
        [str(python), str(folder / run.script), *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LONGEST_S, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    seconds = time.monotonic() - before
    noted = f"-{run.note.replace(' ', '-')}" if run.note else ""
    kept = output / f"{Path(run.script).stem}--{run.package}-{version}{noted}.txt"
    kept.write_text(f"{done.stdout}exit status {done.returncode}\n", encoding="utf-8")
    return Result(run, version, "passed" if done.returncode == 0 else "FAILED", seconds, kept)


def table(results: Sequence[Result]) -> str:
    """Return the results as a Markdown table."""
    lines = ["| script | client library | | result | seconds |", "|---|---|---|---|---|"]
    for item in results:
        library = f"{item.run.package} {item.version}"
        lines.append(f"| {item.run.script} | {library} | {item.run.note} | {item.word} | {item.seconds:.1f} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients.run", description=__doc__.split("\n")[0])
    stated = os.environ.get("COUNTENANCE_CLIENT_SCRIPTS")
    parser.add_argument("--scripts", type=Path, default=Path(stated) if stated else None)
    parser.add_argument("--output", type=Path, default=Path("contract-output"))
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--only", help="environments whose name contains this")
    chosen = parser.parse_args(arguments)
    runs = [run for run in RUNS if (chosen.only or "") in run.environment]
    for environment in {run.environment: None for run in runs}:
        print(f"environment {environment}", file=sys.stderr)
        interpreter(environment, chosen.cache)
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as server:
        results = run_all(runs, server, chosen.scripts, chosen.cache, chosen.output)
    shown = table(results)
    (chosen.output / "table.md").write_text(shown + "\n", encoding="utf-8")
    print(shown)
    words = {item.word for item in results}
    return 1 if "FAILED" in words else 2 if "missing" in words else 0


if __name__ == "__main__":
    sys.exit(main())
