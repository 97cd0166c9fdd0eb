"""Decisions and packs in plain words: which rule, why, from which source, and what would change it."""

from __future__ import annotations

from countenance.policy.decision import NO_OBJECTION, NOTICE, Outcome, PolicyDecision, Reason
from countenance.policy.policy_set import PolicySet
from countenance.policy.rule_packs import Citation, Pack


def headline(decision: PolicyDecision) -> str:
    """Return the outcome in one sentence."""
    if decision.decision is Outcome.PERMIT:
        return NO_OBJECTION
    if decision.decision is Outcome.REVIEW:
        people = (
            "one trained person" if decision.reviewers_needed == 1 else f"{decision.reviewers_needed} trained people"
        )
        return f"The search may run; its results are held until {people} other than the requester have looked."
    if decision.decision is Outcome.NOT_COVERED:
        return "Refused: no loaded rule objected, but the loaded packs do not cover this."
    if decision.errors:
        return "Refused: the request could not be judged."
    count = len(decision.rule_ids)
    return "Refused by one rule." if count == 1 else f"Refused by {count} rules."


def explain(decision: PolicyDecision) -> str:
    """Return the whole decision as text of a few short paragraphs, ending with the notice."""
    lines = [headline(decision)]
    for reason in decision.reasons:
        lines += ["", f"{reason.rule_id}: {reason.says}", *_details(reason)]
    if decision.after_review:
        lines += ["", f"As the request stands, a release would still be refused by {', '.join(decision.after_review)}."]
    for error in decision.errors:
        lines += ["", f"Error: {error}"]
    for caveat in decision.caveats:
        lines += ["", f"Note: {caveat}"]
    return "\n".join([*lines, "", NOTICE, ""])


def list_packs(policies: PolicySet) -> str:
    """Return one paragraph a pack: on or off, version, sources, places covered, what is left out."""
    return "\n".join(_describe(pack, on=pack.name in policies.enabled) for pack in policies.packs) + f"\n{NOTICE}\n"


def _details(reason: Reason) -> list[str]:
    lines = [f"  What would change it: {reason.change}"] if reason.change else []
    return lines + [f"  Source: {_cite(citation)}" for citation in reason.citations]


def _cite(citation: Citation) -> str:
    found = "found in a stored copy" if citation.verified else "not verified"
    since = f"in force from {citation.in_force_from}" if citation.in_force_from else "start not known"
    until = f" until {citation.in_force_until}" if citation.in_force_until else ""
    return f"{citation.text} ({citation.address}; read {citation.read}, {found}; {since}{until})"


def _describe(pack: Pack, *, on: bool) -> str:
    state = "on" if on else "off"
    covers = ", ".join(sorted(pack.covers)) or "applies everywhere, covers no place by itself"
    lawyer = "reviewed by a lawyer" if pack.reviewed_by_lawyer else "not reviewed by a lawyer"
    unverified = sum(not citation.verified for citation in pack.citations)
    lines = [
        f"{pack.number}. {pack.name} ({state}): {pack.title}",
        f"  Version {pack.version}, {len(pack.rules)} rules, {len(pack.citations)} sources read {pack.read} "
        f"({unverified} not verified), {lawyer}; review due {pack.review_by}.",
        f"  Covers: {covers}.",
        *(f"  Leaves out: {gap}" for gap in pack.not_covered),
    ]
    return "\n".join(lines)
