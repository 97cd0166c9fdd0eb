"""What a policy decision is: the outcome, the rules that decided, reasons in plain words with their sources.

A permit is called "no loaded rule objected", and every explanation ends with the notice that this is software.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import date

from countenance.policy.rule_packs import Citation

#: Printed with every decision and at the head of every pack.
NOTICE = (
    "Software, not legal advice. No lawyer-client relationship. Encodes the maintainers' reading of public sources as "
    "of the dates given. Laws change; verify with a lawyer admitted where you operate."
)
NO_OBJECTION = (
    "No loaded rule objected. "
    "That is not a finding that the use is permitted by law, necessary, proportionate or ethical."
)


class Outcome(enum.StrEnum):
    """What the rules came to.

    ``review`` lets a search run and holds its results: the caller gets a review number and no identities.
    ``not_covered`` refuses: no rule objected, but the loaded packs do not look at this place, or are due for review.
    """

    PERMIT = "permit"
    DENY = "deny"
    REVIEW = "review"
    NOT_COVERED = "not_covered"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule's part in a decision.

    Attributes:
        rule_id: The rule.
        source: Its pack, ``operator`` or ``policy``.
        says: What it says, in one sentence.
        change: What would change the outcome; empty for a permit.
        citations: The sources it rests on.
    """

    rule_id: str
    source: str
    says: str
    change: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDecision:
    """The answer to one request.

    Attributes:
        decision: The outcome.
        rule_ids: The rules that decided, sorted: those that objected, or held the results, or permitted.
        reasons: One entry a rule, in the same order.
        errors: What was wrong with the request or went wrong while deciding; never empty without a denial.
        reviewers_needed: Trained people who must look before release; 0 unless the outcome is ``review``.
        after_review: Rules that would still object to a release after review, as the request stands.
        caveats: What the reader should know besides: claims not checked, places without rules of their own.
        policy_digest: SHA-256 over the rules loaded, hex.
    """

    decision: Outcome
    rule_ids: tuple[str, ...]
    reasons: tuple[Reason, ...]
    errors: tuple[str, ...]
    reviewers_needed: int
    after_review: tuple[str, ...]
    caveats: tuple[str, ...]
    policy_digest: str

    @property
    def may_run(self) -> bool:
        """Return whether the act itself may be done: permitted, or done with its results held for review."""
        return self.decision in (Outcome.PERMIT, Outcome.REVIEW)

    @property
    def sources_read(self) -> date | None:
        """Return the earliest date on which a source of a deciding rule was read, or None without sources."""
        return min((citation.read for reason in self.reasons for citation in reason.citations), default=None)
