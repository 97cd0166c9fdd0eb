"""Bulk enrolment as a job: uploads arranged as ``enrol`` takes them, then enrolled, resumable between two photos.

Rules kept here:

- Who is on a photo is said by its folder, by a list with the columns ``subject`` and ``file``, by the form for all
  photos at once, or, for a photo in no folder, by its own name. An archive whose one folder holds several others is
  refused until somebody says which of them stand for people.
- A file that is refused before it is looked at (a link, an archive within the archive, a damaged entry) is an outcome
  like a photo without a face: counted, and listed with its reason in enrolment's own bookkeeping.
- Nothing of a list or folder leads to a file outside of it.
"""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from countenance.core.errors import ArchiveInvalid, InputError, ListInvalid
from countenance.core.vocabulary import EnrolmentOutcome, EnrolmentRun, EnrolmentStatus
from countenance.service.face_jobs import FaceJobs
from countenance.service.job_archives import (
    ArchiveLimits,
    RefusedEntry,
    is_archive,
    names_in,
    printable,
    safe_part,
    unpack,
)
from countenance.service.job_folders import Incoming, JobFolders
from countenance.service.job_port import Job
from countenance.service.job_watch import Watch
from countenance.service.jobs import FOLDER
from countenance.service.policy_port import PolicyStore
from countenance.service.ports import EnrolmentStore
from countenance.service.sources import FILE_COLUMN, SUBJECT_COLUMN, list_photos

#: Parameters of the job besides the folder: one person on all photos; people's folders lie one level deeper; a case.
PERSON, INSIDE, CASE = "person", "people_inside_one_folder", "case"
_PHOTOS, _ARRANGED = "photos", "arranged.json"
UNPACKING, LOOKING = "unpacking", "looking at photos"


@dataclass(frozen=True, slots=True)
class Arranged:
    """Uploads as ``enrol`` takes them.

    Attributes:
        source: Folder with one folder a person, or list.
        refused: (name, subject, reason) of files that are not looked at.
    """

    source: Path
    refused: tuple[tuple[str, str, str], ...]


class EnrolmentWork:
    """Does enrolments.

    Args:
        folders: Uploads.
        jobs: (job, watch) → the face jobs of its owner.
        store: Keeps references.
        policies: Keeps galleries' sources.
        workers: Photos looked at side by side.
        allowed: Folders of this machine that photos may be enrolled from.
        limits: How much an archive may hold.
    """

    def __init__(
        self,
        folders: JobFolders,
        jobs: Callable[[Job, Watch], FaceJobs],
        *,
        store: EnrolmentStore,
        policies: PolicyStore,
        workers: int,
        allowed: Sequence[Path] = (),
        limits: ArchiveLimits | None = None,
    ) -> None:
        self._folders = folders
        self._jobs = jobs
        self._store = store
        self._policies = policies
        self._workers = workers
        self._allowed = tuple(allowed)
        self._limits = limits or ArchiveLimits()

    def can_go_on(self, job: Job) -> bool:
        """Return whether its photos are on this machine."""
        folder = job.parameters.get(FOLDER)
        return Path(str(folder)).exists() if folder else bool(self._folders.incoming(job.job_id))

    def run(self, job: Job, watch: Watch) -> Mapping[str, Any]:
        """Arrange and enrol the photos; return counts by outcome and where the act is recorded."""
        gallery = job.subject_matter
        folder = job.parameters.get(FOLDER)
        arranged = self._from_folder(str(folder)) if folder else self._from_uploads(job, watch)
        require_inside(arranged.source)
        before = len(arranged.refused)

        def progress(done: int, total: int, counts: Counter[EnrolmentStatus]) -> None:
            told = {status.value: number for status, number in counts.items() if number}
            # Refused files are in the counts from the beginning; they are no photos to look at.
            watch.progress(LOOKING, min(done, total), total, told)

        done = self._jobs(job, watch).enrol(
            gallery,
            arranged.source,
            store=_NotingRefused(self._store, arranged.refused) if before else self._store,
            policies=self._policies,
            workers=self._workers,
            progress=progress,
        )
        report = done.value
        return {
            "gallery": gallery,
            "photos": report.photos,
            "counts": {status.value: number for status, number in report.counts.items() if number},
            "act_id": done.act_id,
            "intent_entry_id": done.intent_entry_id,
            "outcome_entry_id": done.outcome_entry_id,
        }

    def _from_folder(self, named: str) -> Arranged:
        """Return a folder or list of this machine, if it lies within an allowed one.

        Raises:
            InputError: It does not.
        """
        return Arranged(allowed_folder(named, self._allowed), ())

    def _from_uploads(self, job: Job, watch: Watch) -> Arranged:
        folder = self._folders.of(job.job_id)
        noted = folder / _ARRANGED
        photos = folder / _PHOTOS
        if noted.exists():
            known = json.loads(noted.read_text(encoding="utf-8"))
            return Arranged(folder / known["source"], tuple(tuple(one) for one in known["refused"]))
        # Half arranged is not arranged: what an interruption left is begun anew.
        shutil.rmtree(photos, ignore_errors=True)
        arranged = arrange(
            self._folders.incoming(job.job_id), photos, job.parameters, self._limits,
            check=lambda done, total: watch.progress(UNPACKING, done, total),
        )  # fmt: skip
        plain = {"source": arranged.source.relative_to(folder).as_posix(), "refused": arranged.refused}
        part = noted.with_suffix(".part")
        part.write_text(json.dumps(plain), encoding="utf-8")
        part.replace(noted)
        return arranged


