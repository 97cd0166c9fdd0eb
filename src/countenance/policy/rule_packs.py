"""Rule packs: three files in a folder, refused unless complete, cited and true to their own examples.

Rules kept here:

- A pack only forbids. Every rule cites at least one source that ``pack.toml`` describes: text, address, date read,
  verified or not, in force from and until, what it does not cover.
- A pack has at least three allow and three deny examples, and every one comes out as written, by the rules it names.
- A pack past its review date no longer counts as covering anything (``evaluate.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from countenance.core.errors import FileUnreadable, PolicyPackInvalid
from countenance.policy.attributes import JURISDICTION
from countenance.policy.examples import EXAMPLES_NEEDED, Example, base_attributes, parse_examples, run_examples
from countenance.policy.rules import Rule, parse_rules
from countenance.policy.toml_tables import Table, read_toml

PACK_FORMAT = "countenance-pack/1"
_FILES = ("rules.cedar", "pack.toml", "examples.toml")
_PACK_KEYS = (
    "format",
    "name",
    "number",
    "title",
    "version",
    "about",
    "default",
    "read",
    "read_by",
    "review_by",
    "reviewed_by_lawyer",
    "covers",
    "known_gaps",
    "not_covered",
    "citation",
)
_CITATION_KEYS = ("key", "text", "address", "verified", "in_force_from", "in_force_until", "not_covered")


@dataclass(frozen=True, slots=True)
class Citation:
    """A source a rule rests on.

    Attributes:
        key: Short name, as rules refer to it.
        text: What it is and what it says, in a sentence.
        address: Where it was read, or ``none: …`` with the reason.
        read: When it was read.
        verified: True if the statement was found in a stored copy of a source; False if it is from knowledge.
        in_force_from: First day, or None if not known.
        in_force_until: First day on which it no longer holds, or None if no end was found.
        not_covered: What this reading leaves out.
    """

    key: str
    text: str
    address: str
    read: date
    verified: bool
    in_force_from: date | None
    in_force_until: date | None
    not_covered: str


@dataclass(frozen=True, slots=True)
class Pack:
    """A checked pack.

    Attributes:
        name: Folder name.
        number: Its place in the shipping order; variants carry a letter.
        title: Name for people.
        version: Version of the reading.
        about: What it is modelled on, in a sentence or two.
        default_on: Loaded by a fresh installation.
        read: When its sources were read.
        read_by: Who read them.
        review_by: From the day after, it no longer counts as current.
        reviewed_by_lawyer: Whether a lawyer has reviewed the reading.
        covers: Jurisdictions whose rules it encodes; ``US-*`` means every state, but no locality.
        known_gaps: Jurisdictions known to have rules that were not read; not covered, whatever ``*`` says.
        not_covered: What it leaves out, one sentence each.
        citations: Its sources.
        rules: Its rules.
        examples: Its examples.
        digest: SHA-256 over its three files, hex.
    """

    name: str
    number: str
    title: str
    version: str
    about: str
    default_on: bool
    read: date
    read_by: str
    review_by: date
    reviewed_by_lawyer: bool
    covers: frozenset[str]
    known_gaps: frozenset[str]
    not_covered: tuple[str, ...]
    citations: tuple[Citation, ...] = field(repr=False)
    rules: tuple[Rule, ...] = field(repr=False)
    examples: tuple[Example, ...] = field(repr=False)
    digest: str

    @property
    def rule_ids(self) -> frozenset[str]:
        """Return the ids of its rules."""
        return frozenset(rule.rule_id for rule in self.rules)

    def citations_of(self, rule: Rule) -> tuple[Citation, ...]:
        """Return the sources a rule of this pack rests on, in the rule's order."""
        by_key = {citation.key: citation for citation in self.citations}
        return tuple(by_key[key] for key in rule.citations)


def load_pack(folder: Path | Traversable) -> Pack:
    """Return the pack in a folder, after running its examples.

    Raises:
        FileUnreadable: One of its three files is missing or unreadable.
        PolicyPackInvalid: It breaks one of the rules above; the message says which.
    """
    texts = {name: _read(folder, name) for name in _FILES}
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update(f"{name}\n{len(texts[name].encode())}\n{texts[name]}".encode())
    rules = parse_rules(texts["rules.cedar"], source=folder.name)
    examples = parse_examples(texts["examples.toml"], where=f"{folder.name}/examples.toml", base=base_attributes())
    pack = _parse_pack(texts["pack.toml"], folder.name, rules, examples, digest.hexdigest())
    _require_own_ids_and_sources(pack)
    _require_examples(pack)
    return pack


