"""The audits of this installation: folders below one folder, drafts before they are run, results afterwards.

Rules kept here:

- An audit's folder is what ``countenance audit`` makes: either can go on where the other stopped.
- A draft holds photos and list as they were sent; what was understood of the list is said before anything is run.
- Photos and templates that were sent are removed after the run, unless whoever sent them says otherwise.
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

from countenance.core.errors import ArchiveInvalid, AuditInputInvalid, CountenanceError, InputError, JobNotReady
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.new_audit import NewAudit
from countenance.service.audits.people import PeopleChoices, PeopleFindings, read_people
from countenance.service.audits.photos import SeveralFacesRule
from countenance.service.audits.power import PowerRow, power_table
from countenance.service.audits.workspace import AUDIT, REPORT, RESULT, Workspace
from countenance.service.job_archives import ArchiveLimits, unpack
from countenance.service.job_folders import Incoming

DRAFT, PHOTOS, PEOPLE, BUNDLE = "draft.json", "photos", "people.csv", "bundle.zip"
#: Names of audits: they are folders and stand in addresses.
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
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


@dataclass(frozen=True, slots=True)
class ShelvedAudit:
    """An audit in a list.

    Attributes:
        name: Its folder.
        state: ``draft``, ``made`` or ``finished``.
        title: One line.
        made_at: When it was run, or made; ISO 8601, or empty if that cannot be read.
        headline: The result in a sentence; empty before it is run.
        system: What was audited; empty before.
        synthetic: Whether the people do not exist; None if it cannot be read.
    """

    name: str
    state: str
    title: str
    made_at: str
    headline: str
    system: str
    synthetic: bool | None


class AuditShelf:
    """The audits below one folder.

    Args:
        root: The folder.
        limits: How much an archive may hold.
    """

    def __init__(self, root: Path, limits: ArchiveLimits | None = None) -> None:
        self.root = root
        self._limits = limits or ArchiveLimits()
        self._read: dict[str, tuple[int, ShelvedAudit]] = {}
        self._sending: set[str] = set()
        self._lock = threading.Lock()

    def workspace(self, name: str) -> Workspace:
        """Return the folder of an audit, whether or not it is there.

        Raises:
            InputError: The name cannot be one.
        """
        if not _NAME.fullmatch(name):
            raise InputError(
                "That is no name for an audit.",
                remedy="Up to 60 small letters, digits, hyphens and underscores; a letter or digit first.",
            )
        return Workspace(self.root / name)

    def page(self, *, after: str = "", limit: int = 50) -> tuple[ShelvedAudit, ...]:
        """Return audits by name, those behind ``after``."""
        try:
            names = sorted(path.name for path in self.root.iterdir() if _NAME.fullmatch(path.name))
        except FileNotFoundError:
            return ()
        found: list[ShelvedAudit] = []
        for name in names:
            if name > after and self.state(name):
                found.append(self.audit(name))
                if len(found) == limit:
                    break
        return tuple(found)

    def state(self, name: str) -> str:
        """Return how far an audit is; empty if there is none of this name."""
        folder = self.workspace(name).folder
        for file, state in ((RESULT, FINISHED), (AUDIT, MADE), (DRAFT, DRAFTED)):
            if (folder / file).is_file():
                return state
        return ""

    def audit(self, name: str) -> ShelvedAudit:
        """Return an audit as lists show it; a result is read again only when its file has changed.

        Raises:
            AuditInputInvalid: There is none of this name.
        """
        state = self.state(name)
        folder = self.workspace(name).folder
        if not state:
            raise AuditInputInvalid(f"There is no audit {name}.", remedy="The list of audits has their names.")
        file = folder / {FINISHED: RESULT, MADE: AUDIT, DRAFTED: DRAFT}[state]
        changed = file.stat().st_mtime_ns
        known = self._read.get(name)
        if known is not None and known[0] == changed and known[1].state == state:
            return known[1]
        shown = self._describe(name, state)
        self._read[name] = (changed, shown)
        return shown

    def _describe(self, name: str, state: str) -> ShelvedAudit:
        try:
            if state == FINISHED:
                document = self.workspace(name).result()
                return ShelvedAudit(
                    name, state, document.get("title") or name, document["made_at"],
                    document["headline"]["sentence"], document["system"]["name"], bool(document["data"]["synthetic"]),
                )  # fmt: skip
            if state == MADE:
                set_up = self.workspace(name).set_up()
                return ShelvedAudit(name, state, set_up.title, set_up.created_at, "", "", set_up.synthetic)
            draft = self.draft(name)
            return ShelvedAudit(name, state, draft.terms.title or name, draft.created_at, "", "", draft.terms.synthetic)
        except (CountenanceError, KeyError, TypeError):
            return ShelvedAudit(name, state, name, "", "This audit's file cannot be read.", "", None)

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

    def file(self, name: str, kind: str) -> Path:
        """Return where the result, report or bundle of a finished audit lies.

        Raises:
            JobNotReady: It is not there.
        """
        path = self.workspace(name).folder / {"result": RESULT, "report": REPORT, "bundle": BUNDLE}[kind]
        if not path.is_file():
            raise JobNotReady(f"The audit {name} has no {kind} yet.", remedy="Run it first.")
        return path

    def has_photos(self, name: str) -> bool:
        """Return whether the photos of an audit are still where its set-up says."""
        workspace = self.workspace(name)
        if not workspace.exists():
            return False
        set_up = workspace.set_up()
        return bool(set_up.photos) and workspace.photo_path(set_up, set_up.photos[0].file).is_file()

    def drop_photos(self, name: str) -> None:
        """Remove the photos that were sent, and the templates made of them."""
        folder = self.workspace(name).folder
        shutil.rmtree(folder / PHOTOS, ignore_errors=True)
        (folder / PEOPLE).unlink(missing_ok=True)
        for templates in folder.glob("faces-*.npz"):
            templates.unlink()

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
