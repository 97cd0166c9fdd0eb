"""What an operator states about the installation: attested facts with names and dates, and a signed federal law.

A stated fact is somebody's word; the software shows whose, and until when it is to be taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.attributes import TEXT_LIMIT
from countenance.policy.envelope import EnvelopeFault, open_envelope, seal
from countenance.policy.terms import DeploymentFact
from countenance.policy.toml_tables import Table, read_toml

DEPLOYMENT_FORMAT = "countenance-deployment/1"
FEDERAL_LAW_TYPE = "application/vnd.countenance.federal-law+json"
_LAW_KEYS = ("citation", "statement", "entered_by", "entered_on")


@dataclass(frozen=True, slots=True)
class AttestedFact:
    """One fact about the installation.

    Attributes:
        fact: The word rules read.
        attested_by: Who says so.
        attested_on: When.
        valid_until: First day on which it is no longer taken as true.
        reference: Document, address or digest that shows it.
    """

    fact: DeploymentFact
    attested_by: str
    attested_on: date
    valid_until: date
    reference: str


@dataclass(frozen=True, slots=True)
class FederalLaw:
    """A US federal law an operator has entered as regulating police use.

    Attributes:
        citation: Its citation, printed in every transparency report.
        statement: The operator's statement of why it is the law meant.
        entered_by: Who entered it.
        entered_on: When.
    """

    citation: str
    statement: str
    entered_by: str
    entered_on: date


def parse_deployment(text: str) -> tuple[AttestedFact, ...]:
    """Return the facts of a ``countenance-deployment/1`` file.

    Raises:
        PolicyPackInvalid: A key or word is unknown, one is missing, or a fact is stated twice.
    """
    where = "deployment statement"
    table = Table(read_toml(text, where=where), where=where, required=("format",), optional=("fact",))
    if table.text("format") != DEPLOYMENT_FORMAT:
        raise PolicyPackInvalid(f"{where}: format should be {DEPLOYMENT_FORMAT!r}.")
    facts = tuple(_parse_fact(values, where) for values in table.tables("fact"))
    if len({fact.fact for fact in facts}) != len(facts):
        raise PolicyPackInvalid(f"{where}: a fact is stated twice.")
    return facts


def facts_in_force(facts: tuple[AttestedFact, ...], today: date) -> frozenset[DeploymentFact]:
    """Return the facts to be taken as true on a day: attested by then, and not past their last day."""
    return frozenset(fact.fact for fact in facts if fact.attested_on <= today < fact.valid_until)


def sign_federal_law(law: FederalLaw, private_key: Ed25519PrivateKey) -> bytes:
    """Return the entry as a signed envelope (JSON)."""
    plain = {
        "citation": law.citation,
        "statement": law.statement,
        "entered_by": law.entered_by,
        "entered_on": law.entered_on.isoformat(),
    }
    return seal(json.dumps(plain, indent=2).encode(), FEDERAL_LAW_TYPE, private_key)


def read_federal_law(data: bytes | None, trusted: Mapping[str, Ed25519PublicKey]) -> FederalLaw | EnvelopeFault | None:
    """Return the law entered, why the entry does not count, or None if there is none.

    Args:
        data: The signed entry, or None.
        trusted: Keys allowed to enter a law, by ``envelope.key_id``.
    """
    if data is None:
        return None
    opened = open_envelope(data, FEDERAL_LAW_TYPE, trusted)
    if opened.fault is not None:
        return opened.fault
    try:
        table = Table(json.loads(opened.payload), where="federal law", required=_LAW_KEYS)
        law = FederalLaw(
            citation=table.text("citation"),
            statement=table.text("statement"),
            entered_by=table.text("entered_by"),
            entered_on=date.fromisoformat(table.text("entered_on")),
        )
    except (ValueError, RecursionError, PolicyPackInvalid):
        return EnvelopeFault.UNREADABLE
    if len(law.citation) > TEXT_LIMIT or not law.citation.isprintable():
        return EnvelopeFault.UNREADABLE
    return law


def federal_law_id(entry: FederalLaw | EnvelopeFault | None, today: date) -> str:
    """Return the attribute ``federal_law_id``: the citation of a signed entry that has taken effect, else empty."""
    return entry.citation if isinstance(entry, FederalLaw) and entry.entered_on <= today else ""


def _parse_fact(values: object, where: str) -> AttestedFact:
    keys = ("word", "attested_by", "attested_on", "valid_until", "reference")
    table = Table(values, where=f"{where}: fact", required=keys)
    word = table.text("word")
    if word not in set(DeploymentFact):
        raise PolicyPackInvalid(f"{where}: {word!r} is not a known fact.")
    fact = AttestedFact(
        fact=DeploymentFact(word),
        attested_by=table.text("attested_by"),
        attested_on=table.day("attested_on"),
        valid_until=table.day("valid_until"),
        reference=table.text("reference"),
    )
    if fact.valid_until <= fact.attested_on:
        raise PolicyPackInvalid(f"{where}: {word} should be valid until a day after it was attested.")
    return fact