def arrange(
    incoming: Sequence[Incoming],
    photos: Path,
    parameters: Mapping[str, Any],
    limits: ArchiveLimits,
    *,
    check: Callable[[int, int], None],
) -> Arranged:
    """Lay uploads out as one folder a person, or beside their list.

    Args:
        incoming: The uploads: photos, archives, at most one list.
        photos: The folder they go to.
        parameters: ``PERSON`` and ``INSIDE``.
        limits: How much an archive may hold.
        check: Called with (files done, all).

    Raises:
        ArchiveInvalid: An archive is not taken, or it is not clear who is who.
    """
    person = str(parameters.get(PERSON) or "")
    inside = bool(parameters.get(INSIDE))
    if person and safe_part(person) is None:
        raise InputError("The person's name cannot be used as a folder's name.", remedy='Leave out / \\ : * ? " < > |')
    photos.mkdir(parents=True)
    refused: list[tuple[str, str, str]] = []
    lists: list[Path] = []
    for number, upload in enumerate(incoming):
        check(number, len(incoming))
        if is_archive(upload.path):
            found = _unpack(upload, photos, limits, person=person, inside=inside, check=check)
            refused += [(one.name, _subject(one, person), one.reason) for one in found.refused]
            lists += found.lists
        elif upload.name.casefold().endswith(".csv"):
            raise ArchiveInvalid(
                "A list was sent beside photos.", remedy="Put the list and its photos into one ZIP file."
            )
        else:
            refused += _place(upload, photos, person)
    if len(lists) > 1:
        raise ArchiveInvalid("There are several lists.", remedy="Send one archive with one list at a time.")
    if lists and len(incoming) > 1:
        raise ArchiveInvalid("A list was sent beside other photos.", remedy="Send its archive by itself.")
    if not any(path.is_file() for path in photos.rglob("*")):
        said = f": {refused[0][2]}" if refused else ""
        raise ArchiveInvalid(f"The upload holds no photo that could be looked at{said}.")
    return Arranged(lists[0] if lists else photos, tuple(refused))


@dataclass(frozen=True, slots=True)
class _FromArchive:
    refused: tuple[RefusedEntry, ...]
    lists: list[Path]


def _unpack(
    upload: Incoming,
    photos: Path,
    limits: ArchiveLimits,
    *,
    person: str,
    inside: bool,
    check: Callable[[int, int], None],
) -> _FromArchive:
    names = names_in(upload.path, limits)
    top_lists = [name for name in names if len(name.parts) == 1 and name.suffix.casefold() == ".csv"]
    if top_lists and not person:
        found = unpack(upload.path, photos, limits, check=check)
        held = [disk for name, disk in found.files if name in top_lists and _is_list(disk)]
        return _FromArchive(found.refused, held)
    tops = {name.parts[0] for name in names if len(name.parts) > 1}
    within = {name.parts[1] for name in names if len(name.parts) > 2}
    only_one = len(tops) == 1 and all(len(name.parts) > 1 for name in names)
    if only_one and len(within) > 1 and not inside and not person:
        raise ArchiveInvalid(
            f"The archive's one folder holds {len(within)} others: each a person, or one person in all?",
            remedy="Say that people's folders lie inside one folder, or give the one person's name; or pack the "
            "people's folders themselves.",
        )
    packed = photos.with_name(f"{upload.path.name}.unpacked")
    shutil.rmtree(packed, ignore_errors=True)
    found = unpack(upload.path, packed, limits, check=check)
    refused = list(found.refused)
    for name, disk in found.files:
        target = photos / Path(*_target(name, person=person, inside=inside and only_one).parts)
        if target.exists():
            refused.append(RefusedEntry(str(name), "another photo of the same person has the same name"))
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        disk.rename(target)
    shutil.rmtree(packed, ignore_errors=True)
    return _FromArchive(tuple(refused), [])


