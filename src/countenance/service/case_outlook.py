"""What the rules would answer to a search under a case that is not opened yet. Nothing is done, stored or recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Threshold
from countenance.policy.explain import explain, headline
from countenance.policy.terms import Action, Mode
from countenance.service.accountability import Accountability
from countenance.service.acts import SEARCH, Act
from countenance.service.policy_port import GalleryFacts
from countenance.service.standing import Standing


@dataclass(frozen=True, slots=True)
class SearchOutlook:
    """The answer for one gallery.

    Attributes:
        gallery: Its name.
        decision: ``permit``, ``review``, ``deny`` or ``not_covered``.
        headline: The same in one sentence.
        rule_ids: The rules that decided.
        explanation: The whole answer in words, with sources and what would change it.
        fitness: What was found about the measured fitness of model and threshold, in a sentence.
    """

    gallery: str
    decision: str
    headline: str
    rule_ids: tuple[str, ...]
    explanation: str
    fitness: str


def search_outlook(
    gallery: GalleryFacts,
    standing: Standing,
    accountability: Accountability,
    *,
    model: ModelIdentity,
    threshold: Callable[[str], Threshold | None],
) -> SearchOutlook:
    """Return what the rules would answer to a search of a gallery.

    Args:
        gallery: What the rules need to know of it.
        standing: As it would be under the case; see ``CaseBook.standing_of_draft``.
        accountability: The one way in; it is asked, not used.
        model: Recogniser in use.
        threshold: Returns the threshold a search of a gallery would use, or None if none can be told.
    """
    act = Act(
        SEARCH,
        Action.SEARCH,
        Mode.SEARCH,
        model=model,
        threshold=threshold(gallery.name),
        gallery=gallery,
        searches=1,
    )
    decided = accountability.decide(act, standing)
    return SearchOutlook(
        gallery=gallery.name,
        decision=decided.decision.decision.value,
        headline=headline(decided.decision),
        rule_ids=decided.decision.rule_ids,
        explanation=explain(decided.decision),
        fitness=decided.fitness_detail,
    )
