"""The page about the service names every option, route and dialect there is."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from countenance.cli.main import app

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "serve.md"


def test_exactly_the_options_there_are_stand_in_the_table() -> None:
    command = typer.main.get_command(app).commands["serve"]  # type: ignore[attr-defined]
    options = {name for item in command.params for name in item.opts if name.startswith("--")} - {"--help"}
    table = PAGE.read_text(encoding="utf-8").partition("## Options")[2].partition("## Who")[0]
    assert set(re.findall(r"`(--[a-z0-9-]+)`", table)) == options
