"""The database's schema: found, brought up to date, or refused if it is newer than this code.

Rules kept here:

- An upgrade is one transaction: it happens whole or not at all, and only one process does it.
- A schema this code does not know is never touched.
- The migrations travel with the package; no configuration file in the working directory is read.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select, text

from countenance.core.errors import StorageUnavailable

# All modules that add tables are loaded here, so that ``tables.metadata`` is whole wherever a database is opened.
from countenance.storage import (
    account_tables,  # noqa: F401
    case_tables,  # noqa: F401
    job_tables,  # noqa: F401
    ledger_tables,  # noqa: F401
    migrations,
    policy_tables,  # noqa: F401
    review_tables,  # noqa: F401
    service_tables,  # noqa: F401
)
from countenance.storage.database import Database
from countenance.storage.migrations import REVISIONS

#: Alembic's bookkeeping under a name of our own: a shared database may hold another program's ``alembic_version``.
VERSION_TABLE = "countenance_schema"
#: Key of the lock that one upgrading process holds on PostgreSQL. Any number will do as long as it never changes; this
#: is "cntnance" in ASCII.
_UPGRADE_LOCK = int.from_bytes(b"cntnance")

_version = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))


def ensure_schema(database: Database) -> None:
    """Bring an empty or older database to the newest schema; leave a present one alone.

    Raises:
        StorageUnavailable: The schema is newer than this code, or the database cannot be reached.
    """
    with database.reading() as connection:
        if _is_present(connection, database.location):
            return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
        # Asked again under the lock: another process may have done it in the meantime.
        if not _is_present(connection, database.location):
            _upgrade(connection)


def stored_revision(connection: Connection) -> str | None:
    """Return the revision a database is at, or None if it holds no schema of ours."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_version.c.version_num)).scalar_one_or_none()


def _is_present(connection: Connection, location: str) -> bool:
    revision = stored_revision(connection)
    if revision is not None and revision not in REVISIONS:
        raise StorageUnavailable(
            f"The database {location} has schema {revision}; this version knows up to {REVISIONS[-1]}.",
            remedy="Use the version of countenance that last wrote this database, or a newer one.",
        )
    return revision == REVISIONS[-1]


def _upgrade(connection: Connection) -> None:
    # Imported here because it takes longer than opening a database that is up to date.
    from alembic import command
    from alembic.config import Config

    configuration = Config()
    folder = str(Path(str(migrations.__file__)).parent)
    # The option is read with %-interpolation, and a path may hold a percent sign.
    configuration.set_main_option("script_location", folder.replace("%", "%%"))
    configuration.attributes["connection"] = connection
    configuration.attributes["version_table"] = VERSION_TABLE
    command.upgrade(configuration, REVISIONS[-1])
