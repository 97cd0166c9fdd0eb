"""A served console in which searches for rendered people, who do not exist, are held for review; and reviewers."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from countenance.bootstrap.accountability import now
from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.policy.terms import GallerySource
from countenance.service.account_port import Role
from countenance.service.accountability import Performed
from countenance.service.case_terms import case_terms
from countenance.service.faces import PhotoInput
from countenance.service.review_ballots import Ballot
from countenance.service.review_port import Item
from countenance.service.reviews import Cast
from countenance.service.search import SearchRequest, SearchResult
from tests.support.case_samples import NUMBER, values
from tests.support.console_place import ConsolePlace, console_place

GALLERY = "shelter photos"
#: Of the sample cohort; enough for fillers beside candidates.
PEOPLE = tuple(f"p{number:03}" for number in range(1, 25))
SEARCHER, REVIEWER, SECOND = "searcher", "reviewer", "second reviewer"
#: The operator's list: everything needed here is permitted to the charity that searches.
PERMITS = """
format = "countenance-operator/1"
[[permit]]
id = "missing-person"
says = "A charity looks for a missing person at the family's request."
actions = ["Enroll", "ImportGallery", "Search1N", "ReleaseForUse"]
sectors = ["private_entity"]
on_behalf_of = ["none"]
purposes = ["missing_person"]
gallery_sources = ["consented_enrolment"]
timings = ["after_the_fact"]
"""


@dataclass
class ReviewingPlace:
    """A console with a gallery of rendered people, a case, and two trained reviewers.

    Attributes:
        console: What is served.
        case_id: The case under which is searched.
    """

    console: ConsolePlace
    case_id: str

    def search(self, person: str, *, photo: str = "probe", limit: int = 10) -> Performed[SearchResult]:
        """Search for a person of the cohort under the case; the rules hold what is found."""
        parts = self.console.parts
        standing = parts.case_book.standing_of(parts.cases.find(self.case_id), "console", now())
        data = (SAMPLE_COHORT / "photos" / f"{person}_{photo}.jpg").read_bytes()
        request = SearchRequest(GALLERY, PhotoInput("probe.jpg", data), limit=limit)
        done: Performed[SearchResult] = parts.jobs(standing).search(
            request, galleries=parts.gallery_search, policies=parts.policies
        )
        return done

    def held(self, person: str) -> str:
        """Return the review of a held search."""
        review_id = self.search(person).review_id
        assert review_id is not None
        return review_id

    def vote(self, review_id: str, reviewer: str, *people: str, rating: int = 2, filler: int | None = None) -> Cast:
        """Look, and vote for some people and against all others.

        Args:
            review_id: The review.
            reviewer: Who.
            people: Whom they choose.
            rating: How strongly.
            filler: Number of a filler they take for the person, from 0; None: they take none.
        """
        letters = self.letters(review_id, reviewer)
        names = self.names(review_id)
        chosen = {letters[number]: rating for number, name in names.items() if name in people and number in letters}
        if filler is not None:
            numbers = sorted(item.item_number for item in self.items(review_id) if item.is_filler)
            chosen[letters[numbers[filler]]] = 1
        ballot = Ballot(chosen, none_of_these=not chosen, rest=-3, reason="left ear lobe and hairline")
        cast: Cast = self.console.parts.reviews.vote(review_id, reviewer, ballot)
        return cast

    def letters(self, review_id: str, reviewer: str) -> dict[int, str]:
        """Return item number → the letter it stands under for a reviewer, as only a test can know."""
        from countenance.service.review_order import order_seed, placed

        reviews = self.console.parts.reviews
        reviews.look(review_id, reviewer)
        review = reviews.find(review_id)
        assert review.key is not None
        shown = placed(self.items(review_id), order_seed(review.key, reviews.person(reviewer)))
        return {place.item.item_number: place.letter for place in shown}

    def names(self, review_id: str) -> dict[int, str]:
        """Return item number → name in the gallery."""
        items = self.items(review_id)
        names = self.console.parts.review_store.names([item.reference_id for item in items])
        return {item.item_number: names[item.reference_id] for item in items}

    def items(self, review_id: str) -> list[Item]:
        """Return candidates and fillers."""
        return list(self.console.parts.review_store.items(review_id))


@contextlib.contextmanager
def reviewing_place(folder: Path) -> Iterator[ReviewingPlace]:
    """Yield such a place."""
    with console_place(folder / "data") as console:
        parts = console.parts
        standing = parts.standing()
        parts.changes(standing).enable("two-people", "test")
        parts.changes(standing).replace_operator_list(PERMITS)
        photos = folder / "photos"
        for person in PEOPLE:
            (photos / person).mkdir(parents=True)
            shutil.copy(SAMPLE_COHORT / "photos" / f"{person}_reference.jpg", photos / person / "1.jpg")
        source = GallerySource.CONSENTED_ENROLMENT
        parts.create_gallery(GALLERY, standing, basis="test", source=source, retention_days=30)
        claims = {"actor_sector": "private_entity", "on_behalf_of": "none", "purpose": "missing_person"}
        enrolling = parts.standing({**claims, "jurisdictions": ("US-OH",), "timing": "after_the_fact"})
        jobs = parts.jobs(enrolling, engine=parts.many_photos_engine)
        jobs.enrol(GALLERY, photos, store=parts.store, policies=parts.policies, workers=1)
        made = parts.accounts.add(SECOND, [Role.REVIEWER], by=standing, password="a password of four words")
        console.passwords[made.account.name] = "a password of four words"
        for name in (REVIEWER, SECOND):
            parts.reviewers.attest(name, now() + timedelta(days=200), parts.standing_as("Chief Examiner"))
        terms = case_terms(
            values(operator=SEARCHER, attested_by="R. Supervisor", galleries=[GALLERY], actor_sector="private_entity"),
            now=now(),
            read=str.encode,
        )
        yield ReviewingPlace(console, parts.cases.open(terms).case.case_id)


__all__ = ["GALLERY", "NUMBER", "ReviewingPlace", "reviewing_place"]
