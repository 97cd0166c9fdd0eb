"""Galleries as people read them: source in words, what a search means at this size, and nothing counted twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from countenance.core.errors import GalleryNotFound
from countenance.core.vocabulary import GallerySummary
from countenance.policy.terms import GallerySource
from countenance.service.gallery_pages import SOURCE_WORDS, Galleries
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES, threshold_for_gallery
from tests.support.made_up_calibration import MadeUpBook, ordinary_calibration
from tests.support.made_up_templates import MADE_UP_MODEL


def summary(name: str, references: int) -> GallerySummary:
    return GallerySummary(name, MADE_UP_MODEL, "2031-01-01T00:00:00+00:00", "why", None, references, references, 1)


class Rows:
    """Galleries in memory, with a note of which were counted."""

    def __init__(self) -> None:
        self.galleries = {f"g{number}": (summary(f"g{number}", number * 100), "employee_list") for number in range(5)}
        self.counted: list[str] = []

    def gallery_names(self, *, after: str, limit: int) -> Sequence[str]:
        return [name for name in sorted(self.galleries) if name > after][:limit]

    def subjects(self, gallery: str, *, prefix: str, after: str, limit: int) -> Sequence[object]:
        return [gallery, prefix, after, limit]

    def gallery_with_source(
        self, name: str, *, known: GallerySummary | None = None
    ) -> tuple[GallerySummary, str, str | None]:
        if name not in self.galleries:
            raise GalleryNotFound(name)
        found, source = self.galleries[name]
        if known is None or known.revision != found.revision:
            self.counted.append(name)
        return found if known is None else known, "1" * 32, source


@pytest.fixture
def rows() -> Rows:
    return Rows()


def galleries(rows: Rows, book: MadeUpBook | None = None) -> Galleries:
    calibrations = book or MadeUpBook(ordinary_calibration())
    return Galleries(rows, rows, calibrations)  # type: ignore[arg-type]


def test_pages_go_on_by_name_and_count_each_gallery_once(rows: Rows) -> None:
    pages = galleries(rows)
    first = pages.page(after="", limit=3)
    assert [one.summary.name for one in first + pages.page(after="g2", limit=3)] == ["g0", "g1", "g2", "g3", "g4"]
    pages.page(after="", limit=5)
    assert rows.counted == ["g0", "g1", "g2", "g3", "g4"]


def test_the_meaning_is_that_of_a_search_among_so_many(rows: Rows) -> None:
    shown = galleries(rows).gallery("g4")
    calibration = ordinary_calibration()
    threshold, reachable = threshold_for_gallery(calibration, 400, DEFAULT_FALSE_CANDIDATES)
    assert shown.meaning is not None
    assert (shown.meaning.threshold.value, shown.meaning.reachable) == (threshold.value, reachable)
    expected = calibration.false_match_rate_at(threshold.value).estimate * 400
    assert shown.meaning.expected.expected == pytest.approx(expected)


def test_without_a_calibration_record_no_meaning_is_made_up(rows: Rows) -> None:
    assert galleries(rows, MadeUpBook()).gallery("g1").meaning is None


def test_every_source_has_words_and_an_unstated_one_says_so(rows: Rows) -> None:
    assert set(SOURCE_WORDS) == set(GallerySource)
    rows.galleries["g1"] = (summary("g1", 1), None)  # type: ignore[assignment]
    shown = galleries(rows).gallery("g1")
    assert (shown.source, shown.source_words) == ("unknown", "not stated")


def test_an_unknown_gallery_is_an_error(rows: Rows) -> None:
    with pytest.raises(GalleryNotFound):
        galleries(rows).gallery("nowhere")
