"""The one way in for anything that touches a face on somebody's behalf: decide → record the intent → act → record.

Rules kept here:

- The rules decide on the whole request, with measured fitness. A refusal is recorded and raised; nothing is done.
- The intent is durable before anything is done. If it cannot be recorded, nothing is done.
- Whatever becomes of the act is recorded: its outcome, an error, Ctrl-C. What cannot be recorded is not released.
- What the rules hold for review is done, and comes back without identities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Generic, TypeVar

from countenance.core.errors import CaseError, CountenanceError
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.policy.decision import Outcome as Ruling
from countenance.policy.decision import PolicyDecision
from countenance.policy.evaluate import evaluate
from countenance.service.accountability_ports import CaseBook, ReviewDesk
from countenance.service.act_records import fitness_fields, request_fields
from countenance.service.acts import Act, request_values
from countenance.service.admission import _SEAL, OngoingAct, Outcome
from countenance.service.journal_port import Journal, RecordedEntry
from countenance.service.refusals import ActRefused, refused_by_case
from countenance.service.rules_in_force import Rules, RulesInForce
from countenance.service.standing import Standing

T = TypeVar("T")
_T_co = TypeVar("_T_co", covariant=True)

#: What is recorded as the code of an error that is none of ours.
UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Performed(Generic[_T_co]):
    """An act that was done.

    Attributes:
        value: What came of it; without identities if ``held``.
        decision: What the rules said.
        act_id: The act's identifier.
        intent_entry_id: Entry of the intent.
        outcome_entry_id: Entry of the outcome.
        held: True if the result waits for review.
        review_id: The review, if there is one.
    """

    value: _T_co
    decision: PolicyDecision
    act_id: str
    intent_entry_id: str
    outcome_entry_id: str
    held: bool = False
    review_id: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it rests on.

    Attributes:
        decision: What the rules said.
        values: The request as it was put to them.
        fields: Fields for the entry, intent or refusal.
        fitness_detail: What was found about measured fitness, in a sentence; empty if nothing was asked.
    """

    decision: PolicyDecision
    values: dict[str, object] = field(repr=False)
    fields: dict[str, FieldValue] = field(repr=False)
    fitness_detail: str


