"""Audits that were sent and not run: their photos and list, and what is understood of them.

Rules kept here:

- A draft holds photos and list as they were sent; what was understood of the list is said before anything is run.
- What breaks off while it is sent leaves nothing.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from countenance.core.errors import ArchiveInvalid, AuditInputInvalid, InputError, JobNotReady
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.new_audit import NewAudit
from countenance.service.audits.people import PeopleChoices, PeopleFindings, read_people
from countenance.service.audits.photos import SeveralFacesRule
from countenance.service.audits.power import PowerRow, power_table
from countenance.service.audits.workspace import AUDIT, RESULT, Workspace
from countenance.service.job_archives import ArchiveLimits, unpack
from countenance.service.job_folders import Incoming

DRAFT, PHOTOS, PEOPLE = "draft.json", "photos", "people.csv"
#: Names of audits: they are folders and stand in addresses.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
DRAFTED, MADE, FINISHED = "draft", "made", "finished"


@dataclass(frozen=True, slots=True)
class AuditTerms:
    """What whoever sends photos says about them.

    Attributes:
        title: One line for the report.
        description: What the data is.
        source_of_labels: Who labelled it and how.
        licence: Terms of photos and labels.
        synthetic: Whether the people do not exist.
        keep_photos: Whether photos and templates stay after the run.
    """

    title: str = ""
    description: str = ""
    source_of_labels: str = ""
    licence: str = ""
    synthetic: bool = False
    keep_photos: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """An audit that was sent and not run.

    Attributes:
        name: The audit.
        terms: What is said about it.
        created_at: ISO 8601 time, UTC.
        refused: (file, reason) of what was not unpacked.
    """

    name: str
    terms: AuditTerms
    created_at: str
    refused: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Preview:
    """What was understood of a draft's list, and what could be seen if every photo gives a template."""

    findings: PeopleFindings
    power: tuple[PowerRow, ...]


