"""Identification: every probe searched, at every stop and gallery size, by group, and who was taken for whom.

Rules kept here:

- Measured sizes are exact averages over all smaller galleries; larger ones are drawn from models, by name, flagged.
- In one set every search also counts in a gallery without its mate: that is the search of somebody not enrolled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from countenance.audit.identification import (
    METHOD,
)
from countenance.audit.intervals import ClusterSums
from countenance.audit.measured_rate import MeasuredRate, per_subject_rates
from countenance.audit.photo_set import PhotoLabels, prepare_labels
from countenance.audit.search_outcomes import SearchOutcomes, chance_of_any, search_scores
from countenance.service.audits.evidence import Evidence
from countenance.service.audits.material import Grouping, Material, enrolled_rows
from countenance.service.audits.rate_entries import Entry, averaged_entry

IntArray = npt.NDArray[np.int64]
FloatNumbers = npt.NDArray[np.float64]

#: Gallery sizes on the slider: so many measured ones, evenly spaced on a log scale, up to the whole gallery …
MEASURED_SIZES = 6
#: … and these, as models have them, where the gallery is smaller. 25,000 is the gallery of the ACLU's 2018 test.
MODELLED_SIZES = (1_000, 25_000, 1_000_000)
#: Elements of a table of people by people above which people are counted at the whole gallery only.
PEOPLE_TABLE_LIMIT = 60_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Searched:
    """All searches of an audit.

    Attributes:
        by_photo: A row a probe photo.
        by_person: A row a person, by the highest score of the person's probes; None where the table would be too large.
        probe_rows: Usable photos searched with.
        enrolled_rows: Usable photos (or references) that make up the gallery.
        sizes: Gallery sizes, ascending.
        measured: How many of them are measured.
    """

    by_photo: SearchOutcomes
    by_person: SearchOutcomes | None
    probe_rows: IntArray = field(repr=False)
    enrolled_rows: IntArray = field(repr=False)
    sizes: tuple[int, ...]
    measured: int


def search(material: Material, evidence: Evidence, grouping: Grouping, thresholds: Sequence[float]) -> Searched | None:
    """Return all searches; None if the scores are incomplete, or nobody is left to search with or to search among."""
    if not evidence.complete:
        return None
    photos = material.usable
    references = material.usable_references
    if references is None:
        enrolled = enrolled_rows(photos)
        probe_rows, gallery_rows = np.flatnonzero(~enrolled), np.flatnonzero(enrolled)
        gallery = [photos[at] for at in gallery_rows.tolist()]
    else:
        probe_rows, gallery_rows = np.arange(len(photos)), np.arange(len(references))
        gallery = list(references)
    probes = [photos[at] for at in probe_rows.tolist()]
    if not probes or len({photo.subject for photo in gallery}) < 2:
        return None
    sets = prepare_labels(
        PhotoLabels([photo.subject for photo in probes], grouping.of(probes)),
        PhotoLabels([photo.subject for photo in gallery], grouping.of(gallery)),
    )
    columns = gallery_rows[sets.references.row]
    people, starts = np.unique(sets.references.subject, return_index=True)
    searched, whose = np.unique(sets.probes.subject, return_inverse=True)
    best = None
    if searched.size * people.size <= PEOPLE_TABLE_LIMIT:
        best = np.full((searched.size, people.size), -np.inf)

    def block(start: int, stop: int) -> FloatNumbers:
        scores = evidence.scores(probe_rows[sets.probes.row[start:stop]], columns)
        if best is not None:
            np.maximum.at(best, whose[start:stop], np.maximum.reduceat(scores, starts, axis=1))
        return scores

    mates_out = references is None
    by_photo = search_scores(sets, block, thresholds, take_mates_out=mates_out)
    most = int(by_photo.others[by_photo.non_mated].max(initial=0))
    if not most:
        return None
    by_person = None
    if best is not None:
        # Codes are sorted already, so that people stand in the order of the rows and columns of the table.
        names = [f"{code:09d}" for code in range(sets.subject_group.size)]
        groups = [f"{code:09d}" for code in sets.subject_group.tolist()]
        person_sets = prepare_labels(
            PhotoLabels([names[at] for at in searched.tolist()], [groups[at] for at in searched.tolist()]),
            PhotoLabels([names[at] for at in people.tolist()], [groups[at] for at in people.tolist()]),
        )
        by_person = search_scores(
            person_sets, lambda start, stop: best[start:stop].copy(), thresholds, take_mates_out=mates_out
        )
    sizes, measured = gallery_sizes(most)
    return Searched(by_photo, by_person, probe_rows, gallery_rows, sizes, measured)


def gallery_sizes(most: int) -> tuple[tuple[int, ...], int]:
    """Return the slider's gallery sizes and how many of them are measured."""
    measured = np.unique(np.rint(np.geomspace(min(10, most), most, MEASURED_SIZES)).astype(int)).tolist()
    return (*measured, *(size for size in MODELLED_SIZES if size > most)), len(measured)


