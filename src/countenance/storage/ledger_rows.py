"""Rows of the ledger: entries and hashes that are added at their end, and pages of entries read back.

Rules kept here:

- Whoever adds takes the ledger's lock first: SQLite's write lock, which every writing transaction holds from its first
  statement, or PostgreSQL's advisory lock. So no two transactions see the same end.
- What is added is on the disk when its transaction has committed, even where a server was set up to be quicker.
- Rows are tuples in the order of the table's columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import Connection, Select, bindparam, func, insert, select, text

from countenance.core.errors import LedgerError
from countenance.storage.ledger_tables import ledger_entries, ledger_nodes
from countenance.storage.transactions import VALUES_PER_STATEMENT, Transaction, in_portions

StoredEntry = tuple[int, str, str, str, bytes, str | None, str | None, str | None, str | None]

#: Key of PostgreSQL's lock on the ledger's end. Any number will do as long as it never changes; this is "ledger" in
#: ASCII.
_LEDGER_LOCK = int.from_bytes(b"ledger")
#: Rows fetched at once by a reader of everything.
_ROWS_AT_ONCE = 2_000
#: Source: FIPS 180-4, SHA-256.
_HASH_BYTES = 32

_COLUMNS = [column.name for column in ledger_entries.columns]
_entry_count = select(func.coalesce(func.max(ledger_entries.c.entry_index) + 1, 0))
_hash_count = select(func.coalesce(func.max(ledger_nodes.c.position) + 1, 0))
_take_lock = text(
    "SELECT pg_advisory_xact_lock(:key), "
    "CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', true) END"
)


def locked_size(transaction: Transaction) -> int:
    """Return how many entries there are, and keep other writers from adding any until the transaction ends."""
    if transaction.connection.dialect.name == "postgresql":
        transaction.connection.execute(_take_lock, {"key": _LEDGER_LOCK})
    return size(transaction.connection)


def size(connection: Connection) -> int:
    """Return how many entries there are, going by the last one."""
    return int(connection.execute(_entry_count).scalar_one())


def add(transaction: Transaction, rows: Sequence[StoredEntry]) -> None:
    """Add entries at the end."""
    values = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    if values:
        transaction.connection.execute(insert(ledger_entries), values)


def read_hashes(connection: Connection, positions: Sequence[int]) -> list[bytes]:
    """Return the hashes at these positions, in the order asked for.

    Raises:
        LedgerError: One is missing, or is not a hash.
    """
    found: dict[int, bytes] = {}
    for portion in in_portions(positions):
        values = {f"p{number}": position for number, position in enumerate(portion)}
        rows = connection.execute(_some_hashes(len(portion)), values)
        found.update((row.position, row.hash) for row in rows)
    if any(len(found.get(position, b"")) != _HASH_BYTES for position in positions):
        raise LedgerError(
            "A hash of the ledger's tree is missing from the database, or damaged.",
            remedy="Run `countenance ledger verify`; keep the database as it is and restore a backup beside it.",
        )
    return [found[position] for position in positions]


@lru_cache(maxsize=VALUES_PER_STATEMENT)
def _some_hashes(count: int) -> Select[tuple[int, bytes]]:
    """Return the statement that reads this many hashes.

    One parameter each, and one statement a number of them: a list that SQLAlchemy expands anew at each append takes
    longer than all the rest of reading it.
    """
    named = [bindparam(f"p{number}", type_=ledger_nodes.c.position.type) for number in range(count)]
    return select(ledger_nodes.c.position, ledger_nodes.c.hash).where(ledger_nodes.c.position.in_(named))


def append_hashes(transaction: Transaction, start: int, hashes: Sequence[bytes]) -> None:
    """Add hashes at the end.

    Raises:
        LedgerError: There are more or fewer than ``start`` of them.
    """
    present = transaction.connection.execute(_hash_count).scalar_one()
    if present != start:
        raise LedgerError(
            f"The ledger's tree holds {present} hashes where its entries ask for {start}.",
            remedy="Run `countenance ledger verify`; keep the database as it is and restore a backup beside it.",
        )
    if hashes:
        values = [{"position": start + number, "hash": value} for number, value in enumerate(hashes)]
        transaction.connection.execute(insert(ledger_nodes), values)


def find(connection: Connection, entry_id: str) -> StoredEntry | None:
    """Return the entry with this identifier, or None."""
    row = connection.execute(select(ledger_entries).where(ledger_entries.c.entry_id == entry_id)).one_or_none()
    return None if row is None else _plain(row)


def page(
    connection: Connection,
    *,
    kinds: Sequence[str],
    equal: Mapping[str, str],
    since: str | None,
    before: str | None,
    limit: int,
    before_index: int | None,
    from_index: int | None,
) -> list[StoredEntry]:
    """Return one page of entries: newest first, or with ``from_index`` oldest first from there."""
    columns = ledger_entries.c
    statement = select(ledger_entries).limit(limit)
    if kinds:
        statement = statement.where(columns.kind.in_(kinds))
    for name, value in equal.items():
        statement = statement.where(columns[name] == value)
    if since is not None:
        statement = statement.where(columns.recorded_at >= since)
    if before is not None:
        statement = statement.where(columns.recorded_at < before)
    if from_index is not None:
        statement = statement.where(columns.entry_index >= from_index).order_by(columns.entry_index)
    else:
        if before_index is not None:
            statement = statement.where(columns.entry_index < before_index)
        statement = statement.order_by(columns.entry_index.desc())
    return [_plain(row) for row in connection.execute(statement)]


def rows_between(connection: Connection, start: int, stop: int) -> Iterator[StoredEntry]:
    """Yield the entries with ``start`` <= index < ``stop`` that there are, ascending."""
    while start < stop:
        statement = (
            select(ledger_entries)
            .where(ledger_entries.c.entry_index >= start, ledger_entries.c.entry_index < stop)
            .order_by(ledger_entries.c.entry_index)
            .limit(_ROWS_AT_ONCE)
        )
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield from map(_plain, rows)
        start = rows[-1].entry_index + 1


def all_hashes(connection: Connection) -> Iterator[tuple[int, bytes]]:
    """Yield every stored hash with its position, ascending."""
    # Lower than any position, so that a row that somebody put below 0 is seen too.
    last = -(2**63)
    while True:
        statement = (
            select(ledger_nodes)
            .where(ledger_nodes.c.position > last)
            .order_by(ledger_nodes.c.position)
            .limit(_ROWS_AT_ONCE)
        )
        rows = connection.execute(statement).all()
        if not rows:
            return
        yield from ((row.position, bytes(row.hash)) for row in rows)
        last = rows[-1].position


def _plain(row: object) -> StoredEntry:
    values: StoredEntry = tuple(row)  # type: ignore[arg-type, assignment]
    return values