class AuditDrafts:
    """The drafts below one folder.

    Args:
        root: The folder.
        limits: How much an archive may hold.
    """

    def __init__(self, root: Path, limits: ArchiveLimits | None = None) -> None:
        self.root = root
        self._limits = limits or ArchiveLimits()
        self._sending: set[str] = set()
        self._lock = threading.Lock()

    def workspace(self, name: str) -> Workspace:
        """Return the folder of an audit, whether or not it is there.

        Raises:
            InputError: The name cannot be one.
        """
        if not NAME.fullmatch(name):
            raise InputError(
                "That is no name for an audit.",
                remedy="Up to 60 small letters, digits, hyphens and underscores; a letter or digit first.",
            )
        return Workspace(self.root / name)

    def state(self, name: str) -> str:
        """Return how far an audit is; empty if there is none of this name."""
        folder = self.workspace(name).folder
        for file, state in ((RESULT, FINISHED), (AUDIT, MADE), (DRAFT, DRAFTED)):
            if (folder / file).is_file():
                return state
        return ""

    def send(
        self,
        name: str,
        uploads: Sequence[Incoming],
        people: Path,
        terms: AuditTerms,
        *,
        created_at: datetime,
        check: Callable[[int, int], None] = lambda done, total: None,
    ) -> Draft:
        """Unpack photos and list into a new audit's folder and return the draft.

        Args:
            name: The audit.
            uploads: Archives of photos.
            people: The list: who is in which photo, and their labels.
            terms: What is said about it.
            created_at: The server's time.
            check: Called with (files done, all); may raise to stop.

        Raises:
            AuditInputInvalid: There is an audit of this name.
            ArchiveInvalid, ListInvalid, StorageFull: Photos or list cannot be taken; nothing of them is left then.
        """
        workspace = self.workspace(name)
        with self._lock:
            if self.state(name) or name in self._sending:
                raise AuditInputInvalid(f"There is an audit {name} already.", remedy="Choose another name.")
            self._sending.add(name)
        try:
            return self._send(workspace, uploads, people, terms, created_at, check)
        finally:
            self._sending.discard(name)

    def _send(
        self,
        workspace: Workspace,
        uploads: Sequence[Incoming],
        people: Path,
        terms: AuditTerms,
        created_at: datetime,
        check: Callable[[int, int], None],
    ) -> Draft:
        self.root.mkdir(parents=True, mode=0o700, exist_ok=True)
        # An earlier upload that broke off left no draft: its folder is nobody's.
        shutil.rmtree(workspace.folder, ignore_errors=True)
        photos = workspace.folder / PHOTOS
        refused: list[tuple[str, str]] = []
        try:
            photos.mkdir(parents=True, mode=0o700)
            for upload in uploads:
                found = unpack(upload.path, photos, self._limits, check=check)
                refused += [(one.name, one.reason) for one in found.refused]
            if not any(path.is_file() for path in photos.rglob("*")):
                raise ArchiveInvalid("The archive holds no photo that could be unpacked.")
            shutil.copyfile(people, workspace.folder / PEOPLE)
            read_people(workspace.folder / PEOPLE, photos, PeopleChoices())
            draft = Draft(workspace.name, terms, f"{created_at:%Y-%m-%dT%H:%M:%SZ}", tuple(refused))
            workspace.write(DRAFT, json.dumps(asdict(draft)))
        except BaseException:
            shutil.rmtree(workspace.folder, ignore_errors=True)
            raise
        return draft

    def draft(self, name: str) -> Draft:
        """Return a draft.

        Raises:
            JobNotReady: The audit is no draft any more, or never was.
        """
        folder = self.workspace(name).folder
        try:
            plain = json.loads((folder / DRAFT).read_text(encoding="utf-8"))
            refused = tuple((str(file), str(reason)) for file, reason in plain["refused"])
            return Draft(plain["name"], AuditTerms(**plain["terms"]), plain["created_at"], refused)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise JobNotReady(f"The audit {name} is not a draft.", remedy="Its page shows how far it is.") from error

    def preview(self, name: str, choices: PeopleChoices) -> Preview:
        """Return what is understood of a draft's list, before a photo is looked at.

        Raises:
            ListInvalid, FileUnreadable: The list or a chosen column cannot be used.
            JobNotReady: There is no draft.
        """
        self.draft(name)
        folder = self.workspace(name).folder
        listed, findings = read_people(folder / PEOPLE, folder / PHOTOS, choices)
        photos = tuple(AuditedPhoto(one.file, one.subject, one.labels, one.role) for one in listed)
        return Preview(findings, power_table(Material(photos, None, findings.columns.labels)))

    def columns(self, name: str) -> tuple[str, ...]:
        """Return the names of the columns of a draft's list."""
        text = (self.workspace(name).folder / PEOPLE).read_text(encoding="utf-8-sig", errors="replace")
        first = text.partition("\n")[0].strip("\r")
        return tuple(cell.strip().strip('"') for cell in first.split(",") if cell.strip())

    def new_audit(self, name: str, parameters: Mapping[str, Any]) -> NewAudit:
        """Return a draft with the choices made about its list, as ``audit new`` takes it."""
        draft, folder = self.draft(name), self.workspace(name).folder
        return NewAudit(
            photos=folder / PHOTOS,
            people=folder / PEOPLE,
            choices=people_choices(parameters),
            created_at=draft.created_at,
            several_faces=SeveralFacesRule(parameters.get("several_faces") or SeveralFacesRule.LEAVE_OUT),
            title=draft.terms.title,
            description=draft.terms.description,
            source_of_labels=draft.terms.source_of_labels,
            licence=draft.terms.licence,
            synthetic=draft.terms.synthetic,
        )

    def discard(self, name: str) -> None:
        """Remove a draft with its photos.

        Raises:
            JobNotReady: It is no draft, or was run.
        """
        if self.state(name) != DRAFTED:
            raise JobNotReady(f"The audit {name} is not a draft.", remedy="Finished audits are removed by hand.")
        shutil.rmtree(self.workspace(name).folder, ignore_errors=True)


def people_choices(parameters: Mapping[str, Any]) -> PeopleChoices:
    """Return the choices about a list among a job's parameters."""
    return PeopleChoices(
        labels=tuple(parameters.get("labels") or ()),
        subject=parameters.get("subject_column") or None,
        file=parameters.get("file_column") or None,
        merge_spellings=bool(parameters.get("merge_spellings")),
    )
