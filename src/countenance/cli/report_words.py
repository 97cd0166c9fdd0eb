"""Reports as a terminal shows them: the figures somebody looks for first, and where the rest was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.text import Text

from countenance.cli.output import out, table


def print_period(document: Mapping[str, Any], written: Sequence[Path]) -> None:
    """Print the figures of a report for a period."""
    days, searches, errors = document["period"], document["searches"], document["errors"]
    out.print(Text(f"{days['from']} to {days['to']}, by UTC", style="bold"))
    rows = [
        ("searches asked for", _count(searches["asked"])),
        ("of those refused", _count(searches["refused"])),
        ("of those that listed somebody", _count(searches["listed_somebody"])),
        ("results reported back", _count(errors["results_reported"])),
        ("false matches known", _count(errors["false_matches_known"]) if errors["results_reported"] else "not known"),
        ("failed or interrupted", _count(errors["acts_failed"] + errors["acts_interrupted"])),
        ("rules overridden", _count(len(errors["overrides"]))),
        ("changes of rules and thresholds", _count(len(document["changes"]))),
        ("last checkpoint to somebody outside", document["checkpoints"]["last"] or "never"),
    ]
    out.print(table("", ("", ""), rows, right=(1,)))
    withheld = sum(one["withheld_rows"] + one["all_withheld"] for one in document["tables"])
    if withheld:
        out.print(Text(f"Withheld because counts are small: {withheld} rows or tables."))
    out.print(Text(f"{len(document['missing'])} things are missing; the report lists them."))
    for path in written:
        out.print(Text(str(path)))


def print_dossier(document: Mapping[str, Any], target: Path | None) -> None:
    """Print the gist of a dossier and where the page is."""
    out.print(Text(document["statement"], style="bold"))
    listed = document["candidates"]
    rows = [
        ("act", document["act_id"]),
        ("operator", document["who"]["operator"]),
        ("asked", document["when"]["asked"]),
        ("case", (document["case"] or {}).get("number") or "none"),
        ("decision", document["decision"]["decision"]),
        ("rules", ", ".join(one["rule"] for one in document["decision"]["rules"]) or "none"),
        ("candidates", listed["withheld_because"] or str(len(listed["items"]))),
        ("entries", ", ".join(str(one["index"]) for one in document["ledger"]["entries"])),
        ("missing", "; ".join(document["missing"]) or "nothing"),
    ]
    out.print(table("", ("", ""), rows))
    if target is not None:
        out.print(Text(f"The whole dossier is in {target}; it prints to two pages."))


def print_exceptions(document: Mapping[str, Any], target: Path | None) -> None:
    """Print the list of exceptions, kind by kind."""
    days = document["period"]
    found = document["exceptions"]
    looked_at = document["acts_looked_at"]
    out.print(Text(f"{days['from']} to {days['to']}: {looked_at:,} acts looked at, {len(found):,} to answer for."))
    title = ""
    for one in found:
        if one["title"] != title:
            title = one["title"]
            out.print(Text(f"\n{title}", style="bold"))
        out.print(Text(f"  {one['at'][:16].replace('T', ' ')}  {one['owner']}: {one['known']}"))
        out.print(Text(f"      To do: {one['do']}", style="dim"))
        out.print(
            Text(f"      {'dossier ' + one['dossier'] if one['dossier'] else 'entry ' + one['entry_id']}", style="dim")
        )
    if not found:
        out.print("Nothing on this list.")
    if target is not None:
        out.print(Text(f"\nThe page is {target}."))


def _count(value: int | None) -> str:
    return "withheld" if value is None else f"{value:,}"
