"""The process that measures dlib: run by ``dlib_speed`` with an interpreter that has dlib and face_recognition.

Reads each photo with every reader in turn and prints one JSON object: reader → seconds over all photos, photos in which
it found a face. Run: ``python -m benchmarks.dlib_worker PHOTO…``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from benchmarks.engines import build_engine

#: From a path to the number of templates made.
Reader = Callable[[Path], int]


def readers() -> dict[str, Reader]:
    """Return ours by model and threads, and the face_recognition package with its defaults."""
    import face_recognition  # type: ignore[import-not-found]

    def their_way(path: Path) -> int:
        return len(face_recognition.face_encodings(face_recognition.load_image_file(str(path))))

    return {
        "face_recognition": their_way,
        "sface": _ours(model="sface", threads=0),
        "sface, 1 thread": _ours(model="sface", threads=1),
        "dlib extra": _ours(model="dlib", threads=0),
    }


def _ours(*, model: str, threads: int) -> Reader:
    engine = build_engine(model=model, threads=threads)
    return lambda path: len(engine.read_faces(path.read_bytes()).faces)


def main(paths: list[Path]) -> None:
    """Measure and print."""
    table = readers()
    for read in table.values():
        read(paths[0])
    result = {name: {"seconds": 0.0, "photos_with_face": 0} for name in table}
    for path in paths:
        for name, read in table.items():
            start = perf_counter()
            faces = read(path)
            result[name]["seconds"] += perf_counter() - start
            result[name]["photos_with_face"] += faces > 0
    print(json.dumps(result))


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