def load_shipped_packs() -> tuple[Pack, ...]:
    """Return the packs that come with the package, in shipping order.

    Raises:
        PolicyPackInvalid: One of them is not as it was shipped.
    """
    root = files("countenance.policy").joinpath("packs")
    folders = [folder for folder in root.iterdir() if folder.is_dir() and not folder.name.startswith("_")]
    return tuple(sorted((load_pack(folder) for folder in folders), key=lambda pack: _order(pack.number)))


def _order(number: str) -> tuple[int, str]:
    digits = number.rstrip("abcdefghijklmnopqrstuvwxyz")
    return int(digits), number[len(digits) :]


def _read(folder: Path | Traversable, name: str) -> str:
    try:
        return folder.joinpath(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileUnreadable(f"{folder.name}/{name}: cannot be read as text.") from error


def _parse_pack(text: str, name: str, rules: tuple[Rule, ...], examples: tuple[Example, ...], digest: str) -> Pack:
    where = f"{name}/pack.toml"
    table = Table(read_toml(text, where=where), where=where, required=_PACK_KEYS)
    if table.text("format") != PACK_FORMAT or table.text("name") != name:
        raise PolicyPackInvalid(f"{where}: format should be {PACK_FORMAT!r} and name {name!r}, as the folder's.")
    if table.text("default") not in ("on", "off") or not table.text("number")[0].isdigit():
        raise PolicyPackInvalid(f"{where}: default should be 'on' or 'off', and number begin with a digit.")
    covers, known_gaps = frozenset(table.texts("covers")), frozenset(table.texts("known_gaps"))
    strange = sorted(code for code in covers | known_gaps if not JURISDICTION.fullmatch(code.removesuffix("-*")))
    if strange:
        raise PolicyPackInvalid(f"{where}: covers or known_gaps names {', '.join(strange)}, which is no jurisdiction.")
    read, review_by = table.day("read"), table.day("review_by")
    if review_by <= read:
        raise PolicyPackInvalid(f"{where}: review_by should be later than read.")
    citations = tuple(_parse_citation(values, where, read) for values in table.tables("citation"))
    return Pack(
        name=name,
        number=table.text("number"),
        title=table.text("title"),
        version=table.text("version"),
        about=table.text("about"),
        default_on=table.text("default") == "on",
        read=read,
        read_by=table.text("read_by"),
        review_by=review_by,
        reviewed_by_lawyer=table.flag("reviewed_by_lawyer"),
        covers=covers,
        known_gaps=known_gaps,
        not_covered=table.texts("not_covered"),
        citations=citations,
        rules=rules,
        examples=examples,
        digest=digest,
    )


def _parse_citation(values: Mapping[str, Any], where: str, read: date) -> Citation:
    table = Table(values, where=f"{where}: citation", required=_CITATION_KEYS, optional=("read",))
    return Citation(
        key=table.text("key"),
        text=table.text("text"),
        address=table.text("address"),
        read=table.day("read") if "read" in table else read,
        verified=table.flag("verified"),
        in_force_from=table.day_or_words("in_force_from", "not known"),
        in_force_until=table.day_or_words("in_force_until", "no end found"),
        not_covered=table.text("not_covered"),
    )


def _require_own_ids_and_sources(pack: Pack) -> None:
    where = f"{pack.name}/rules.cedar"
    known = {citation.key for citation in pack.citations}
    if len(known) != len(pack.citations):
        raise PolicyPackInvalid(f"{pack.name}/pack.toml: two citations have the same key.")
    cited: set[str] = set()
    for rule in pack.rules:
        if not rule.rule_id.startswith(f"P{pack.number.upper()}."):
            raise PolicyPackInvalid(f"{where}: the id {rule.rule_id} should begin with P{pack.number.upper()}.")
        unknown = sorted(set(rule.citations) - known)
        if unknown:
            raise PolicyPackInvalid(f"{where}: rule {rule.rule_id} cites {', '.join(unknown)}, not in pack.toml.")
        cited.update(rule.citations)
    if known - cited:
        raise PolicyPackInvalid(f"{pack.name}/pack.toml: no rule cites {', '.join(sorted(known - cited))}.")


def _require_examples(pack: Pack) -> None:
    where = f"{pack.name}/examples.toml"
    denials = sum(bool(example.rules) for example in pack.examples)
    if min(denials, len(pack.examples) - denials) < EXAMPLES_NEEDED:
        raise PolicyPackInvalid(f"{where}: at least {EXAMPLES_NEEDED} allow and {EXAMPLES_NEEDED} deny examples.")
    if len({example.name for example in pack.examples}) != len(pack.examples):
        raise PolicyPackInvalid(f"{where}: two examples have the same name.")
    wrong = run_examples(pack.examples, pack.rules)
    if wrong:
        raise PolicyPackInvalid(f"{where}: {'; '.join(wrong)}.", remedy="Correct the rule or the example.")
