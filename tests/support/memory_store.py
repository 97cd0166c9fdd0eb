"""A store in memory with the same contract as the real ones: small enough to be seen to be right, and lost at exit.

It implements ``EnrolmentStore`` and ``RetentionStore`` of ``countenance.service.ports``. The suite in ``tests/storage``
holds it and the SQL stores to the same behaviour, so a use case tested with it is tested.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from countenance.core.errors import GalleryExists, GalleryNotFound, InputError, StorageError
from countenance.core.model_identity import ModelIdentity
from countenance.core.vocabulary import (
    EnrolmentOutcome,
    EnrolmentRun,
    EnrolmentStatus,
    GallerySummary,
    NewReference,
    Reference,
)


@dataclass(slots=True)
class _Gallery:
    model: ModelIdentity
    created_at: str
    basis: str
    retention_days: int | None
    revision: int = 0
    # (subject, photo digest) → (reference, when it expires)
    rows: dict[tuple[str, str], tuple[Reference, datetime | None]] = field(default_factory=dict)


@dataclass(slots=True)
class _Run:
    gallery: str
    source: str
    expires_at: datetime | None
    finished: bool = False
    outcomes: dict[tuple[str, str], EnrolmentOutcome] = field(default_factory=dict)


class MemoryStore:
    """Galleries, references and enrolment runs in dictionaries."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._galleries: dict[str, _Gallery] = {}
        self._runs: dict[str, _Run] = {}

    def create_gallery(
        self, name: str, model: ModelIdentity, *, basis: str, retention_days: int | None, transaction: object = None
    ) -> GallerySummary:
        del transaction  # nothing here is rolled back
        _require_name(name)
        _require_text(basis)
        if retention_days is not None and not 1 <= retention_days <= 36_525:
            raise ValueError("a retention is between 1 day and a hundred years, or None")
        if name in self._galleries:
            raise GalleryExists(f"A gallery named {name} exists already.")
        created_at = self._now().isoformat(timespec="seconds")
        self._galleries[name] = _Gallery(model, created_at, basis, retention_days)
        return self.gallery(name)

    def list_galleries(self) -> list[GallerySummary]:
        return [self.gallery(name) for name in sorted(self._galleries)]

    def gallery(self, name: str) -> GallerySummary:
        gallery = self._find(name)
        current = self._current(gallery)
        return GallerySummary(
            name=name,
            model=gallery.model,
            created_at=gallery.created_at,
            basis=gallery.basis,
            retention_days=gallery.retention_days,
            subjects=len({reference.subject for reference in current}),
            references=len(current),
            revision=self.revision(name),
        )

    def revision(self, name: str) -> int:
        gallery = self._find(name)
        return gallery.revision + len(gallery.rows) - len(self._current(gallery))

    def delete_gallery(self, name: str, *, transaction: object = None) -> int:
        del transaction
        count = len(self._find(name).rows)
        del self._galleries[name]
        self._runs = {run_id: run for run_id, run in self._runs.items() if run.gallery != name}
        return count

    def add_references(self, gallery: str, references: Sequence[NewReference]) -> int:
        self._add(gallery, references)
        return self.revision(gallery)

    def known_photos(self, gallery: str) -> dict[str, str]:
        current = sorted(self._current(self._find(gallery)), key=lambda reference: reference.subject, reverse=True)
        return {reference.source_sha256: reference.subject for reference in current}

    def references(self, gallery: str) -> tuple[int, Iterator[Reference]]:
        return self.revision(gallery), iter(self._current(self._find(gallery)))

    def reference_changes(
        self, gallery: str, known: Set[str]
    ) -> tuple[int, frozenset[str], tuple[Reference, ...]] | None:
        current = {reference.reference_id: reference for reference in self._current(self._find(gallery))}
        added = tuple(current[name] for name in sorted(current.keys() - known))
        return self.revision(gallery), frozenset(known - current.keys()), added

    def erase_subject(self, gallery: str, subject: str) -> int:
        found = self._find(gallery)
        self._remove_expired(gallery, self._now())
        photos = [key for key in found.rows if key[0] == subject]
        for key in photos:
            del found.rows[key]
        found.revision += 1 if photos else 0
        self._forget_bookkeeping(gallery, subject)
        return len(photos)

    def expire(self, now: datetime) -> int:
        moment = now.astimezone(UTC).replace(microsecond=0)
        count = sum(self._remove_expired(name, moment) for name in self._galleries)
        self._runs = {
            run_id: run for run_id, run in self._runs.items() if run.expires_at is None or run.expires_at > moment
        }
        return count

    def begin_run(self, gallery: str, source: str) -> EnrolmentRun:
        _require_text(source)
        retention_days = self._find(gallery).retention_days
        for run_id, run in list(self._runs.items()):
            if (run.gallery, run.source) == (gallery, source):
                if not run.finished:
                    already = {item: outcome.outcome for item, outcome in run.outcomes.items()}
                    return EnrolmentRun(run_id, gallery, source, already)
                del self._runs[run_id]
        run_id = secrets.token_hex(16)
        self._runs[run_id] = _Run(gallery, source, self._expiry(retention_days))
        return EnrolmentRun(run_id, gallery, source, {})

    def record_batch(
        self,
        run_id: str,
        references: Sequence[NewReference],
        outcomes: Sequence[EnrolmentOutcome],
        *,
        transaction: object = None,
    ) -> tuple[EnrolmentOutcome, ...]:
        del transaction
        run = self._unfinished(run_id)
        photos = sorted((reference.subject, reference.source_sha256) for reference in references)
        stored = [outcome for outcome in outcomes if outcome.outcome is EnrolmentStatus.STORED]
        if photos != sorted((outcome.subject, outcome.sha256 or "") for outcome in stored):
            raise ValueError("every reference needs exactly one outcome 'stored' with its subject and digest")
        if len({outcome.item for outcome in outcomes}) != len(outcomes):
            raise ValueError("an input occurs twice in one batch")
        for outcome in outcomes:
            _require_text(outcome.source_name, outcome.subject, outcome.reason or "")
        waiting = list(references)
        pairs: list[tuple[EnrolmentOutcome, NewReference]] = []
        for outcome in stored:
            photo = (outcome.subject, outcome.sha256)
            reference = next(one for one in waiting if (one.subject, one.source_sha256) == photo)
            waiting.remove(reference)
            if outcome.item not in run.outcomes:
                pairs.append((outcome, reference))
        is_new = self._add(run.gallery, [reference for _, reference in pairs])
        known_already = {pair[0].item for pair, new in zip(pairs, is_new, strict=True) if not new}
        for outcome in outcomes:
            recorded = outcome
            if outcome.item in known_already:
                reason = "the gallery already holds this photo for this subject"
                recorded = replace(outcome, outcome=EnrolmentStatus.DUPLICATE, reason=reason)
            run.outcomes.setdefault(outcome.item, recorded)
        return tuple(run.outcomes[outcome.item] for outcome in outcomes)

    def reference_ids(
        self, gallery: str, photos: Sequence[tuple[str, str]], *, transaction: object = None
    ) -> tuple[str, ...]:
        del transaction
        rows = self._find(gallery).rows
        if not all(photo in rows for photo in photos):
            raise StorageError("A photo is not stored for its subject.")
        return tuple(rows[photo][0].reference_id for photo in photos)

    def finish_run(self, run_id: str, *, transaction: object = None) -> None:
        del transaction
        self._unfinished(run_id).finished = True

    def outcomes(self, run_id: str) -> list[EnrolmentOutcome]:
        if run_id not in self._runs:
            raise StorageError(f"There is no enrolment run {run_id}.")
        return [outcome for _, outcome in sorted(self._runs[run_id].outcomes.items())]

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    def _add(self, name: str, references: Sequence[NewReference]) -> list[bool]:
        gallery = self._find(name)
        for reference in references:
            reference.template.model.require_same(gallery.model)
            _require_name(reference.subject)
            _require_text(reference.source_name)
        self._remove_expired(name, self._now())
        is_new = []
        for new in references:
            photo = (new.subject, new.source_sha256)
            is_new.append(photo not in gallery.rows)
            if photo not in gallery.rows:
                reference = Reference(
                    secrets.token_hex(16), new.subject, new.template, new.source_sha256, new.source_name
                )
                gallery.rows[photo] = (reference, self._expiry(gallery.retention_days))
        gallery.revision += 1 if any(is_new) else 0
        return is_new

    def _remove_expired(self, name: str, moment: datetime) -> int:
        gallery = self._galleries[name]
        before = {subject for subject, _ in gallery.rows}
        kept = {key: row for key, row in gallery.rows.items() if row[1] is None or row[1] > moment}
        count = len(gallery.rows) - len(kept)
        gallery.rows = kept
        gallery.revision += count
        for subject in before - {subject for subject, _ in kept}:
            self._forget_bookkeeping(name, subject)
        return count

    def _forget_bookkeeping(self, gallery: str, subject: str) -> None:
        for run in self._runs.values():
            if run.gallery == gallery:
                run.outcomes = {item: outcome for item, outcome in run.outcomes.items() if item[1] != subject}

    def _unfinished(self, run_id: str) -> _Run:
        run = self._runs.get(run_id)
        if run is None or run.finished:
            raise StorageError(f"There is no unfinished enrolment run {run_id}.")
        return run

    def _find(self, name: str) -> _Gallery:
        if name not in self._galleries:
            raise GalleryNotFound(f"There is no gallery named {name}.")
        return self._galleries[name]

    def _current(self, gallery: _Gallery) -> list[Reference]:
        now = self._now()
        return [reference for reference, expires_at in gallery.rows.values() if expires_at is None or expires_at > now]

    def _now(self) -> datetime:
        return self._clock().astimezone(UTC).replace(microsecond=0)

    def _expiry(self, retention_days: int | None) -> datetime | None:
        return None if retention_days is None else self._now() + timedelta(days=retention_days)


def _require_text(*texts: str) -> None:
    for text in texts:
        if "\0" in text or text.encode(errors="ignore").decode() != text:
            raise InputError("A text cannot be stored.")


def _require_name(name: str) -> None:
    _require_text(name)
    if not 1 <= len(name.encode()) <= 1352:
        raise InputError("A name cannot be stored.")
