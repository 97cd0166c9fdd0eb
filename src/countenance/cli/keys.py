"""``key``: the master key that seals the database, and moving to a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from countenance.bootstrap.accountability import accountable
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import err, out, print_json
from countenance.service.master_keys import rotate_master_key

key_app = typer.Typer(help="The master key of the database.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(key_app, name="key")


@key_app.command("rotate", epilog="Example:  countenance key rotate --to ~/keys/master-2026-12.key")
def rotate(
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Where the new key goes; a new file.", show_default=False)
    ],
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the record.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
) -> None:
    """Move to a new master key, so that backups from before open only with the old one; then destroy that."""
    app = application(data_dir=data_dir)
    target, old = to.expanduser().resolve(), app.settings.master_key_file
    if not yes:
        typer.confirm("Other processes have to be started again with the new key. Go on?", abort=True, err=True)
    with accountable(app, interface="cli") as parts:
        done = rotate_master_key(
            target, store=parts.store, journal=parts.journal, standing=parts.standing(), reason=reason
        )
    if as_json:
        print_json("key rotate", {"rotation": done, "new_file": target, "old_file": old})
        return
    out.print(Text(f"The database is sealed with key {done.key_after} now; {done.subject_keys:,} keys wrapped anew."))
    out.print(Text(f"Recorded as entry {done.entry_id}."))
    steps = (
        f"1. Set key_file to {target} (or move that file to {old}, once 4 is done) and start other processes again.",
        "2. Keep a copy of the new file apart from the database: without it nothing opens.",
        "3. Take a new backup of the database.",
        f"4. Destroy {old} and every copy of it. From then on no earlier backup opens, for anybody who was erased.",
    )
    for step in steps:
        err.print(Text(step), soft_wrap=True)
