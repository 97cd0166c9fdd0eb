"""Thresholds: both costs at once, per gallery and per group where measured; another calibration record is put to use
here, signed by the person who does it.

Rules kept here:

- There is no bare threshold to set. Searches and comparisons ask for a rate, and the calibration record says which
  similarity keeps it; so the record is what changes, and every threshold with it.
- Whoever changes it sees before and after, both costs, and signs with their name; the ledger keeps it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from countenance.core.errors import CalibrationMissing, InputError
from countenance.core.thresholds import Calibration, one_in
from countenance.service.account_port import Role
from countenance.service.meaning import false_candidates
from countenance.service.threshold_costs import SIDE_BY_SIDE, Cost, cost, default_threshold, side_by_side
from countenance.web.console.forms import files_of, text_of
from countenance.web.console.policy.overview import certificates
from countenance.web.console.policy.parts import PolicyParts, SearchedGallery
from countenance.web.console.policy.threshold_chart import chart
from countenance.web.console.shell import Shell
from countenance.web.console.templating import similarity

#: A record is some hundred kilobytes.
_RECORD_BYTES = 20_000_000
_FORM_BYTES = 50_000
#: Records that were handed in and not yet signed.
_MOST_PROPOSED = 20


@dataclass(frozen=True, slots=True)
class GalleryCost:
    """What a stranger meets in a gallery, a sentence for each threshold laid side by side."""

    gallery: SearchedGallery
    meets: tuple[str, ...]


def threshold_pages(shell: Shell, parts: PolicyParts) -> APIRouter:
    """Return the pages about thresholds."""
    router = shell.router()
    proposed: OrderedDict[str, tuple[str, Calibration]] = OrderedDict()

    @router.get("/policy/thresholds")
    async def thresholds(request: Request) -> Response:
        """Show what thresholds cost, both costs at once."""
        person = await shell.who(request)
        record = await shell.desk(parts.calibration)
        if record is None:
            raise CalibrationMissing(f"There is no calibration record for {parts.model}; its scores mean nothing yet.")
        usual = default_threshold(record)
        costs = side_by_side(record, usual)
        galleries = await shell.desk(parts.galleries)
        rules = await shell.desk(parts.rules.current)
        about = [one for one in certificates(rules, shell.now)
                 if one.certificate and one.certificate.model.digest == record.model.digest]  # fmt: skip
        return shell.page(
            request, "policy/thresholds.html.j2", title="Thresholds", one_in=one_in,
            record=record, usual=usual, costs=costs,
            chart=chart(record, [(usual.value, f"default, {similarity(usual.value)}")]),
            galleries=gallery_costs(galleries, costs), certificates=about, owner=Role.POLICY_OWNER in person.roles,
        )  # fmt: skip

    @router.post("/policy/thresholds")
    async def propose(request: Request) -> Response:
        """Take a calibration record to be looked at; nothing is changed."""
        person = await shell.who(request, Role.POLICY_OWNER)
        form = await shell.form(request, limit=_RECORD_BYTES)
        files = files_of(form, "record")
        if not files:
            raise InputError("No calibration record was chosen.", remedy="countenance calibrate --out FILE makes one.")
        content = await files[0].read()
        record = await shell.desk(lambda: parts.read_calibration(content))
        now = await shell.desk(parts.calibration)
        if now is not None:
            now.model.require_same(record.model)
        named = parts.new_id()
        proposed[named] = (person.account_id, record)
        while len(proposed) > _MOST_PROPOSED:
            proposed.popitem(last=False)
        return shell.redirect(f"/policy/thresholds/{named}")

    def _proposed(named: str, account_id: str) -> Calibration:
        found = proposed.get(named)
        if found is None or found[0] != account_id:
            raise HTTPException(404)
        return found[1]

    @router.get("/policy/thresholds/{named}")
    async def look(request: Request, named: str) -> Response:
        """Show a record beside the one in use."""
        person = await shell.who(request, Role.POLICY_OWNER)
        after, before = _proposed(named, person.account_id), await shell.desk(parts.calibration)
        new = default_threshold(after)
        old = new if before is None else default_threshold(before)
        galleries = await shell.desk(parts.galleries)
        # On the new record's data, both thresholds are measured alike; across data sets, nothing can be subtracted.
        on_new = (cost(after.threshold_at(old.value), after.threshold_at(old.value)),
                  cost(new, after.threshold_at(old.value)))  # fmt: skip
        return shell.page(
            request, "policy/threshold_change.html.j2", title="Another calibration", one_in=one_in,
            named=named, before=before,
            after=after, old=old, new=new, on_new=on_new, galleries=gallery_costs(galleries, on_new),
            chart=chart(after, [(old.value, "before"), (new.value, "after")]), pairs=pairs(before, after),
        )  # fmt: skip

    @router.post("/policy/thresholds/{named}")
    async def sign(request: Request, named: str) -> Response:
        """Put the record to use, signed by name; recorded."""
        person = await shell.who(request, Role.POLICY_OWNER)
        form = await shell.form(request, limit=_FORM_BYTES)
        after = _proposed(named, person.account_id)
        if text_of(form, "name") != person.name:
            raise InputError("The change is not signed with your name.", remedy=f"Write your name: {person.name}")
        entry = await shell.desk(lambda: parts.keep_calibration(after, person.name))
        del proposed[named]
        return shell.redirect(f"/ledger/{entry.entry_id}")

    return router


def gallery_costs(galleries: Sequence[SearchedGallery], costs: Sequence[Cost]) -> list[GalleryCost]:
    """Return what a stranger meets in each gallery that is not empty, at each threshold."""

    def meets(references: int) -> tuple[str, ...]:
        return tuple(false_candidates(one.threshold.false_match_rate, references).in_words() for one in costs)

    return [GalleryCost(one, meets(one.references)) for one in galleries if one.references]


def pairs(before: Calibration | None, after: Calibration) -> list[tuple[str, str, str]]:
    """Return, for each rate that both records support, the similarity that keeps it before and after."""
    told = []
    for rate in SIDE_BY_SIDE:
        values = [
            f"{one.threshold_for(rate).value:.4f}"
            if one is not None and rate >= one.smallest_supported_rate else "not measured"
            for one in (before, after)
        ]  # fmt: skip
        told.append((f"{rate:g}", values[0], values[1]))
    return told
