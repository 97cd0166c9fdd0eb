"""Act, standing, request and decision → the fields of the entries ``act_intended`` and ``act_denied``.

Rules kept here:

- What is recorded is what the rules were asked, word for word. A value that is not one of the closed words is not
  recorded: an entry holds no text that somebody slipped into a request.
- No photo, template or name enters: a probe stands as a keyed digest, an operator as an identifier.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from countenance.core.thresholds import Threshold
from countenance.ledger.entries import utc_text
from countenance.ledger.field_types import LONGEST_LIST, FieldValue
from countenance.policy.attributes import ATTRIBUTES, JURISDICTION, TEXT_LIMIT, Kind
from countenance.policy.decision import PolicyDecision
from countenance.policy.fitness import Fitness
from countenance.service.acts import Act
from countenance.service.rules_in_force import Rules
from countenance.service.standing import Standing

#: What stands for a required word that the request did not state.
NOT_STATED = "not_stated"
#: Request attribute → field, where the names differ; others with a field of their own have the same name.
_RENAMED = {
    "auth_id": "authorisation_number",
    "auth_status": "authorisation_status",
    "emergency_facts_sha256": "emergency_facts_digest",
    "offence_max_years": "offence_most_years",
}
_SAME = (
    "actor_sector",
    "on_behalf_of",
    "purpose",
    "jurisdictions",
    "legal_basis",
    "emergency",
    "offence_statute",
    "offence_tags",
    "offence_facts_linked",
    "suspicion",
    "consent_status",
    "consent_form",
    "notice",
    "targeted",
    "selection_basis",
    "mode",
    "timing",
    "space",
    "probe_source",
    "intended_use",
    "corroboration",
    "adverse_effect",
    "defence_disclosure",
    "deployment",
    "federal_law_id",
    "gallery_source",
)


def request_fields(
    act: Act,
    standing: Standing,
    values: Mapping[str, object],
    decision: PolicyDecision,
    rules: Rules,
    *,
    probe_digest: str,
) -> dict[str, FieldValue]:
    """Return the fields common to an intent and a refusal, but for what fitness adds.

    Args:
        act: What is, or was, about to be done.
        standing: On whose behalf.
        values: The request as it was put to the rules.
        decision: What they said.
        rules: The rules in force.
        probe_digest: Keyed digest of the probe; empty without one.
    """
    fields: dict[str, FieldValue] = {
        "action": act.word,
        "operator_id": standing.operator_id,
        "role": standing.role,
        "interface": standing.interface,
        "purpose": NOT_STATED,
        "jurisdictions": (),
        **_claimed(values),
        **decision_fields(decision, rules),
        "request_digest": request_digest(values),
        **standing.record,
    }
    claimed = sorted(name for name in standing.claims if name in ATTRIBUTES)
    if claimed:
        fields["attested_claims"] = tuple(claimed)
    who = {
        "case_id": standing.case_id,
        "case_number": standing.case_number,
        "credential_id": standing.credential_id,
        "attester_id": standing.attester_id,
        "probe_digest": probe_digest,
    }
    fields |= {name: value for name, value in who.items() if value}
    return fields | _system(act)


def decision_fields(decision: PolicyDecision, rules: Rules) -> dict[str, FieldValue]:
    """Return which rules decided, why, and which were loaded."""
    fields: dict[str, FieldValue] = {
        "decision": decision.decision.value,
        "deciding_rules": decision.rule_ids[:LONGEST_LIST],
        "reasons": tuple(reason.says for reason in decision.reasons),
        "policy_digest": decision.policy_digest,
        "packs": tuple(pack.name for pack in rules.policies.loaded),
    }
    if decision.errors:
        fields["evaluation_errors"] = tuple(error[:4000] for error in decision.errors)
    if rules.packs_disabled:
        fields["packs_disabled"] = rules.packs_disabled
    return fields


def fitness_fields(fitness: Fitness | None, certificate_sha256: str) -> dict[str, FieldValue]:
    """Return which certificate was read and how the worst group fared, where there is one that holds."""
    if fitness is None or not certificate_sha256:
        return {}
    fields: dict[str, FieldValue] = {"certificate_digest": certificate_sha256}
    if fitness.eval_certificate == "valid":
        fields["worst_group_rate"] = decimal(fitness.eval_tpr_min_group_ppm / 1_000_000)
        fields["false_positive_ratio"] = decimal(fitness.eval_fpir_ratio_x100 / 100)
    return fields


def request_digest(values: Mapping[str, object]) -> str:
    """Return the SHA-256 of a request in plain values, hex: the same request, the same digest."""
    plain = {str(name): _plain(value) for name, value in values.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def threshold_digest(threshold: Threshold) -> str:
    """Return the SHA-256 of a threshold with everything it promises, hex."""
    return hashlib.sha256(json.dumps(dataclasses.asdict(threshold), sort_keys=True).encode()).hexdigest()


def decimal(number: float) -> str:
    """Return a number as the ledger writes it: digits, at most nine after the point, no exponent."""
    text = f"{number:.9f}".rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _system(act: Act) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    if act.model is not None:
        fields["model_digest"] = act.model.digest
    if act.threshold is not None:
        fields["threshold_value"] = decimal(act.threshold.value)
        fields["threshold_digest"] = threshold_digest(act.threshold)
    if act.gallery is not None:
        fields["gallery_ids"] = (act.gallery.gallery_id,)
        fields["gallery_revision"] = act.gallery.revision
        fields["gallery_subjects"] = act.gallery.subjects
        fields["gallery_references"] = act.gallery.references
    return fields


def _claimed(values: Mapping[str, object]) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    for name in (*_SAME, *_RENAMED):
        value = _recordable(name, values.get(name))
        if value is not None and value != "":
            fields[_RENAMED.get(name, name)] = value
    expires = values.get("auth_expires")
    if values.get("auth_status") in ("granted", "requested") and isinstance(expires, datetime) and expires.tzinfo:
        fields["authorisation_expires_at"] = utc_text(expires)
    return fields


def _recordable(name: str, value: object) -> FieldValue | None:
    """Return a value in the ledger's form if it is one the attribute may have, else None."""
    attribute = ATTRIBUTES[name]
    match attribute.kind:
        case Kind.CHOICE:
            return str(value) if isinstance(value, str) and value in attribute.words else None
        case Kind.CHOICES | Kind.JURISDICTIONS:
            if not isinstance(value, tuple | list | set | frozenset):
                return None
            words = sorted(str(item) for item in value if isinstance(item, str))
            known = [word for word in words if _is_word(attribute.kind, attribute.words, word)]
            return tuple(known[:LONGEST_LIST])
        case Kind.FLAG:
            return value if isinstance(value, bool) else None
        case Kind.WHOLE:
            fits = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= attribute.maximum
            return value if fits and isinstance(value, int) else None
        case Kind.TEXT:
            fits = isinstance(value, str) and len(value) <= TEXT_LIMIT and value.isprintable()
            if name == "emergency_facts_sha256":
                fits = fits and len(str(value)) == hashlib.sha256().digest_size * 2
            return value if fits and isinstance(value, str) else None
        case _:
            return None


def _is_word(kind: Kind, words: frozenset[str], word: str) -> bool:
    return bool(JURISDICTION.fullmatch(word)) if kind is Kind.JURISDICTIONS else word in words


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple | list):
        return sorted(str(item) for item in value)
    if isinstance(value, bool | int) or value is None:
        return value
    return str(value)
