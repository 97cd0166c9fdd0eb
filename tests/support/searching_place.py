"""A served console with an album of rendered people and cases to search it under; and photos of several of them."""

from __future__ import annotations

import contextlib
import io
import itertools
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageFilter

from countenance.bootstrap.accountability import now
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.policy.terms import GallerySource
from countenance.service.case_terms import case_terms
from countenance.service.cases import OpenedCase
from tests.support.console_place import ConsolePlace, console_place

GALLERY = "album"
PEOPLE = tuple(f"p{number:03d}" for number in range(1, 13))
#: A private person looks through an album of their own: no rule objects.
OWN_ALBUM: Mapping[str, object] = {
    "actor_sector": "individual",
    "on_behalf_of": "none",
    "purpose": "photo_organisation",
    "jurisdictions": ["US-OH"],
    "selection_basis": [],
    "timing": "after_the_fact",
    "space": "private_premises",
    "intended_use": "lead_only",
    "adverse_effect": False,
}
#: Measuring error rates is permitted, and what it finds is held until people have looked.
MEASURING: Mapping[str, object] = {**OWN_ALBUM, "actor_sector": "research", "purpose": "accuracy_evaluation"}
REASON = "Boy of ten, asked for by his father, to find the pictures of the 2031 school trip that he is in."


@dataclass
class SearchingPlace:
    """A console with an album.

    Attributes:
        console: What is served.
    """

    console: ConsolePlace
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def open_case(
        self, operator: str = "searcher", claims: Mapping[str, object] = OWN_ALBUM, **more: object
    ) -> OpenedCase:
        """Open a case under which an operator can search the album."""
        values = {
            **claims,
            "case_number": f"24-{next(self._numbers):04d}",
            "operator": operator,
            "attested_by": "records",
            "purpose_text": REASON,
            "galleries": [GALLERY],
            "expires": "8h",
            **more,
        }
        opened: OpenedCase = self.console.parts.cases.open(case_terms(values, now=now(), read=str.encode))
        return opened

    def searches_done(self, opened: OpenedCase) -> int:
        """Return how many searches were counted under a case."""
        return int(self.console.parts.cases.find(opened.case.case_id).searches_done)


@contextlib.contextmanager
def searching_place(folder: Path) -> Iterator[SearchingPlace]:
    """Yield such a place."""
    with console_place(folder / "data") as console:
        parts = console.parts
        photos = folder / "photos"
        for person in PEOPLE:
            (photos / person).mkdir(parents=True)
            shutil.copy(photo_of(person, "reference"), photos / person / "1.jpg")
        source = GallerySource.CONSENTED_ENROLMENT
        parts.create_gallery(GALLERY, parts.standing(), basis="test", source=source, retention_days=30)
        jobs = parts.jobs(parts.standing(), engine=parts.many_photos_engine)
        jobs.enrol(GALLERY, photos, store=parts.store, policies=parts.policies, workers=1)
        yield SearchingPlace(console)


def photo_of(person: str, which: str = "probe") -> Path:
    """Return the file of a sample photo: ``probe``, ``hard_probe`` or ``reference``."""
    return SAMPLE_COHORT / "photos" / f"{person}_{which}.jpg"


def group_photo(folder: Path, *people: str) -> Path:
    """Return the file of a photo that several people are in, side by side."""
    pictures = [Image.open(photo_of(person)) for person in people]
    whole = Image.new("RGB", (sum(one.width for one in pictures), max(one.height for one in pictures)))
    left = 0
    for one in pictures:
        whole.paste(one, (left, 0))
        left += one.width
    path = folder / f"{'-'.join(people)}.jpg"
    whole.save(path, quality=95)
    return path


def blurred_photo(folder: Path, person: str) -> Path:
    """Return the file of a photo too blurred to be within the limits of quality."""
    path = folder / f"{person}-blurred.jpg"
    Image.open(photo_of(person)).filter(ImageFilter.GaussianBlur(5)).save(path, quality=95)
    return path


def faceless_photo(folder: Path) -> Path:
    """Return the file of a photo that nobody is in."""
    out = io.BytesIO()
    Image.linear_gradient("L").resize((400, 300)).convert("RGB").save(out, "JPEG")
    path = folder / "nobody.jpg"
    path.write_bytes(out.getvalue())
    return path
