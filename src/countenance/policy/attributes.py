"""The request attributes: one closed table, from which the Cedar schema and every check of a value are made.

Rules kept here:

- Every attribute is required and typed; there are no optional ones and no defaults.
- Numbers are whole (Cedar has no floats): shares in parts per million or billion, ratios in hundredths.
- Derived attributes are computed from the request and the clock at evaluation and cannot be handed in.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass

from countenance.policy import terms

#: Country, country and subdivision (ISO 3166-2), either with a locality: ``EU``, ``US-VA``, ``US-OR/portland``.
JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?(/[a-z][a-z0-9_]{0,40})?")
#: Longest text value accepted; citations and case numbers are far shorter.
TEXT_LIMIT = 200
#: Retention of references that are kept until somebody erases them; a hundred years, so that every cap refuses it.
UNLIMITED_RETENTION_DAYS = 36_500
#: Age to state when there is no evaluation; older than any limit a rule could set.
NEVER_EVALUATED_DAYS = 1_000_000
#: Ratio to state when the spread of false positives was not or cannot be measured; ten million to one.
UNMEASURED_RATIO_X100 = 1_000_000_000
#: A share of one in parts per billion: "every comparison may be a false match" where the rate is not known.
CERTAIN_PPB = 1_000_000_000


class Kind(enum.Enum):
    """How an attribute's value is typed."""

    CHOICE = enum.auto()
    CHOICES = enum.auto()
    JURISDICTIONS = enum.auto()
    TEXT = enum.auto()
    FLAG = enum.auto()
    WHOLE = enum.auto()
    TIME = enum.auto()


