"""Operators who turn up among the candidates of their own searches.

An operator stands in the ledger as a digest of their name; a candidate's name, put through the same digest, gives the
same identifier if it is spelt alike. Relatives, and people enrolled under another spelling, are not noticed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from countenance.service.accountability_reports.found import Found, Kind
from countenance.service.accountability_reports.period import Recorded
from countenance.service.accountability_reports.sources import Sources
from countenance.service.standing import operator_id


def self_searches(sources: Sources, recorded: Recorded, *, decided: Collection[str]) -> Iterator[Found]:
    """Yield the searches whose operator is among the candidates by name.

    Args:
        sources: Where the facts are.
        recorded: The period.
        decided: Reviews that have ended; of a search whose review goes on, nothing is told.
    """
    searches = [
        act
        for act in recorded.searches
        if act.outcome.get("candidate_reference_ids")
        and (act.outcome.get("held_for_review") is not True or act.outcome.get("review_id") in decided)
    ]
    references = {reference for act in searches for reference in _candidates(act.outcome)}
    names = sources.names(sorted(references))
    operators = {act.word("operator_id") for act in searches}
    stands_for = {
        name: identifier
        for name in set(names.values())
        if (identifier := operator_id(name, sources.journal.keyed_digest)) in operators
    }
    for act in searches:
        own = act.word("operator_id")
        ranks = [
            rank
            for rank, reference in enumerate(_candidates(act.outcome), start=1)
            if stands_for.get(names.get(reference, "")) == own
        ]
        if ranks:
            yield Found(
                kind=Kind.SELF_SEARCH,
                at=act.at,
                owner=sources.people.called(own),
                known=f"Somebody enrolled under the operator's own name is candidate {ranks[0]} of their search.",
                do="Ask whom they were looking for; a test needs a purpose of its own.",
                act_id=act.act_id,
                entry_id=act.entry_id,
                case_id=act.word("case_id") or None,
            )


def _candidates(outcome: object) -> tuple[str, ...]:
    value = outcome.get("candidate_reference_ids") if isinstance(outcome, dict) else None
    return tuple(map(str, value)) if isinstance(value, tuple) else ()
