"""A refusal as an error: which rule, why, from which source, what would change it, and where it is recorded."""

from __future__ import annotations

from countenance.core.errors import PolicyDenied
from countenance.policy.decision import Outcome, PolicyDecision, Reason
from countenance.policy.explain import explain, headline


class ActRefused(PolicyDenied):
    """The rules refuse an act; nothing of it was done, and the refusal is in the ledger.

    Attributes:
        decision: What the rules said.
        entry_id: The ledger entry of the refusal, 32 hex digits.
    """

    def __init__(self, decision: PolicyDecision, entry_id: str) -> None:
        self.decision = decision
        self.entry_id = entry_id
        super().__init__(
            f"{explain(decision).rstrip()}\n\nRecorded as entry {entry_id}.",
            remedy=_what_to_do(decision),
        )

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Return the rules that refused."""
        return self.decision.rule_ids


def refused_by_case(rule_id: str, says: str, change: str, *, policy_digest: str) -> PolicyDecision:
    """Return a denial that no pack made: a limit of the case or credential itself.

    Args:
        rule_id: ``case.`` and a word.
        says: Why, in one sentence.
        change: What would change it.
        policy_digest: Digest of the rules in force.
    """
    return PolicyDecision(
        decision=Outcome.DENY,
        rule_ids=(rule_id,),
        reasons=(Reason(rule_id, "case", says, change),),
        errors=(),
        reviewers_needed=0,
        after_review=(),
        caveats=(),
        policy_digest=policy_digest,
    )


def _what_to_do(decision: PolicyDecision) -> str:
    changes = [reason.change for reason in decision.reasons if reason.change]
    if len(changes) == 1:
        return changes[0]
    return "Each rule above says what would change it. `countenance policy explain` answers a request without doing it."


__all__ = ["ActRefused", "headline", "refused_by_case"]