def regrouped(outcomes: SearchOutcomes, names: Sequence[str], codes: Sequence[int]) -> SearchOutcomes:
    """Return the outcomes with each group counted as part of another one.

    Args:
        outcomes: By the finest groups.
        names: The new groups.
        codes: New code of each old group.
    """
    new = np.asarray(codes, dtype=np.int64)
    candidates = np.zeros((outcomes.candidates.shape[0], len(names), outcomes.candidates.shape[2]), dtype=np.int64)
    for old, code in enumerate(new.tolist()):
        candidates[:, code] += outcomes.candidates[:, old]
    return replace(
        outcomes,
        groups=tuple(names),
        group=new[outcomes.group],
        gallery_group=new[outcomes.gallery_group],
        candidates=candidates,
    )


def people_share(searched: Searched, at: int, size: int) -> MeasuredRate | None:
    """Return the share of people of whom at least one search returns somebody else, with its interval over people."""
    outcomes = searched.by_person
    if outcomes is None:
        outcomes = searched.by_photo
        if size != searched.sizes[searched.measured - 1]:
            return None
        hit = outcomes.candidates[:, :, at].sum(axis=1) > 0
        _, subject = np.unique(outcomes.subject[outcomes.non_mated], return_inverse=True)
        taken = np.zeros(int(subject.max(initial=-1)) + 1)
        np.maximum.at(taken, subject, hit[outcomes.non_mated].astype(np.float64))
    else:
        chosen = outcomes.non_mated
        found = outcomes.candidates[chosen, :, at].sum(axis=1)
        taken = chance_of_any(found, outcomes.others[chosen], size)
    sums = ClusterSums.of(taken[:, None], np.ones(taken.size, dtype=np.int64))
    return per_subject_rates(sums, method=METHOD)[0]


def people_taken(searched: Searched, at: int, size: int) -> Entry | None:
    """Return how many people were taken for somebody else at a stop, with a sentence; None where it is not counted."""
    share = people_share(searched, at, size)
    if share is None:
        return None
    of = share.rate.trials
    people = share.estimate * of
    whole = size == searched.sizes[searched.measured - 1]
    said = f"{round(people):,}" if whole else f"{people:.1f}".removesuffix(".0")
    among = f"each was looked for among {size:,} other people"
    sentence = f"{said} of {of:,} people {'was' if said == '1' else 'were'} taken for somebody else when {among}."
    if not whole:
        sentence = f"On average {sentence}"
    return {
        "people": round(people) if whole else people,
        "of": of,
        "share": averaged_entry(share),
        "sentence": sentence,
    }


def codes_by_name(fine: Sequence[str], coarse: Sequence[str], names: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the coarse groups, sorted, and the coarse code of each fine group of ``names``."""
    pairs: dict[str, Any] = dict(zip(fine, coarse, strict=True))
    known = sorted(set(coarse))
    return known, [known.index(pairs[name]) for name in names]
