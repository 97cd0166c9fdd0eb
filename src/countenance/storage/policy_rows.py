"""The rules as rows: what is switched, loaded, listed and attested, and where galleries come from.

Rules kept here:

- Every change grows the one revision, under a lock on its row; a reader that knows the revision knows the state.
- A key, certificate, list or law is stored as it was handed in. Whether it counts is decided elsewhere, each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, insert, select, update

from countenance.storage import galleries
from countenance.storage.policy_tables import (
    gallery_sources,
    policy_certificates,
    policy_documents,
    policy_facts,
    policy_keys,
    policy_packs,
    policy_state,
)
from countenance.storage.storable_text import require_storable
from countenance.storage.transactions import Transaction

OPERATOR_LIST = "operator_list"
FEDERAL_LAW = "federal_law"


@dataclass(frozen=True, slots=True)
class PolicyRows:
    """Everything stored about the rules, in a fixed order; certificates newest first."""

    revision: int
    packs: dict[str, bool]
    operator_list: bytes | None
    federal_law: bytes | None
    keys: Sequence[Row[Any]]
    certificates: Sequence[Row[Any]]
    facts: Sequence[Row[Any]]


def read_revision(connection: Connection) -> int:
    """Return the revision of the rules in force."""
    return int(connection.execute(select(policy_state.c.revision)).scalar_one())


def lock(transaction: Transaction) -> int:
    """Return the revision and keep others from changing the rules until the transaction ends."""
    return int(transaction.connection.execute(select(policy_state.c.revision).with_for_update()).scalar_one())


def read(connection: Connection) -> PolicyRows:
    """Return everything stored about the rules."""
    documents = {row.kind: bytes(row.content) for row in connection.execute(select(policy_documents))}
    by_load = policy_certificates.c.load_order.desc()
    return PolicyRows(
        revision=read_revision(connection),
        packs={row.name: bool(row.switched_on) for row in connection.execute(select(policy_packs))},
        operator_list=documents.get(OPERATOR_LIST),
        federal_law=documents.get(FEDERAL_LAW),
        keys=connection.execute(select(policy_keys).order_by(policy_keys.c.key_id, policy_keys.c.key_use)).all(),
        certificates=connection.execute(select(policy_certificates).order_by(by_load)).all(),
        facts=connection.execute(select(policy_facts).order_by(policy_facts.c.word)).all(),
    )


def switch_pack(transaction: Transaction, name: str, *, on: bool) -> None:
    """Store that a pack is on or off."""
    _replace(transaction, policy_packs, {"name": name}, {"switched_on": on, "changed_at": transaction.now_text})


def keep_document(transaction: Transaction, kind: str, content: bytes | None) -> None:
    """Store a document, or that there is none."""
    values = None if content is None else {"content": content, "loaded_at": transaction.now_text}
    _replace(transaction, policy_documents, {"kind": kind}, values)


def list_key(
    transaction: Transaction, *, key_id: str, use: str, name: str, public_key: bytes, independent: bool
) -> None:
    """Store a key; one of the same id and use is replaced."""
    require_storable(name, "name")
    _replace(
        transaction,
        policy_keys,
        {"key_id": key_id, "key_use": use},
        {"name": name, "public_key": public_key, "independent": independent, "listed_at": transaction.now_text},
    )


def drop_key(transaction: Transaction, key_id: str, use: str) -> bool:
    """Remove a key; return whether it was there."""
    return _replace(transaction, policy_keys, {"key_id": key_id, "key_use": use}, None)


def keep_certificate(transaction: Transaction, *, sha256: str, envelope: bytes, model_digest: str) -> None:
    """Store a certificate as the newest; the same bytes are stored once."""
    newest = select(func.coalesce(func.max(policy_certificates.c.load_order), 0) + 1)
    lock(transaction)
    order = transaction.connection.execute(newest).scalar_one()
    values = {
        "envelope": envelope,
        "model_digest": model_digest,
        "loaded_at": transaction.now_text,
        "load_order": order,
    }
    _replace(transaction, policy_certificates, {"sha256": sha256}, values)


def keep_fact(
    transaction: Transaction, *, word: str, attested_by: str, attested_on: date, valid_until: date, reference: str
) -> None:
    """Store a fact; an earlier statement of it is replaced."""
    require_storable(attested_by, "name")
    require_storable(reference, "reference")
    values = {
        "attested_by": attested_by,
        "attested_on": attested_on.isoformat(),
        "valid_until": valid_until.isoformat(),
        "reference": reference,
    }
    _replace(transaction, policy_facts, {"word": word}, values)


def drop_fact(transaction: Transaction, word: str) -> bool:
    """Remove a fact; return whether it was there."""
    return _replace(transaction, policy_facts, {"word": word}, None)


def state_gallery_source(transaction: Transaction, name: str, source: str) -> None:
    """Store where a gallery's references come from.

    Raises:
        GalleryNotFound: There is none of this name.
    """
    gallery = galleries.lock(transaction, name)
    values = {"source": source, "stated_at": transaction.now_text}
    _replace(transaction, gallery_sources, {"gallery_id": gallery.gallery_id}, values)


def gallery_source(connection: Connection, gallery_id: str) -> str | None:
    """Return where a gallery's references come from, or None if nobody has said."""
    statement = select(gallery_sources.c.source).where(gallery_sources.c.gallery_id == gallery_id)
    return connection.execute(statement).scalar_one_or_none()


def _replace(transaction: Transaction, table: Table, key: dict[str, Any], values: dict[str, Any] | None) -> bool:
    """Put a row in place of the one with this key, or remove it; return whether there was one."""
    lock(transaction)
    here = [table.c[name] == value for name, value in key.items()]
    gone = transaction.connection.execute(delete(table).where(*here)).rowcount
    if values is not None:
        transaction.connection.execute(insert(table).values(**key, **values))
    transaction.connection.execute(update(policy_state).values(revision=policy_state.c.revision + 1))
    return gone > 0
