"""Switching packs and loading certificates: looked at first, then confirmed with a reason, and recorded."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from countenance.core.errors import InputError
from countenance.service.account_port import Role
from countenance.service.policy_outlook import switch_outlook
from countenance.web.console.forms import files_of, text_of
from countenance.web.console.policy.parts import PolicyParts
from countenance.web.console.shell import Shell

#: A certificate is a few thousand bytes.
_CERTIFICATE_BYTES = 1_000_000
_FORM_BYTES = 50_000
#: Shortest reason for switching rules off that says anything: "because" does not.
_SHORTEST_REASON = 12


def switching_pages(shell: Shell, parts: PolicyParts) -> APIRouter:
    """Return the pages that change the rules."""
    router = shell.router()

    @router.get("/policy/packs/{name}/switch")
    async def look(request: Request, name: str) -> Response:
        """Show what switching a pack would change."""
        await shell.who(request, Role.POLICY_OWNER)
        outlook = await shell.desk(lambda: switch_outlook(parts.rules.current(), name, parts.ledger.journal))
        return shell.page(request, "policy/switch.html.j2", title=f"Switch {name}", outlook=outlook)

    @router.post("/policy/packs/{name}/switch")
    async def switch(request: Request, name: str) -> Response:
        """Switch a pack, with a reason; recorded."""
        person = await shell.who(request, Role.POLICY_OWNER)
        form = await shell.form(request, limit=_FORM_BYTES)
        reason, wanted = text_of(form, "reason", most=2_000), text_of(form, "to")
        if len(reason) < _SHORTEST_REASON:
            raise InputError(
                "A change of the rules needs a reason that somebody can read years later.",
                remedy=f"Write at least {_SHORTEST_REASON} characters: what changed, and who decided it.",
            )
        if wanted not in ("on", "off"):
            raise InputError("It is not said whether the pack is to be on or off.", remedy="Send the page's form.")
        changes = parts.changes(person.name)
        done = changes.enable if wanted == "on" else changes.disable
        changed = await shell.desk(lambda: done(name, reason))
        return shell.redirect(f"/ledger/{changed.entry.entry_id}")

    @router.post("/policy/certificates")
    async def load(request: Request) -> Response:
        """Load an evaluation certificate; recorded, and recorded too if it does not hold."""
        person = await shell.who(request, Role.POLICY_OWNER)
        form = await shell.form(request, limit=_CERTIFICATE_BYTES)
        files = files_of(form, "certificate")
        if not files:
            raise InputError("No certificate was chosen.", remedy="Choose the signed file that the evaluator sent.")
        envelope = await files[0].read()
        _, entry = await shell.desk(lambda: parts.changes(person.name).load_certificate(envelope))
        return shell.redirect(f"/ledger/{entry.entry_id}")

    return router
