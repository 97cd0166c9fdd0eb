"""The audits of this installation: folders below one folder, drafts before they are run, results afterwards.

Rules kept here:

- An audit's folder is what ``countenance audit`` makes: either can go on where the other stopped.
- Photos and templates that were sent are removed after the run, unless whoever sent them says otherwise.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from countenance.core.errors import AuditInputInvalid, CountenanceError, JobNotReady
from countenance.service.audit_drafts import DRAFT, DRAFTED, FINISHED, MADE, NAME, PEOPLE, PHOTOS, AuditDrafts
from countenance.service.audits.workspace import AUDIT, REPORT, RESULT
from countenance.service.job_archives import ArchiveLimits

BUNDLE = "bundle.zip"


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


class AuditShelf(AuditDrafts):
    """The audits below one folder, whole: drafts, and what was made of them.

    Args:
        root: The folder.
        limits: How much an archive may hold.
    """

    def __init__(self, root: Path, limits: ArchiveLimits | None = None) -> None:
        super().__init__(root, limits)
        self._read: dict[str, tuple[int, ShelvedAudit]] = {}

    def page(self, *, after: str = "", limit: int = 50) -> tuple[ShelvedAudit, ...]:
        """Return audits by name, those behind ``after``."""
        try:
            names = sorted(path.name for path in self.root.iterdir() if NAME.fullmatch(path.name))
        except FileNotFoundError:
            return ()
        found: list[ShelvedAudit] = []
        for name in names:
            if name > after and self.state(name):
                found.append(self.audit(name))
                if len(found) == limit:
                    break
        return tuple(found)

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
