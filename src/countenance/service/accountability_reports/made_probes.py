"""Searches whose probe somebody drew, composed or edited: what is found resembles the picture, not a photo of a person.

Source: Garvie, "Garbage In, Garbage Out" (Georgetown Law, 2019), on composites, sketches and edited photos as probes.
"""

from __future__ import annotations

from collections.abc import Iterator

from countenance.policy.terms import ProbeSource
from countenance.service.accountability_reports.found import Found, Kind
from countenance.service.accountability_reports.period import Recorded, RecordedAct
from countenance.service.accountability_reports.sources import Sources
from countenance.service.accountability_reports.wording import in_words, several

#: Probes that were made, not taken.
_MADE = frozenset({ProbeSource.SKETCH.value, ProbeSource.EDITED_IMAGE.value})


def made_probes(sources: Sources, recorded: Recorded) -> Iterator[Found]:
    """Yield the searches that ran with such a probe, once for each operator and case.

    Where nobody said what the probe is, the rules took it for an edited one; that is no statement, and not listed.
    """
    causes: dict[tuple[str, str, str], tuple[RecordedAct, int]] = {}
    for act in recorded.searches:
        what = _made(act)
        if what and not act.refused:
            key = (act.word("operator_id"), act.word("case_id"), what)
            causes[key] = (act, causes[key][1] + 1 if key in causes else 1)
    for (operator_id, case_id, what), (newest, count) in causes.items():
        yield Found(
            kind=Kind.MADE_PROBE,
            at=newest.at,
            owner=sources.people.called(operator_id),
            known=f"{several(count, 'search was', 'searches were')} made with {what}."
            f"{' The newest is named here.' if count > 1 else ''}",
            do="Say who made the picture and from what; treat what was found as found by a drawing.",
            act_id=newest.act_id,
            entry_id=newest.entry_id,
            case_id=case_id or None,
        )


def _made(act: RecordedAct) -> str:
    if act.words("probe_edits"):
        return f"an edited photo ({', '.join(in_words(edit) for edit in act.words('probe_edits'))})"
    source = act.word("probe_source")
    if source in _MADE and "probe_source" in act.words("attested_claims"):
        return {ProbeSource.SKETCH.value: "a sketch"}.get(source, "an edited photo")
    return ""
