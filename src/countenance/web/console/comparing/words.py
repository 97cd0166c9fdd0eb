"""A comparison's result → what its page says: headline, meaning, what it does not mean."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from countenance.core.comparison import ComparisonDecision
from countenance.core.thresholds import Calibration, Rate, Support, Threshold, one_in
from countenance.service.accountability import Performed
from countenance.service.compare import ComparisonResult, threshold_in_words
from countenance.web.console.comparing.figure import NARROW_PX, WIDE_PX, figure
from countenance.web.console.comparing.shapes import Figure
from countenance.web.console.templating import percent, similarity

#: False match rates offered as thresholds, loosest first.
RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)


@dataclass(frozen=True, slots=True)
class FaceSide:
    """One of the two faces.

    Attributes:
        title: What its photo is called.
        file: The file's name, as the browser sent it.
        picture: Address of its picture, or empty if no face was found.
        reasons: What is poor about it.
    """

    title: str
    file: str
    picture: str = field(repr=False)
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparisonPage:
    """What the page of a comparison says.

    Attributes:
        headline: The decision in words.
        lead: The score's meaning in a sentence.
        similarity: The score as written, or empty.
        decided: The threshold in words.
        rows: Facts as (name, value).
        figures: The drawing, wide and narrow; empty without a score.
        description: The drawing in words.
        is_match: Whether it was called a match; None without a score.
    """

    headline: str
    lead: str
    similarity: str
    decided: str
    rows: tuple[tuple[str, str], ...]
    figures: tuple[Figure, ...]
    description: str
    is_match: bool | None


def comparison_page(done: Performed[ComparisonResult], calibration: Calibration) -> ComparisonPage:
    """Return what the page of a comparison says."""
    result = done.value
    threshold, meaning, score = result.threshold, result.meaning, result.similarity
    if meaning is None or score is None:
        return ComparisonPage(
            headline="Not compared: a photo without a face",
            lead="In at least one of the two photos no face was found, so there is no score.",
            similarity="",
            decided=threshold_in_words(threshold),
            rows=_origin(calibration),
            figures=(),
            description="",
            is_match=None,
        )
    matches = result.decision is ComparisonDecision.MATCH
    headline = "A match, at this threshold" if matches else "No match, at this threshold"
    rate = meaning.false_match_rate
    return ComparisonPage(
        headline=headline,
        lead=meaning.in_words(),
        similarity=similarity(score),
        decided=threshold_in_words(threshold),
        rows=(
            ("False match rate here", f"{in_words(rate)}: {counts(rate)} comparisons of two people score as high"),
            ("95 % interval of it", interval(rate)),
            (
                "One person scores lower",
                f"{percent(meaning.false_non_match_rate.estimate)}: {counts(meaning.false_non_match_rate)}",
            ),
            *_origin(calibration),
        ),
        figures=tuple(
            figure(calibration, score=score, threshold=threshold.value, rate=rate, width=width)
            for width in (WIDE_PX, NARROW_PX)
        ),
        description=_description(score, threshold, rate, meaning.false_non_match_rate),
        is_match=matches,
    )


def thresholds_offered(calibration: Calibration) -> tuple[tuple[str, str], ...]:
    """Return the rates somebody can decide at, as (value, words with both costs); unmeasurable ones are left out."""
    offered = []
    for rate in RATES:
        if rate >= calibration.smallest_supported_rate:
            missed = calibration.threshold_for(rate).false_non_match_rate
            cost = f"{percent(missed.estimate)} of pairs of one person missed"
            offered.append((f"{rate:g}", f"at most {one_in(rate)} pairs of two people; {cost}"))
    return tuple(offered)


def in_words(rate: Rate) -> str:
    """Return a rate as a natural frequency with the number beside it."""
    if rate.errors == 0:
        return f"fewer than {one_in(rate.high)}"
    few = ", from few cases" if rate.support is Support.SPARSE else ""
    return f"about {one_in(rate.estimate)} ({plain(rate.estimate)}{few})"


def plain(number: float) -> str:
    """Return a number above 0 to two digits, without an exponent: ``0.000029``."""
    if number >= 10:
        return f"{number:,.0f}"
    return f"{number:.{max(0, 1 - math.floor(math.log10(number)))}f}" if number > 0 else "0"


def interval(rate: Rate) -> str:
    """Return the interval as natural frequencies, rarer end first."""
    if rate.errors == 0:
        return f"none to {one_in(rate.high)}; no error was seen, so only the upper end is known"
    return f"{one_in(rate.low)} to {one_in(rate.high)}"


def counts(rate: Rate) -> str:
    """Return errors of trials."""
    return f"{rate.errors:,} of {rate.trials:,}"


def _origin(calibration: Calibration) -> tuple[tuple[str, str], ...]:
    return (
        (
            "Measured on",
            f"{calibration.data_set}, {calibration.date}: {calibration.photos:,} photos of "
            f"{calibration.subjects:,} people",
        ),
        ("Recogniser", f"{calibration.model.name}, identity {calibration.model.digest[:16]}"),
        ("Intervals", calibration.method),
    )


def _description(score: float, threshold: Threshold, rate: Rate, missed: Rate) -> str:
    side = "above" if score >= threshold.value else "below"
    return (
        f"Histograms of similarity for photos of two people and of one person, and both error rates, over one axis. "
        f"This pair's similarity of {similarity(score)} lies {side} the threshold of {similarity(threshold.value)}. "
        f"Two people score as high in {rate.in_words()} comparisons; "
        f"one person scores lower in {percent(missed.estimate)}."
    )
