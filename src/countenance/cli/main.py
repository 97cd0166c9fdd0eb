"""The command line: words typed → a use case → words printed.

Every command takes ``--json``. Exit codes are those of ``exit_codes``. The outermost error handler is here.
"""

from __future__ import annotations

import functools
import importlib
import io
import sys
import warnings
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated

import typer

from countenance import __version__
from countenance.cli import exit_codes
from countenance.cli.output import print_error
from countenance.core.errors import CountenanceError

#: Modules of ``countenance.cli`` that add commands, in the order of the help, each with the first words it answers to.
#: A run loads the one it needs: all of them together take a second, mostly for libraries that few commands use.
_MODULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "photos": ("detect", "compare"),
        "galleries": ("gallery", "enrol", "search"),
        "policy": ("policy",),
        "cases": ("case",),
        "accounts": ("account",),
        "reviews": ("review",),
        "subjects": ("subject",),
        "retention": ("retention",),
        "keys": ("key",),
        "ledger": ("ledger",),
        "reports": ("report",),
        "models": ("models", "calibrate", "threshold"),
        "machine": ("doctor", "bench"),
        "demonstration": ("demo",),
        "audits": ("audit",),
        "serve": ("serve",),
        "compat": ("compat",),
        "migrate": ("migrate",),
    }
)


def __getattr__(name: str) -> typer.Typer:
    """Return ``app``, the command line with all its commands, for tests and tools that walk through them."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return command_line()


@functools.lru_cache(maxsize=2)
def command_line(first_word: str | None = None) -> typer.Typer:
    """Return the command line: with the commands beside ``first_word`` if it is one of theirs, else with all."""
    app = typer.Typer(
        name="countenance",
        help="Face recognition that measures whom it misidentifies.\n\n"
        "Start with:  countenance demo   ·   countenance compare A.jpg B.jpg   ·   countenance doctor",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_root)
    needed = [module for module, words in _MODULES.items() if first_word in words]
    for module in needed or _MODULES:
        importlib.import_module(f"countenance.cli.{module}").register(app)
    return app


def _version(value: bool) -> None:
    if value:
        typer.echo(f"countenance {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Face recognition that measures whom it misidentifies."""


def main() -> None:
    """Run the command line and exit with its code."""
    # What a decoder thinks of a damaged file is said by our error, not by a warning of its own before it.
    warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
    # A file name that is not UTF-8 is printed with escapes, not answered with a traceback.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        command_line(sys.argv[1] if len(sys.argv) > 1 else None)(standalone_mode=True)
    except CountenanceError as error:
        print_error(error, as_json="--json" in sys.argv)
        sys.exit(exit_codes.exit_code(error))
