"""What a search came to → what its page says. Nobody is an answer; a held result tells of nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from countenance.core.thresholds import Support, one_in
from countenance.policy.decision import Reason
from countenance.service.accountability import Performed
from countenance.service.accountability_reports.wording import several
from countenance.service.compare import threshold_in_words
from countenance.service.meaning import FalseCandidates
from countenance.service.search import SearchOutcome, SearchRequest, SearchResult
from countenance.web.console.comparing.pictures import jpeg_url
from countenance.web.console.comparing.words import counts, in_words, plain
from countenance.web.console.templating import percent, similarity


@dataclass(frozen=True, slots=True)
class CandidateLine:
    """A candidate.

    Attributes:
        rank: From 1, most similar first.
        name: Name in the gallery.
        similarity: As written.
        rate: How often two people score as high, in words.
        counted: Errors of comparisons behind it.
        expected: False candidates to expect here at this score, in words.
        photos: How many photos of them were compared.
        picture: Address of the reference's picture; empty where none is kept.
    """

    rank: int
    name: str
    similarity: str
    rate: str
    counted: str
    expected: str
    photos: int
    picture: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What the page says.

    Attributes:
        headline, lead: The answer.
        outcome: What came of it.
        candidates: Most similar first.
        notes: What the reader should know besides.
        holds: What holds the result: the rules that people's looking would satisfy.
        bars: Rules that would refuse to release it even then.
        facts: What was searched, and at which threshold.
    """

    headline: str
    lead: str
    outcome: SearchOutcome
    candidates: tuple[CandidateLine, ...]
    notes: tuple[str, ...]
    holds: tuple[Reason, ...]
    bars: tuple[Reason, ...]
    facts: tuple[tuple[str, str], ...]

    @property
    def is_held(self) -> bool:
        """Return whether people look first."""
        return self.outcome is SearchOutcome.HELD

    @property
    def has_candidates(self) -> bool:
        """Return whether anybody is listed."""
        return self.outcome is SearchOutcome.CANDIDATES

    @property
    def is_poor(self) -> bool:
        """Return whether the photo was not suitable."""
        return self.outcome is SearchOutcome.LOW_QUALITY


def search_page(done: Performed[SearchResult], request: SearchRequest, crops: Mapping[str, bytes]) -> SearchPage:
    """Return what the page of a search says.

    Args:
        done: The search.
        request: What was asked for.
        crops: Reference → picture, of candidates that may be seen.
    """
    result, even_then = done.value, frozenset(done.decision.after_review)
    headline, lead = _answer(done)
    # A rule that permits stands among the reasons too, with nothing that would change it.
    objections = tuple(reason for reason in done.decision.reasons if reason.change)
    return SearchPage(
        headline=headline,
        lead=lead,
        outcome=result.outcome,
        candidates=tuple(
            CandidateLine(
                rank=rank,
                name=item.candidate.subject,
                similarity=similarity(item.candidate.similarity),
                rate=in_words(item.meaning.false_match_rate),
                counted=counts(item.meaning.false_match_rate),
                expected=expected_in_words(item.false_candidates),
                photos=item.candidate.references_of_subject,
                picture=jpeg_url(crops[item.candidate.reference_id]) if item.candidate.reference_id in crops else "",
            )
            for rank, item in enumerate(result.candidates, start=1)
        ),
        notes=_notes(result, request),
        holds=tuple(reason for reason in objections if reason.rule_id not in even_then),
        bars=tuple(reason for reason in objections if reason.rule_id in even_then),
        facts=_facts(result),
    )


def expected_in_words(chance: FalseCandidates) -> str:
    """Return how many false candidates at least this alike a stranger would meet in a search of this gallery."""
    if chance.support is Support.BOUND_ONLY:
        return f"fewer than {plain(chance.at_most)} a search"
    few = ", from few cases" if chance.support is Support.SPARSE else ""
    if chance.expected > 0.5:
        return f"{plain(chance.expected)} a search{few}"
    return f"{plain(chance.expected)}, about {one_in(chance.expected)} searches{few}"


def _answer(done: Performed[SearchResult]) -> tuple[str, str]:
    result, gallery = done.value, done.value.gallery
    expected = result.expected.in_words()
    if result.outcome is SearchOutcome.CANDIDATES:
        return f"{several(len(result.candidates), 'candidate')} in {gallery}", expected
    if result.outcome is SearchOutcome.NOBODY and not result.expected.references:
        return f"Nobody in {gallery}", "The gallery is empty, so there was nobody to find."
    if result.outcome is SearchOutcome.NOBODY:
        missed = percent(result.threshold.false_non_match_rate.estimate)
        return (
            f"Nobody in {gallery}",
            f"Nobody there reaches the threshold. That is an answer, and not a proof: {missed} of pairs of one person "
            "score below it.",
        )
    if result.outcome is SearchOutcome.HELD:
        needed = done.decision.reviewers_needed
        people = "One trained person looks" if needed == 1 else f"{needed} trained people look"
        blind = "" if needed == 1 else ", each without seeing what the others think"
        return (
            f"{people} first",
            f"The gallery {gallery} was searched. Whether anybody was found, and who, is told after they have "
            f"decided{blind}.",
        )
    if result.outcome is SearchOutcome.NO_FACE:
        return "Not searched: no face was found", "There is nothing in the photo to search with."
    return "Not searched: the photo is not suitable", "A poor photo meets more strangers than the rates below say."


def _notes(result: SearchResult, request: SearchRequest) -> tuple[str, ...]:
    notes = []
    if not result.promise_kept:
        notes.append(
            f"{request.max_false_candidates:g} false candidates a search cannot be promised for this gallery: the "
            "calibration data is too small. The strictest threshold that it supports was used."
        )
    if result.searched is not None and result.searched.cut_off:
        notes.append("More candidates reach the threshold than were asked for; the most similar are listed.")
    if result.outcome in (SearchOutcome.CANDIDATES, SearchOutcome.NOBODY) and result.reasons:
        said = "; ".join(result.reasons)
        notes.append(f"The photo is outside the limits of quality ({said}); it was searched because you asked for it.")
    return tuple(notes)


def _facts(result: SearchResult) -> tuple[tuple[str, str], ...]:
    facts = [
        ("Threshold", threshold_in_words(result.threshold)),
        ("False candidates to expect", result.expected.in_words()),
        ("Recogniser", f"{result.model.name}, identity {result.model.digest[:16]}"),
    ]
    if result.searched is not None:
        every = "every one of them compared" if result.searched.exact else "not every one of them compared"
        facts.insert(
            0,
            (
                "Searched",
                f"{result.gallery}: {result.searched.references_searched:,} photos of "
                f"{result.searched.subjects_searched:,} people, {every}; revision {result.searched.revision}",
            ),
        )
    return tuple(facts)
