"""What a benchmark ran on: processor, cores, versions."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from countenance import __version__
from countenance.engine.sessions import cores

_PACKAGES = ("numpy", "onnxruntime", "opencv-python-headless", "simplejpeg", "pillow")


def machine_lines() -> list[str]:
    """Return processor, cores and versions, one fact a line."""
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return [
        f"processor: {processor()}, {cores()} cores, {platform.system()} {platform.machine()}",
        f"load average over the last minute, this benchmark included: {load}",
        f"countenance {__version__}, Python {platform.python_version()}, "
        + ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    ]


def processor() -> str:
    """Return the processor's name as the system gives it."""
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
