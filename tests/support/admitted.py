"""Tokens for tests of single use cases, made past accountability on purpose; only tests can."""

from __future__ import annotations

import secrets

from countenance.core.thresholds import Threshold
from countenance.policy.decision import Outcome, PolicyDecision
from countenance.service.admission import _SEAL, OngoingAct
from countenance.service.journal_port import Journal
from tests.support.memory_journal import memory_journal
from tests.support.settable_clock import SettableClock

#: Identifier that stands for the gallery of a test in entries.
GALLERY_ID = "9" * 32


def admitted(
    word: str,
    gallery: str | None = None,
    *,
    threshold: Threshold | None = None,
    most_candidates: int | None = None,
    journal: Journal | None = None,
) -> OngoingAct:
    """Return an act under way, whatever the rules may say."""
    ledger = memory_journal() if journal is None else journal
    act_id = secrets.token_hex(16)
    fields = {
        "action": word,
        "operator_id": "1" * 32,
        "purpose": "photo_organisation",
        "jurisdictions": ("US",),
        "decision": "permit",
        "deciding_rules": ("test.unsafe",),
        "policy_digest": "0" * 64,
    }
    decision = PolicyDecision(Outcome.PERMIT, ("test.unsafe",), (), (), 0, (), (), "0" * 64)
    return OngoingAct(
        _SEAL,
        act_id=act_id,
        word=word,
        gallery=gallery,
        gallery_id=None if gallery is None else GALLERY_ID,
        operator_id="1" * 32,
        threshold=threshold,
        most_candidates=most_candidates,
        decision=decision,
        intent_entry_id=ledger.begin_act(act_id, fields).entry_id,
        started_at=SettableClock()(),
        journal=ledger,
    )
