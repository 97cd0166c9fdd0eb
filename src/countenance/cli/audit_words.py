"""What ``audit`` says on the terminal, and the JSON beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from countenance.cli.output import out, table
from countenance.service.audits.power import RULE_OF_THREE
from countenance.service.published_studies import Replay

if TYPE_CHECKING:
    from countenance.service.audits.new_audit import Understood
    from countenance.service.audits.verification import Verification

#: Names listed in full before "and so many more".
MOST_LISTED = 5
#: Differences listed of a bundle that does not hold.
MOST_DIFFERENCES = 20


@contextmanager
def steps(bar: Any, *, quiet: bool) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a progress callable (step, done, total) that draws the step in words beside the bar."""
    with bar("Working", quiet=quiet) as update:

        def progress(step: str, done: int, total: int) -> None:
            update(done, total, step)

        yield progress


def understood_json(found: Understood, folder: Path) -> dict[str, Any]:
    """Return a new audit as understood, for JSON."""
    return {
        "audit": folder,
        "findings": found.findings,
        "failures": found.failures,
        "several_faces": found.several,
        "below_quality": found.below_quality,
        "power": found.power,
    }


def print_understood(found: Understood) -> None:
    """Print what was understood of the list and the photos, and what could be seen."""
    findings = found.findings
    columns = findings.columns
    where = f"column '{columns.file}'" if columns.file else "names of files and folders"
    out.print(Text("What was understood", style="bold"))
    rows = [
        ("people", f"{findings.people:,}, named by column '{columns.subject}'"),
        ("photos", f"{findings.photos:,}, found by {where}"),
        ("labels", ", ".join(columns.labels) or "none: name columns with --label"),
        ("role", f"column '{columns.role}'" if columns.role else "none: each person's first photo is the gallery"),
        ("not used", ", ".join(findings.other_columns) or "nothing"),
        ("no face", f"{found.failures.get('no face', 0):,} photos"),
        ("several faces", f"{found.several:,} photos ({found.set_up.several_faces.value})"),
        ("unreadable", f"{found.failures.get('unreadable', 0):,} photos"),
        ("below quality", f"{found.below_quality:,} photos; they stay in"),
        ("people without photo", _listed(findings.people_without_photo)),
        ("photos without person", _listed(findings.photos_without_person)),
        ("stray spaces", f"{findings.trimmed:,} cells, trimmed"),
        ("letters coded another way", f"{findings.recomposed:,} cells, composed (Unicode NFC)"),
    ]
    out.print(table("", ("", ""), rows))
    for name, groups in findings.spellings.items():
        for spellings in groups:
            done = "merged" if findings.merged else "NOT merged; --merge-spellings takes them for one"
            out.print(Text(f"{name}: {len(spellings)} spellings of the same label: {', '.join(spellings)} ({done})"))
    for name, count in findings.unknown.items():
        if count:
            out.print(Text(f"{name}: unknown or declined for {count:,} people; they are a group of their own"))
    out.print()
    out.print(_power(found))
    out.print(Text(RULE_OF_THREE, style="dim"))


def _power(found: Understood) -> Any:
    rows = [
        (
            row.grouping, row.group, f"{row.people:,}", f"{row.mated:,}", f"{row.non_mated:,}", row.in_words,
            "–" if row.smallest_fmr_sure is None else f"{row.smallest_fmr_sure:.2g}", row.note,
        )
        for row in found.power
    ]  # fmt: skip
    columns = ("by", "group", "people", "mated", "non-mated", "smallest FMR seen", "sure to be seen", "")
    return table("What could be seen, before anything is compared", columns, rows, right=(2, 3, 4, 5, 6))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_LISTED])
    more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return f"{len(names):,}{': ' if names else ''}{shown}{more}"


