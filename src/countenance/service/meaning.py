"""What a score means: the measured false match rate at it, and the false candidates to expect in a gallery.

Every score leaves the package through here. The expected number of false candidates of a search is the number of
references compared times the false match rate: the sum of the chances of every stored template, so a subject with
several templates is counted as several chances. The sum is exact for matching references whatever their dependence, and
an upper bound for subjects. Source: linearity of expectation; "selectivity", ISO/IEC 19795-1.
"""

from __future__ import annotations

from dataclasses import dataclass

from countenance.core.errors import CalibrationMissing
from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Calibration, Rate, Support, Threshold, one_in
from countenance.service.ports import CalibrationBook

#: False match rate a 1:1 comparison is decided at unless asked otherwise: 1 in 10,000, the upper end of what border and
#: bank systems use (FRONTEX and NIST report verification at 1e-3 to 1e-6).
DEFAULT_COMPARE_FMR = 1e-4
#: Expected false candidates a search is decided at unless asked otherwise: one in ten searches of a stranger.
DEFAULT_FALSE_CANDIDATES = 0.1


@dataclass(frozen=True, slots=True)
class ScoreMeaning:
    """What a similarity means on the data it was calibrated with.

    Attributes:
        similarity: The score, -1 to 1.
        false_match_rate: Share of non-mated comparisons that score this high or higher.
        false_non_match_rate: Share of mated comparisons that score lower.
        data_set: Where that was measured.
        date: When.
    """

    similarity: float
    false_match_rate: Rate
    false_non_match_rate: Rate
    data_set: str
    date: str

    def in_words(self) -> str:
        """Return one sentence for people, with the natural frequency and the data set."""
        rate = self.false_match_rate
        flag = {Support.MEASURED: "", Support.SPARSE: f", from {rate.errors} cases only", Support.BOUND_ONLY: ""}
        return (
            f"Two photos of different people score this high or higher in {rate.in_words()} comparisons "
            f"on {self.data_set}{flag[rate.support]}."
        )


def meaning_of(similarity: float, calibration: Calibration) -> ScoreMeaning:
    """Return what ``similarity`` means on the calibration's data."""
    return ScoreMeaning(
        similarity=similarity,
        false_match_rate=calibration.false_match_rate_at(similarity),
        false_non_match_rate=calibration.false_non_match_rate_at(similarity),
        data_set=calibration.data_set,
        date=calibration.date,
    )


@dataclass(frozen=True, slots=True)
class FalseCandidates:
    """False candidates to expect when a stranger is searched.

    Attributes:
        expected: References compared times the false match rate; may be above 1.
        at_most: The same with the upper end of the rate's 95 % interval.
        references: References compared.
        support: How well the calibration carries the rate.
    """

    expected: float
    at_most: float
    references: int
    support: Support

    def in_words(self) -> str:
        """Return the expectation as a sentence a searcher can act on."""
        if self.references == 0:
            return "The gallery is empty."
        among = f"among {self.references:,} references"
        if self.support is Support.BOUND_ONLY:
            return f"A stranger would meet fewer than {self.at_most:.2g} false candidates {among}."
        few = " (measured from few cases)" if self.support is Support.SPARSE else ""
        if self.expected >= 1:
            return f"A stranger meets about {self.expected:.2g} false candidates a search {among}{few}."
        return f"A stranger meets a false candidate in about {one_in(self.expected)} searches {among}{few}."


def false_candidates(rate: Rate, references: int) -> FalseCandidates:
    """Return the false candidates to expect among ``references`` stored templates."""
    return FalseCandidates(
        expected=rate.estimate * references, at_most=rate.high * references, references=references, support=rate.support
    )


def require_calibration(book: CalibrationBook, model: ModelIdentity) -> Calibration:
    """Return the calibration of a model.

    Raises:
        CalibrationMissing: There is none for this identity.
    """
    calibration = book.find(model)
    if calibration is None:
        raise CalibrationMissing(
            f"No calibration record exists for {model.short}; its scores have no measured meaning."
        )
    return calibration


def threshold_for_gallery(
    calibration: Calibration, references: int, max_false_candidates: float
) -> tuple[Threshold, bool]:
    """Return the lowest threshold that keeps expected false candidates at or below the limit, and whether it does.

    Where the calibration data is too small for the rate this takes, the strictest threshold it supports is returned
    with False: the caller must say so.
    """
    target = min(DEFAULT_COMPARE_FMR, max_false_candidates / max(references, 1))
    reachable = target >= calibration.smallest_supported_rate
    threshold = calibration.threshold_for(max(target, calibration.smallest_supported_rate))
    return threshold, reachable
