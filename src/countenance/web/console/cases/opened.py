"""Opening a case at a page: the form, what the rules would say, and the credentials, shown once."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from countenance.core.errors import CaseInvalid, CaseListUnavailable, CaseNotListed, CountenanceError, GalleryNotFound
from countenance.service.account_port import Role
from countenance.service.case_terms import CaseTerms, read_terms
from countenance.web.console.cases.credentials import shown_once
from countenance.web.console.cases.opening import TERMS, USUAL_TERM, StatedCase, opening_form, stated_case
from countenance.web.console.cases.parts import CasesParts
from countenance.web.console.cases.words import outlook_lines
from countenance.web.console.shell import Shell

#: Galleries for which the rules are asked before a case is opened.
MOST_OUTLOOKS = 12


def opening_pages(shell: Shell, parts: CasesParts) -> APIRouter:
    """Return the pages that open a case."""
    router = shell.router()

    @router.get("/cases/new")
    async def form(request: Request) -> Response:
        """Show the form."""
        await shell.who(request, Role.RECORDS)
        return await shell.desk(lambda: _form(shell, request, parts, None, ()))

    @router.post("/cases/new")
    async def open_case(request: Request) -> Response:
        """Ask the rules, or open the case; what cannot be opened comes back with its problems beside the fields."""
        person = await shell.who(request, Role.RECORDS)
        sent = await shell.form(request)
        stated, asks = await stated_case(sent, person.name), sent.get("do") == "ask"
        return await shell.desk(lambda: _open(shell, request, parts, stated, only_ask=asks))

    return router


def address_of(request: Request) -> str:
    """Return where this service is reached, as the browser reached it."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _open(shell: Shell, request: Request, parts: CasesParts, stated: StatedCase, *, only_ask: bool) -> Response:
    terms, problems = read_terms(stated.values, now=shell.now, read=stated.read)
    problems += [f"{name} is an empty file" for name, content in stated.documents.items() if not content]
    if problems:
        return _form(shell, request, parts, stated, problems)
    try:
        if only_ask:
            return _outlook(shell, request, parts, stated, terms)
        opened = parts.cases.open(terms)
    except (CaseNotListed, CaseListUnavailable) as error:
        return _form(shell, request, parts, stated, (f"case_number {_tail(error)}",))
    except CaseInvalid as error:
        return _form(shell, request, parts, stated, (f"operator {_tail(error)}",))
    except GalleryNotFound as error:
        return _form(shell, request, parts, stated, (f"galleries {error.message.rstrip('.')}",))
    return shell.page(
        request, "cases/opened.html.j2", title=f"Case {opened.case.case_number} is open", opened=opened, renewed=False,
        credentials=shown_once(opened.credentials, address_of(request)),
    )  # fmt: skip


def _outlook(shell: Shell, request: Request, parts: CasesParts, stated: StatedCase, terms: CaseTerms) -> Response:
    draft = parts.cases.draft(terms)
    names = parts.gallery_names(draft)
    outlooks = outlook_lines([parts.outlook(draft, name) for name in names[:MOST_OUTLOOKS]])
    return _form(shell, request, parts, stated, (), outlooks=outlooks, vague=draft.vague_reason or "", asked=True)


def _form(
    shell: Shell,
    request: Request,
    parts: CasesParts,
    stated: StatedCase | None,
    problems: tuple[str, ...] | list[str],
    **values: object,
) -> Response:
    form = opening_form(
        sorted(parts.galleries().values()), parts.searchers(), {} if stated is None else stated.typed, problems
    )
    shown: dict[str, object] = {"outlooks": (), "vague": "", "asked": False}
    return shell.page(
        request, "cases/new.html.j2", title="Open a case", status=400 if problems else 200,
        form=form, terms=TERMS, usual_term=USUAL_TERM, **(shown | values),
    )  # fmt: skip


def _tail(error: CountenanceError) -> str:
    return f"{error.message.rstrip('.')}. {error.remedy.rstrip('.')}"
