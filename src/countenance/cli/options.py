"""Options that several commands share, spelt and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from countenance.bootstrap.application import Application, load_settings

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
