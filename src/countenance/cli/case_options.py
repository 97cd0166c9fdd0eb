"""The options of ``case open``: one for every claim, made from the list of claims, and those about the case itself.

Rules kept here:

- An option is called like the claim, with hyphens; the word ``none`` empties a list of words.
- A file gives the same keys with underscores. What stands on the command line wins over the file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from countenance.cli.options import DataDir, Json, Model
from countenance.core.errors import CaseInvalid
from countenance.service.case_terms import ClaimSpec, claim_specs, read_case_file
from countenance.service.sources import read_photo

#: Options about the case itself: key → its option.
_OF_CASE: Mapping[str, Any] = {
    "case_number": Annotated[str | None, typer.Argument(help="Number of the case at your organisation.")],
    "operator": Annotated[str | None, typer.Option("--operator", help="Who will search; you, unless given.")],
    "attested_by": Annotated[
        str | None, typer.Option("--attested-by", help="Who vouches for the claims; you, unless given.")
    ],
    "purpose_text": Annotated[
        str | None, typer.Option("--reason", help="Why, in your words: what happened, to whom, where.")
    ],
    "galleries": Annotated[list[str] | None, typer.Option("--gallery", help="Gallery it may search; repeatable.")],
    "any_gallery": Annotated[bool | None, typer.Option("--any-gallery", help="It may search every gallery.")],
    "most_searches": Annotated[int | None, typer.Option("--searches", min=1, help="Most searches.")],
    "most_candidates": Annotated[int | None, typer.Option("--candidates", min=1, help="Most candidates a search.")],
    "expires": Annotated[
        str | None, typer.Option("--expires", help="When it ends: 30m, 8h, 7d, or a time.", show_default="7d")
    ],
    "auth_issuer": Annotated[
        str | None, typer.Option("--auth-issuer", help="Who is said to have given the authorisation.")
    ],
    "auth_requested_at": Annotated[
        str | None, typer.Option("--auth-requested-at", help="When it is said to have been asked for; a time.")
    ],
    "auth_document": Annotated[
        str | None, typer.Option("--auth-document", help="The authorisation; its SHA-256 is kept, the file is not.")
    ],
    "emergency_facts": Annotated[
        str | None, typer.Option("--emergency-facts", help="Facts of an emergency; the file's SHA-256 is kept.")
    ],
}
_OTHERS: Mapping[str, tuple[Any, object]] = {
    "file": (
        Annotated[Path | None, typer.Option("--from", help="File with all this; docs/how-to/open-a-case.md has one.")],
        None,
    ),
    "dry_run": (
        Annotated[bool, typer.Option("--dry-run", help="Open nothing; say what the rules would answer to a search.")],
        False,
    ),
    "as_json": (Json, False),
    "model": (Model, None),
    "data_dir": (DataDir, None),
}
#: Second names, as commands without a case spell them.
_ALSO = {"actor_sector": "--sector", "jurisdictions": "--place"}
_MANY = ("words", "places")
#: Heading of the claims in ``--help``.
CLAIMS_PANEL = "Claims (attested, not checked)"
#: Empties a list of words.
NOTHING = "none"


def with_case_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command that takes every option of a case; it is called with ``given`` and the options below.

    Args:
        command: Takes ``given`` (key → value of what was stated on the command line), ``file``, ``dry_run``,
            ``as_json``, ``model``, ``data_dir``.
    """
    annotations: dict[str, tuple[Any, object]] = {
        "case_number": (_OF_CASE["case_number"], None),
        "file": _OTHERS["file"],
        **{name: (option, None) for name, option in _OF_CASE.items() if name != "case_number"},
        **{spec.name: (_claim_option(spec), None) for spec in claim_specs()},
        **{name: option for name, option in _OTHERS.items() if name != "file"},
    }

    def taking_all(**values: Any) -> None:
        others = {name: values.pop(name) for name in _OTHERS}
        command(given=stated_values(values), **others)

    taking_all.__doc__ = command.__doc__
    taking_all.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=option)
            for name, (option, default) in annotations.items()
        ]
    )
    return taking_all


def stated_values(options: Mapping[str, Any]) -> dict[str, object]:
    """Return what was stated on the command line, as ``case_terms`` takes it; what was not stated is left out."""
    many = {spec.name for spec in claim_specs() if spec.kind in _MANY}
    given: dict[str, object] = {}
    for name, value in options.items():
        if value is None or value == []:
            continue
        given[name] = [] if name in many and value == [NOTHING] else value
    return given


def values_with_file(given: Mapping[str, object], file: Path | None) -> dict[str, object]:
    """Return the values of a case file with what was stated on the command line over them.

    Documents named in the file are looked for beside it.

    Raises:
        FileUnreadable: The file cannot be read.
        CaseInvalid: It is not TOML.
    """
    if file is None:
        return dict(given)
    values = read_case_file(read_photo(file))
    for name in ("auth_document", "emergency_facts"):
        named = values.get(name)
        if isinstance(named, str) and named:
            values[name] = str(file.parent / named)
    return {**values, **given}


def read_document(path: str) -> bytes:
    """Return the bytes of a document, for its digest.

    Raises:
        FileUnreadable: It cannot be read.
        CaseInvalid: It is empty: the digest of nothing would stand for a document.
    """
    content = read_photo(Path(path))
    if not content:
        raise CaseInvalid(f"The document {path} is empty.")
    return content


def _claim_option(spec: ClaimSpec) -> Any:
    names = [*([_ALSO[spec.name]] if spec.name in _ALSO else []), f"--{spec.name.replace('_', '-')}"]
    kinds: dict[str, Any] = {"flag": bool | None, "number": int | None}
    kind: Any = list[str] | None if spec.kind in _MANY else kinds.get(spec.kind, str | None)
    listed = f" One of: {', '.join(spec.words)}." if spec.kind == "word" else ""
    if spec.kind == "words":
        listed = f" Repeatable; {NOTHING}, or of: {', '.join(spec.words)}."
    elif spec.kind == "places":
        listed = " Repeatable."
    if spec.kind == "flag":
        names = [f"{names[0]}/--no-{spec.name.replace('_', '-')}"]
    help_text = spec.meaning[0].upper() + spec.meaning[1:] + "." + listed
    return Annotated[kind, typer.Option(*names, help=help_text, show_default=False, rich_help_panel=CLAIMS_PANEL)]
