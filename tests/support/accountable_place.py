"""Everything that acts and records, over stores in memory and a synthetic engine: the wiring of a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from countenance.core.vocabulary import NewReference, PhotoFaces
from countenance.gallery.index import build_index
from countenance.ledger.kinds import EntryKind
from countenance.service.accountability import Accountability
from countenance.service.accountability_ports import CaseBook, ReviewDesk
from countenance.service.face_jobs import FaceJobs
from countenance.service.journal_port import JournalEntry
from countenance.service.policy_changes import PolicyChanges
from countenance.service.rules_in_force import RulesInForce
from countenance.service.search import GallerySearch
from countenance.service.standing import Standing, local_standing
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL
from tests.support.memory_journal import CountedBytes, MemoryLedgerRows, memory_journal
from tests.support.memory_policy import MemoryPolicyStore
from tests.support.memory_store import MemoryStore
from tests.support.policy_builders import NOW, shipped_packs
from tests.support.settable_clock import SettableClock
from tests.support.synthetic_engine import SyntheticEngine, synthetic_template

#: The gallery of every place: four people who do not exist, with their consent.
GALLERY = "album"


class SpyEngine(SyntheticEngine):
    """Counts how often a face was looked for."""

    looked = 0

    def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
        self.looked += 1
        return super().read_faces(data, templates=templates, crops=crops)


class AccountablePlace:
    """One installation in memory, as fresh as it comes but for a gallery.

    Attributes:
        rows: What lies behind the ledger; ``rows.fails = True`` fails every write.
    """

    def __init__(self, *, cases: CaseBook | None = None, reviews: ReviewDesk | None = None) -> None:
        self.clock = SettableClock(NOW)
        self.rows = MemoryLedgerRows(self.clock)
        self.journal = memory_journal(rows=self.rows)
        self.store = MemoryStore(self.clock)
        self.policies = MemoryPolicyStore(self.store)
        self.rules = RulesInForce(self.policies, shipped_packs)
        random = CountedBytes()
        self.accountability = Accountability(
            rules=self.rules,
            journal=self.journal,
            clock=self.clock,
            new_act_id=lambda: random(16).hex(),
            cases=cases,
            reviews=reviews,
        )
        self.engine = SpyEngine()
        self.calibrations = MadeUpBook(ordinary_calibration())
        self.add_gallery(GALLERY, "consented_enrolment")
        self.searches = GallerySearch(
            engine=self.engine, store=self.store, build_index=build_index, calibrations=self.calibrations
        )

    def add_gallery(self, name: str, source: str, *, retention_days: int | None = None) -> None:
        self.store.create_gallery(name, MADE_UP_MODEL, basis="test", retention_days=retention_days)
        self.policies.state_gallery_source(name, source, transaction=None)
        people = [NewReference(f"p{n}", synthetic_template(f"p{n}"), f"{n:064x}", f"p{n}.jpg") for n in range(4)]
        self.store.add_references(name, people)

    def standing(self, **stated: object) -> Standing:
        return local_standing("Anna", interface="cli", keyed_digest=self.journal.keyed_digest, stated=stated)

    def jobs(self, standing: Standing | None = None, **stated: object) -> FaceJobs:
        return FaceJobs(
            accountability=self.accountability,
            standing=standing or self.standing(**stated),
            engine=self.engine,
            calibrations=self.calibrations,
            clock=self.clock,
        )

    def changes(self) -> PolicyChanges:
        return PolicyChanges(rules=self.rules, store=self.policies, journal=self.journal, standing=self.standing())

    def entries(self) -> list[JournalEntry]:
        """Return all entries, oldest first."""
        return self.journal.entries(from_index=0, limit=1000)

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.entries()]

    def last(self, kind: EntryKind) -> Mapping[str, Any]:
        return [entry.fields for entry in self.entries() if entry.kind == kind][-1]
