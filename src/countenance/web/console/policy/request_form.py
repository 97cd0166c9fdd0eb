"""A policy request as a form: every attribute with its meaning and words, from a query and back to one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Protocol

from countenance.policy.attributes import ATTRIBUTES, Kind
from countenance.policy.request import PolicyRequest
from countenance.policy.terms import Action
from countenance.service.accountability_reports.wording import in_words
from countenance.service.acts import UNSTATED

#: Headings of the form, each with its attributes; the first is open, the others unfold.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("What, who, where", ("action", "purpose", "actor_sector", "on_behalf_of", "jurisdictions", "gallery_source",
                          "probe_source", "intended_use", "case_id", "targeted", "adverse_effect", "now")),
    ("How and when", ("mode", "timing", "space", "selection_basis")),
    ("Authority and suspicion", ("legal_basis", "auth_status", "auth_id", "auth_delay_hours", "auth_expires",
                                 "emergency", "emergency_facts_sha256", "suspicion", "offence_tags", "offence_statute",
                                 "offence_max_years", "offence_facts_linked")),
    ("Consent, notice, keeping", ("consent_status", "consent_form", "purpose_and_term_disclosed", "notice",
                                  "retention_days", "retention_clock")),
    ("Review and other evidence", ("reviewers", "reviewers_trained", "corroboration", "defence_disclosure")),
    ("Measured fitness", ("eval_certificate", "eval_independent", "eval_age_days", "eval_tpr_min_group_ppm",
                          "eval_fpir_ratio_x100", "eval_groups", "threshold_as_evaluated", "threshold_fmr_ppb")),
    ("The installation", ("deployment", "federal_law_id")),
)  # fmt: skip
_ACTIONS = {
    Action.ENROL: "enrol somebody", Action.SEARCH: "search a gallery", Action.VERIFY: "compare two photos",
    Action.LIVE_WATCHLIST: "watch live video for people on a list", Action.INFER_ATTRIBUTE: "infer a trait or emotion",
    Action.IMPORT_GALLERY: "import a gallery", Action.RELEASE_FOR_USE: "release results for use",
}  # fmt: skip
_LABELS = {
    "action": "What is to be done", "purpose": "Purpose", "actor_sector": "Who acts", "on_behalf_of": "For whom",
    "jurisdictions": "Places", "case_id": "Case number", "auth_id": "Authorisation number", "now": "Judged as of",
    "auth_expires": "Authorisation ends", "auth_status": "Authorisation", "auth_delay_hours": "Hours until asked for",
    "eval_certificate": "Evaluation certificate", "eval_tpr_min_group_ppm": "True positives, worst group, per million",
    "eval_fpir_ratio_x100": "Worst false positives over the mean, × 100", "eval_groups": "Groups measured",
    "threshold_fmr_ppb": "False match rate at the threshold, per billion", "deployment": "Facts stated",
    "emergency_facts_sha256": "Digest of the statement of facts",
}  # fmt: skip


class Query(Protocol):
    """The query of an address."""

    def get(self, key: str, default: str) -> str: ...
    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Control:
    """One control of the form.

    Attributes:
        name: The attribute.
        label: Its name for people.
        meaning: What it says.
        kind: ``choice``, ``choices``, ``flag``, ``text``, ``whole`` or ``time``.
        options: (word, in words) of a choice or choices.
        value: What stands in it: a word, several words, a text.
    """

    name: str
    label: str
    meaning: str
    kind: str
    options: tuple[tuple[str, str], ...]
    value: str | tuple[str, ...]


def controls(values: Mapping[str, Any]) -> list[tuple[str, list[Control]]]:
    """Return the form's controls under their headings, with values in plain form."""
    return [(heading, [_control(name, values.get(name)) for name in names]) for heading, names in GROUPS]


def read_values(query: Query) -> dict[str, Any]:
    """Return the attributes of a query in plain values; what cannot be read stays as it is, for the rules to say so.

    Args:
        query: Of the address; an attribute that it leaves out is taken as the strictest.
    """
    values: dict[str, Any] = {"action": query.get("action", "")}
    for name, attribute in ATTRIBUTES.items():
        if attribute.derived:
            continue
        text = query.get(name, "").strip()
        if attribute.kind is Kind.CHOICES:
            values[name] = query.getlist(name)
        elif attribute.kind is Kind.JURISDICTIONS:
            values[name] = [place for place in text.replace(",", " ").split() if place]
        elif attribute.kind is Kind.FLAG:
            values[name] = text == "yes"
        elif attribute.kind is Kind.WHOLE:
            values[name] = int(text) if text.isdecimal() and len(text) < 19 else UNSTATED.get(name, text)
        elif attribute.kind is Kind.TIME:
            values[name] = moment_of(text) or UNSTATED.get(name, text)
        else:
            values[name] = text or UNSTATED.get(name, "")
    return values


def moment_of(text: str) -> datetime | None:
    """Return a time of a form, UTC unless it says otherwise, or None if it cannot be read."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return when if 1970 <= when.year <= 9998 else None


def plain_values(request: PolicyRequest) -> dict[str, Any]:
    """Return the attributes of a request in plain values."""
    return {field.name: _plain(getattr(request, field.name)) for field in fields(PolicyRequest)}


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(str(item.value if isinstance(item, StrEnum) else item) for item in value)
    return value.value if isinstance(value, StrEnum) else value


def _control(name: str, value: Any) -> Control:
    label = _LABELS.get(name, name.replace("_", " ").capitalize())
    if name == "action":
        options = tuple((action.value, words) for action, words in _ACTIONS.items())
        return Control(name, label, "", "choice", options, str(value or Action.SEARCH.value))
    if name == "now":
        return Control(name, label, "rules begin and end on dates", "time", (), _time(value))
    attribute = ATTRIBUTES[name]
    words = tuple((word, in_words(word)) for word in sorted(attribute.words))
    if attribute.kind is Kind.CHOICE:
        return Control(name, label, attribute.meaning, "choice", words, str(value or ""))
    if attribute.kind is Kind.CHOICES:
        return Control(name, label, attribute.meaning, "choices", words, tuple(map(str, value or ())))
    if attribute.kind is Kind.FLAG:
        return Control(name, label, attribute.meaning, "flag", (), "yes" if value else "no")
    if attribute.kind is Kind.TIME:
        return Control(name, label, attribute.meaning, "time", (), _time(value))
    if attribute.kind is Kind.JURISDICTIONS:
        joined = ", ".join(sorted(map(str, value or ())))
        return Control(name, label, "codes such as US-VA or US-OR/portland, parted by commas", "text", (), joined)
    kind = "whole" if attribute.kind is Kind.WHOLE else "text"
    return Control(name, label, attribute.meaning, kind, (), "" if value is None else str(value))


def _time(value: Any) -> str:
    when = moment_of(value) if isinstance(value, str) else value
    if not isinstance(when, datetime):
        return ""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S" if when.second else "%Y-%m-%dT%H:%M")


__all__: Sequence[str] = ("Control", "Query", "controls", "moment_of", "plain_values", "read_values")