def _target(name: PurePosixPath, *, person: str, inside: bool) -> PurePosixPath:
    """Return where a photo of an archive goes: its first folder stands for the person."""
    if inside and len(name.parts) > 2:
        name = PurePosixPath(*name.parts[1:])
    if person:
        return PurePosixPath(person) / PurePosixPath(*name.parts)
    return name if len(name.parts) > 1 else PurePosixPath(_stem(name.name)) / name


def _place(upload: Incoming, photos: Path, person: str) -> list[tuple[str, str, str]]:
    """Put one photo into its person's folder; return why not, if it cannot be."""
    # Some browsers send a path; only its end is a name.
    name = safe_part(upload.name.replace("\\", "/").rpartition("/")[2])
    if name is None:
        return [(printable(upload.name), person or "unnamed", "its name cannot be used as a file name")]
    target = photos / (person or _stem(name)) / name
    if target.exists():
        return [(name, person or _stem(name), "another photo of the same person has the same name")]
    target.parent.mkdir(parents=True, exist_ok=True)
    # A second name for the same bytes: if this is interrupted, the upload is still there to begin anew with.
    os.link(upload.path, target)
    return []


def _stem(name: str) -> str:
    return safe_part(PurePosixPath(name).stem) or name


def _subject(refused: RefusedEntry, person: str) -> str:
    return person or safe_part(refused.name.strip("/").partition("/")[0]) or "unnamed"


def _is_list(file: Path) -> bool:
    """Return whether a file's first line names the columns of a list."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            columns = {name.strip().strip('"') for name in stream.readline(10_000).split(",")}
    except (OSError, UnicodeDecodeError):
        return False
    return {SUBJECT_COLUMN, FILE_COLUMN} <= columns


def allowed_folder(named: str, allowed: Sequence[Path]) -> Path:
    """Return a folder or list of this machine, with all links followed, if it lies within an allowed folder.

    Raises:
        InputError: It does not, or is not there; which of both is not told.
    """
    path = Path(named)
    resolved = path.resolve() if path.is_absolute() else None
    roots = [root.resolve() for root in allowed]
    if resolved is None or not any(resolved.is_relative_to(root) for root in roots) or not resolved.exists():
        raise InputError(
            "Photos are not enrolled from that folder.",
            remedy="Send them as an upload, or have whoever runs this server add the folder to the setting "
            "enrolment_folders.",
        )
    return resolved


def require_inside(source: Path) -> None:
    """Return if every photo of a source lies within its folder, with all links followed.

    Raises:
        ListInvalid: One does not.
    """
    root = (source if source.is_dir() else source.parent).resolve()
    for photo in list_photos(source):
        if not photo.path.resolve().is_relative_to(root):
            raise ListInvalid(
                "A photo of the list or folder lies outside of it.",
                remedy="Paths are relative to the list, and lead nowhere else.",
            )


class _NotingRefused:
    """The store of an enrolment whose run begins with the files that were refused before."""

    def __init__(self, store: EnrolmentStore, refused: Sequence[tuple[str, str, str]]) -> None:
        self._store = store
        self._refused = refused

    def begin_run(self, gallery: str, source: str) -> EnrolmentRun:
        """Return the run, the refused files recorded in it."""
        run = self._store.begin_run(gallery, source)
        items = dict.fromkeys((name, subject) for name, subject, _ in self._refused)
        reasons = {(name, subject): reason for name, subject, reason in self._refused}
        outcomes = [
            EnrolmentOutcome(name, subject, EnrolmentStatus.UNREADABLE, reason=reasons[name, subject])
            for name, subject in items
        ]
        self._store.record_batch(run.run_id, (), outcomes)
        return self._store.begin_run(gallery, source)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
