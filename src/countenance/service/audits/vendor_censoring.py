"""Which thresholds a vendor's answers can speak about, where it did not return every score.

A search returns its best candidates and no others. Of a pair it left out only this is known: its score is not above
the lowest score the same search did return. At thresholds above the highest such floor every pair is decided; below, no
rate can be measured, and none is stated.

A search that returned nothing although it was asked for everything shows that the vendor has a limit of its own. Its
floor is then taken to be the lowest score the vendor returned in the whole run, which is an inference and is said so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from countenance.service.audits.vendor_runs import VendorScores


@dataclass(frozen=True, slots=True)
class Censoring:
    """What was left out and what that hides.

    Attributes:
        comparisons: Asked for.
        returned: With a score.
        searches_cut: Probes whose search left out at least one reference.
        limit_reached: Of those, how many had as many candidates as the vendor ever returns.
        empty_searches: Of those, how many returned nothing at all.
        measurable_above: Rates hold at thresholds above this; None if every comparison has a score.
        anything_measurable: False if the vendor returned no score at all.
        sentence: The same in words.
    """

    comparisons: int
    returned: int
    searches_cut: int
    limit_reached: int
    empty_searches: int
    measurable_above: float | None
    anything_measurable: bool
    sentence: str


def censoring(scores: VendorScores) -> Censoring:
    """Return what a vendor's answers leave unknown."""
    known = ~np.isnan(scores.score)
    asked = scores.asked
    cut = np.flatnonzero(np.any(asked & ~known, axis=1))
    returned = int(np.count_nonzero(known & asked))
    comparisons = int(np.count_nonzero(asked))
    if not returned:
        return Censoring(comparisons, 0, cut.size, 0, cut.size, None, False, "The vendor returned no score at all.")
    if not cut.size:
        words = f"The vendor returned a score for each of {comparisons:,} comparisons: every threshold can be measured."
        return Censoring(comparisons, returned, 0, 0, 0, None, True, words)
    lowest_of_all = float(np.nanmin(np.where(asked, scores.score, np.nan)))
    floors = scores.lowest_returned[cut]
    empty = np.isnan(floors)
    floors = np.where(empty, lowest_of_all, floors)
    above = float(floors.max())
    at_limit = int(np.count_nonzero(scores.limit_reached[cut]))
    nothing = int(np.count_nonzero(empty))
    words = (
        f"The vendor left out {comparisons - returned:,} of {comparisons:,} comparisons, in {cut.size:,} searches. "
        f"They scored no higher than the lowest score of the same search, so rates hold at thresholds above {above:g} "
        "only."
    )
    if nothing:
        words += (
            f" {nothing:,} searches returned nothing although everything was asked for; that their scores are not "
            f"above the lowest score of the whole run ({lowest_of_all:g}) is an inference."
        )
    return Censoring(comparisons, returned, cut.size, at_limit, nothing, above, True, words)
