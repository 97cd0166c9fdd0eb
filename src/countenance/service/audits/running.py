"""``audit run`` as a use case: a set-up and an engine → templates, scores, a result.

Rules kept here:

- A run reads every photo again or finds its template by the digest of its bytes; a photo that changed is read anew.
- The document is written last. Whoever finds one finds the result of a whole run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from countenance.core.errors import AuditInputInvalid
from countenance.core.vocabulary import FloatArray
from countenance.service.audits.document import Facts, System, build_document, to_json
from countenance.service.audits.evidence import TemplateEvidence
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.people import PeopleChoices, read_people
from countenance.service.audits.photos import ReadPhotos, read_photos
from countenance.service.audits.run_records import (
    DEFAULT_TARGET_FMR,
    RunChoices,
    choices_of,
    command_of,
    plan_of,
    run_record,
    versions,
)
from countenance.service.audits.sensitivity import OtherEvidence
from countenance.service.audits.workspace import RESULT, AuditSetUp, Workspace, with_run
from countenance.service.ports import CalibrationBook, Engine
from countenance.service.sources import list_photos

__all__ = [
    "DEFAULT_TARGET_FMR",
    "Prepared",
    "RunChoices",
    "choices_of",
    "facts_of",
    "gallery_photos",
    "plan_of",
    "prepare",
    "run_audit",
    "run_record",
    "system_of",
    "versions",
]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Photos and templates of one engine, ready to be measured."""

    material: Material
    templates: FloatArray
    reference_templates: FloatArray | None

    @property
    def evidence(self) -> TemplateEvidence:
        """Return the scores' source."""
        return TemplateEvidence(self.templates, self.reference_templates)


def prepare(
    workspace: Workspace, set_up: AuditSetUp, engine: Engine, *, against: Path | None, workers: int, progress: Progress
) -> Prepared:
    """Return the audit's photos with this engine's templates, and those of the gallery.

    Raises:
        FileUnreadable, ListInvalid: Photos of the gallery cannot be listed.
        AuditInputInvalid: No photo gave a template.
    """
    cache = workspace.cache(engine.model.name)

    def read(photos: list[tuple[AuditedPhoto, Path]], words: str, file: Path) -> ReadPhotos:
        return read_photos(
            photos, engine, rule=set_up.several_faces, workers=workers, cache=file,
            progress=lambda done, total: progress(words, done, total),
        )  # fmt: skip

    own = read(
        [(photo, workspace.photo_path(set_up, photo.file)) for photo in set_up.photos],
        f"Templates of {engine.model.name}", cache,
    )  # fmt: skip
    gallery = None
    if against is not None:
        listed = gallery_photos(against, set_up)
        gallery = read(listed, "Templates of the gallery", cache.with_stem(cache.stem + "-gallery"))
    for one, what in ((own, "the photos"), (gallery, "the gallery's photos")):
        if one is not None and (one.templates is None or not len(one.templates)):
            raise AuditInputInvalid(
                f"None of {what} gave a template.", remedy="Look at them with `countenance detect`."
            )
    assert own.templates is not None  # noqa: S101 - refused above
    return Prepared(
        Material(own.photos, None if gallery is None else gallery.photos, set_up.attributes),
        own.templates,
        None if gallery is None else gallery.templates,
    )


def gallery_photos(source: Path, set_up: AuditSetUp) -> list[tuple[AuditedPhoto, Path]]:
    """Return the gallery's photos; people of the audit have their labels, others those of the list or none.

    A CSV list may have a column for each label; in a folder only people of the audit have labels.
    """
    labels = {photo.subject: photo.labels for photo in set_up.photos}
    if source.is_dir():
        return [
            (AuditedPhoto(one.name, one.subject, labels.get(one.subject, {}), "reference"), one.path)
            for one in list_photos(source)
        ]
    listed, _ = read_people(source, source.parent, PeopleChoices())
    return [
        (AuditedPhoto(one.file, one.subject, labels.get(one.subject, one.labels), "reference"), one.path)
        for one in listed
    ]


def run_audit(
    workspace: Workspace,
    engine: Engine,
    calibrations: CalibrationBook,
    choices: RunChoices,
    *,
    made_at: str,
    workers: int,
    progress: Progress,
    other: Engine | None = None,
) -> dict[str, Any]:
    """Run the audit, write its result and return it.

    Args:
        workspace: The audit's folder.
        engine: What is audited.
        calibrations: Records of what models' scores mean.
        choices: Threshold, stops, seed, gallery.
        made_at: ISO 8601 time, UTC.
        workers: Photos read at once.
        progress: Called with (step, done, total).
        other: A second engine, for "another model".

    Raises:
        AuditInputInvalid, CalibrationUnsupported, FileUnreadable, ListInvalid: See ``prepare`` and ``build_document``.
    """
    set_up = workspace.set_up()
    ready = prepare(workspace, set_up, engine, against=choices.against, workers=workers, progress=progress)
    second = None
    if other is not None:
        made = prepare(workspace, set_up, other, against=choices.against, workers=workers, progress=progress)
        second = OtherEvidence(other.model.name, made.material, made.evidence)
    plan, notes = plan_of(choices, calibrations.find(engine.model))
    ran = run_record(choices, workspace, engine.model.name, None if other is None else other.model.name, made_at)
    facts = facts_of(set_up, ran, system_of(engine), notes)
    document = build_document(facts, ready.material, ready.evidence, plan, other=second, progress=progress)
    workspace.keep(with_run(replace(set_up, photos=ready.material.photos), ran))
    workspace.write(RESULT, to_json(document))
    return document


def system_of(engine: Engine) -> System:
    """Return the audited system of an engine."""
    model = engine.model
    return System(
        kind="engine",
        name=model.name,
        model={"name": model.name, "digest": model.digest, "dimension": model.dimension},
        note="Scores are cosines of the angle between two templates, not percentages or probabilities.",
    )


def facts_of(set_up: AuditSetUp, ran: Mapping[str, Any], system: System, notes: tuple[str, ...]) -> Facts:
    """Return what the document says apart from what it measures."""
    return Facts(
        name=set_up.name,
        title=set_up.title,
        made_at=str(ran["made_at"]),
        system=system,
        description=set_up.description,
        source_of_labels=set_up.source_of_labels,
        synthetic=set_up.synthetic,
        software=versions(),
        digests={} if system.model is None else {"model": str(system.model["digest"])},
        command=command_of(set_up.name, ran),
        notes=notes,
    )
