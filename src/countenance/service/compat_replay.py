"""Recorded decisions of a vendor's service beside the decisions of this one: the same, or flipped, call by call.

Rules kept here:

- Every call replayed is an act: judged, counted under its case and recorded as any other.
- The vendor's answer is not taken for the truth: what is counted is agreement. Which threshold to use is told from
  measured rates, never from agreement.
- What cannot be compared is counted with its reason and is in no share.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from countenance.core.errors import GalleryNotFound, InputError
from countenance.core.thresholds import Threshold
from countenance.service.accountability import Performed
from countenance.service.collection_errors import NoFace
from countenance.service.collection_parts import CollectionParts
from countenance.service.collection_search import CollectionSearch, Terms, search_by_image
from countenance.service.meaning import (
    DEFAULT_COMPARE_FMR,
    DEFAULT_FALSE_CANDIDATES,
    false_candidates,
    threshold_for_gallery,
)
from countenance.service.scale_meanings import rate_in_words
from countenance.service.similarity_scale import VendorScale
from countenance.service.standing import Standing
from countenance.service.vendor_faces import compare_faces
from countenance.service.vendor_quality import QualityFilter
from countenance.service.vendor_recordings import COMPARE, SEARCH, SEARCH_USERS, RecordedCall

MATCH, NON_MATCH, NO_FACE = "match", "non_match", "no_face"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One call, there and here.

    Attributes:
        line: Number of the line of the recording.
        operation: The vendor's name for it.
        threshold: What the client asked for.
        there, here: ``match``, ``non_match`` or ``no_face``.
        similarity_there: Of the best match, 0 to 100, or None.
        similarity_here: The same here, on this service's scale; None where nothing reached the threshold of a search.
        same_first: Whether both put the same person first; None where it cannot be told.
    """

    line: int
    operation: str
    threshold: float
    there: str
    here: str
    similarity_there: float | None
    similarity_here: float | None
    same_first: bool | None

    @property
    def flips(self) -> bool:
        """Return whether the decision is another one here."""
        return self.there != self.here


