"""The claims of a case as fields of a form: grouped, with words for people, and read back as plain values.

Rules kept here:

- Every claim that ``case open`` takes has a field; a test compares. What is left at "not stated" is not claimed.
- A field has the claim's own name, so that a problem can stand beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import FormData

from countenance.service.accountability_reports.wording import in_words
from countenance.service.case_ports import ClaimValue
from countenance.service.case_terms import NEEDED_CLAIMS, ClaimSpec, claim_specs
from countenance.web.console.cases.claim_words import GROUPS, HINTS, LABELS, WORDS
from countenance.web.console.forms import text_of

#: Ticked to say that none of a list of words holds; an empty list is a statement, no tick at all is none.
NOTHING = "none"
_YES, _NO = "yes", "no"
_LONGEST_WORDS = 40


@dataclass(frozen=True, slots=True)
class ClaimField:
    """One claim to ask for.

    Attributes:
        name: The claim.
        kind: As ``ClaimSpec`` has it.
        label: What it is called.
        hint: What it says.
        options: (value, words) to choose among; empty where any value of its kind is.
        needed: Whether no case is opened without it.
    """

    name: str
    kind: str
    label: str
    hint: str
    options: tuple[tuple[str, str], ...]
    needed: bool


@dataclass(frozen=True, slots=True)
class ClaimGroup:
    """Fields that belong together."""

    title: str
    lead: str
    fields: tuple[ClaimField, ...]
    is_open: bool = False


def claim_groups() -> tuple[ClaimGroup, ...]:
    """Return the fields of all claims, in groups."""
    specs = {spec.name: spec for spec in claim_specs()}
    return tuple(
        ClaimGroup(title, lead, tuple(claim_field(specs[name]) for name in names), is_open)
        for title, lead, names, is_open in GROUPS
    )


def claim_field(spec: ClaimSpec) -> ClaimField:
    """Return the field of a claim."""
    meaning = HINTS.get(spec.name, f"{spec.meaning[:1].upper()}{spec.meaning[1:]}.")
    options: tuple[tuple[str, str], ...] = ()
    if spec.kind == "flag":
        options = ((_YES, "yes"), (_NO, "no"))
    elif spec.kind == "word":
        options = tuple((word, word_in_words(word)) for word in _sorted(spec.words))
    elif spec.kind == "words":
        options = ((NOTHING, "none of these"), *((word, word_in_words(word)) for word in spec.words))
    label = LABELS.get(spec.name, spec.name.replace("_", " "))
    return ClaimField(spec.name, spec.kind, label, meaning, options, spec.name in NEEDED_CLAIMS)


def claimed(form: FormData, fields: tuple[ClaimField, ...]) -> dict[str, object]:
    """Return the claims that a form states, as ``case_terms`` takes them; what is not stated is left out."""
    values: dict[str, object] = {}
    for field in fields:
        value = _value(form, field)
        if value is not None:
            values[field.name] = value
    return values


def claim_in_words(value: ClaimValue) -> str:
    """Return a claim's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(word_in_words, value)) or "none"
    return word_in_words(value) if isinstance(value, str) else str(value)


def word_in_words(word: str) -> str:
    """Return one of the policy's words for people."""
    return WORDS.get(word) or in_words(word)


def _value(form: FormData, field: ClaimField) -> object:
    if field.kind == "words":
        ticked = [item for item in form.getlist(field.name)[:_LONGEST_WORDS] if isinstance(item, str)]
        # "None of these" together with some of them contradicts itself: all of it is handed on, and refused.
        return ([] if ticked == [NOTHING] else ticked) if ticked else None
    written = text_of(form, field.name)
    if not written:
        return None
    if field.kind == "places":
        return [place.strip() for place in written.split(",") if place.strip()]
    if field.kind == "flag":
        return {_YES: True, _NO: False}.get(written, written)
    if field.kind == "number":
        return int(written) if written.isdecimal() and len(written) < 12 else written
    return utc_time(written) if field.kind == "time" else written


def utc_time(written: str) -> str:
    """Return a time of a form, which has no offset and is meant in UTC, with its offset."""
    return written if "+" in written or written.endswith("Z") else f"{written}+00:00"


def _sorted(words: tuple[str, ...]) -> list[str]:
    return sorted(words, key=lambda word: (word != "none", word_in_words(word).casefold()))
