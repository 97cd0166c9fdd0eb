"""What this machine and installation are, in one screen: for a person with a problem and for the one who helps."""

from __future__ import annotations

import os
import platform
import shutil
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from countenance import __version__
from countenance.bootstrap.application import Application
from countenance.bootstrap.model_facts import FileCheck, ModelFacts, model_facts, verify_models
from countenance.core.errors import CountenanceError
from countenance.engine.sessions import available_providers, cores

#: Vector instructions that change how fast inference is; without any of them it still runs.
_SPEED_FLAGS = ("sse4_1", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "neon", "asimd", "asimddp")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything ``doctor`` knows.

    Attributes:
        system: Operating system and machine.
        python: Python's version.
        cores: Cores this process may use.
        cpu: Processor name.
        cpu_flags: Vector instructions found.
        packages: Versions of the packages that decide scores and storage.
        provider: Execution provider in the settings.
        providers: Execution providers the runtime offers.
        models: Facts about each model.
        files: Result of checking each model file.
        data_dir: Where data lies.
        data_free_bytes: Free space there, or None if it cannot be told.
        cache_dir: Where converted models lie.
        database: Dialect, version, schema and location in words, or why it cannot be opened.
        problems: What needs attention, one sentence each.
    """

    system: str
    python: str
    cores: int
    cpu: str
    cpu_flags: tuple[str, ...]
    packages: dict[str, str]
    provider: str
    providers: tuple[str, ...]
    models: tuple[ModelFacts, ...]
    files: tuple[FileCheck, ...]
    data_dir: Path
    data_free_bytes: int | None
    cache_dir: Path
    database: str
    problems: tuple[str, ...]


def diagnose(app: Application) -> Diagnosis:
    """Return the diagnosis.

    Converted models are made if they are missing; an existing database is opened and brought up to date, as by any
    command. No network is used but the database's own.
    """
    files = tuple(verify_models(app))
    providers = tuple(available_providers())
    problems = [f"{check.file}: {check.problem}" for check in files if not check.intact and not check.missing]
    problems += [f"{check.model}: {check.problem}" for check in files if check.missing and check.model != "dlib"]
    if app.settings.provider not in providers:
        problems.append(f"The provider {app.settings.provider} is not part of this ONNX Runtime.")
    free = _free_bytes(app.settings.data_dir)
    if free is not None and free < 500_000_000:
        problems.append(f"Only {free / 1e6:.0f} MB are free at {app.settings.data_dir}.")
    database, trouble = _database(app)
    packages = ("numpy", "onnxruntime", "opencv-python-headless", "pillow", "pillow-heif", "simplejpeg", "sqlalchemy")
    return Diagnosis(
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        cores=cores(),
        cpu=_cpu_name(),
        cpu_flags=_cpu_flags(),
        packages={"countenance": __version__} | {name: version(name) for name in packages},
        provider=app.settings.provider,
        providers=providers,
        models=tuple(model_facts(app)),
        files=files,
        data_dir=app.settings.data_dir,
        data_free_bytes=free,
        cache_dir=app.settings.cache_dir,
        database=database,
        problems=tuple(problems + trouble),
    )


def _database(app: Application) -> tuple[str, list[str]]:
    url = app.settings.database
    file = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    if file is not None and not file.exists():
        return "none yet; it is made with the first gallery", []
    try:
        with app.store() as store:
            about = store.describe()
    except CountenanceError as error:
        return error.message, [f"{error.message} {error.remedy}"]
    trouble = [] if about.key_file_private else [f"{about.key_file} can be read by others; run chmod 600 on it."]
    return f"{about.dialect} {about.server_version}, schema {about.schema_revision}, {about.location}", trouble


def _free_bytes(folder: Path) -> int | None:
    for place in (folder, *folder.parents):
        if place.exists():
            return shutil.disk_usage(place).free
    return None


def _cpu_info() -> dict[str, str]:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in reversed(list(pairs)) if value}


def _cpu_name() -> str:
    return _cpu_info().get("model name") or platform.processor() or os.uname().machine


def _cpu_flags() -> tuple[str, ...]:
    info = _cpu_info()
    have = set((info.get("flags") or info.get("features") or "").split())
    return tuple(flag for flag in _SPEED_FLAGS if flag in have)