class Accountability:
    """Decides, records, lets act, records.

    Args:
        rules: The rules in force.
        journal: The ledger.
        clock: The server's clock, with a time zone.
        new_act_id: Returns 32 random hex digits.
        cases: The cases, or None where there are none; an act under a case is refused then.
        reviews: Where held results wait, or None: then a held result is kept nowhere, and says so.
    """

    def __init__(
        self,
        *,
        rules: RulesInForce,
        journal: Journal,
        clock: Callable[[], datetime],
        new_act_id: Callable[[], str],
        cases: CaseBook | None = None,
        reviews: ReviewDesk | None = None,
    ) -> None:
        self.rules = rules
        self.journal = journal
        self._clock = clock
        self._new_act_id = new_act_id
        self._cases = cases
        self._reviews = reviews

    def decide(self, act: Act, standing: Standing) -> Decided:
        """Return what the rules say about an act, without doing or recording anything."""
        return self._decide(act, standing, self.rules.current(), self._clock())

    def perform(
        self,
        act: Act,
        standing: Standing,
        run: Callable[[OngoingAct], T],
        outcome: Callable[[T], Outcome],
        *,
        withhold: Callable[[T], T | None] | None = None,
    ) -> Performed[T]:
        """Return what came of an act that the rules permit, after recording it.

        Args:
            act: What is about to be done.
            standing: On whose behalf.
            run: Does it. It is handed the token every use case asks for.
            outcome: What to record of the result. Not asked if ``run`` recorded the outcome itself, with its change.
            withhold: The result without identities, or None if there is nothing to withhold. An act without it cannot
                be held, and is refused where the rules want a review.

        Raises:
            ActRefused: The rules refuse it; recorded.
            CaseError: The case does not allow it; recorded.
            LedgerError, StorageError: Intent or outcome cannot be recorded; nothing is done, or released.
        """
        rules, now = self.rules.current(), self._clock()
        decided = self._decide(act, standing, rules, now)
        act_id = self._new_act_id()
        holds = decided.decision.decision is Ruling.REVIEW
        if not decided.decision.may_run or (holds and withhold is None):
            refused = replace(decided.decision, decision=Ruling.DENY) if holds else decided.decision
            raise ActRefused(refused, self._refuse(act_id, {**decided.fields, "decision": refused.decision.value}))
        intent = self._begin(act_id, act, standing, decided, now)
        ongoing = self._token(act_id, act, standing, decided.decision, intent, now)
        with self._ends_recorded(ongoing):
            value = run(ongoing)
            return self._finish(ongoing, standing, value, outcome, withhold if holds else None)

    def _decide(self, act: Act, standing: Standing, rules: Rules, now: datetime) -> Decided:
        values, fitness, certificate = request_values(act, standing, rules, now)
        decision = self._beyond_standing(act, standing, rules, now) or evaluate(rules.policies, values, now)
        probe_digest = self.journal.keyed_digest("probe", act.probe) if act.probe else ""
        fields = request_fields(act, standing, values, decision, rules, probe_digest=probe_digest)
        fields |= fitness_fields(fitness, certificate)
        return Decided(decision, values, fields, "" if fitness is None else fitness.detail)

    def _beyond_standing(self, act: Act, standing: Standing, rules: Rules, now: datetime) -> PolicyDecision | None:
        """Return a refusal if the case or credential itself does not reach this far."""
        digest = rules.policies.digest
        under_case = standing.case_id is not None and self._cases is not None
        # A case says itself that it has ended, when it is asked to admit the act.
        if not under_case and standing.expires_at is not None and now >= standing.expires_at:
            said = "The case or credential has reached the end of its term."
            return refused_by_case("case.expired", said, "Open a new case.", policy_digest=digest)
        if act.gallery is not None and standing.galleries is not None and act.gallery.name not in standing.galleries:
            said = "The case does not name this gallery."
            return refused_by_case("case.gallery", said, "Open a case that names the gallery.", policy_digest=digest)
        if standing.case_id is not None and self._cases is None:
            said = "This installation keeps no cases."
            return refused_by_case("case.unknown", said, "Ask the operator.", policy_digest=digest)
        return None

    def _refuse(self, act_id: str, fields: dict[str, FieldValue]) -> str:
        return self.journal.record(EntryKind.ACT_DENIED, {**fields, "act_id": act_id}).entry_id

    def _begin(self, act_id: str, act: Act, standing: Standing, decided: Decided, now: datetime) -> RecordedEntry:
        cases, case_id, credential_id = self._cases, standing.case_id, standing.credential_id
        if case_id is None or cases is None:
            return self.journal.begin_act(act_id, decided.fields)
        try:
            cases.ask_list(case_id, now, operator=standing.operator, credential_id=credential_id)
            # The count and the intent are stored together or not at all, with one write to the disk.
            with self.journal.transaction() as current:
                cases.admit(case_id, now, searches=act.searches, credential_id=credential_id, transaction=current)
                return self.journal.begin_act(act_id, decided.fields, transaction=current)
        except CaseError as error:
            # The message may name the case; the code says enough where everybody can read it.
            rule = f"case.{error.code.removeprefix('case_')}"
            said: dict[str, FieldValue] = {
                "decision": Ruling.DENY.value,
                "deciding_rules": (rule,),
                "reasons": ("The case, its credential or its limits do not allow it.",),
            }
            error.add_note(f"Recorded as entry {self._refuse(act_id, {**decided.fields, **said})}.")
            raise

    def _token(
        self,
        act_id: str,
        act: Act,
        standing: Standing,
        decision: PolicyDecision,
        intent: RecordedEntry,
        now: datetime,
    ) -> OngoingAct:
        limits = [limit for limit in (act.candidates_asked, standing.most_candidates) if limit is not None]
        return OngoingAct(
            _SEAL,
            act_id=act_id,
            word=act.word,
            gallery=None if act.gallery is None else act.gallery.name,
            gallery_id=None if act.gallery is None else act.gallery.gallery_id,
            operator_id=standing.operator_id,
            threshold=act.threshold,
            most_candidates=min(limits, default=None),
            decision=decision,
            intent_entry_id=intent.entry_id,
            started_at=now,
            journal=self.journal,
            probe=act.probe,
        )

    @contextmanager
    def _ends_recorded(self, ongoing: OngoingAct) -> Iterator[None]:
        """Record the end of an act that ends in an error or is interrupted, and let the error go on."""
        try:
            yield
        except BaseException as error:
            if not ongoing.over:
                self._record_failure(ongoing, error)
            raise

    def _record_failure(self, ongoing: OngoingAct, error: BaseException) -> None:
        result = "failed" if isinstance(error, Exception) else "interrupted"
        code = error.code if isinstance(error, CountenanceError) else UNEXPECTED
        try:
            ongoing.complete(Outcome(result, {"error_code": code}), finished_at=self._clock())
        except CountenanceError as unrecorded:
            # The act stays open in the ledger and is recorded as interrupted at a later start.
            error.add_note(f"This could not be recorded yet ({unrecorded.code}); it will be at the next start.")

    def _finish(
        self,
        ongoing: OngoingAct,
        standing: Standing,
        value: T,
        outcome: Callable[[T], Outcome],
        withhold: Callable[[T], T | None] | None,
    ) -> Performed[T]:
        shown = None if withhold is None else withhold(value)
        review_id = None
        if not ongoing.over:
            recorded = outcome(value)
            fields: dict[str, FieldValue] = dict(recorded.fields)
            with ongoing.transaction() as current:
                if shown is not None:
                    fields["held_for_review"] = True
                    if self._reviews is not None:
                        review_id = self._reviews.open(ongoing, value, standing=standing, transaction=current)
                        fields["review_id"] = review_id
                ongoing.complete(Outcome(recorded.result, fields), finished_at=self._clock(), transaction=current)
        entry = ongoing.outcome_entry
        assert entry is not None  # noqa: S101 - an act that is over has the entry of its outcome
        return Performed(
            value=value if shown is None else shown,
            decision=ongoing.decision,
            act_id=ongoing.act_id,
            intent_entry_id=ongoing.intent_entry_id,
            outcome_entry_id=entry.entry_id,
            held=shown is not None,
            review_id=review_id,
        )
