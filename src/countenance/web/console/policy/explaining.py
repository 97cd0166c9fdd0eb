"""The form that asks the rules about a request. Nothing is done, and nothing is recorded."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from countenance.core.errors import InputError
from countenance.policy.decision import NOTICE, Outcome, PolicyDecision
from countenance.policy.examples import Example
from countenance.policy.explain import headline
from countenance.policy.rule_packs import Pack
from countenance.service.policy_questions import explain_request
from countenance.web.console.policy.parts import PolicyParts
from countenance.web.console.policy.request_form import controls, moment_of, plain_values, read_values
from countenance.web.console.shell import Shell

#: Longest query that is read: the form with everything filled in comes to about three thousand characters.
_LONGEST_QUERY = 16_000


def explain_pages(shell: Shell, parts: PolicyParts) -> APIRouter:
    """Return the page that explains what the rules say to a request."""
    router = shell.router()

    @router.get("/policy/explain")
    async def explain(request: Request) -> Response:
        """Show the form, and the decision once it was asked for."""
        await shell.who(request)
        query = request.query_params
        if len(request.url.query) > _LONGEST_QUERY:
            raise InputError("The request is longer than a form makes it.", remedy="Use the form of the page.")
        packs = await shell.desk(lambda: parts.rules.packs)
        example = _example(packs, query.get("example", ""))
        decision: PolicyDecision | None = None
        if "ask" in query:
            values: dict[str, Any] = read_values(query)
            now = moment_of(query.get("now", "")) or shell.now
            decision = await shell.desk(lambda: explain_request(parts.rules.current(), values, now)[0])
            values["now"] = now
        elif example is not None:
            values = {**plain_values(example[1].request), "now": example[1].now}
        else:
            values = {**await shell.desk(parts.harmless), "now": shell.now}
        return shell.page(
            request, "policy/explain.html.j2", title="What the rules say", groups=controls(values), decision=decision,
            headline=decision and headline(decision), refused=decision is not None and not decision.may_run,
            held=decision is not None and decision.decision is Outcome.REVIEW, notice=NOTICE,
            examples=[(f"{pack.name}:{number}", f"{pack.name}: {one.name}")
                      for pack in packs for number, one in enumerate(pack.examples)],
            chosen=query.get("example", ""), example=example and example[1],
        )  # fmt: skip

    return router


def _example(packs: tuple[Pack, ...], named: str) -> tuple[Pack, Example] | None:
    name, _, number = named.partition(":")
    pack = next((one for one in packs if one.name == name), None)
    if pack is None or not number.isdecimal() or len(number) > 4 or int(number) >= len(pack.examples):
        return None
    return pack, pack.examples[int(number)]
