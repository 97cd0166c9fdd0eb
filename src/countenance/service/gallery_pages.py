"""Galleries as people read them: where faces come from, how long they stay, and what a search among so many means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from countenance.core.thresholds import Threshold
from countenance.core.vocabulary import GallerySummary
from countenance.policy.terms import GallerySource
from countenance.service.meaning import (
    DEFAULT_FALSE_CANDIDATES,
    FalseCandidates,
    false_candidates,
    threshold_for_gallery,
)
from countenance.service.ports import CalibrationBook

SOURCE_WORDS = {
    GallerySource.CONSENTED_ENROLMENT: "people who agreed to be enrolled",
    GallerySource.BOOKING_PHOTOS: "booking photos of people who were arrested",
    GallerySource.GOVERNMENT_IMAGE_DATABASE: "a government's licence or identity photos",
    GallerySource.MISSING_PERSONS: "people who are missing",
    GallerySource.EMPLOYEE_LIST: "a list of employees",
    GallerySource.COMMERCIAL_DATABASE: "a commercial database",
    GallerySource.SCRAPED_WEB: "photos taken from the web",
    GallerySource.SCRAPED_CCTV: "photos taken from cameras",
    GallerySource.UNKNOWN: "not stated",
}


class GalleryPages(Protocol):
    """Pages of galleries and subjects; see ``storage.gallery_pages``."""

    def gallery_names(self, *, after: str, limit: int) -> Sequence[str]:
        """Return names of galleries behind ``after``, in order."""
        ...

    def subjects(self, gallery: str, *, prefix: str, after: str, limit: int) -> Sequence[ListedSubject]:
        """Return subjects whose name begins with ``prefix``, those behind ``after``, in order."""
        ...


class ListedSubject(Protocol):
    """A subject in a list; times as ISO 8601."""

    @property
    def subject(self) -> str: ...
    @property
    def references(self) -> int: ...
    @property
    def enrolled_at(self) -> str: ...
    @property
    def expires_at(self) -> str | None: ...


class CountedGalleries(Protocol):
    """Gives a gallery's facts without counting again what has not changed."""

    def gallery_with_source(
        self, name: str, *, known: GallerySummary | None = None
    ) -> tuple[GallerySummary, str, str | None]:
        """Return (the gallery, its identifier, its source or None)."""
        ...


@dataclass(frozen=True, slots=True)
class SearchMeaning:
    """What a search of this many references is decided at, and what that means.

    Attributes:
        threshold: The lowest that keeps the expected false candidates at the limit, or the strictest one measured.
        reachable: False if the calibration data is too small for the limit.
        expected: False candidates to expect.
    """

    threshold: Threshold
    reachable: bool
    expected: FalseCandidates


@dataclass(frozen=True, slots=True)
class ShownGallery:
    """A gallery with all that its page and the list say of it.

    Attributes:
        summary: Size, model, basis, retention.
        source: The word of its source.
        source_words: The same for people.
        meaning: What a search means, or None if its model has no calibration record.
    """

    summary: GallerySummary
    source: str
    source_words: str
    meaning: SearchMeaning | None


class Galleries:
    """Galleries a page at a time.

    Args:
        pages: Finds names.
        counted: Gives facts.
        calibrations: What scores mean.
    """

    def __init__(self, pages: GalleryPages, counted: CountedGalleries, calibrations: CalibrationBook) -> None:
        self._pages = pages
        self._counted = counted
        self._calibrations = calibrations
        self._known: dict[str, GallerySummary] = {}

    def page(self, *, after: str, limit: int) -> tuple[ShownGallery, ...]:
        """Return galleries by name, those behind ``after``."""
        return tuple(self.gallery(name) for name in self._pages.gallery_names(after=after, limit=limit))

    def gallery(self, name: str) -> ShownGallery:
        """Return one gallery.

        Raises:
            GalleryNotFound: There is none of this name.
        """
        summary, _, source = self._counted.gallery_with_source(name, known=self._known.get(name))
        self._known[name] = summary
        word = GallerySource(source or GallerySource.UNKNOWN)
        return ShownGallery(summary, word.value, SOURCE_WORDS[word], self._meaning(summary))

    def subjects(self, gallery: str, *, prefix: str = "", after: str = "", limit: int = 50) -> Sequence[ListedSubject]:
        """Return a page of subjects; see ``GalleryPages.subjects``."""
        return self._pages.subjects(gallery, prefix=prefix, after=after, limit=limit)

    def _meaning(self, summary: GallerySummary) -> SearchMeaning | None:
        calibration = self._calibrations.find(summary.model)
        if calibration is None:
            return None
        threshold, reachable = threshold_for_gallery(calibration, summary.references, DEFAULT_FALSE_CANDIDATES)
        rate = calibration.false_match_rate_at(threshold.value)
        return SearchMeaning(threshold, reachable, false_candidates(rate, summary.references))


#: Makes a gallery: name, basis, source, days or None, the operator's name.
CreateGallery = Callable[[str, str, GallerySource, int | None, str], GallerySummary]
