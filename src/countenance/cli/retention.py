"""``retention``: what has reached its end, and deleting it now. Every start of a command does that by itself."""

from __future__ import annotations

import typer

from countenance.bootstrap.accountability import accountable, now
from countenance.cli.options import DataDir, Json, application
from countenance.cli.output import out, print_json, table
from countenance.service.retention import due

retention_app = typer.Typer(help="See or delete what has reached its end.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.add_typer(retention_app, name="retention")


@retention_app.command("due", epilog="Example:  countenance retention due")
def due_(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Show each gallery's rule and what has reached its end and is still there; deletes nothing."""
    with accountable(application(data_dir=data_dir), interface="cli", expire=False) as parts:
        found = due(parts.subjects, now())
        galleries = parts.store.list_galleries()
    if as_json:
        rules = {gallery.name: gallery.retention_days for gallery in galleries}
        print_json("retention due", {"due": found, "retention_days": rules})
        return
    rows = [
        (
            gallery.name,
            "until erased" if gallery.retention_days is None else f"{gallery.retention_days} days",
            f"{gallery.references:,}",
            f"{found.references.get(gallery.name, 0):,}",
        )
        for gallery in galleries
    ]
    out.print(table("Retention", ("gallery", "kept", "references", "due now"), rows, right=(2, 3)))
    out.print(
        f"Also due: {found.runs} record(s) of enrolments, {found.secrets} secret(s) of credentials, "
        f"{found.reviews} abandoned review(s), {found.faces} temporary face(s)."
    )
    if found.anything:
        out.print("The next command that works with galleries deletes it, or now: countenance retention run")


@retention_app.command("run", epilog="Example:  countenance retention run   (from cron, where no command runs often)")
def run(as_json: Json = False, data_dir: DataDir = None) -> None:
    """Delete what has reached its end; recorded in the same transaction."""
    with accountable(application(data_dir=data_dir), interface="cli", expire=False) as parts:
        gone = parts.expire_due()
    if as_json:
        print_json("retention run", {"gone": gone})
    else:
        out.print(
            f"Deleted {gone.references:,} reference(s), {gone.runs} record(s) of enrolments, {gone.secrets} secret(s) "
            f"of credentials, {gone.faces} temporary face(s); closed {gone.reviews} abandoned review(s)."
        )
