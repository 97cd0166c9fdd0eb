"""Run by Alembic for every upgrade: takes the open transaction it is handed and works inside it."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
