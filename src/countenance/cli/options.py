"""Options that several commands share, spelt and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.bootstrap.application import Application, load_settings
from countenance.service.standing import parse_claim

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of words.")]
Model = Annotated[
    str | None, typer.Option("--model", help="Recogniser; `countenance models list` shows them.", show_default="sface")
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder of database, keys and added models; also COUNTENANCE_DATA_DIR.",
        show_default=False,
    ),
]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", min=-1.0, max=1.0, help="Decide at this similarity; its measured rates are shown."),
]
TargetFmr = Annotated[
    float | None,
    typer.Option("--target-fmr", help="Decide where this false match rate was measured, such as 1e-5."),
]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="Exit with 10 on a negative answer, for scripts.")]

Sector = Annotated[
    str | None,
    typer.Option("--sector", help="Who you act as, such as us_local_police.", show_default="individual"),
]
OnBehalfOf = Annotated[str | None, typer.Option("--on-behalf-of", help="For whom, a sector.", show_default="none")]
Purpose = Annotated[
    str | None,
    typer.Option("--purpose", help="Why, such as missing_person.", show_default="photo_organisation"),
]
Place = Annotated[
    list[str] | None,
    typer.Option("--place", help="Where you are, such as US-WA or FR; repeatable.", show_default="every place known"),
]
Claim = Annotated[
    list[str] | None,
    typer.Option(
        "--claim",
        metavar="NAME=VALUE",
        help="State something else the rules ask for; repeatable. docs/reference/policy.md lists all.",
    ),
]


Case = Annotated[
    str | None,
    typer.Option("--case", help="Act under this open case: its number or identifier.", show_default=False),
]


def stated(
    *,
    sector: str | None,
    on_behalf_of: str | None,
    purpose: str | None,
    place: list[str] | None,
    claim: list[str] | None,
) -> dict[str, object]:
    """Return what the command line states about an act, as claims in plain values.

    Raises:
        InputError: A claim cannot be made.
    """
    claims: dict[str, object] = dict(parse_claim(item) for item in claim or ())
    words = {"actor_sector": sector, "on_behalf_of": on_behalf_of, "purpose": purpose}
    claims |= {name: word for name, word in words.items() if word is not None}
    if place:
        claims["jurisdictions"] = tuple(place)
    return claims


def application(*, model: str | None = None, data_dir: Path | None = None) -> Application:
    """Return the application for these flags."""
    return Application(load_settings(model=model, data_dir=data_dir))


def check_rate(rate: float | None) -> None:
    """Refuse a rate that is not between 0 and 1.

    Raises:
        typer.BadParameter: It is not.
    """
    if rate is not None and not 0.0 < rate < 1.0:
        raise typer.BadParameter(f"a false match rate lies between 0 and 1, such as 1e-5 (got {rate:g})")
