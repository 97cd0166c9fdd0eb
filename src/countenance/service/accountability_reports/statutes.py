"""What single laws ask a report to hold, and where this report holds it: missing items are named, never left blank.

Rules kept here:

- An item is answered from the report's document or said to be missing, with who would know.
- These are readings of public sources, as the rule packs are. That an item is answered is no finding that a duty is
  met.

Source of the items: the rule packs' own notes on Maryland Criminal Procedure 2-504, 2-505 and 2-510, RCW 43.386.020
and .070, Code of Virginia 15.2-1723.2, Montana Code 44-15-111 and Regulation (EU) 2024/1689, Articles 12(3) and 26(10).
The laws' own text was not opened for this table: check it before an answer is handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from countenance.service.accountability_reports.wording import several

Document = Mapping[str, Any]
WITHHELD = "withheld: the counts are small"
#: Rows of a table that one answer tells.
_MOST_ROWS = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """What a report says to one item of a law.

    Attributes:
        item: What is asked for.
        found: What the report says, or empty where it cannot.
        table: Name of the table that says it in full, or empty.
        who: Who would know, where the report does not.
    """

    item: str
    found: str
    table: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    item: str
    find: Callable[[Document], str] | None = None
    table: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A report that a law asks for.

    Attributes:
        name: Short name, for addresses and files.
        title: Name for people.
        law: Which law, and what it asks in a sentence.
        due: When, in words.
        items: What it asks for.
    """

    name: str
    title: str
    law: str
    due: str
    items: tuple[_Item, ...]


def answers(template: Template, document: Document) -> tuple[Answer, ...]:
    """Return what the report for a period says to each item of a law."""
    return tuple(
        Answer(
            one.item,
            one.find(document) if one.find else _of_table(document, one.table) if one.table else "",
            one.table,
            one.who,
        )
        for one in template.items
    )


def template_named(name: str) -> Template | None:
    """Return a template, or None."""
    return next((template for template in TEMPLATES if template.name == name), None)


def _of_table(document: Document, name: str) -> str:
    table = next((one for one in document["tables"] if one["name"] == name), None)
    if table is None or not table["rows"]:
        return "none" if table is None or not table["all_withheld"] else WITHHELD
    told = [f"{row['label']}: {_cells(table['columns'], row['cells'])}" for row in table["rows"][:_MOST_ROWS]]
    more = len(table["rows"]) - _MOST_ROWS
    return "; ".join(told) + (f"; and {more} more in the report" if more > 0 else "")


def _cells(columns: Sequence[str], cells: Sequence[int | None]) -> str:
    counts = [WITHHELD if count is None else f"{count:,}" for count in cells]
    if len(counts) == 1:
        return counts[0]
    return ", ".join(f"{count} {column}" for count, column in zip(counts, columns, strict=True))


def _searches(document: Document) -> str:
    found = document["searches"]
    asked, refused = found["asked"], found["refused"]
    said = WITHHELD if asked is None else several(asked, "search", "searches") + " asked for"
    return said + ("" if refused is None else f", {refused:,} of them refused")


def _results(document: Document) -> str:
    errors = document["errors"]
    if not errors["results_reported"]:
        return ""
    told = ", ".join(f"{word}: {count}" for word, count in errors["reported_as"].items())
    return f"{told}; false matches known: {errors['false_matches_known']}"


def _galleries(document: Document) -> str:
    found = document["galleries"]["searched"]
    return (
        "; ".join(f"{one['name']} ({one['source']}, {one['references'] or 0:,} references)" for one in found) or "none"
    )


def _models(document: Document) -> str:
    return "; ".join(
        f"model {one['model_digest'][:12]}, threshold {', '.join(str(item['value']) for item in one['thresholds'])}"
        for one in document["models"]
    )


def _certificates(document: Document) -> str:
    count = sum(len(one["certificates"]) for one in document["models"])
    return several(count, "evaluation certificate") + " in use" if count else ""


def _audits(document: Document) -> str:
    return ", ".join(one["at"][:10] for one in document["audits"])


def _interventions(document: Document) -> str:
    errors = document["errors"]
    overrides = several(len(errors["overrides"]), "rule overridden", "rules overridden")
    return f"{overrides}; {errors['acts_failed'] + errors['acts_interrupted']} acts failed or interrupted"


