"""``audit new``: a list of people and a folder of photos → a set-up, with all that was understood and could be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.people import PeopleChoices, PeopleFindings, read_people
from countenance.service.audits.photos import SeveralFacesRule, read_photos
from countenance.service.audits.power import PowerRow, power_table
from countenance.service.audits.workspace import AuditSetUp, Workspace
from countenance.service.ports import Engine

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class NewAudit:
    """What ``audit new`` is told.

    Attributes:
        photos: Folder of the photos.
        people: List of people.
        choices: Columns, labels, spellings.
        several_faces: What to do with photos of several faces.
        title: One line; the name when empty.
        description: What the data is.
        source_of_labels: Who labelled it and how.
        licence: Terms of the photos.
        synthetic: Whether the people do not exist.
        created_at: ISO 8601 time, UTC.
    """

    photos: Path
    people: Path
    choices: PeopleChoices
    created_at: str
    several_faces: SeveralFacesRule = SeveralFacesRule.LEAVE_OUT
    title: str = ""
    description: str = ""
    source_of_labels: str = ""
    licence: str = ""
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Understood:
    """A new audit as understood, before it is written.

    Attributes:
        set_up: What would be written.
        findings: About the list of people.
        failures: Reason → photos.
        several: Photos with several faces.
        below_quality: Photos below a quality limit.
        power: What could be seen.
    """

    set_up: AuditSetUp
    findings: PeopleFindings
    failures: Mapping[str, int]
    several: int
    below_quality: int
    power: tuple[PowerRow, ...]


def understand(workspace: Workspace, new: NewAudit, engine: Engine, *, workers: int, progress: Progress) -> Understood:
    """Return a new audit as understood: the list read, every photo looked at for faces.

    Raises:
        FileUnreadable, ListInvalid: The list or the photos cannot be used.
    """
    listed, findings = read_people(new.people, new.photos, new.choices)
    photos = [(AuditedPhoto(one.file, one.subject, one.labels, one.role), one.path) for one in listed]
    read = read_photos(
        photos, engine, rule=new.several_faces, workers=workers, templates=False,
        progress=lambda done, total: progress("Looking for faces", done, total),
    )  # fmt: skip
    set_up = AuditSetUp(
        name=workspace.name,
        title=new.title or workspace.name,
        created_at=new.created_at,
        photos_root=workspace.relative(new.photos),
        attributes=findings.columns.labels,
        columns={
            "subject": findings.columns.subject,
            "file": findings.columns.file,
            "role": findings.columns.role,
            "labels": list(findings.columns.labels),
        },
        merged_spellings=findings.merged,
        several_faces=new.several_faces,
        description=new.description or f"{findings.photos:,} photos of {findings.people:,} people",
        source_of_labels=new.source_of_labels or f"the list {new.people.name}",
        licence=new.licence or "not stated",
        synthetic=new.synthetic,
        photos=read.photos,
    )
    failures: dict[str, int] = {}
    for photo in read.photos:
        if photo.failure is not None:
            failures[photo.failure] = failures.get(photo.failure, 0) + 1
    return Understood(
        set_up=set_up,
        findings=findings,
        failures=failures,
        several=read.several,
        below_quality=sum(bool(photo.quality) for photo in read.photos),
        power=power_table(Material(read.photos, None, set_up.attributes)),
    )
