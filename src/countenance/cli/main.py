"""The command line: words typed → a use case → words printed.

Every command takes ``--json``. Exit codes are those of ``exit_codes``. The outermost error handler is here.
"""

from __future__ import annotations

import io
import sys
import warnings
from typing import Annotated

import typer

from countenance import __version__
from countenance.cli import exit_codes
from countenance.cli.output import print_error
from countenance.core.errors import CountenanceError

app = typer.Typer(
    name="countenance",
    help="Face recognition that measures whom it misidentifies.\n\n"
    "Start with:  countenance demo   ·   countenance compare A.jpg B.jpg   ·   countenance doctor",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"countenance {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Face recognition that measures whom it misidentifies."""


def _register() -> None:
    from countenance.cli import demonstration, galleries, machine, models, photos

    photos.register(app)
    galleries.register(app)
    models.register(app)
    machine.register(app)
    demonstration.register(app)


_register()


def main() -> None:
    """Run the command line and exit with its code."""
    # What a decoder thinks of a damaged file is said by our error, not by a warning of its own before it.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    # A file name that is not UTF-8 is printed with escapes, not answered with a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(standalone_mode=True)
    except CountenanceError as error:
        print_error(error, as_json="--json" in sys.argv)
        sys.exit(exit_codes.exit_code(error))