def _disclosed(document: Document) -> str:
    return f"{document['errors']['disclosed_to_defence']} reported as told to a defence"


def _reviews(document: Document) -> str:
    reviews = document["reviews"]
    if reviews["votes"] is None:
        return WITHHELD
    return f"{several(reviews['votes'], 'vote')} by {several(reviews['reviewers'], 'reviewer')}"


_DEMOGRAPHICS = _Item(
    "Age, race and gender of the people searched for",
    who="The agency's case files. The software guesses none of it from a face.",
)
_RESULTS = _Item("Results acted on: leads, arrests, charges", _results,
                 who="Whoever used the results; each is reported on the search's page.")  # fmt: skip
_BREACHES = _Item(
    "Breaches of data, and unauthorised uses found", who="The agency's oversight and its security officer."
)

TEMPLATES: tuple[Template, ...] = (
    Template(
        "maryland", "Maryland: annual report",
        "Criminal Procedure 2-504, 2-505, 2-510: uses by crime, system and database; results acted on; a yearly audit.",
        "by 1 October",
        (
            _Item("Number of searches", _searches),
            _Item("Searches by class of the offence", table="offence"),
            _Item("System used, with its version", _models, who="The operator."),
            _Item("Databases searched, with their description", _galleries),
            _RESULTS,
            _DEMOGRAPHICS,
            _BREACHES,
            _Item("Errors and interventions", _interventions),
            _Item("Audit of the year", _audits, who="The officer in charge: countenance audit run."),
        ),
    ),
    Template(
        "washington", "Washington: accountability report",
        "RCW 43.386.020 and .070: records sufficient for public reporting and for audit; disclosure to a defence.",
        "annual report; accountability report every two years",
        (
            _Item("Number of uses, and of refusals", _searches),
            _Item("Purposes of use", table="purpose"),
            _Item("Error rates of the system by group", _certificates,
                  who="An evaluator; its certificate is loaded on the page of rules."),
            _Item("Tests in operational conditions", _audits, who="The agency."),
            _Item("Review by people of what follows from a match", _reviews),
            _Item("Warrants and emergencies, as claimed", table="authorisation"),
            _Item("Told to defendants before trial", _disclosed, who="The prosecutor."),
            _Item("Demographics of warrants", who="The courts' warrant files."),
            _Item("Community meetings, and comments received", who="The agency."),
        ),
    ),
    Template(
        "virginia", "Virginia: annual report",
        "Code 15.2-1723.2: data on use collected and published each year (see the pack for its end on 1 July 2026).",
        "each year",
        (
            _Item("Total number of searches", _searches),
            _Item("Searches that listed somebody", table="outcomes"),
            _Item("Offences investigated", table="offence"),
            _Item("Repository of images searched", _galleries),
            _RESULTS,
            _DEMOGRAPHICS,
            _Item("History of each person's queries", lambda document: (
                f"{document['searches']['people_who_searched']} people searched; the page of operators lists them")),
            _Item("Sharing with other agencies", lambda document: (
                several(len(document["disclosures"]), "export or packet", "exports and packets"))),
        ),
    ),
    Template(
        "montana", "Montana: report of uses",
        "Montana Code 44-15-111: searches, offences, arrests and convictions.",
        "30 June (local), 1 September (state)",
        (_Item("Number of searches", _searches), _Item("Offences", table="offence"), _RESULTS),
    ),
    Template(
        "eu-ai-act", "EU AI Act: logs and annual report",
        "Articles 12(3) and 26(10): start and end of each use, database checked, input that led to a match, people who "
        "verified; an annual report, which may be aggregated.",
        "logs kept at least six months; from 2 December 2027",
        (
            _Item("Number of uses", _searches),
            _Item("Start and end of each use", lambda _: "in each search's dossier, to the microsecond"),
            _Item("Reference database checked", _galleries),
            _Item("Input that led to a match", lambda _: "as keyed digest, in each search's dossier"),
            _Item("People who verified the results", _reviews),
            _Item("Authorisations: asked for, granted, refused", table="authorisation"),
            _Item("Deletion after a refused authorisation", who="The deployer; erasures stand in the report."),
        ),
    ),
)  # fmt: skip
