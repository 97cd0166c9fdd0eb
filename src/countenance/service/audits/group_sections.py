"""One grouping's part of the result document that comes from comparisons: sizes, rates at each stop, curves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from countenance.audit.groups import MINIMUM_SUBJECTS, GroupSize, group_sizes
from countenance.audit.measured_rate import MeasuredRate
from countenance.audit.pair_counts import PairCounts
from countenance.audit.rates import (
    TransactionRates,
    failure_rate,
    false_match_rates,
    false_non_match_rates,
    transaction_rates,
)
from countenance.audit.subject_pairs import SubjectComparisons
from countenance.service.audits.material import AuditedPhoto, Grouping, Material
from countenance.service.audits.rate_entries import Entry, number, rate_entry
from countenance.service.audits.spreads import (
    MOST_RESAMPLED,
    GroupRates,
    Resampled,
    combined_entry,
    ratios,
    spread_entry,
)
from countenance.service.audits.stops import Stop

FloatNumbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of one grouping: who they are and which may be compared.

    Attributes:
        names: Sorted.
        sizes: What each group's numbers allow.
        failures: FTA of each group.
        not_enrolled: FTE of each group.
        comparable: Positions of groups with enough people.
    """

    names: tuple[str, ...]
    sizes: tuple[GroupSize, ...] = field(repr=False)
    failures: tuple[MeasuredRate, ...] = field(repr=False)
    not_enrolled: tuple[MeasuredRate, ...] = field(repr=False)
    comparable: tuple[int, ...]


def groups_of(grouping: Grouping, material: Material, counts: PairCounts) -> Groups:
    """Return the groups of one grouping, in the order of the counts; groups without any template come last."""
    photos = (*material.photos, *(material.references or ()))
    labels = np.asarray(grouping.of(photos), dtype=object)
    usable = [(photo.subject, label) for photo, label in zip(photos, labels, strict=True) if photo.failure is None]
    sizes = {size.name: size for size in group_sizes([who for who, _ in usable], [label for _, label in usable])}
    names = counts.sets.groups
    failures, not_enrolled = [], []
    for name in names:
        own = [photo for photo, label in zip(photos, labels, strict=True) if label == name]
        failures.append(failure_rate([photo.failure is not None for photo in own], [photo.subject for photo in own]))
        not_enrolled.append(_failures_to_enrol(own))
    return Groups(
        names=names,
        sizes=tuple(sizes[name] for name in names),
        failures=tuple(failures),
        not_enrolled=tuple(not_enrolled),
        comparable=tuple(at for at, name in enumerate(names) if sizes[name].comparable),
    )


def _failures_to_enrol(photos: Sequence[AuditedPhoto]) -> MeasuredRate:
    people = sorted({photo.subject for photo in photos})
    got = {photo.subject for photo in photos if photo.failure is None}
    return failure_rate([who not in got for who in people], people)


def groups_section(groups: Groups, counts: PairCounts) -> list[Entry]:
    """Return the groups with people, photos, comparisons and the smallest rate they could show."""
    section = []
    for at, (size, failures) in enumerate(zip(groups.sizes, groups.failures, strict=True)):
        mated = int(counts.mated.histogram[at].sum())
        flags = []
        if not size.comparable:
            flags.append(f"fewer than {MINIMUM_SUBJECTS} people: not compared with other groups")
        if not mated:
            flags.append("no mated comparison: no false non-match rate")
        section.append(
            {
                "name": size.name,
                "subjects": size.subjects,
                "photos": failures.rate.trials,
                "templates": size.photos,
                "mated": mated,
                "non_mated": int(counts.non_mated[at, at]),
                "smallest_fmr_independent": number(size.smallest_fmr_independent),
                "smallest_fmr_guaranteed": number(size.smallest_fmr_guaranteed),
                "comparable": size.comparable,
                "fta": rate_entry(failures),
                "fte": rate_entry(groups.not_enrolled[at]),
                "flags": flags,
            }
        )
    return section


def rates_section(
    counts: PairCounts,
    groups: Groups,
    stops: Sequence[Stop],
    comparisons: SubjectComparisons | None,
    seed: Sequence[int],
) -> list[Entry]:
    """Return, for each stop, every rate between, within and of the groups, with ratios and measures."""
    fmr, fnmr = false_match_rates(counts), false_non_match_rates(counts)
    resampled = None
    if comparisons is not None and len(groups.comparable) > 1:
        resampled = Resampled(comparisons, groups.comparable, seed)
    section = []
    for at, stop in enumerate(stops):
        rates = GroupRates(
            groups.names, groups.comparable, fmr.within(at), tuple(cell[at] for cell in fnmr.cells)
        )  # fmt: skip
        in_use = [
            transaction_rates(match, miss, fta, fte)
            for match, miss, fta, fte in zip(rates.fmr, rates.fnmr, groups.failures, groups.not_enrolled, strict=True)
        ]
        drawn = None
        if resampled is not None and (stop.marks or fmr.overall[at].rate.errors <= MOST_RESAMPLED):
            drawn = resampled.at(stop.threshold, shuffle=bool(stop.marks))
        measures = None if drawn is None else drawn.measures
        section.append(
            {
                "stop": at,
                "fmr_overall": rate_entry(fmr.overall[at]),
                "fnmr_overall": rate_entry(fnmr.overall[at]),
                "fmr_within": [rate_entry(rate) for rate in rates.fmr],
                "fmr_matrix": [[rate_entry(cell[at]) for cell in row] for row in fmr.cells],
                "fnmr": [rate_entry(rate) for rate in rates.fnmr],
                **_transactions(in_use),
                "fmr_ratios": ratios(
                    groups.names, rates.fmr, groups.comparable, None if drawn is None else drawn.fmr_p
                ),
                "fnmr_ratios": ratios(
                    groups.names, rates.fnmr, groups.comparable, None if drawn is None else drawn.fnmr_p
                ),
                "spread_fmr": spread_entry(rates, "fmr", measures),
                "spread_fnmr": spread_entry(rates, "fnmr", measures),
                "combined": combined_entry(rates, measures),
            }
        )
    return section


def _transactions(in_use: Sequence[TransactionRates]) -> Entry:
    return {
        "far": [rate_entry(one.far) for one in in_use],
        "frr": [rate_entry(one.frr) for one in in_use],
    }