_CEDAR_TYPES = {
    Kind.CHOICE: "String",
    Kind.CHOICES: "Set<String>",
    Kind.JURISDICTIONS: "Set<String>",
    Kind.TEXT: "String",
    Kind.FLAG: "Bool",
    Kind.WHOLE: "Long",
    Kind.TIME: "datetime",
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute.

    Attributes:
        name: Name in requests, rules and the schema.
        kind: How it is typed.
        meaning: What it says, in a few words.
        words: Allowed words of a choice or of a set of choices; empty for other kinds.
        maximum: Largest whole number accepted; numbers are never negative.
        derived: Computed at evaluation, never handed in.
    """

    name: str
    kind: Kind
    meaning: str
    words: frozenset[str] = frozenset()
    maximum: int = 0
    derived: bool = False


def _choice(name: str, words: type[enum.StrEnum], meaning: str, *, without: Iterable[str] = ()) -> Attribute:
    allowed = frozenset(word.value for word in words) - frozenset(without)
    return Attribute(name, Kind.CHOICE, meaning, words=allowed)


def _choices(name: str, words: type[enum.StrEnum], meaning: str) -> Attribute:
    return Attribute(name, Kind.CHOICES, meaning, words=frozenset(word.value for word in words))


def _flag(name: str, meaning: str) -> Attribute:
    return Attribute(name, Kind.FLAG, meaning)


def _whole(name: str, maximum: int, meaning: str) -> Attribute:
    return Attribute(name, Kind.WHOLE, meaning, maximum=maximum)


def _text(name: str, meaning: str) -> Attribute:
    return Attribute(name, Kind.TEXT, meaning)


_HANDED_IN = (
    Attribute("jurisdictions", Kind.JURISDICTIONS, "where operator, camera and subject are; localities included"),
    _choice("actor_sector", terms.Sector, "who acts", without=["none"]),
    _choice("on_behalf_of", terms.Sector, "for whom, or none"),
    _choice("purpose", terms.Purpose, "why"),
    _text("case_id", "case number; empty means none"),
    _flag("targeted", "one specific person or offence"),
    _choices("selection_basis", terms.SelectionBasis, "traits or activities people were picked by"),
    _choice("mode", terms.Mode, "kind of comparison or inference"),
    _choice("timing", terms.Timing, "live, nearly live, or after the fact"),
    _choice("space", terms.Space, "where the probe was captured"),
    _choice("probe_source", terms.ProbeSource, "what the probe comes from"),
    _choice("gallery_source", terms.GallerySource, "where the gallery's references come from"),
    _choice("legal_basis", terms.LegalBasis, "basis stated by the operator"),
    _choice("auth_status", terms.AuthStatus, "what became of the request for an authorisation"),
    _text("auth_id", "number of the authorisation; empty means none"),
    _whole("auth_delay_hours", 1_000_000, "hours from first use to the request for authorisation"),
    Attribute("auth_expires", Kind.TIME, "when the authorisation ends"),
    _flag("emergency", "an emergency is attested"),
    _text("emergency_facts_sha256", "hex SHA-256 of the statement of facts; empty without an emergency"),
    _choice("suspicion", terms.Suspicion, "grade of suspicion stated"),
    _choices("offence_tags", terms.OffenceTag, "classes of the offence"),
    _text("offence_statute", "statute cited for the offence; empty means none"),
    _whole("offence_max_years", 100, "longest sentence for the offence, in years"),
    _flag("offence_facts_linked", "objective, verifiable facts link the probe to the offence"),
    _choice("consent_status", terms.ConsentStatus, "consent of the person whose face it is"),
    _choice("consent_form", terms.ConsentForm, "how consent was given"),
    _flag("purpose_and_term_disclosed", "purpose and length of keeping were told in writing"),
    _choice("notice", terms.Notice, "how the person was told"),
    _whole("retention_days", UNLIMITED_RETENTION_DAYS, "days until the template is destroyed"),
    _choice("retention_clock", terms.RetentionClock, "what the days are counted from"),
    _whole("reviewers", 1_000, "distinct people other than the requester who decided before release"),
    _flag("reviewers_trained", "all of them have current training"),
    _choice("intended_use", terms.IntendedUse, "what the result is for"),
    _choices("corroboration", terms.Corroboration, "evidence besides the match"),
    _flag("adverse_effect", "legal or similarly significant effect on somebody"),
    _flag("defence_disclosure", "the file will disclose the use"),
    _choice("eval_certificate", terms.CertificateStatus, "whether a certificate speaks about what is in use"),
    _flag("eval_independent", "evaluated by somebody independent of maker and operator"),
    _whole("eval_age_days", NEVER_EVALUATED_DAYS, "days since the evaluation"),
    _whole("eval_tpr_min_group_ppm", 1_000_000, "true positive rate of the worst group, parts per million"),
    _whole("eval_fpir_ratio_x100", UNMEASURED_RATIO_X100, "worst false positive rate over the geometric mean, × 100"),
    _choices("eval_groups", terms.EvalGroup, "demographic factors measured"),
    _flag("threshold_as_evaluated", "the threshold in force is the evaluated one"),
    _whole("threshold_fmr_ppb", CERTAIN_PPB, "upper bound of the false match rate at the threshold, parts per billion"),
    _choices("deployment", terms.DeploymentFact, "facts attested about the installation"),
    _text("federal_law_id", "signed citation of a US federal law; empty means none was entered"),
)
_DERIVED = (
    Attribute("now", Kind.TIME, "the server's clock", derived=True),
    Attribute("auth_in_force", Kind.FLAG, "authorisation granted and not yet expired", derived=True),
    Attribute(
        "acting_as",
        Kind.CHOICES,
        "actor_sector together with on_behalf_of",
        words=frozenset(word.value for word in terms.Sector) - {"none"},
        derived=True,
    ),
)
#: Every attribute a rule may read, by name; those handed in come first, in the order of a request's fields.
ATTRIBUTES: dict[str, Attribute] = {attribute.name: attribute for attribute in (*_HANDED_IN, *_DERIVED)}
#: Names of the attributes a request must hold, besides the action.
REQUEST_ATTRIBUTES = tuple(attribute.name for attribute in _HANDED_IN)


def cedar_schema(names: Iterable[str] | None = None) -> str:
    """Return the Cedar schema that requires exactly these attributes and admits no other; all of them by default."""
    chosen = sorted(ATTRIBUTES if names is None else names)
    fields = ",\n".join(f'  "{name}": {_CEDAR_TYPES[ATTRIBUTES[name].kind]}' for name in chosen)
    actions = ", ".join(action.value for action in terms.Action)
    return (
        "entity User;\nentity Gallery;\n"
        f"type Request = {{\n{fields}\n}};\n"
        f"action {actions}\n  appliesTo {{ principal: [User], resource: [Gallery], context: Request }};\n"
    )
