"""What a report for a period would have to say and this ledger does not hold, each with who would know.

No numbers stand here: they would be cells of the tables, and could be small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from countenance.ledger.kinds import EntryKind
from countenance.service.accountability_reports.period import Recorded, RecordedAct

#: What no ledger of this software can hold.
_NEVER = (
    (
        "Demographics of the people searched for",
        "The software does not guess anybody's sex, age or race from a face, and asks for no such label.",
        "The agency's case files.",
    ),
    (
        "Whether emergencies that were claimed were ratified later",
        "An emergency is recorded as claimed; what a court or authority decided afterwards has no entry.",
        "The agency's legal office.",
    ),
    ("Misuse found, and complaints", "The ledger records acts, not findings about people.", "The agency's oversight."),
    (
        "Results handed on outside the software",
        "Exports and packets are recorded; a copied screen or a spoken name is not.",
        "Whoever received results.",
    ),
)


def missing_fields(recorded: Recorded, searches: Sequence[RecordedAct]) -> list[dict[str, str]]:
    """Return what is missing: what, why, and who would know."""
    missing = [{"what": what, "why": why, "who": who} for what, why, who in _NEVER]
    run = [act for act in searches if not act.refused]
    reported = {str(entry.fields["act_id"]) for entry in recorded.of(EntryKind.RESULT_REPORTED)}
    if any(act.act_id not in reported for act in run):
        missing.append(
            {
                "what": "What came of some searches: arrests, charges, convictions, false matches",
                "why": "No result was reported to this installation. That none was reported is not that none occurred.",
                "who": "Whoever used the result: countenance report result ACT --result WORD.",
            }
        )
    for what, lacks in _LACKING:
        if any(lacks(act) for act in searches):
            missing.append(
                {
                    "what": f"{what} of some searches",
                    "why": "Nobody stated it when the search was asked for.",
                    "who": "Whoever searched; a case states it for all its searches.",
                }
            )
    if not recorded.of(EntryKind.AUDIT_COMPLETED):
        missing.append(
            {
                "what": "An audit of error rates by group in the period",
                "why": "None was recorded.",
                "who": "countenance audit run, on labelled photos like those searched.",
            }
        )
    if run and not any(act.word("certificate_digest") for act in run):
        missing.append(
            {
                "what": "Error rates by group of the model that searched",
                "why": "No evaluation certificate was in use.",
                "who": "An evaluator; countenance policy certificate load FILE.",
            }
        )
    return missing


_LACKING: tuple[tuple[str, Callable[[RecordedAct], bool]], ...] = (
    ("Purpose", lambda act: act.word("purpose") in ("", "not_stated")),
    ("Who searched (the sector)", lambda act: not act.word("actor_sector")),
    ("Authority", lambda act: act.word("legal_basis") in ("", "none") and act.word("actor_sector") != "individual"),
    ("Class of the offence", lambda act: not act.words("offence_tags") and act.word("purpose").startswith("suspect")),
    ("A case", lambda act: not act.word("case_id") and act.word("actor_sector") != "individual"),
)
