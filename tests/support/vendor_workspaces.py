"""A small audit's folder as ``audit new`` leaves it, of photos that vendors' doubles can read."""

from __future__ import annotations

import hashlib
from pathlib import Path

from countenance.service.audits.material import AuditedPhoto
from countenance.service.audits.photos import SeveralFacesRule
from countenance.service.audits.workspace import AuditSetUp, Workspace
from tests.support.vendor_photos import photo_bytes
from tests.support.vendor_server import Double, made_up_score

GROUPS = ("north", "south")
#: Mated photos score here in the double, unless a test says otherwise.
MATED_SCORE = 97.5


def small_town(folder: Path, *, people: int = 12, photos_each: int = 2) -> Workspace:
    """Write photos and ``audit.json`` of some people in two groups."""
    workspace = Workspace(folder / "town")
    photos = []
    for person in range(people):
        for number in range(photos_each):
            file = f"person-{person:02}/photo-{number}.jpg"
            data = photo_bytes([f"{person:02}-{number}"])
            path = folder / "photos" / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            labels = {"region": GROUPS[person % 2]}
            digest = hashlib.sha256(data).hexdigest()
            photos.append(AuditedPhoto(file, f"person-{person:02}", labels, sha256=digest))
    workspace.keep(
        AuditSetUp(
            name="town",
            title="town",
            created_at="2026-01-02T03:04:05Z",
            photos_root="../photos",
            attributes=("region",),
            columns={"subject": "subject", "file": "file", "role": None, "labels": ["region"]},
            merged_spellings=False,
            several_faces=SeveralFacesRule.LEAVE_OUT,
            description="made-up people",
            source_of_labels="made up",
            licence="none",
            synthetic=True,
            photos=tuple(photos),
        )
    )
    return workspace


def expected_score(first: str, second: str) -> float:
    """Return the double's score of two faces ``PERSON-NUMBER`` after `teach`."""
    return MATED_SCORE if first[:2] == second[:2] else made_up_score(first, second)


def teach(double: Double, *, people: int = 12, photos_each: int = 2) -> None:
    """Give the double the scores of mated photos."""
    for person in range(people):
        faces = [f"{person:02}-{number}" for number in range(photos_each)]
        for first in faces:
            for second in faces:
                double.scores[frozenset((first, second))] = MATED_SCORE
