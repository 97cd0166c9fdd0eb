"""The open store with its ledger, rules and the one way in; and on whose behalf the person at the keyboard acts."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, cast

from countenance.bootstrap import account_parts, case_parts, review_parts
from countenance.bootstrap.application import Application
from countenance.bootstrap.lazy_engine import LazyEngine
from countenance.bootstrap.profiles import read_profile
from countenance.policy.rule_packs import load_shipped_packs
from countenance.service.accountability import Accountability, Performed
from countenance.service.face_jobs import FaceJobs
from countenance.service.galleries import GallerySource, create_gallery, delete_gallery
from countenance.service.policy_changes import PolicyChanges
from countenance.service.retention import Gone, expire_due
from countenance.service.review_release import Lead, release
from countenance.service.reviewers import Reviewers
from countenance.service.reviews import Reviews
from countenance.service.rules_in_force import RulesInForce
from countenance.service.standing import Standing, local_standing
from countenance.service.threshold_changes import record_threshold_change

if TYPE_CHECKING:
    from pathlib import Path

    from countenance.bootstrap.job_parts import JobParts
    from countenance.bootstrap.policy_store import SqlPolicyStore
    from countenance.core.thresholds import Calibration
    from countenance.core.vocabulary import GallerySummary
    from countenance.service.accounts import Accounts
    from countenance.service.case_book import CaseBook
    from countenance.service.cases import Cases
    from countenance.service.journal_port import Journal
    from countenance.service.ports import PicturingEngine
    from countenance.service.refused_credentials import RefusedCredentials
    from countenance.service.review_desk import PictureMaker
    from countenance.service.review_port import ReviewStore
    from countenance.service.search import GallerySearch
    from countenance.service.subject_port import SubjectStore
    from countenance.storage.store import SqlGalleryStore


def now() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


def new_act_id() -> str:
    """Return 16 random bytes as hex."""
    return os.urandom(16).hex()


@dataclass(eq=False)
class AccountableParts:
    """Everything that is needed to act and to record it, over one open store.

    Attributes:
        app: The process.
        store: The open store.
        policies: Its rules.
        journal: Its ledger.
        interface: The door: ``cli``, ``python``, ``console`` …
    """

    app: Application
    store: SqlGalleryStore
    policies: SqlPolicyStore
    journal: Journal
    interface: str

    @cached_property
    def rules(self) -> RulesInForce:
        """Return the rules in force; packs are loaded with the first question."""
        return RulesInForce(self.policies, load_shipped_packs)

    @cached_property
    def accountability(self) -> Accountability:
        """Return the one way in."""
        return Accountability(
            rules=self.rules,
            journal=self.journal,
            clock=now,
            new_act_id=new_act_id,
            cases=self.case_book,
            reviews=review_parts.desk(self.app.settings, self.review_store, self.picture),
        )

    @cached_property
    def case_book(self) -> CaseBook:
        """Return the cases as requests meet them."""
        return case_parts.case_book(self.app.settings, self.store, self.journal)

    @cached_property
    def accounts(self) -> Accounts:
        """Return who may sign in to the console, and who has."""
        return account_parts.accounts(self.app.settings, self.store, self.journal, self.refused)

    @cached_property
    def refused(self) -> RefusedCredentials:
        """Return what notes credentials that were refused."""
        return account_parts.refused_credentials(self.journal)

    @cached_property
    def background(self) -> JobParts:
        """Return work that goes on after the request that began it; ``bootstrap.job_parts.working`` does it."""
        # Imported here because audits take longer to import than a command line that needs none of this.
        from countenance.bootstrap.job_parts import job_parts

        return job_parts(self, lambda: read_profile(self.app))

    @cached_property
    def review_store(self) -> ReviewStore:
        """Return where reviews and pictures of references are kept."""
        return review_parts.review_store(self.store)

    @cached_property
    def picture(self) -> PictureMaker:
        """Return what makes the picture of a face that reviewers look at."""
        return review_parts.picture_maker(self.app.settings, self.engine)

    @cached_property
    def reviews(self) -> Reviews:
        """Return held results as people review them."""
        return Reviews(store=self.review_store, journal=self.journal, clock=now)

    @cached_property
    def subjects(self) -> SubjectStore:
        """Return the people in the database, for erasure, access requests and retention."""
        from countenance.storage.subject_store import SqlSubjectStore

        # Every transaction of this process is one of the store's: the port says less of it than storage needs.
        return cast("SubjectStore", SqlSubjectStore(self.store))

    def expire_due(self) -> Gone:
        """Delete what has reached its end and record it; see ``service.retention``."""
        return expire_due(self.subjects, self.journal, now(), close_abandoned=lambda: self.reviews.close_abandoned())

    @cached_property
    def reviewers(self) -> Reviewers:
        """Return the people who review."""
        return Reviewers(
            store=self.review_store,
            journal=self.journal,
            clock=now,
            policy_digest=lambda: self.rules.current().policies.digest,
        )

    def release(self, review: str, by: str) -> Performed[Lead]:
        """Return what reviewers agreed on; see ``service.review_release``."""
        return release(self.reviews, self.accountability, self.policies, review, by, interface=self.interface)

    @cached_property
    def cases(self) -> Cases:
        """Return what is done to cases."""
        return case_parts.cases(
            self.app.settings, self.store, self.journal, lambda: self.rules.current().policies.digest
        )

    def standing(self, stated: Mapping[str, object] | None = None, *, case: str | None = None) -> Standing:
        """Return the standing of the person at the keyboard, or under a case.

        Args:
            stated: Claims of the command line or call; they win over the profile's, and cannot change a case's.
            case: Number or identifier of the case to act under; None: the person's own standing.

        Raises:
            InputError: A claim cannot be made, or a case states it already.
            CaseNotFound: There is no such case, or several are open.
        """
        if case is not None:
            return self.case_book.standing_of(self.cases.find(case), self.interface, now(), stated=stated)
        profile = read_profile(self.app)
        return local_standing(
            profile.operator or getpass.getuser(),
            interface=self.interface,
            keyed_digest=self.journal.keyed_digest,
            stated={**profile.claims, **(stated or {})},
            role=profile.role,
        )

    def standing_as(self, operator: str) -> Standing:
        """Return the local standing of somebody by name; a name is taken at its word at the shell."""
        return local_standing(operator, interface=self.interface, keyed_digest=self.journal.keyed_digest)

    def jobs(self, standing: Standing, *, engine: PicturingEngine | None = None) -> FaceJobs:
        """Return the jobs on somebody's behalf; models load when a job that was permitted needs them.

        Args:
            standing: On whose behalf.
            engine: Another engine than the one for single photos.
        """
        chosen = self.engine if engine is None else engine
        return FaceJobs(
            accountability=self.accountability,
            standing=standing,
            engine=chosen,
            calibrations=self.app.calibrations,
            clock=now,
            crops=review_parts.crop_keeper(self.app.settings, chosen, self.review_store),
        )

    @cached_property
    def engine(self) -> PicturingEngine:
        """Return the engine for one photo at a time, loaded when first used."""
        return LazyEngine(self.app.manifest.identity, lambda: self.app.interactive_engine)

    @cached_property
    def many_photos_engine(self) -> PicturingEngine:
        """Return the engine for many photos at once, loaded when first used."""
        return LazyEngine(self.app.manifest.identity, lambda: self.app.engine(threads=1))

    @cached_property
    def gallery_search(self) -> GallerySearch:
        """Return the search over the open store."""
        return self.app.gallery_search(self.store, engine=self.engine)

    def create_gallery(
        self, name: str, standing: Standing, *, basis: str, source: GallerySource, retention_days: int | None
    ) -> GallerySummary:
        """Create a gallery for the model in use and record it; see ``service.galleries``."""
        return create_gallery(
            name,
            self.app.manifest.identity,
            basis=basis,
            source=source,
            retention_days=retention_days,
            store=self.store,
            policies=self.policies,
            journal=self.journal,
            standing=standing,
        )

    def delete_gallery(self, name: str, standing: Standing) -> int:
        """Delete a gallery and record it; return how many references went. See ``service.galleries``."""
        return delete_gallery(name, store=self.store, policies=self.policies, journal=self.journal, standing=standing)

    def keep_calibration(self, calibration: Calibration, standing: Standing, path: Path | None = None) -> Path:
        """Record that thresholds come from another calibration from now on, write it, and return where it lies.

        A record written elsewhere than into the data folder is not in use, and changes nothing.
        """
        if path is None:
            before = self.app.calibrations.find(calibration.model)
            record_threshold_change(calibration, before, journal=self.journal, standing=standing)
        return self.app.keep_calibration(calibration, path)

    def changes(self, standing: Standing) -> PolicyChanges:
        """Return what changes the rules on an operator's behalf."""
        return PolicyChanges(rules=self.rules, store=self.policies, journal=self.journal, standing=standing)


@contextmanager
def accountable(app: Application, *, interface: str, expire: bool = True) -> Iterator[AccountableParts]:
    """Yield the parts over the opened store, rid of what has reached its end, and close it afterwards.

    Args:
        app: The process.
        interface: The door.
        expire: False leaves it for now, to look at what is due.

    Raises:
        StorageUnavailable: The data folder or database cannot be opened.
        LedgerError: The ledger cannot be written, or the database was put back to an earlier state.
    """
    # Imported here because it takes longer than everything a command line that asks for help needs.
    from countenance.bootstrap.policy_store import SqlPolicyStore

    with app.store() as store:
        parts = AccountableParts(app, store, SqlPolicyStore(store), app.journal(store), interface)
        if expire:
            parts.expire_due()
        yield parts