@dataclass(frozen=True, slots=True)
class Advice:
    """What a threshold of the client means here, and which one keeps false matches as rare as this package does.

    Attributes:
        value: The client's threshold, on the scale.
        calls: Calls that used it.
        references: Faces searched; None for comparisons of two photos.
        meaning: What was measured at it.
        expected: False candidates a stranger meets in one search, or the false match rate of a comparison.
        suggested: The lowest value of the scale that keeps that at one in ten searches, or one in 10,000 comparisons.
        reached: False if the calibration data does not carry so small a rate; then it is the strictest there is.
    """

    value: float
    calls: int
    references: int | None
    meaning: Threshold
    expected: float
    suggested: float
    reached: bool

    def in_words(self) -> str:
        """Return it as a sentence or two."""
        rate = rate_in_words(self.meaning.false_match_rate)
        searched = self.references is not None
        where = f", {self.expected:.2g} false candidates a search among {self.references:,} faces" if searched else ""
        said = f"Your {self.value:g} corresponds here to FMR {rate} on {self.meaning.data_set}{where}."
        if self.suggested <= self.value:
            return f"{said} That keeps false matches at least as rare as this package does by itself."
        goal = "one false candidate in ten searches of strangers" if searched else "FMR 1 in 10,000"
        if not self.reached:
            goal = "the strictest that the calibration data carries"
        return f"{said} You probably want {self.suggested:.1f}: {goal}."


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What replaying a recording came to.

    Attributes:
        scale_version: What the numbers of this service depend on.
        calls: Every call that could be compared, in order.
        not_compared: Reason → calls.
        advice: By threshold and size of what was searched.
    """

    scale_version: str
    calls: tuple[Replayed, ...]
    not_compared: Mapping[str, int]
    advice: tuple[Advice, ...]

    @property
    def flips(self) -> tuple[Replayed, ...]:
        """Return the calls that are decided otherwise here."""
        return tuple(call for call in self.calls if call.flips)

    @property
    def first_told(self) -> int:
        """Return in how many calls it can be told whether both put the same person first."""
        return sum(call.same_first is not None for call in self.calls)

    @property
    def first_same(self) -> int:
        """Return in how many of those they do."""
        return sum(call.same_first is True for call in self.calls)


def replay(
    parts: CollectionParts,
    standing: Standing,
    calls: Iterable[RecordedCall],
    *,
    collection: str | None = None,
    new_face_ids: Mapping[str, str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> ReplayReport:
    """Return how recorded calls are decided here.

    Args:
        parts: The collections and what they work with.
        standing: On whose behalf.
        calls: The recording.
        collection: Collection to search instead of the one each call names.
        new_face_ids: Face id there → face id here, as a migration wrote it.
        progress: Told how many calls are done.

    Raises:
        ActRefused, CaseError: Whoever asks may not; recorded.
        CalibrationMissing: Scores have no measured meaning here.
    """
    scale = parts.scale()
    replayed: list[Replayed] = []
    not_compared: Counter[str] = Counter()
    used: Counter[tuple[float, int | None]] = Counter()
    for done, call in enumerate(calls, start=1):
        name = collection or call.collection
        try:
            replayed.append(_replayed(parts, standing, call, name, new_face_ids or {}))
            size = None if call.operation == COMPARE else parts.collections.collection(name).faces
            used[call.threshold, size] += 1
        except _NotComparable as why:
            not_compared[str(why)] += 1
        if progress is not None:
            progress(done)
    ordered = sorted(used.items(), key=lambda item: (item[0][0], item[0][1] or 0))
    advice = tuple(advice_for(scale, value, count, size) for (value, size), count in ordered)
    return ReplayReport(scale.version, tuple(replayed), dict(not_compared), advice)


class _NotComparable(Exception):
    """A call that is in no share, with the reason."""


def _replayed(
    parts: CollectionParts, standing: Standing, call: RecordedCall, collection: str, new_face_ids: Mapping[str, str]
) -> Replayed:
    if call.failed:
        raise _NotComparable(f"the vendor answered {call.failed}")
    if call.operation not in (COMPARE, SEARCH, SEARCH_USERS):
        raise _NotComparable(f"{call.operation} decides nothing")
    there = NO_FACE if call.no_face else (MATCH if call.best is not None else NON_MATCH)
    try:
        images = [image() for image in call.images]
        if call.operation == COMPARE:
            here, value, same = *_compared(parts, standing, call, images), None
        else:
            here, value, same = _searched(parts, standing, call, images[0], collection, new_face_ids)
    except NoFace:
        here, value, same = NO_FACE, None, None
    except GalleryNotFound:
        raise _NotComparable("there is no such collection here") from None
    except InputError as error:
        raise _NotComparable(f"the photo cannot be used here ({error.code})") from None
    similarity = None if call.best is None else call.best.similarity
    return Replayed(call.line, call.operation, call.threshold, there, here, similarity, value, same)


def _compared(
    parts: CollectionParts, standing: Standing, call: RecordedCall, images: list[bytes]
) -> tuple[str, float | None]:
    found = compare_faces(parts, standing, images[0], images[1], value=call.threshold, quality=QualityFilter.NONE).value
    value = max(item.value for item in (*found.matches, *found.others))
    return MATCH if found.matches else NON_MATCH, value


def _searched(
    parts: CollectionParts,
    standing: Standing,
    call: RecordedCall,
    image: bytes,
    collection: str,
    new_face_ids: Mapping[str, str],
) -> tuple[str, float | None, bool | None]:
    terms = Terms(call.threshold, 1, users=call.operation == SEARCH_USERS)
    performed = search_by_image(parts, standing, collection, image, terms, QualityFilter.NONE)
    if performed.held:
        raise _NotComparable("held for review")
    found = performed.value
    if found.face is None:
        return NO_FACE, None, None
    best = found.hits[0] if found.hits else None
    return (
        NON_MATCH if best is None else MATCH,
        None if best is None else best.value,
        _same_first(performed, call, new_face_ids),
    )


def _same_first(
    performed: Performed[CollectionSearch], call: RecordedCall, new_face_ids: Mapping[str, str]
) -> bool | None:
    """Return whether both put the same person first; None where one found nobody or the names do not meet."""
    if call.best is None or not performed.value.hits:
        return None
    best = performed.value.hits[0]
    if best.face is None:
        return best.name == call.best.name
    if call.best.name and best.face.external_image_id is not None:
        return best.face.external_image_id == call.best.name
    mapped = new_face_ids.get(call.best.face_id)
    return None if mapped is None else best.name == mapped


def advice_for(scale: VendorScale, value: float, calls: int, references: int | None) -> Advice:
    """Return what a threshold means here, for so many faces searched or, with None, for comparisons of two photos."""
    meaning = scale.threshold(value)
    rate = meaning.false_match_rate
    if references is None:
        suggested, reached = threshold_for_gallery(scale.calibration, 1, DEFAULT_COMPARE_FMR)
        expected = rate.estimate
    else:
        suggested, reached = threshold_for_gallery(scale.calibration, references, DEFAULT_FALSE_CANDIDATES)
        expected = false_candidates(rate, references).expected
    return Advice(value, calls, references, meaning, expected, scale.value_of(suggested.value), reached)
