"""An audit's folder: what is audited (``audit.json``), templates kept, the result, its report.

Rules kept here:

- ``audit.json`` is all that is needed to run again: choices, photos with digests, subjects and labels. Paths in it are
  relative to the folder where they can be.
- Files are replaced whole; an interrupted run leaves the earlier one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits.material import AuditedPhoto
from countenance.service.audits.photos import SeveralFacesRule

FORMAT = "countenance.audit/1"
AUDIT, RESULT, REPORT = "audit.json", "result.json", "report.html"


@dataclass(frozen=True, slots=True)
class AuditSetUp:
    """What is audited, as ``audit new`` settled it.

    Attributes:
        name: The audit.
        title: One line for the report.
        created_at: ISO 8601 time, UTC.
        photos_root: Folder of the photos, relative to the audit's folder where possible.
        attributes: Labels the people are grouped by.
        columns: Which column of the list was which.
        merged_spellings: Whether spellings of a label were merged.
        several_faces: What is done with photos of several faces.
        description: What the data is.
        source_of_labels: Who labelled it and how.
        licence: Terms of the photos and labels, in the owner's words.
        synthetic: Whether the people do not exist.
        photos: The photos.
        run: Choices of the last run: engine, threshold, seed; empty before the first.
    """

    name: str
    title: str
    created_at: str
    photos_root: str
    attributes: tuple[str, ...]
    columns: Mapping[str, Any]
    merged_spellings: bool
    several_faces: SeveralFacesRule
    description: str
    source_of_labels: str
    licence: str
    synthetic: bool
    photos: tuple[AuditedPhoto, ...] = field(repr=False)
    run: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The folder of one audit."""

    folder: Path

    @property
    def name(self) -> str:
        """Return the audit's name: that of its folder."""
        return self.folder.name

    def exists(self) -> bool:
        """Return whether an audit was made here."""
        return (self.folder / AUDIT).is_file()

    def set_up(self) -> AuditSetUp:
        """Return what is audited.

        Raises:
            FileUnreadable: There is no audit here, or its file cannot be read.
            AuditInputInvalid: The file is damaged.
        """
        return set_up_from_json(self.read(AUDIT))

    def keep(self, set_up: AuditSetUp) -> None:
        """Write what is audited."""
        self.write(AUDIT, set_up_to_json(set_up))

    def result(self) -> dict[str, Any]:
        """Return the result document.

        Raises:
            FileUnreadable: The audit was not run yet.
            AuditInputInvalid: The file is damaged.
        """
        try:
            document = json.loads(self.read(RESULT))
        except ValueError as error:
            raise AuditInputInvalid(f"{RESULT} of {self.name} is damaged.", remedy="Run the audit again.") from error
        if not isinstance(document, dict):
            raise AuditInputInvalid(f"{RESULT} of {self.name} is damaged.", remedy="Run the audit again.")
        return document

    def photo_path(self, set_up: AuditSetUp, file: str) -> Path:
        """Return where a photo lies."""
        return self.folder / set_up.photos_root / file

    def cache(self, model: str) -> Path:
        """Return the file that keeps a model's templates."""
        return self.folder / f"faces-{model}.npz"

    def read(self, name: str) -> str:
        """Return a file's text.

        Raises:
            FileUnreadable: It is missing or cannot be read.
        """
        path = self.folder / name
        try:
            return path.read_text(encoding="utf-8")
        except FileNotFoundError as error:
            remedy = (
                f"Make it with `countenance audit new {self.name} --photos DIR --people people.csv`."
                if name == AUDIT
                else f"Run `countenance audit run {self.name}` first."
            )
            raise FileUnreadable(f"There is no {name} of an audit in {self.folder}.", remedy=remedy) from error
        except (OSError, UnicodeDecodeError) as error:
            raise FileUnreadable(f"{path} cannot be read.") from error

    def write(self, name: str, text: str) -> Path:
        """Write a file whole and return where it lies.

        Raises:
            FileUnreadable: The folder cannot be written to.
        """
        path = self.folder / name
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        except OSError as error:
            raise FileUnreadable(f"{path} cannot be written: {(error.strerror or '').lower()}.") from error
        return path

    def relative(self, path: Path) -> str:
        """Return a path as seen from the folder, so that both can be moved together."""
        try:
            return Path(os.path.relpath(path.resolve(), self.folder.resolve())).as_posix()
        except ValueError:
            # Another drive: there is no relative way.
            return path.resolve().as_posix()


def set_up_to_json(set_up: AuditSetUp) -> str:
    """Return what is audited as JSON text."""
    plain = {
        "format": FORMAT,
        **{name: getattr(set_up, name) for name in _PLAIN},
        "attributes": list(set_up.attributes),
        "columns": dict(set_up.columns),
        "several_faces": set_up.several_faces.value,
        "run": dict(set_up.run),
        "photos": [photo_to_plain(photo) for photo in set_up.photos],
    }
    return json.dumps(plain, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


_PLAIN = (
    "name", "title", "created_at", "photos_root", "merged_spellings", "description", "source_of_labels", "licence",
    "synthetic",
)  # fmt: skip


def set_up_from_json(text: str) -> AuditSetUp:
    """Return what is audited from its JSON text.

    Raises:
        AuditInputInvalid: It is not such a text.
    """
    try:
        plain = json.loads(text)
        if plain["format"] != FORMAT:
            raise ValueError(plain["format"])
        return AuditSetUp(
            **{name: plain[name] for name in _PLAIN},
            attributes=tuple(plain["attributes"]),
            columns=plain["columns"],
            several_faces=SeveralFacesRule(plain["several_faces"]),
            photos=tuple(photo_from_plain(one) for one in plain["photos"]),
            run=plain["run"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise AuditInputInvalid(
            f"{AUDIT} is damaged or of another version.", remedy="Make the audit again with `countenance audit new`."
        ) from error


def photo_to_plain(photo: AuditedPhoto) -> dict[str, Any]:
    """Return a photo as JSON types."""
    return {
        "file": photo.file,
        "sha256": photo.sha256,
        "subject": photo.subject,
        "role": photo.role,
        "labels": dict(photo.labels),
        "failure": photo.failure,
        "quality": list(photo.quality),
    }


def photo_from_plain(plain: Mapping[str, Any]) -> AuditedPhoto:
    """Return a photo from JSON types."""
    return AuditedPhoto(
        file=plain["file"],
        subject=plain["subject"],
        labels=plain["labels"],
        role=plain["role"],
        sha256=plain["sha256"],
        failure=plain["failure"],
        quality=tuple(plain["quality"]),
    )


def with_run(set_up: AuditSetUp, run: Mapping[str, Any]) -> AuditSetUp:
    """Return the set-up with the choices of its last run."""
    return replace(set_up, run=dict(run))
