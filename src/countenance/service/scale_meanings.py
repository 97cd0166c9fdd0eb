"""What values of the vendors' scale mean here, in words for pages and documents.

Rules kept here:

- A value is given as measured rates with counts, interval and source; never as a probability.
- A rate that the calibration data does not carry is told as a bound, or as known from few cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from countenance.core.thresholds import Rate, Support, one_in
from countenance.service.meaning import FalseCandidates
from countenance.service.similarity_scale import ADVISED, ScaleMeaning, VendorScale

#: Sizes of galleries that expected false candidates are told for: a shop's staff to a country's register.
GALLERY_SIZES = (1_000, 10_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class MeaningRow:
    """A value of the scale in words, for pages and documents.

    Attributes:
        value: On the scale, as users write it.
        similarity: The similarity behind it.
        rate: False match rate as a natural frequency, with a word where few or no errors carry it.
        interval: Its 95 % interval as natural frequencies, rarer end first.
        counts: Errors of comparisons.
        missed: Share of mated comparisons below the value.
        false_candidates: What a stranger meets, for each of ``GALLERY_SIZES``.
    """

    value: str
    similarity: str
    rate: str
    interval: str
    counts: str
    missed: str
    false_candidates: tuple[str, ...]


def meanings(scale: VendorScale, values: Iterable[float] = ADVISED) -> tuple[MeaningRow, ...]:
    """Return what values of a scale mean, as rows of words."""
    return tuple(_row(scale.meaning(value, GALLERY_SIZES)) for value in values)


def scale_document(scales: Iterable[VendorScale]) -> str:
    """Return the reference page of the scale, in Markdown, for these recognisers."""
    parts = [_OPENING]
    for scale in scales:
        record = scale.calibration
        parts.append(f"\n## {record.model.name}\n\nScale `{scale.version}`.\n\n### What a threshold lets through\n")
        head = ("Threshold", "Similarity", "False match rate", "95 % interval", "Counted", "Mated pairs missed")
        rows = meanings(scale)
        cells = [(row.value, row.similarity, row.rate, row.interval, row.counts, row.missed) for row in rows]
        parts.append(_table(head, cells))
        parts.append("\n### False candidates a stranger meets in one search\n")
        sizes = tuple(f"{size:,} references" for size in GALLERY_SIZES)
        parts.append(_table(("Threshold", *sizes), [(row.value, *row.false_candidates) for row in rows]))
        parts.append("\n### Fixed points\n")
        points = zip(scale.values, scale.similarities, strict=True)
        parts.append(_table(("Value", "Similarity"), [(f"{value:g}", f"{point:.3f}") for value, point in points]))
    return "\n".join(parts) + "\n"


_OPENING = """# Similarity on the vendors' scale

<!-- Made by service.scale_meanings.scale_document from the calibration records; a test compares. -->

Clients of cloud services send thresholds such as 80, 95 or 99. The vendors publish no error rates for these numbers.
Here each stands for a false match rate that was *measured* with the recogniser in use, so that the same number keeps
its meaning when the recogniser changes. Between fixed points the scale is straight; it rises wherever the similarity
rises. It is neither a probability nor a percentage of anything, and it says nothing about what the vendor's own service
would answer to the same photos: [leave a cloud face API](../how-to/leave-a-cloud-face-api.md) shows how to compare the
two.

A false match is a comparison of two *different* people that reaches the threshold. In a gallery of N references a
search compares N times: expected false candidates are N times the rate. What was measured on one set of photos holds
for photos and people like those; measure your own with `countenance calibrate`."""


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'|'.join('--' for _ in head)}|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def _row(meaning: ScaleMeaning) -> MeaningRow:
    rate, missed = meaning.threshold.false_match_rate, meaning.threshold.false_non_match_rate
    return MeaningRow(
        value=f"{meaning.value:g}",
        similarity=f"{meaning.threshold.value:.3f}",
        rate=rate_in_words(rate),
        interval=f"{one_in(rate.low)} to {one_in(rate.high)}",
        counts=f"{rate.errors:,} of {rate.trials:,}",
        missed=f"{missed.estimate:.1%}",
        false_candidates=tuple(_expected(item) for item in meaning.false_candidates),
    )


def rate_in_words(rate: Rate) -> str:
    """Return a rate as a natural frequency, saying so where few errors carry it."""
    if rate.errors == 0:
        return f"fewer than {one_in(rate.high)}"
    few = " (few cases)" if rate.support is Support.SPARSE else ""
    return f"{one_in(rate.estimate)}{few}"


def _expected(item: FalseCandidates) -> str:
    if item.support is Support.BOUND_ONLY:
        return f"fewer than {item.at_most:.2g}"
    few = " (few cases)" if item.support is Support.SPARSE else ""
    shown = f"{item.expected:.2g} a search" if item.expected > 0.5 else f"{one_in(item.expected)} searches"
    return f"{shown}{few}"
