"""Photos as vendors' doubles see them: the first bytes of a JPEG, then in JSON who is to be found in it.

No picture is decoded anywhere on this path, so nothing is lost by there being none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from countenance.service.audits.vendor_plan import VendorPhoto, VendorPlan

JPEG_START = b"\xff\xd8\xff\xe0"


def photo_bytes(faces: Sequence[str], *, padding: int = 2000, **traits: object) -> bytes:
    """Return a photo of these faces, largest first; traits such as ``reject="LOW_SHARPNESS"`` steer the double."""
    return JPEG_START + json.dumps({"faces": list(faces), **traits}).encode() + b"\n" + b" " * padding


def read_photo_bytes(data: bytes) -> dict[str, object]:
    """Return what `photo_bytes` wrote."""
    return dict(json.loads(data.removeprefix(JPEG_START).split(b"\n", 1)[0]))


def keep_photo(folder: Path, name: str, data: bytes) -> VendorPhoto:
    """Write a photo and return it as a plan holds it."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return VendorPhoto(name, path, hashlib.sha256(data).hexdigest())


def two_sets(folder: Path, *, probes: int = 4, references: int = 5) -> VendorPlan:
    """Return a plan of probes against references, one face each."""
    first = tuple(keep_photo(folder, f"probes/p{n}.jpg", photo_bytes([f"probe-{n}"])) for n in range(probes))
    second = tuple(keep_photo(folder, f"gallery/r{n}.jpg", photo_bytes([f"ref-{n}"])) for n in range(references))
    return VendorPlan(first, second, one_set=False)


def one_set(folder: Path, photos: int = 5) -> VendorPlan:
    """Return a plan of photos against each other, one face each."""
    all_photos = tuple(keep_photo(folder, f"all/a{n}.jpg", photo_bytes([f"face-{n}"])) for n in range(photos))
    return VendorPlan(all_photos, all_photos, one_set=True)
