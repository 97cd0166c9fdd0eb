"""(policy set, request, now) → decision. The order of the steps is the order of this module.

Rules kept here:

- An invalid request, an error while deciding, or a clock without an offset is a denial.
- One objection is a denial, whatever else is permitted. Without a permit there is a denial too: the absence of
  permission is itself a rule (``operator.no_permission``).
- Without objections, a place no loaded pack looks at, or a pack due for review that would apply, is ``not_covered``.
- A search whose results may not be released at once is ``review``: the rules for releasing are asked ahead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from countenance.core.errors import InputError
from countenance.policy.decision import Outcome, PolicyDecision, Reason
from countenance.policy.jurisdictions import implied_jurisdictions, uncovered, without_own_rules
from countenance.policy.policy_set import PolicySet
from countenance.policy.request import PolicyRequest
from countenance.policy.rule_packs import Pack
from countenance.policy.terms import Action, AuthStatus, ConsentStatus, LegalBasis

REQUEST_INVALID = "policy.request_invalid"
DECIDING_FAILED = "policy.deciding_failed"
NOT_COVERED = "policy.jurisdiction_not_covered"
REVIEW_DUE = "policy.pack_review_due"
_SEARCHES = frozenset({Action.SEARCH, Action.LIVE_WATCHLIST})


def evaluate(policies: PolicySet, request: PolicyRequest | Mapping[str, object], now: datetime) -> PolicyDecision:
    """Return what the rules say about a request.

    Args:
        policies: The rules in force.
        request: A valid request, or plain values that are checked first; an unknown key, a missing attribute or a
            value of the wrong type is a denial.
        now: The server's clock, with an offset from UTC.
    """
    if not isinstance(request, PolicyRequest):
        try:
            request = PolicyRequest.parse(request)
        except InputError as error:
            return _failed(policies, REQUEST_INVALID, "The request is not complete or not valid.", (error.message,))
    if now.utcoffset() is None or not 1970 <= now.year <= 9998:
        return _failed(policies, DECIDING_FAILED, "The clock is not usable.", ("the time has no offset from UTC",))
    found = policies.book.consult(request.action, request, now)
    if found.errors or not (found.objections or found.permits):
        errors = found.errors or ("no rule permitted and none objected",)
        return _failed(policies, DECIDING_FAILED, "The rules could not be evaluated.", errors)
    if found.objections:
        return _decision(policies, Outcome.DENY, _reasons(policies, found.objections), request)
    gaps = _coverage_gaps(policies, request, now)
    if gaps:
        return _decision(policies, Outcome.NOT_COVERED, gaps, request)
    permits = _reasons(policies, found.permits)
    if request.action not in _SEARCHES:
        return _decision(policies, Outcome.PERMIT, permits, request)
    outlook = policies.book.release_outlook(request, now)
    if outlook.errors:
        return _failed(policies, DECIDING_FAILED, "The rules for releasing could not be evaluated.", outlook.errors)
    if not outlook.at_once:
        return _decision(policies, Outcome.PERMIT, permits, request)
    return _decision(
        policies,
        Outcome.REVIEW,
        (*_reasons(policies, outlook.at_once), *permits),
        request,
        reviewers_needed=max(1, outlook.reviewers_needed),
        after_review=tuple(sorted(outlook.after_review)),
    )


def _failed(policies: PolicySet, rule_id: str, says: str, errors: tuple[str, ...]) -> PolicyDecision:
    reason = Reason(rule_id, "policy", says, "Correct the request and ask again.")
    return PolicyDecision(
        decision=Outcome.DENY,
        rule_ids=(rule_id,),
        reasons=(reason,),
        errors=errors,
        reviewers_needed=0,
        after_review=(),
        caveats=(),
        policy_digest=policies.digest,
    )


def _decision(
    policies: PolicySet,
    outcome: Outcome,
    reasons: Iterable[Reason],
    request: PolicyRequest,
    *,
    reviewers_needed: int = 0,
    after_review: tuple[str, ...] = (),
) -> PolicyDecision:
    reasons = tuple(sorted(reasons, key=lambda reason: reason.rule_id))
    return PolicyDecision(
        decision=outcome,
        rule_ids=tuple(reason.rule_id for reason in reasons),
        reasons=reasons,
        errors=(),
        reviewers_needed=reviewers_needed,
        after_review=after_review,
        caveats=_caveats(policies, request),
        policy_digest=policies.digest,
    )


def _reasons(policies: PolicySet, rule_ids: Iterable[str]) -> tuple[Reason, ...]:
    return tuple(policies.reason_for(rule_id) for rule_id in rule_ids)


def _coverage_gaps(policies: PolicySet, request: PolicyRequest, now: datetime) -> tuple[Reason, ...]:
    reasons = [
        Reason(
            f"{REVIEW_DUE}.{pack.name}",
            pack.name,
            f"The pack {pack.name} was due for review on {pack.review_by}; its rules may be out of date.",
            "Load a reviewed version of the pack.",
        )
        for pack in policies.review_due(now.date())
        if _looks_at(pack, request)
    ]
    missing = uncovered(request.jurisdictions, policies.covers) + tuple(request.jurisdictions & policies.known_gaps)
    if missing:
        places = ", ".join(sorted(set(missing)))
        says = f"No loaded pack looks at the rules of {places}."
        reasons.append(Reason(NOT_COVERED, "policy", says, "Load a pack that encodes the rules of that place."))
    return tuple(reasons)


def _looks_at(pack: Pack, request: PolicyRequest) -> bool:
    """Return whether a pack would apply: a pack that names no place applies everywhere."""
    if not pack.covers:
        return True
    touched = implied_jurisdictions(request.jurisdictions, request.acting_as)
    return len(uncovered(touched, pack.covers)) < len(touched)


def _caveats(policies: PolicySet, request: PolicyRequest) -> tuple[str, ...]:
    caveats = []
    general = without_own_rules(request.jurisdictions, policies.covers)
    if general:
        caveats.append(f"No loaded pack has rules of {', '.join(general)} alone; only those of the country were asked.")
    claims = [
        word
        for word, stated in (
            ("legal basis", request.legal_basis is not LegalBasis.NONE),
            ("authorisation", request.auth_status is not AuthStatus.NONE),
            ("emergency", request.emergency),
            ("consent", request.consent_status is ConsentStatus.GIVEN),
            ("facts about the installation", bool(request.deployment)),
        )
        if stated
    ]
    if claims:
        caveats.append(f"Attested by the requester or operator, not checked by this software: {', '.join(claims)}.")
    return tuple(caveats)
