"""The sample cohort's demonstration: enrol the references, search every probe, and tell who was taken for whom.

Every probe's true subject is enrolled, so each search has a right answer; whoever else reaches the threshold is a
false candidate. Photos without a face are failures to acquire and counted as such. Labels come from the cohort's list,
never from a face.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from countenance.audit.calibration import calibrate
from countenance.core.comparison import similarity
from countenance.core.errors import InputError, ListInvalid
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration, Rate, Threshold
from countenance.core.vocabulary import Candidate, Template
from countenance.service.acts import DEMONSTRATE
from countenance.service.admission import OngoingAct
from countenance.service.ports import Engine, SearchIndex
from countenance.service.sources import read_photo


@dataclass(frozen=True, slots=True)
class CohortPhoto:
    """One row of the cohort's list."""

    file: Path
    subject: str
    role: str
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class Acquired:
    """A cohort photo with its template, or None where no face was found (a failure to acquire)."""

    photo: CohortPhoto
    template: Template | None


@dataclass(frozen=True, slots=True)
class ProbeOutcome:
    """What came of searching one probe.

    Attributes:
        photo: The probe.
        acquired: False if no face was found.
        found: Whether the true subject is a candidate (mated search).
        taken_for: The most similar *other* subject at or above the threshold, or None: a false candidate.
        false_candidates: How many other subjects reached the threshold.
        true_similarity: Similarity with the true subject's reference, or None without a face.
    """

    photo: CohortPhoto
    acquired: bool
    found: bool
    taken_for: Candidate | None
    false_candidates: int
    true_similarity: float | None


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """Counts of one group; every rate is left to the reader of counts or to an audit.

    Attributes:
        group: Label as the cohort's list has it, or ``all``.
        probes: Searches made.
        not_acquired: Probes without a face.
        found: Mated searches that returned the true subject.
        missed: Mated searches that did not; includes failures to acquire.
        taken_for_somebody_else: Searches in which at least one other subject reached the threshold.
        people_taken: Different subjects whose probes were taken for somebody else.
        people: Different subjects searched.
    """

    group: str
    probes: int
    not_acquired: int
    found: int
    missed: int
    taken_for_somebody_else: int
    people_taken: int
    people: int


