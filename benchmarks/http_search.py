"""Searches and lists over HTTP in a collection of a hundred thousand made-up templates, the photo already embedded.

The collection is filled through the store, without photos: random directions, each a person of their own under a key of
their own, sealed like every template. Timed in turn, request by request:

- *product*: the bare matrix product of these templates with one, in this process, and the highest five taken;
- *SearchFaces*: over HTTP, for a face the collection holds: no photo is looked at;
- *SearchFacesByImage*: over HTTP, with a photo; beside it *photo*: reading that photo in this process, one thread.
  Their difference is a search whose photo is embedded already;
- *ListFaces*: pages of a thousand from random places in the list;
- *SearchFaces after a face was added*: what a search waits for when the collection has changed since the last one.

Run: ``python -m benchmarks.http_search [--templates 100000] [--requests 500] [--out FILE.json]``.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import statistics
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.http_overhead import KeptConnection, in_turn, own_service
from benchmarks.http_process import percentiles, pictures, served
from benchmarks.machine import machine_lines
from countenance.bootstrap.accountability import now
from countenance.bootstrap.serving import Service
from countenance.core.vocabulary import Template
from countenance.service.collection_port import FaceRecord
from countenance.service.collections import create_collection
from countenance.web.rekognition.dialect import NAME

COLLECTION = "hundred-thousand"
BATCH = 2_000
PAGE = 1_000
#: Searches each after another face was added.
AFTER_ADDING = 10


def fill(own: Service, opened: Any, count: int) -> np.ndarray:
    """Fill a new collection with made-up people and return their templates, count x dimension, float32."""
    model = own.parts.app.manifest.identity
    vectors = np.random.default_rng(1).standard_normal((count, model.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    create_collection(own.collections, own.parts.case_book.standing_of(opened.case, NAME, now()), COLLECTION, {})
    for start in range(0, count, BATCH):
        faces = [_face(number, Template(vectors[number], model)) for number in range(start, min(start + BATCH, count))]
        with own.parts.journal.transaction() as current:
            own.collections.collections.add_faces(COLLECTION, faces, transaction=current)
    return vectors


def _face(number: int, template: Template) -> tuple[Any, Template]:
    name = str(uuid.UUID(int=random.Random(number).getrandbits(128), version=4))
    record = FaceRecord(
        face_id=name, image_id=name, image_sha256=f"{number:064x}", external_image_id=f"made-up-{number}",
        face_number=1, box=(0.2, 0.2, 0.5, 0.6), detector_score=0.99,
    )  # fmt: skip
    return record, template


def run(folder: Path, templates: int, requests: int) -> dict[str, Any]:
    """Fill, serve, time; return the figures."""
    before = time.monotonic()
    with own_service(folder / "data") as (own, opened):
        vectors = fill(own, opened, templates)
    figures: dict[str, Any] = {"templates": templates, "filled_s": round(time.monotonic() - before, 1)}
    photo = pictures("probe")[0][1]
    chance = random.Random(2)
    with served(folder, "--requests-per-second", "0") as server, own_service(folder / "engine") as (engine_of, _):
        connection = KeptConnection(server)
        first = _call(connection, "SearchFaces", FaceId=_name(0))
        assert first["SearchedFaceId"] == _name(0)

        def page() -> None:
            # Any face's identifier may be asked for; a page begins behind a place the client was given before.
            _call(connection, "ListFaces", MaxResults=PAGE, NextToken=chance.choice(places))

        places = _places(connection)
        figures["ways"] = {
            name: percentiles(times)
            for name, times in in_turn(
                {
                    "product": lambda: _product(vectors, vectors[chance.randrange(templates)]),
                    "SearchFaces": lambda: _call(
                        connection, "SearchFaces", FaceId=_name(chance.randrange(templates)), MaxFaces=5
                    ),
                    "SearchFacesByImage": lambda: _call(
                        connection, "SearchFacesByImage", Image={"Bytes": base64.b64encode(photo).decode()},
                        MaxFaces=5, QualityFilter="NONE",
                    ),
                    "photo": lambda: engine_of.collections.engine.read_faces(photo, crops=True),
                    f"ListFaces, pages of {PAGE}": page,
                },
                requests,
            ).items()
        }  # fmt: skip
        figures["after_adding_ms"] = after_adding(connection, templates)
        figures["server_mb"] = server.resident_bytes() // 1_000_000
        connection.close()
    ways = figures["ways"]
    for name in ("p50_ms", "p95_ms"):
        ways.setdefault("SearchFacesByImage less photo", {})[name] = round(
            ways["SearchFacesByImage"][name] - ways["photo"][name], 2
        )
    return figures


def _name(number: int) -> str:
    return str(uuid.UUID(int=random.Random(number).getrandbits(128), version=4))


def _call(connection: KeptConnection, operation: str, **members: Any) -> dict[str, Any]:
    return connection.call(operation, json.dumps({"CollectionId": COLLECTION, **members}).encode())


def _places(connection: KeptConnection) -> list[str]:
    """Return the page tokens of the whole list."""
    found: list[str] = []
    token: dict[str, str] = {}
    while True:
        answer = _call(connection, "ListFaces", MaxResults=4096, **token)
        if "NextToken" not in answer:
            return found
        token = {"NextToken": answer["NextToken"]}
        found.append(answer["NextToken"])


def _product(vectors: np.ndarray, probe: np.ndarray) -> np.ndarray:
    scores = vectors @ probe
    return np.argpartition(scores, -5)[-5:]


def after_adding(connection: KeptConnection, templates: int) -> dict[str, float]:
    """Return the times of searches that each follow the enrolment of a face."""
    times = []
    for _, photo in pictures("reference")[:AFTER_ADDING]:
        image = {"Bytes": base64.b64encode(photo).decode()}
        _call(connection, "IndexFaces", Image=image, QualityFilter="NONE", MaxFaces=1)
        before = time.perf_counter()
        _call(connection, "SearchFaces", FaceId=_name(7 % templates), MaxFaces=5)
        times.append((time.perf_counter() - before) * 1e3)
    return {"median": round(statistics.median(times), 1), "highest": round(max(times), 1), "searches": len(times)}


def show(figures: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = ["| what | p50 ms | p95 ms | p99 ms |", "|---|---|---|---|"]
    for name, row in figures["ways"].items():
        lines.append(f"| {name} | {row['p50_ms']} | {row['p95_ms']} | {row.get('p99_ms', '–')} |")
    after = figures["after_adding_ms"]
    lines += ["", f"{figures['templates']:,} templates, filled in {figures['filled_s']} s; the server held "
              f"{figures['server_mb']} MB; a search right after a face was added: median {after['median']} ms, "
              f"highest {after['highest']} ms of {after['searches']}"]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--templates", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--folder", type=Path, help="where the database lies; decides which disk is measured")
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=chosen.folder) as folder:
        figures = run(Path(folder), chosen.templates, chosen.requests)
    print("\n".join(machine_lines()), "", show(figures), sep="\n")
    if chosen.out:
        figures["machine"] = machine_lines()
        chosen.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
