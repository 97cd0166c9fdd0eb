"""Single comparisons a human should look at: the highest false matches, and pairs whose labels may be wrong.

Rules kept here:

- Nothing is removed. A suspected pair stays a false match in every count until somebody corrects the labels.
"""

from __future__ import annotations

import numpy as np

from countenance.audit.pair_counts import PairCounts
from countenance.service.audits.material import AuditedPhoto, Material, described
from countenance.service.audits.rate_entries import Entry

#: A non-mated pair is suspected from this quantile of the mated scores of the same data on: it is more alike than half
#: of the pairs known to show one person. A convention of this package without an error rate of its own: pairs of one
#: person under two labels score like mated ones, so about half of them are listed.
SUSPECTED_QUANTILE = 0.5
SUSPECTED_RULE = (
    "Photos of people with different labels that are more alike than half of the pairs known to show one person, or "
    "the same file twice. A human must look; they stay counted as false matches until the labels are corrected."
)


def false_match_section(material: Material, counts: PairCounts) -> list[Entry]:
    """Return the highest non-mated comparisons, for a contact sheet; the report shows those at or above its stop."""
    return [_pair(rank, *one) for rank, one in enumerate(_highest(material, counts), start=1)]


def suspected_section(material: Material, counts: PairCounts) -> Entry:
    """Return the pairs whose labels a human should check, with the rule and its similarity."""
    cut = _mated_quantile(counts)
    pairs: list[Entry] = []
    for score, probe, reference in _highest(material, counts):
        same_file = bool(probe.sha256) and probe.sha256 == reference.sha256
        if same_file or (cut is not None and score >= cut):
            why = "the same file" if same_file else "more alike than half of the pairs of one person"
            pairs.append(_pair(len(pairs) + 1, score, probe, reference) | {"why": why})
    return {"rule": SUSPECTED_RULE, "from_similarity": cut, "pairs": pairs}


def _highest(material: Material, counts: PairCounts) -> list[tuple[float, AuditedPhoto, AuditedPhoto]]:
    photos = material.usable
    references = material.usable_references or photos
    highest = counts.highest
    return [
        (score, photos[probe], references[reference])
        for score, probe, reference in zip(
            highest.score.tolist(), highest.probe_row.tolist(), highest.reference_row.tolist(), strict=True
        )
    ]


def _pair(rank: int, score: float, probe: AuditedPhoto, reference: AuditedPhoto) -> Entry:
    return {"rank": rank, "score": score, "probe": described(probe), "reference": described(reference)}


def _mated_quantile(counts: PairCounts) -> float | None:
    """Return the upper edge of the bin in which the quantile of mated scores lies: never below the quantile."""
    histogram = counts.mated.histogram.sum(axis=0)
    if not histogram.sum():
        return None
    at = int(np.searchsorted(np.cumsum(histogram), SUSPECTED_QUANTILE * histogram.sum()))
    return float(counts.edges[min(at + 1, counts.edges.size - 1)])
