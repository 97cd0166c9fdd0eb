"""An installation over a real database whose rules hold a search for review, and people who review it.

The synthetic engine's picture of somebody is a few words with their name, so a test can see whom a letter stands for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from countenance.bootstrap import accountability
from countenance.bootstrap.accountability import AccountableParts
from countenance.bootstrap.application import Application, load_settings
from countenance.bootstrap.policy_store import SqlPolicyStore
from countenance.policy.terms import GallerySource
from countenance.service.accountability import Performed
from countenance.service.faces import PhotoInput
from countenance.service.journal_port import JournalEntry
from countenance.service.review_ballots import Ballot
from countenance.service.review_port import Item
from countenance.service.reviews import Cast, Panel
from countenance.service.search import PhotoSearchResult, SearchRequest, SearchResult
from countenance.storage.store import SqlGalleryStore
from tests.support.policy_builders import NOW
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

GALLERY = "kin"
REQUESTER, FIRST, SECOND, THIRD = "Rosa", "Lind", "Okafor", "Sato"
PEOPLE = tuple(f"p{number:02}" for number in range(14))


def synthetic_engine(process: Application, *, threads: int | None = None) -> SyntheticEngine:
    """Return an engine in place of the real one, under the same model's name."""
    return SyntheticEngine(process.manifest.identity)


def enrol_people(parts: AccountableParts, folder: Path, people: Sequence[str]) -> None:
    """Enrol one photo of each into the gallery, which is made if it is not there."""
    standing = parts.standing()
    if not any(item.name == GALLERY for item in parts.store.list_galleries()):
        source = GallerySource.CONSENTED_ENROLMENT
        parts.create_gallery(GALLERY, standing, basis="test", source=source, retention_days=None)
    for name in people:
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "1.jpg").write_bytes(synthetic_photo(name))
    jobs = parts.jobs(standing, engine=parts.many_photos_engine)
    jobs.enrol(GALLERY, folder, store=parts.store, policies=parts.policies, workers=1)


class ReviewPlace:
    """One installation with a gallery of people who do not exist and three trained reviewers."""

    def __init__(self, store: SqlGalleryStore, url: str, folder: Path, clock: SettableClock, *, reviewers: int) -> None:
        self.app = Application(load_settings(data_dir=folder, database_url=url))
        # A day on which the shipped packs are not due for review.
        clock.now = NOW
        self.clock = clock
        self.store = store
        self.parts = AccountableParts(self.app, store, SqlPolicyStore(store), self.app.journal(store), "cli")
        if reviewers == 2:
            self.parts.changes(self.parts.standing()).enable("two-people", "test")
        enrol_people(self.parts, folder / "photos", PEOPLE)
        for name in (FIRST, SECOND, THIRD):
            self.parts.reviewers.attest(name, clock() + timedelta(days=400), self.parts.standing_as("Chief"))

    @classmethod
    def made(
        cls,
        store: SqlGalleryStore,
        url: str,
        folder: Path,
        clock: SettableClock,
        monkeypatch: pytest.MonkeyPatch,
        *,
        reviewers: int = 2,
    ) -> ReviewPlace:
        """Return a place whose engine is synthetic and whose time is the clock's."""
        monkeypatch.setattr(Application, "engine", synthetic_engine)
        monkeypatch.setattr(accountability, "now", clock)
        return cls(store, url, folder, clock, reviewers=reviewers)

    def search(self, *people: str, limit: int = 10, variant: str = "probe") -> Performed[SearchResult]:
        """Return what came of a search that the rules hold, asked for by the requester."""
        request = SearchRequest(
            GALLERY, PhotoInput("probe.jpg", synthetic_photo(*people, variant=variant)), limit=limit
        )
        return self.parts.jobs(self._requester()).search(
            request, galleries=self.parts.gallery_search, policies=self.parts.policies
        )

    def search_every_face(self, *people: str) -> Performed[PhotoSearchResult]:
        """Return what came of a held search for every face of a photo."""
        request = SearchRequest(GALLERY, PhotoInput("group.jpg", synthetic_photo(*people, variant="probe")))
        return self.parts.jobs(self._requester()).search_every_face(
            request, galleries=self.parts.gallery_search, policies=self.parts.policies
        )

    def held(self, *people: str, limit: int = 10) -> str:
        """Return the review of a held search."""
        review_id = self.search(*people, limit=limit).review_id
        assert review_id is not None
        return review_id

    def look(self, review_id: str, reviewer: str) -> dict[str, str]:
        """Return whom each letter stands for, as only a test can know."""
        return shown_people(self.parts.reviews.look(review_id, reviewer))

    def vote(self, review_id: str, reviewer: str, *chosen: str, rating: int = 2) -> Cast:
        """Look, and vote for some people and against all others."""
        letters = {name: letter for letter, name in self.look(review_id, reviewer).items()}
        ballot = Ballot({letters[name]: rating for name in chosen}, rest=-3, none_of_these=not chosen)
        return self.parts.reviews.vote(review_id, reviewer, ballot)

    def items(self, review_id: str) -> Sequence[Item]:
        """Return candidates and fillers."""
        return self.parts.review_store.items(review_id)

    def fillers(self, review_id: str) -> set[str]:
        """Return the names of the fillers."""
        names = self.parts.review_store.names([item.reference_id for item in self.items(review_id) if item.is_filler])
        return set(names.values())

    def entries(self) -> list[JournalEntry]:
        """Return all entries, oldest first."""
        return self.parts.journal.entries(from_index=0, limit=1000)

    def kinds(self) -> list[str]:
        """Return the kinds of all entries, oldest first."""
        return [entry.kind for entry in self.entries()]

    def _requester(self) -> accountability.Standing:
        return accountability.local_standing(
            REQUESTER,
            interface="cli",
            keyed_digest=self.parts.journal.keyed_digest,
            # A place whose own packs ask for no second reviewer.
            stated={"purpose": "data_subject_request", "case_id": "24-1183", "jurisdictions": ("US-OH",)},
        )


def shown_people(panel: Panel) -> dict[str, str]:
    """Return letter → name of those whose picture is shown."""
    shown = {}
    for lineup in panel.lineups:
        for face in lineup.faces:
            if face.picture is not None:
                found = re.match(rb"picture of (\S+),", face.picture)
                assert found is not None
                shown[face.letter] = found[1].decode()
    return shown


__all__ = ["ReviewPlace", "enrol_people", "shown_people", "synthetic_engine"]
