"""Which database URLs are taken, and what is shown of them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from countenance.core.errors import StorageUnavailable
from countenance.storage.database import Database
from countenance.storage.database_urls import create_private_file, location_of, supported_url

SECRET = "correct-horse"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///data.db",
        "sqlite:////var/lib/data.db",
        "postgresql://host/name",
        "postgresql+psycopg://user:secret@host:5433/name",
        "postgresql://postgres:@/postgres?host=/run/postgresql",
    ],
)
def test_sqlite_files_and_postgresql_are_taken(url: str) -> None:
    assert supported_url(url).get_backend_name() in url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "data.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///data.db?mode=ro",
        f"mysql://user:{SECRET}@host/name",
        f"postgresql+asyncpg://user:{SECRET}@host/name",
        f"nothing+like+this://user:{SECRET}@host/name",
        f"postgresql://user:{SECRET}@host:port/name",
    ],
)
def test_anything_else_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(StorageUnavailable) as caught:
        supported_url(url)
    assert "sqlite:///" in caught.value.remedy
    assert SECRET not in caught.value.message


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("sqlite:////var/lib/data.db", "/var/lib/data.db"),
        (f"postgresql://user:{SECRET}@host:5433/name", "host:5433/name"),
        (f"postgresql://user:{SECRET}@host/name?password={SECRET}", "host/name"),
        ("postgresql://postgres:@/postgres?host=/run/postgresql", "/run/postgresql/postgres"),
        ("postgresql:///name", "the local server/name"),
    ],
)
def test_a_location_names_the_place_and_nobody(url: str, location: str) -> None:
    assert location_of(supported_url(url)) == location


def test_a_new_file_is_private_and_an_existing_one_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    before = os.umask(0)
    try:
        create_private_file(path, "data.db")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(b"content")
    path.chmod(0o640)
    create_private_file(path, "data.db")
    assert path.read_bytes() == b"content"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_folder_that_does_not_exist_is_reported_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path}/nowhere/data.db")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_place_of_the_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StorageUnavailable, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_reported_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "data.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageUnavailable, match="not an SQLite database"):
        Database(f"sqlite:///{path}")
    assert path.read_bytes() == b"not a database at all" * 100


def test_a_server_that_is_not_there_is_reported_without_the_password() -> None:
    # Port 1 is reserved and nobody listens there.
    database = Database(f"postgresql://user:{SECRET}@127.0.0.1:1/name")
    try:
        with pytest.raises(StorageUnavailable, match=r"127\.0\.0\.1:1/name") as caught, database.reading():
            raise AssertionError("a connection was made")
    finally:
        database.close()
    assert SECRET not in caught.value.message
