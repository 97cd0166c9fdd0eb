"""The form that opens a case: what it shows, what it states, and problems beside the fields they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.datastructures import FormData

from countenance.service.case_terms import KEYS
from countenance.web.console.cases.claim_words import LABELS
from countenance.web.console.cases.claims import ClaimGroup, claim_groups, claimed, utc_time
from countenance.web.console.forms import files_of, text_of

#: How long a case may be open, as ``case_terms`` reads it; anything else is typed as a time.
TERMS = (
    ("8h", "8 hours"),
    ("1d", "a day"),
    ("7d", "a week"),
    ("30d", "30 days"),
    ("90d", "90 days"),
    ("365d", "a year"),
)
USUAL_TERM = "7d"
ANY_GALLERY = "any"
#: Documents: their digests are kept, the files are not.
DOCUMENTS = ("auth_document", "emergency_facts")
#: Field that is no claim → what it is called.
_NAMES: Mapping[str, str] = {
    "case_number": "Number of the case",
    "operator": "Who searches",
    "attested_by": "Attested by",
    "purpose_text": "Reason",
    "galleries": "Galleries it may search",
    "most_searches": "Most searches",
    "most_candidates": "Most candidates a search",
    "expires": "Open for",
    "auth_issuer": "Issued by",
    "auth_requested_at": "Asked for at",
    "auth_document": "The document",
    "emergency_facts": "Statement of facts of an emergency",
}
_LONGEST_REASON = 2000
_TEXTS = ("case_number", "operator", "auth_issuer")


@dataclass(frozen=True, slots=True)
class StatedCase:
    """What a form states about a case.

    Attributes:
        values: Key → value, as ``case_terms`` takes them.
        documents: Name of a document's key → its bytes.
        typed: Field → what was typed, to show it again; lists for fields that can be ticked more than once.
    """

    values: Mapping[str, object] = field(repr=False)
    documents: Mapping[str, bytes] = field(repr=False)
    typed: Mapping[str, str | list[str]] = field(repr=False)

    def read(self, name: str) -> bytes:
        """Return a document by its key."""
        return self.documents[name]


@dataclass(frozen=True, slots=True)
class OpeningForm:
    """What the form shows.

    Attributes:
        groups: Fields of claims.
        galleries: Names of galleries.
        searchers: Names of accounts that may search.
        typed: What was typed before.
        problems: Field → what is wrong with it.
        others: Problems that are about no field of the form.
    """

    groups: tuple[ClaimGroup, ...]
    galleries: tuple[str, ...]
    searchers: tuple[str, ...]
    typed: Mapping[str, str | list[str]]
    problems: Mapping[str, str]
    others: tuple[str, ...]

    @property
    def wrong(self) -> tuple[tuple[str, str, str], ...]:
        """Return the problems as (field, its label, what is wrong)."""
        return tuple((name, LABELS.get(name) or _NAMES[name], said) for name, said in self.problems.items())

    def is_open(self, group: ClaimGroup) -> bool:
        """Return whether a group stands open: it always does, or something was typed in it or is wrong with it."""
        names = [field.name for field in group.fields]
        return group.is_open or any(self.typed.get(name) or name in self.problems for name in names)


def opening_form(
    galleries: Sequence[str], searchers: Sequence[str], typed: Mapping[str, str | list[str]], problems: Sequence[str]
) -> OpeningForm:
    """Return the form.

    Args:
        galleries: Names of galleries.
        searchers: Names of accounts that may search.
        typed: What was typed before.
        problems: What is wrong with it; each begins with a key of ``case_terms``.
    """
    placed: dict[str, str] = {}
    others = []
    for problem in problems:
        key, _, said = problem.partition(" ")
        if key in KEYS and said:
            # What "galleries" and "any_gallery" contradict each other about stands at the galleries.
            at = "galleries" if key == "any_gallery" else key
            placed[at] = f"{placed[at]} {_sentence(said)}" if at in placed else _sentence(said)
        else:
            others.append(problem)
    return OpeningForm(claim_groups(), tuple(galleries), tuple(searchers), typed, placed, tuple(others))


async def stated_case(form: FormData, attested_by: str) -> StatedCase:
    """Return what a form states, attested by whoever sends it."""
    documents = {name: await files[0].read() for name in DOCUMENTS if (files := files_of(form, name))}
    values: dict[str, object] = {name: text_of(form, name) for name in _TEXTS}
    values |= {
        "attested_by": attested_by,
        "purpose_text": text_of(form, "purpose_text", most=2 * _LONGEST_REASON).replace("\r\n", "\n"),
        "expires": _expires(form),
        **{name: name for name in documents},
        **_galleries(form),
    }
    for name in ("most_searches", "most_candidates"):
        if written := text_of(form, name, most=20):
            values[name] = int(written) if written.isdecimal() and len(written) < 12 else written
    if written := text_of(form, "auth_requested_at"):
        values["auth_requested_at"] = utc_time(written)
    for group in claim_groups():
        values |= claimed(form, group.fields)
    return StatedCase(values, documents, _typed(form))


def _expires(form: FormData) -> str:
    until = text_of(form, "until")
    return utc_time(until) if until else text_of(form, "expires", most=20) or USUAL_TERM


def _galleries(form: FormData) -> dict[str, object]:
    ticked = [item for item in form.getlist("galleries") if isinstance(item, str)]
    named = [name for name in ticked if name != ANY_GALLERY]
    found: dict[str, object] = {"galleries": named} if named else {}
    return found | ({"any_gallery": True} if ANY_GALLERY in ticked else {})


def _typed(form: FormData) -> dict[str, str | list[str]]:
    typed: dict[str, str | list[str]] = {}
    for name in form:
        texts = [item for item in form.getlist(name) if isinstance(item, str)]
        typed[name] = texts[0] if len(texts) == 1 else texts
    return typed


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."
