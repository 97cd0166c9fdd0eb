"""Rows of cases: opened, counted down, closed.

Rules kept here:

- Counting a search and checking its limits is one statement, so two processes cannot both take the last search.
- A case that was closed stays closed; its row keeps what was said when it was opened.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import Connection, Row, and_, func, insert, not_, or_, select, update

from countenance.storage.case_tables import case_galleries, cases, credentials
from countenance.storage.storable_text import require_storable
from countenance.storage.tables import galleries
from countenance.storage.transactions import Transaction, as_text

#: A claim's value: a word, a number, yes or no, or several words.
ClaimValue = str | int | bool | tuple[str, ...]


class NewCase(Protocol):
    """What a case is opened with; ``CaseRow`` says what each means."""

    @property
    def case_number(self) -> str: ...
    @property
    def operator_id(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def attested_by(self) -> str: ...
    @property
    def purpose_text(self) -> str: ...
    @property
    def vague_reason(self) -> str | None: ...
    @property
    def claims(self) -> Mapping[str, ClaimValue]: ...
    @property
    def authorisation_issuer(self) -> str | None: ...
    @property
    def authorisation_requested_at(self) -> datetime | None: ...
    @property
    def authorisation_document_sha256(self) -> str | None: ...
    @property
    def case_list_checked(self) -> bool: ...
    @property
    def galleries(self) -> Mapping[str, str]: ...
    @property
    def any_gallery(self) -> bool: ...
    @property
    def most_searches(self) -> int | None: ...
    @property
    def most_candidates(self) -> int | None: ...
    @property
    def expires_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case as stored.

    Attributes:
        case_id: Random identifier.
        case_number: The number of the file at the organisation.
        operator_id, operator: Who searches under it.
        attested_by: Who vouches for its claims.
        purpose_text: Why, in the operator's words; may be empty.
        vague_reason: What is too vague about those words, or None.
        claims: Policy request attributes as attested.
        authorisation_issuer: Who is said to have given the authorisation.
        authorisation_requested_at: When it is said to have been asked for.
        authorisation_document_sha256: Digest of the document shown; the document is not kept.
        case_list_checked: Whether the number was found in the list of cases.
        galleries: Identifier → name at the time, of the galleries it may search.
        any_gallery: True if it may search every gallery.
        most_searches, most_candidates: Limits, or None.
        searches_done: Searches counted so far.
        opened_at, expires_at, first_search_at, closed_at: Its times.
        closed_by, close_reason: Who ended it, and why.
    """

    case_id: str
    case_number: str
    operator_id: str
    operator: str
    attested_by: str
    purpose_text: str
    vague_reason: str | None
    claims: Mapping[str, ClaimValue]
    authorisation_issuer: str | None
    authorisation_requested_at: datetime | None
    authorisation_document_sha256: str | None
    case_list_checked: bool
    galleries: Mapping[str, str]
    any_gallery: bool
    most_searches: int | None
    most_candidates: int | None
    searches_done: int
    opened_at: datetime
    expires_at: datetime
    first_search_at: datetime | None
    closed_at: datetime | None
    closed_by: str | None
    close_reason: str | None


def add(transaction: Transaction, case_id: str, case: NewCase) -> None:
    """Store a new case.

    Raises:
        InputError: A text cannot be stored.
    """
    for what, text in (("case number", case.case_number), ("name", case.operator), ("name", case.attested_by)):
        require_storable(text, what)
    require_storable(case.purpose_text, "reason")
    transaction.connection.execute(
        insert(cases).values(
            case_id=case_id,
            case_number=case.case_number,
            operator_id=case.operator_id,
            operator=case.operator,
            attested_by=case.attested_by,
            purpose_text=case.purpose_text,
            vague_reason=case.vague_reason,
            claims=json.dumps(dict(case.claims), sort_keys=True, ensure_ascii=False),
            authorisation_issuer=case.authorisation_issuer,
            authorisation_requested_at=_text(case.authorisation_requested_at),
            authorisation_document_sha256=case.authorisation_document_sha256,
            case_list_checked=case.case_list_checked,
            any_gallery=case.any_gallery,
            most_searches=case.most_searches,
            most_candidates=case.most_candidates,
            searches_done=0,
            opened_at=transaction.now_text,
            expires_at=as_text(case.expires_at),
        )
    )
    rows = [{"case_id": case_id, "gallery_id": key, "name": name} for key, name in case.galleries.items()]
    if rows:
        transaction.connection.execute(insert(case_galleries), rows)


def by_id(connection: Connection, case_id: str) -> CaseRow | None:
    """Return one case, or None."""
    row = connection.execute(select(cases).where(cases.c.case_id == case_id)).one_or_none()
    return None if row is None else _case(row, _galleries(connection, case_id))


def named(connection: Connection, name: str) -> tuple[CaseRow, ...]:
    """Return the cases with this number, or this identifier or beginning of one (8 digits or more); newest first."""
    test = cases.c.case_number == name
    if 8 <= len(name) <= 32 and all(letter in "0123456789abcdef" for letter in name):
        test = or_(test, func.substr(cases.c.case_id, 1, len(name)) == name)
    return _several(connection, select(cases).where(test).order_by(cases.c.opened_at.desc(), cases.c.case_id))