def result_json(document: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the main numbers of a result and where it lies, for JSON."""
    grouping = document["groupings"][-1]
    at = grouping["at"][document["operating"]["stop"]]
    return {
        "result": path,
        "headline": document["headline"],
        "operating": document["operating"],
        "groups": [group["name"] for group in grouping["groups"]],
        "fmr_within": at["fmr_within"],
        "fnmr": at["fnmr"],
        "fmr_ratios": at["fmr_ratios"],
        "fnmr_ratios": at["fnmr_ratios"],
        "suspected_same_person": len(document["suspected_same_person"]["pairs"]),
        "limits": document["limits"],
    }


def print_result(document: Mapping[str, Any], name: str | None) -> None:
    """Print the headline, the rates by group at the threshold in use, and what the data cannot show.

    Args:
        document: The result.
        name: The audit, for what to do next; None where nothing is left to do.
    """
    operating = document["operating"]
    if document["data"]["caveat"]:
        out.print(Text(document["data"]["caveat"], style="italic"))
        out.print()
    out.print(Text(document["headline"]["sentence"], style="bold"))
    out.print(Text(f"Threshold {operating['threshold']:.3f}: {operating['basis']}"))
    out.print()
    for grouping in document["groupings"]:
        at = grouping["at"][operating["stop"]]
        ratios = {ratio["group"]: ratio for ratio in at["fmr_ratios"]}
        rows = [
            (
                group["name"], f"{group['subjects']:,}", _rate(at["fmr_within"][place]), _ratio(ratios, group["name"]),
                _rate(at["fnmr"][place]), _rate(group["fta"]),
            )
            for place, group in enumerate(grouping["groups"])
        ]  # fmt: skip
        columns = (
            "group",
            "people",
            "false match rate",
            "against others",
            "false non-match rate",
            "failure to acquire",
        )
        out.print(table(f"By {grouping['name']}", columns, rows, right=(1,)))
        out.print()
    suspected = len(document["suspected_same_person"]["pairs"])
    if suspected:
        out.print(Text(f"{suspected} pairs may show one person under two labels; look at them in the report."))
    for sentence in document["limits"]:
        out.print(Text(f"· {sentence}", style="dim"))
    if name is not None:
        out.print(Text(f"Next:  countenance audit report {name} --open", style="bold"))


def _rate(rate: Mapping[str, Any]) -> str:
    if rate["estimate"] is None:
        return "no comparisons"
    return f"{rate['estimate']:.2g} ({rate['low']:.2g} to {rate['high']:.2g}; {rate['errors']:,} of {rate['trials']:,})"


def _ratio(ratios: Mapping[str, Mapping[str, Any]], group: str) -> str:
    ratio = ratios.get(group)
    if ratio is None or ratio["estimate"] is None:
        return "–"
    if ratio["high"] is None:
        return f"{ratio['estimate']:.2g}×"
    return f"{ratio['estimate']:.2g}× ({ratio['low']:.2g} to {ratio['high']:.2g})"


def print_verification(found: Verification) -> None:
    """Print what recomputing a bundle came to."""
    made = ", ".join(f"{name} {number}" for name, number in found.software.items())
    out.print(Text(f"{found.name}: {found.comparisons:,} comparisons, made with {made}"))
    for name in found.altered:
        out.print(Text(f"Altered since it was packed: {name}", style="red"))
    for one in found.differences[:MOST_DIFFERENCES]:
        out.print(Text(f"{one.where}: stated {one.stated}, recomputed {one.recomputed}", style="red"))
    if len(found.differences) > MOST_DIFFERENCES:
        out.print(Text(f"and {len(found.differences) - MOST_DIFFERENCES:,} more", style="red"))
    if found.holds:
        out.print(Text(f"All {found.numbers:,} numbers are those its scores give.", style="bold"))
    else:
        out.print(Text(f"{len(found.differences):,} of {found.numbers:,} numbers differ.", style="bold"))


def print_replay(study: Replay) -> None:
    """Print a study's numbers, ours beside the printed ones."""
    rows = [
        (
            row.name, row.measure, row.published, f"{row.ours:.10g}",
            "" if row.low is None or row.high is None else f"{row.low:.4g} to {row.high:.4g}", row.agreement.value,
        )
        for row in study.rows
    ]  # fmt: skip
    columns = ("", "measure", "printed", "ours", "95 % interval", "")
    out.print(table(study.title, columns, rows, right=(2, 3, 4)))
    for sentence in (*study.notes, *(f"Source: {source}" for source in study.sources)):
        out.print(Text(f"· {sentence}", style="dim"))
    out.print()
