"""Forms of the console's pages: read in memory, within limits, and taken only from a page of ours.

Rule kept here: a form changes something only if it carries the session's token, and if the browser says that it comes
from here.
"""

from __future__ import annotations

import hmac

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from countenance.web.form_bodies import FormRefused, close_form, read_form

__all__ = [
    "FORM_BYTES",
    "TOKEN_FIELD",
    "FormRefused",
    "close_form",
    "files_of",
    "read_form",
    "require_own_page",
    "require_token",
    "text_of",
]

#: Name of the hidden field that shows a form to be of this session.
TOKEN_FIELD = "csrf"  # noqa: S105 - the name of a field
#: Largest form accepted unless a page says otherwise: two photos at the engine's own limit of bytes, and some fields.
FORM_BYTES = 64_000_000


def require_own_page(request: Request) -> None:
    """Return if a browser says that a form comes from a page of this server, or says nothing.

    Raises:
        FormRefused: It comes from elsewhere.
    """
    site = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin")
    # A browser that hides the origin says "null" after a redirect or from a sandboxed page: neither sends our forms.
    strange = origin is not None and origin.partition("://")[2] != request.headers.get("host", "")
    if site not in ("same-origin", "none") or strange:
        raise FormRefused(403, "The form was sent from another site.", "Open the page here and send its form.")


def require_token(form: FormData, token: str) -> None:
    """Return if a form carries a token.

    Raises:
        FormRefused: It does not.
    """
    given = form.get(TOKEN_FIELD)
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), token.encode()):
        raise FormRefused(
            403,
            "The form is not of this session; it may have been open for too long.",
            "Open the page again and send its form.",
        )


def text_of(form: FormData, name: str, *, most: int = 500) -> str:
    """Return a field as text without surrounding space; empty if it is not there.

    Raises:
        FormRefused: It is a file, or longer than ``most`` characters.
    """
    value = form.get(name, "")
    if not isinstance(value, str) or len(value) > most or "\0" in value:
        raise FormRefused(400, f"The field {name} cannot be read.", f"Give text of at most {most} characters.")
    return value.strip()


def files_of(form: FormData, name: str) -> list[UploadFile]:
    """Return the files of a field, those left empty by the browser aside."""
    return [item for item in form.getlist(name) if isinstance(item, UploadFile) and (item.filename or item.size)]
