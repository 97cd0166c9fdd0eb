"""Cases in words: what was opened and its credentials, shown once; one case; many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.text import Text

from countenance.cli.output import err, out, table
from countenance.service.case_outlook import SearchOutlook
from countenance.service.case_ports import ClaimValue, NewCase, StoredCase, StoredCredential
from countenance.service.cases import DraftCase, OpenedCase
from countenance.service.credentials import CredentialKind, MintedCredential


def print_opened(opened: OpenedCase) -> None:
    """Print a case and its new credentials; the only time their secrets are shown."""
    case = opened.case
    out.print(Text(f"Case {case.case_number} is open until {_minute(case.expires_at)}.", style="bold"))
    out.print(Text(f"Searches: {_searches(case)}. Galleries: {_galleries(case)}."))
    for minted in opened.credentials:
        out.print()
        for line in _credential_lines(minted):
            # Not wrapped: a secret is copied from here.
            out.print(Text(line), soft_wrap=True)
    out.print()
    out.print(Text("The secrets above are not shown again and are kept where only this software can use them."))
    out.print(Text(f"Recorded as entry {opened.entry_id}."))
    _print_notes(case)


def print_outlook(draft: DraftCase, outlooks: Sequence[SearchOutlook]) -> None:
    """Print what the rules would answer under a case that is not opened."""
    out.print(
        Text(f"Nothing was opened. Case {draft.case_number} would end {_minute(draft.expires_at)}.", style="bold")
    )
    if not outlooks:
        out.print(Text("It names no gallery, so it could not search. Add --gallery NAME."))
    for outlook in outlooks:
        out.print()
        out.print(Text(f"A search of {outlook.gallery}:", style="bold"))
        out.print(Text(outlook.explanation.rstrip()))
        if outlook.fitness:
            out.print(Text(f"Measured fitness: {outlook.fitness}"))
    _print_notes(draft)


def print_cases(cases: Sequence[StoredCase], now: datetime) -> None:
    """Print a table of cases."""
    if not cases:
        out.print("No case. Open one with: countenance case open NUMBER --from case.toml")
        return
    rows = [
        (
            case.case_number,
            case.case_id[:12],
            case.operator,
            str(case.claims.get("purpose", "")),
            _searches(case),
            _state(case, now),
        )
        for case in cases
    ]
    out.print(table("Cases", ("number", "identifier", "operator", "purpose", "searches", "state"), rows))


def print_case(case: StoredCase, credentials: Sequence[StoredCredential], now: datetime) -> None:
    """Print one case with everything that was said about it and by whom."""
    rows = [
        ("identifier", case.case_id),
        ("state", _state(case, now)),
        ("operator", case.operator),
        ("reason", case.purpose_text or "–"),
        ("opened", _minute(case.opened_at)),
        ("ends", _minute(case.expires_at)),
        ("searches", _searches(case)),
        ("candidates a search", str(case.most_candidates or "no limit of its own")),
        ("galleries", _galleries(case)),
        ("in the list of cases", "found open when it was opened" if case.case_list_checked else "not checked"),
    ]
    if case.closed_at is not None:
        rows.append(("closed", f"{_minute(case.closed_at)} by {case.closed_by}: {case.close_reason or 'no reason'}"))
    out.print(table(f"Case {case.case_number}", ("", ""), rows))
    out.print()
    out.print(table(f"Attested by {case.attested_by}, not checked by this software", ("", ""), _claims(case)))
    out.print()
    shown = [
        (one.kind, one.lookup if one.kind == CredentialKind.AWS else one.credential_id, _credential_state(one, now))
        for one in credentials
    ]
    out.print(table("Credentials", ("for", "known as", "state"), shown))
    if case.vague_reason:
        err.print(Text(f"Note: {case.vague_reason} The case stands in the list of exceptions."))


def _credential_lines(minted: MintedCredential) -> list[str]:
    if minted.kind is CredentialKind.AWS:
        return [
            "For AWS clients:",
            f"  AWS_ACCESS_KEY_ID={minted.lookup}",
            f"  AWS_SECRET_ACCESS_KEY={minted.secret}",
        ]
    if minted.kind is CredentialKind.API_KEY:
        return ["For Azure clients (Ocp-Apim-Subscription-Key) and IBM clients (apikey):", f"  {minted.secret}"]
    return ["For the native interface (Authorization: Bearer):", f"  {minted.secret}"]


def _claims(case: NewCase) -> list[tuple[str, str]]:
    rows = [(name.replace("_", " "), _value(value)) for name, value in sorted(case.claims.items())]
    if case.authorisation_issuer:
        rows.append(("authorisation issued by", case.authorisation_issuer))
    if case.authorisation_requested_at:
        rows.append(("authorisation asked for", _minute(case.authorisation_requested_at)))
    if case.authorisation_document_sha256:
        rows.append(("authorisation document, SHA-256", case.authorisation_document_sha256))
    return rows


def _value(value: ClaimValue) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return str(value)


def _print_notes(case: NewCase) -> None:
    if case.vague_reason:
        err.print(Text(f"Note: {case.vague_reason} The case will stand in the list of exceptions."))
    if not case.case_list_checked:
        err.print(Text("Note: no list of cases is set, so the number was not checked (setting case_list)."))
    if not case.galleries and not case.any_gallery:
        err.print(Text("Note: the case names no gallery; it can compare, not search."))


def _state(case: StoredCase, now: datetime) -> str:
    if case.closed_at is not None:
        return "closed"
    return "expired" if case.expires_at <= now else f"open until {_minute(case.expires_at)}"


def _credential_state(credential: StoredCredential, now: datetime) -> str:
    if credential.revoked_at is not None:
        return f"ended {_minute(credential.revoked_at)}"
    return "expired" if credential.expires_at <= now else f"works until {_minute(credential.expires_at)}"


def _searches(case: StoredCase) -> str:
    return f"{case.searches_done} of {'any number' if case.most_searches is None else case.most_searches}"


def _galleries(case: NewCase) -> str:
    named: Mapping[str, str] = case.galleries
    return "every gallery" if case.any_gallery else ", ".join(named.values()) or "none"


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")
