"""docs/reference/policy.md lists every attribute with its words, every pack and who may state what.

After a change of the attributes or packs: ``python -m tests.contracts.test_policy_reference`` writes the tables anew.
"""

from __future__ import annotations

from pathlib import Path

from countenance.policy.attributes import ATTRIBUTES, REQUEST_ATTRIBUTES, Attribute, Kind
from countenance.policy.terms import Action
from countenance.service.acts import UNSTATED
from countenance.service.standing import FILLED_IN, OWN_ALBUM_CLAIMS, SHELL_CLAIMS
from tests.support.policy_builders import shipped_packs

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "policy.md"
START, END = "<!-- tables: start -->\n", "<!-- tables: end -->\n"
KINDS = {
    Kind.CHOICE: "one word",
    Kind.CHOICES: "words",
    Kind.JURISDICTIONS: "codes such as US-WA, US-OR/portland, EU",
    Kind.TEXT: "text",
    Kind.FLAG: "true or false",
    Kind.WHOLE: "whole number",
    Kind.TIME: "time",
}


def stated_by(name: str) -> str:
    if name == "gallery_source":
        return "the gallery; a claim where there is none"
    return "the software" if name in FILLED_IN else "a claim"


def row(attribute: Attribute) -> str:
    words = ", ".join(f"`{word}`" for word in sorted(attribute.words)) or KINDS[attribute.kind]
    if attribute.kind is Kind.CHOICES:
        words = f"any of {words}"
    name = attribute.name
    shell = {**SHELL_CLAIMS, **OWN_ALBUM_CLAIMS}
    unstated = UNSTATED.get(name, "refused as incomplete")
    if name == "jurisdictions":
        unstated = "every place a loaded pack looks at by name"
    cells = (f"`{name}`", attribute.meaning, words, stated_by(name), plain(unstated), plain(shell.get(name, "")))
    return table_row(*cells)


def table_row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value == ():
        return "none"
    return str(value)


def tables() -> str:
    actions = ", ".join(f"`{action.value}`" for action in Action)
    lines = [
        f"`action` is one of {actions}.",
        "",
        table_row("attribute", "what it says", "values", "stated by", "where nobody says it", "the shell's own words"),
        "|---|---|---|---|---|---|",
        *(row(ATTRIBUTES[name]) for name in REQUEST_ATTRIBUTES),
        "",
        "| pack | what it is modelled on | on by default | rules | review due |",
        "|---|---|---|---|---|",
        *(
            table_row(f"`{pack.name}`", pack.title, "yes" if pack.default_on else "no", len(pack.rules), pack.review_by)
            for pack in shipped_packs()
        ),
        "",
    ]
    return "\n".join(lines)


def test_the_tables_are_those_of_the_code() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    assert text[text.index(START) + len(START) : text.index(END)] == tables()


def write() -> None:
    """Write the tables into the document."""
    text = REFERENCE.read_text(encoding="utf-8")
    before, after = text[: text.index(START) + len(START)], text[text.index(END) :]
    REFERENCE.write_text(before + tables() + after, encoding="utf-8")


if __name__ == "__main__":
    write()