@dataclass(frozen=True, slots=True)
class SearchPass:
    """All probes searched at one threshold.

    Attributes:
        threshold: What was decided at; its rates are those of the data it was chosen on.
        here_false_match_rate: FMR of all comparisons within the cohort at this threshold, with interval.
        here_false_non_match_rate: FNMR likewise.
        outcomes: One a probe.
        groups: All, then each group.
    """

    threshold: Threshold
    here_false_match_rate: Rate
    here_false_non_match_rate: Rate
    outcomes: tuple[ProbeOutcome, ...]
    groups: tuple[GroupCounts, ...]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Everything the demonstration's table and page show.

    Attributes:
        model: Recogniser used.
        max_false_candidates: False candidates a stranger may meet on average; the same for both thresholds.
        promised: Searched at the threshold that keeps this on the data the model was calibrated with.
        own: Searched at the threshold that keeps it on the cohort itself.
        gallery_subjects: People in the gallery.
        gallery_failures: References without a face.
    """

    model: ModelIdentity
    max_false_candidates: float
    promised: SearchPass
    own: SearchPass
    gallery_subjects: int
    gallery_failures: int


def read_cohort(folder: Path) -> list[CohortPhoto]:
    """Return the rows of a cohort's ``labels.csv``; the group is sex and skin tone as labelled by construction.

    Raises:
        ListInvalid: A column is missing.
    """
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    try:
        return [
            CohortPhoto(folder / row["file"], row["subject"], row["role"], f"{row['sex']}, {row['skin_tone']} skin")
            for row in rows
        ]
    except KeyError as error:
        raise ListInvalid(f"labels.csv has no column {error}.") from error


def acquire(
    act: OngoingAct,
    photos: list[CohortPhoto],
    engine: Engine,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> list[Acquired]:
    """Return each photo with the template of its largest face; a photo without a face or unreadable has none.

    Raises:
        PolicyError: The act is not the demonstration.
    """
    act.require(DEMONSTRATE)

    def look(photo: CohortPhoto) -> Acquired:
        try:
            faces = engine.read_faces(read_photo(photo.file)).faces
        except InputError:
            faces = ()
        return Acquired(photo, faces[0].template if faces else None)

    acquired = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for item in pool.map(look, photos):
            acquired.append(item)
            if progress is not None:
                progress(len(acquired), len(photos))
    return acquired


def demonstrate(
    act: OngoingAct,
    acquired: list[Acquired],
    index: SearchIndex,
    *,
    calibration: Calibration,
    max_false_candidates: float,
) -> Demonstration:
    """Return what searching every probe in the gallery of references came to, at two thresholds of one promise.

    The first threshold keeps the promise on the data the model was calibrated with, the second on the cohort itself;
    the second is chosen on the very data it is used on, so its rates are those of a fit, not of a test.

    Args:
        act: Admitted to demonstrate.
        acquired: All photos of the cohort; those of the role ``reference`` are in the index.
        index: The gallery.
        calibration: What the model's scores mean on other data.
        max_false_candidates: False candidates a stranger may meet on average.

    Raises:
        PolicyError: The act is not the demonstration.
        CalibrationUnsupported: The cohort is too small for the promise.
    """
    act.require(DEMONSTRATE)
    references = {item.photo.subject: item.template for item in acquired if item.photo.role == "reference"}
    enrolled = sum(template is not None for template in references.values())
    rate = max_false_candidates / enrolled
    cohort = _calibrate_on_cohort(acquired, calibration)

    def search_all(threshold: Threshold) -> SearchPass:
        probes = [item for item in acquired if item.photo.role != "reference"]
        outcomes = tuple(_search(item, index, references, threshold) for item in probes)
        groups = ["all", *dict.fromkeys(item.photo.group for item in probes)]
        return SearchPass(
            threshold=threshold,
            here_false_match_rate=cohort.false_match_rate_at(threshold.value),
            here_false_non_match_rate=cohort.false_non_match_rate_at(threshold.value),
            outcomes=outcomes,
            groups=tuple(_count(name, outcomes) for name in groups),
        )

    return Demonstration(
        model=calibration.model,
        max_false_candidates=max_false_candidates,
        promised=search_all(calibration.threshold_for(rate)),
        own=search_all(cohort.threshold_for(rate)),
        gallery_subjects=enrolled,
        gallery_failures=len(references) - enrolled,
    )


def _calibrate_on_cohort(acquired: list[Acquired], calibration: Calibration) -> Calibration:
    usable = [(item.template, item.photo.subject) for item in acquired if item.template is not None]
    return calibrate(
        np.stack([template.vector for template, _ in usable]),
        [subject for _, subject in usable],
        model=calibration.model,
        data_set="the synthetic cohort",
        date=calibration.date,
        failures_to_acquire=len(acquired) - len(usable),
    )


def _search(
    item: Acquired, index: SearchIndex, references: dict[str, Template | None], threshold: Threshold
) -> ProbeOutcome:
    if item.template is None:
        return ProbeOutcome(
            item.photo, acquired=False, found=False, taken_for=None, false_candidates=0, true_similarity=None
        )
    candidates = index.search(item.template, threshold_value=threshold.value, limit=len(references)).candidates
    others = [candidate for candidate in candidates if candidate.subject != item.photo.subject]
    own = references.get(item.photo.subject)
    return ProbeOutcome(
        photo=item.photo,
        acquired=True,
        found=len(others) < len(candidates),
        taken_for=others[0] if others else None,
        false_candidates=len(others),
        true_similarity=None if own is None else similarity(item.template, own),
    )


def _count(group: str, outcomes: tuple[ProbeOutcome, ...]) -> GroupCounts:
    chosen = [item for item in outcomes if group in ("all", item.photo.group)]
    taken = [item for item in chosen if item.taken_for is not None]
    return GroupCounts(
        group=group,
        probes=len(chosen),
        not_acquired=sum(not item.acquired for item in chosen),
        found=sum(item.found for item in chosen),
        missed=sum(not item.found for item in chosen),
        taken_for_somebody_else=len(taken),
        people_taken=len({item.photo.subject for item in taken}),
        people=len({item.photo.subject for item in chosen}),
    )
