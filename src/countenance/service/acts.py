"""What is about to be done, and how it becomes a policy request: the facts of the act, the claims, what was measured.

Rules kept here:

- What nobody has stated is stated as the most restrictive word, or missing, which is a refusal; nothing is assumed in
  somebody's favour.
- The facts of the act win over claims: a gallery's source, its retention and the kind of comparison are not a matter of
  opinion.
- Measuring error rates on labelled photos is that, whoever does it: its purpose is ``accuracy_evaluation``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Threshold
from countenance.policy.attributes import (
    CERTAIN_PPB,
    NEVER_EVALUATED_DAYS,
    UNLIMITED_RETENTION_DAYS,
    UNMEASURED_RATIO_X100,
)
from countenance.policy.fitness import Fitness, InUse
from countenance.policy.terms import Action, GallerySource, Mode, Purpose, RetentionClock
from countenance.service.policy_port import GalleryFacts
from countenance.service.rules_in_force import Rules
from countenance.service.standing import Standing

#: The most restrictive word of an attribute: what is stated where nobody has stated anything. Who acts, for whom, why,
#: and how people were picked have no such word; without them a request is incomplete, and refused.
UNSTATED: Mapping[str, Any] = MappingProxyType(
    {
        "jurisdictions": (),
        "case_id": "",
        "targeted": False,
        "timing": "real_time",
        "space": "publicly_accessible",
        "probe_source": "edited_image",
        "gallery_source": "unknown",
        "legal_basis": "none",
        "auth_status": "none",
        "auth_id": "",
        "auth_delay_hours": 1_000_000,
        "auth_expires": datetime(1970, 1, 1, tzinfo=UTC),
        "emergency": False,
        "emergency_facts_sha256": "",
        "suspicion": "none",
        "offence_tags": (),
        "offence_statute": "",
        "offence_max_years": 0,
        "offence_facts_linked": False,
        "consent_status": "none",
        "consent_form": "none",
        "purpose_and_term_disclosed": False,
        "notice": "none",
        "retention_days": UNLIMITED_RETENTION_DAYS,
        "retention_clock": "since_enrolment",
        "reviewers": 0,
        "reviewers_trained": False,
        "intended_use": "arrest",
        "corroboration": (),
        "adverse_effect": True,
        "defence_disclosure": False,
        "eval_certificate": "none",
        "eval_independent": False,
        "eval_age_days": NEVER_EVALUATED_DAYS,
        "eval_tpr_min_group_ppm": 0,
        "eval_fpir_ratio_x100": UNMEASURED_RATIO_X100,
        "eval_groups": (),
        "threshold_as_evaluated": False,
        "threshold_fmr_ppb": CERTAIN_PPB,
        "deployment": (),
        "federal_law_id": "",
    }
)

#: Words of acts, as the ledger has them and use cases check them.
DETECT, COMPARE, ENROL, SEARCH, SEARCH_EVERY_FACE = "detect", "compare", "enrol", "search", "search_every_face"
CALIBRATE, DEMONSTRATE, AUDIT = "calibrate", "demonstrate", "audit"
#: Measuring error rates on labelled photos; see the rules above.
MEASURING = frozenset({CALIBRATE, DEMONSTRATE, AUDIT})


@dataclass(frozen=True, slots=True)
class Act:
    """What is about to be done, before anything of it is.

    Attributes:
        word: Which use case: one of the words above, or another part's own.
        action: How the rules know it.
        mode: The kind of comparison.
        model: Recogniser in use, or None where no template is made.
        threshold: Threshold that would be decided at, or None.
        gallery: The gallery concerned, or None.
        probe: Bytes of the probe, for its keyed digest; empty where there is none or there are many.
        candidates_asked: Most candidates the caller asks for, or None.
        searches: How many searches of a case's limit it uses up.
        facts: Further request attributes that follow from the act itself; they win over claims.
    """

    word: str
    action: Action
    mode: Mode
    model: ModelIdentity | None = None
    threshold: Threshold | None = None
    gallery: GalleryFacts | None = None
    probe: bytes = b""
    candidates_asked: int | None = None
    searches: int = 0
    facts: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return f"<Act {self.word}{f' in {self.gallery.name}' if self.gallery else ''}>"


def detection() -> Act:
    """Return the act of finding faces. It is judged as the mildest comparison there is; nothing is compared."""
    return Act(DETECT, Action.VERIFY, Mode.VERIFY)


def comparison(model: ModelIdentity, threshold: Threshold, probe: bytes) -> Act:
    """Return the act of comparing two photos."""
    return Act(COMPARE, Action.VERIFY, Mode.VERIFY, model=model, threshold=threshold, probe=probe)


def enrolment(model: ModelIdentity, gallery: GalleryFacts) -> Act:
    """Return the act of enrolling photos into a gallery."""
    return Act(ENROL, Action.ENROL, Mode.SEARCH, model=model, gallery=gallery)


def search(
    model: ModelIdentity,
    threshold: Threshold,
    gallery: GalleryFacts,
    probe: bytes,
    limit: int,
    *,
    every_face: bool = False,
) -> Act:
    """Return the act of searching a gallery for one face of a photo, or for each."""
    word = SEARCH_EVERY_FACE if every_face else SEARCH
    return Act(
        word, Action.SEARCH, Mode.SEARCH, model=model, threshold=threshold, gallery=gallery, probe=probe,
        candidates_asked=limit, searches=1,
    )  # fmt: skip


def measuring(word: str, model: ModelIdentity | None) -> Act:
    """Return the act of measuring error rates on labelled photos: everybody's label is known, nobody is looked for.

    Args:
        word: ``calibrate``, ``demonstrate`` or ``audit``.
        model: Recogniser measured, or None for somebody else's scores.
    """
    return Act(word, Action.VERIFY, Mode.VERIFY, model=model, facts=MappingProxyType(_MEASURING_FACTS))


_MEASURING_FACTS: dict[str, object] = {"purpose": Purpose.ACCURACY_EVALUATION.value}


def request_values(
    act: Act, standing: Standing, rules: Rules, now: datetime
) -> tuple[dict[str, object], Fitness | None, str]:
    """Return the policy request in plain values, the measured fitness it rests on, and that certificate's digest.

    Args:
        act: What is about to be done.
        standing: On whose behalf.
        rules: The rules in force, with facts, law and certificates.
        now: The server's clock.
    """
    values: dict[str, object] = {**UNSTATED, **standing.claims}
    if standing.case_number:
        values["case_id"] = standing.case_number
    if "jurisdictions" not in standing.claims:
        values["jurisdictions"] = rules.everywhere()
    values |= {"action": act.action.value, "mode": act.mode.value}
    values["deployment"] = tuple(rules.facts_on(now))
    values["federal_law_id"] = rules.federal_law_id(now)
    if act.gallery is not None:
        kept = act.gallery.retention_days
        values["gallery_source"] = act.gallery.source
        values["retention_days"] = UNLIMITED_RETENTION_DAYS if kept is None else min(kept, UNLIMITED_RETENTION_DAYS)
        values["retention_clock"] = RetentionClock.SINCE_ENROLMENT.value
    values |= act.facts
    fitness, certificate = _fitness(act, values, rules, now)
    if fitness is not None:
        values |= fitness.attributes()
    return values, fitness, certificate


def _fitness(act: Act, values: Mapping[str, object], rules: Rules, now: datetime) -> tuple[Fitness | None, str]:
    if act.model is None or act.threshold is None:
        return None, ""
    source = values["gallery_source"]
    known = source if isinstance(source, str) and source in set(GallerySource) else GallerySource.UNKNOWN
    subjects = 1 if act.gallery is None else act.gallery.subjects
    in_use = InUse(act.model, act.threshold, GallerySource(known), subjects)
    return rules.fitness(in_use, now)
