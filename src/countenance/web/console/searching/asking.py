"""The form of a search: what a case leaves to choose, as words, and read back as a request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from countenance.core.thresholds import Calibration, one_in
from countenance.core.vocabulary import GallerySummary
from countenance.service.case_ports import StoredCase
from countenance.service.case_terms import claim_specs
from countenance.service.compare import ThresholdChoice
from countenance.service.faces import PhotoInput
from countenance.service.meaning import DEFAULT_FALSE_CANDIDATES
from countenance.service.search import SearchRequest
from countenance.web.console.cases.claims import ClaimField, claim_field, claimed
from countenance.web.console.comparing.pages import face_number
from countenance.web.console.comparing.words import thresholds_offered
from countenance.web.console.forms import FormRefused, files_of, text_of

#: False candidates that a stranger may meet on average, strictest first.
FALSE_CANDIDATES = (0.01, DEFAULT_FALSE_CANDIDATES, 1.0)
USUAL_STRICTNESS = f"expected:{DEFAULT_FALSE_CANDIDATES:g}"
#: Candidates shown unless asked otherwise; and the most that can be asked for.
USUAL_CANDIDATES, MOST_CANDIDATES = 10, 100
#: Claims asked for beside the photo; the others that a case leaves open stand folded away.
_FIRST = ("probe_source", "space", "timing", "intended_use")
#: A gallery of ours has a source of its own, whatever anybody says.
_NOT_ASKED = frozenset({"gallery_source"})
PROBE = "The photo"


@dataclass(frozen=True, slots=True)
class SearchForm:
    """What the form shows.

    Attributes:
        galleries: (name, words with its size).
        strictness: Heading → (value, words) of thresholds.
        first: Claims to ask for beside the photo.
        others: Claims that can be stated besides.
        most: Most candidates that can be asked for.
        usual: Candidates unless asked otherwise.
    """

    galleries: tuple[tuple[str, str], ...]
    strictness: Mapping[str, tuple[tuple[str, str], ...]]
    first: tuple[ClaimField, ...]
    others: tuple[ClaimField, ...]
    most: int
    usual: int


@dataclass(frozen=True, slots=True)
class AskedSearch:
    """What a form asks for.

    Attributes:
        request: The search.
        stated: Claims about it.
        file: Name of the photo's file, as the browser sent it.
        kept: Fields to send again when a face has to be chosen first, as (name, value).
    """

    request: SearchRequest
    stated: Mapping[str, object]
    file: str
    kept: tuple[tuple[str, str], ...] = field(repr=False)


def search_form(case: StoredCase, galleries: Sequence[GallerySummary], calibration: Calibration) -> SearchForm:
    """Return the form of a search under a case."""
    fields = {one.name: one for one in open_claims(case)}
    most = min(MOST_CANDIDATES, case.most_candidates or MOST_CANDIDATES)
    return SearchForm(
        galleries=tuple(
            (one.name, f"{one.name}: {one.subjects:,} people, {one.references:,} photos") for one in galleries
        ),
        strictness={
            "For the size of the gallery": tuple(
                (f"expected:{count:g}", _expected(count)) for count in FALSE_CANDIDATES
            ),
            "For each comparison": tuple((f"rate:{rate}", words) for rate, words in thresholds_offered(calibration)),
        },
        first=tuple(fields[name] for name in _FIRST if name in fields),
        others=tuple(one for name, one in fields.items() if name not in _FIRST),
        most=most,
        usual=min(USUAL_CANDIDATES, most),
    )


def open_claims(case: StoredCase) -> tuple[ClaimField, ...]:
    """Return the claims that a case leaves open, to be stated with a search."""
    return tuple(
        claim_field(spec) for spec in claim_specs() if spec.name not in case.claims and spec.name not in _NOT_ASKED
    )


async def asked_search(form: FormData, case: StoredCase) -> AskedSearch:
    """Return what a form asks for.

    Raises:
        FormRefused: The photo is missing, or something cannot be read.
    """
    files = files_of(form, "photo")
    if len(files) != 1:
        raise FormRefused(400, "The photo is missing.", "Choose one photo and send the form again.")
    choice, expected = _strictness(text_of(form, "strictness", most=40) or USUAL_STRICTNESS)
    stated = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in claimed(form, open_claims(case)).items()
    }
    request = SearchRequest(
        gallery=text_of(form, "gallery"),
        probe=PhotoInput(PROBE, await files[0].read(), face_number(form, "face_photo")),
        choice=choice,
        max_false_candidates=expected,
        limit=_limit(text_of(form, "limit", most=10), case),
        accept_low_quality=text_of(form, "accept_low_quality", most=10) == "yes",
    )
    kept = tuple(
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and name not in ("csrf", "face_photo")
    )
    return AskedSearch(request, stated, (files[0].filename or PROBE)[-80:], kept)


def _strictness(written: str) -> tuple[ThresholdChoice, float]:
    kind, _, number = written.partition(":")
    try:
        value = float(number)
    except ValueError:
        value = -1.0
    if kind == "expected" and 0.0 < value <= 100.0:
        return ThresholdChoice(), value
    if kind == "rate" and 0.0 < value < 1.0:
        return ThresholdChoice(target_false_match_rate=value), DEFAULT_FALSE_CANDIDATES
    raise FormRefused(400, "How strict to be cannot be read.", "Choose from the list.")


def _limit(written: str, case: StoredCase) -> int:
    most = min(MOST_CANDIDATES, case.most_candidates or MOST_CANDIDATES)
    if not written:
        return min(USUAL_CANDIDATES, most)
    if not written.isdecimal() or not 1 <= int(written) <= most:
        raise FormRefused(400, "The number of candidates cannot be used.", f"Give a number from 1 to {most}.")
    return int(written)


def _expected(count: float) -> str:
    if count >= 1:
        return "one false candidate a search of a stranger, on average"
    return f"a false candidate in at most {one_in(count)} searches of a stranger"
