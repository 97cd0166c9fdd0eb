"""Images a second beside the face_recognition package (dlib) with its defaults, on the same photos in one process.

Its defaults: ``load_image_file``, then ``face_encodings`` (HOG detector on the picture enlarged twice, five landmarks,
no jitter). The default recogniser and the dlib extra of this package read the same files, alternating photo by photo.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.engines import package_environment, speed_photos
from benchmarks.rows import Row
from countenance.engine.sessions import cores

_PHOTOS = 60
_REACH = "ahead (> 1×)"
_NEEDED = ("dlib", "face_recognition")


def run(lfw: Path | None, interpreter: Path | None) -> list[Row]:
    """Return one row a way of reading; they say ``not installed`` without dlib and face_recognition.

    Args:
        lfw: Folder of LFW View 1, or None for the sample cohort.
        interpreter: Python that has both packages; this one when omitted.
    """
    name, paths = speed_photos(lfw, _PHOTOS)
    titles = {
        "sface": f"images a second, default recogniser, {name}, {cores()} threads",
        "sface, 1 thread": "  the same with 1 thread",
        "dlib extra": f"images a second, dlib extra, {name}",
    }
    done = None if interpreter is None and not _has_dlib() else _measure(interpreter or Path(sys.executable), paths)
    if done is None or done.returncode != 0:
        reason = "not installed" if done is None else f"not installed: {_last_line(done.stderr)}"
        return [Row(title, reason, "face_recognition", reach=_REACH) for title in titles.values()]
    result = json.loads(done.stdout.splitlines()[-1])
    theirs = result["face_recognition"]
    peer = f"face_recognition {len(paths) / theirs['seconds']:.1f}/s, a face in {theirs['photos_with_face']}"
    return [
        Row(
            title,
            f"{len(paths) / result[key]['seconds']:.1f}/s, a face in {result[key]['photos_with_face']}",
            peer,
            theirs["seconds"] / result[key]["seconds"],
            _REACH,
        )
        for key, title in titles.items()
    ]


def _has_dlib() -> bool:
    return all(importlib.util.find_spec(package) is not None for package in _NEEDED)


def _measure(interpreter: Path, paths: list[Path]) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).parents[1]
    environment = package_environment() | {"PYTHONPATH": str(root / "src")}
    command = [str(interpreter), "-m", "benchmarks.dlib_worker", *(str(path.resolve()) for path in paths)]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root, check=False)


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1][:120]