def recent(connection: Connection, *, open_only: bool, now_text: str, limit: int, offset: int) -> tuple[CaseRow, ...]:
    """Return cases, newest first; ``open_only`` leaves out those that are closed or have expired."""
    statement = select(cases)
    if open_only:
        statement = statement.where(cases.c.closed_at.is_(None), cases.c.expires_at > now_text)
    statement = statement.order_by(cases.c.opened_at.desc(), cases.c.case_id).limit(limit).offset(offset)
    return _several(connection, statement)


def page(
    connection: Connection,
    *,
    operator_id: str | None,
    is_open: bool,
    now_text: str,
    after: tuple[str, str] | None,
    limit: int,
) -> tuple[CaseRow, ...]:
    """Return open or ended cases, newest first, after (time opened, identifier); of one operator, or of everybody."""
    ended = or_(cases.c.closed_at.is_not(None), cases.c.expires_at <= now_text)
    statement = select(cases).where(not_(ended) if is_open else ended)
    if operator_id is not None:
        statement = statement.where(cases.c.operator_id == operator_id)
    if after is not None:
        opened_at, case_id = after
        later = and_(cases.c.opened_at == opened_at, cases.c.case_id > case_id)
        statement = statement.where(cases.c.opened_at <= opened_at, or_(cases.c.opened_at < opened_at, later))
    return _several(connection, statement.order_by(cases.c.opened_at.desc(), cases.c.case_id).limit(limit))


def count_searches(transaction: Transaction, case_id: str, searches: int, *, credential_id: str | None = None) -> bool:
    """Count searches of a case if it is open, not expired and has that many left; return whether it was.

    One statement checks and counts, so it holds whatever other processes do at the same time. Counting none checks
    that the case is open, and keeps it so until the transaction ends.

    Args:
        transaction: Where the count is kept, or forgotten with it.
        case_id: The case.
        searches: How many; all are counted or none.
        credential_id: The credential used, which has to be one of the case and live, or None.
    """
    conditions = [
        cases.c.case_id == case_id,
        cases.c.closed_at.is_(None),
        cases.c.expires_at > transaction.now_text,
        or_(cases.c.most_searches.is_(None), cases.c.searches_done + searches <= cases.c.most_searches),
    ]
    if credential_id is not None:
        live = select(credentials.c.credential_id).where(
            credentials.c.credential_id == credential_id,
            credentials.c.case_id == case_id,
            credentials.c.revoked_at.is_(None),
            credentials.c.expires_at > transaction.now_text,
        )
        conditions.append(live.exists())
    changes: dict[str, object] = {"searches_done": cases.c.searches_done + searches}
    if searches:
        changes["first_search_at"] = func.coalesce(cases.c.first_search_at, transaction.now_text)
    changed = transaction.connection.execute(update(cases).where(*conditions).values(changes))
    return changed.rowcount == 1


def close(transaction: Transaction, case_id: str, *, by: str, reason: str | None) -> bool:
    """Close a case; return False if it was closed before."""
    changed = transaction.connection.execute(
        update(cases)
        .where(cases.c.case_id == case_id, cases.c.closed_at.is_(None))
        .values(closed_at=transaction.now_text, closed_by=by, close_reason=reason)
    )
    return changed.rowcount == 1


def gallery_identifiers(connection: Connection) -> dict[str, str]:
    """Return name → identifier of all galleries."""
    return {row.name: row.gallery_id for row in connection.execute(select(galleries.c.name, galleries.c.gallery_id))}


def present_galleries(connection: Connection, case_id: str) -> frozenset[str]:
    """Return the present names of the galleries of a case that still exist."""
    statement = (
        select(galleries.c.name)
        .join(case_galleries, case_galleries.c.gallery_id == galleries.c.gallery_id)
        .where(case_galleries.c.case_id == case_id)
    )
    return frozenset(connection.execute(statement).scalars())


def _several(connection: Connection, statement: object) -> tuple[CaseRow, ...]:
    rows = connection.execute(statement).all()  # type: ignore[call-overload]
    return tuple(_case(row, _galleries(connection, row.case_id)) for row in rows)


def _galleries(connection: Connection, case_id: str) -> dict[str, str]:
    statement = (
        select(case_galleries.c.gallery_id, case_galleries.c.name)
        .where(case_galleries.c.case_id == case_id)
        .order_by(case_galleries.c.name)
    )
    return {row.gallery_id: row.name for row in connection.execute(statement)}


def _case(row: Row[tuple[object, ...]], named_galleries: Mapping[str, str]) -> CaseRow:
    claims = {
        name: tuple(value) if isinstance(value, list) else value for name, value in json.loads(row.claims).items()
    }
    return CaseRow(
        case_id=row.case_id,
        case_number=row.case_number,
        operator_id=row.operator_id,
        operator=row.operator,
        attested_by=row.attested_by,
        purpose_text=row.purpose_text,
        vague_reason=row.vague_reason,
        claims=claims,
        authorisation_issuer=row.authorisation_issuer,
        authorisation_requested_at=_moment(row.authorisation_requested_at),
        authorisation_document_sha256=row.authorisation_document_sha256,
        case_list_checked=bool(row.case_list_checked),
        galleries=named_galleries,
        any_gallery=bool(row.any_gallery),
        most_searches=row.most_searches,
        most_candidates=row.most_candidates,
        searches_done=row.searches_done,
        opened_at=datetime.fromisoformat(row.opened_at),
        expires_at=datetime.fromisoformat(row.expires_at),
        first_search_at=_moment(row.first_search_at),
        closed_at=_moment(row.closed_at),
        closed_by=row.closed_by,
        close_reason=row.close_reason,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)
