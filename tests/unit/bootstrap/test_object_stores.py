"""Objects of an S3-compatible store, through boto3: what is there is read within the limit, everything else is not."""

from __future__ import annotations

import builtins
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from countenance.bootstrap.object_stores import object_store
from countenance.core.errors import SettingsInvalid, VendorSdkMissing
from countenance.service.object_folder import ObjectFolder, ObjectStore
from countenance.settings import Settings
from tests.support.s3_double import REGION, S3Double, credentials_file_text, s3_double


@pytest.fixture
def double() -> Iterator[S3Double]:
    with s3_double() as served:
        served.objects["photos", "deep/ä b+c.png"] = {"v1": b"first version", "v2": b"0123456789"}
        served.objects["photos", "empty"] = {"v1": b""}
        yield served


def store(folder: Path, endpoint: str, *, credentials: str | None = None, **more: Any) -> ObjectStore:
    """Return the store with credentials of a file, as ``serve`` makes it."""
    file = folder / "credentials"
    file.write_text(credentials_file_text() if credentials is None else credentials)
    settings = Settings(
        data_dir=folder, cache_dir=folder, s3_endpoint=endpoint, s3_credentials_file=str(file),
        **{"s3_region": REGION, **more},
    )  # fmt: skip
    made = object_store(settings)
    assert made is not None
    return made


def test_an_object_is_read_by_its_latest_version_or_the_one_asked_for(tmp_path: Path, double: S3Double) -> None:
    objects = store(tmp_path, double.endpoint)
    assert objects.read("photos", "deep/ä b+c.png", 100) == b"0123456789"
    assert objects.read("photos", "deep/ä b+c.png", 100, "v1") == b"first version"


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_no_more_is_asked_for_or_kept_than_one_byte_over_the_limit(
    tmp_path: Path, double: S3Double, ignores_ranges: bool
) -> None:
    double.ignores_ranges = ignores_ranges
    assert store(tmp_path, double.endpoint).read("photos", "deep/ä b+c.png", 4) == b"01234"
    assert double.asked == [("deep/ä b+c.png", "bytes=0-4")]


def test_whatever_is_not_there_is_not_there_and_the_log_holds_no_name(
    tmp_path: Path, double: S3Double, caplog: pytest.LogCaptureFixture
) -> None:
    objects = store(tmp_path, double.endpoint)
    with caplog.at_level(logging.WARNING):
        for bucket, key, version in (
            ("photos", "nothing", None),
            ("photos", "../deep/ä b+c.png", None),
            ("photos", "empty", None),
            ("nothing", "deep/ä b+c.png", None),
            ("photos", "deep/ä b+c.png", "v3"),
            ("a/b", "deep", None),
            ("..", "photos", None),
            ("photos", "x\0y", None),
        ):
            assert objects.read(bucket, key, 100, version) is None
    assert {"NoSuchKey", "NoSuchBucket", "NoSuchVersion"} <= {message.rpartition(" ")[2] for message in caplog.messages}
    assert not any("photos" in message or "deep" in message for message in caplog.messages)


def test_wrong_credentials_and_a_store_that_is_not_there_read_nothing(tmp_path: Path, double: S3Double) -> None:
    wrong = store(tmp_path, double.endpoint, credentials=credentials_file_text(secret_key="another"))
    assert wrong.read("photos", "deep/ä b+c.png", 100) is None
    assert store(tmp_path, "http://127.0.0.1:1").read("photos", "deep/ä b+c.png", 100) is None


def test_the_file_named_is_used_and_not_what_the_environment_holds(
    tmp_path: Path, double: S3Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOFSOMEBODYELSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another")
    assert store(tmp_path, double.endpoint).read("photos", "deep/ä b+c.png", 4) == b"01234"


def test_a_folder_is_named_by_the_settings_or_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "x").write_bytes(b"0123")
    by_settings = object_store(Settings(data_dir=tmp_path, cache_dir=tmp_path, s3_folder=str(tmp_path)))
    by_flag = object_store(Settings(data_dir=tmp_path, cache_dir=tmp_path, s3_folder="/nowhere"), tmp_path)
    for made in (by_settings, by_flag):
        assert isinstance(made, ObjectFolder)
        assert made.read("bucket", "x", 10) == b"0123"
    assert object_store(Settings(data_dir=tmp_path, cache_dir=tmp_path)) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"s3_endpoint": "http://s3.example.org"},
        {"s3_endpoint": "s3.example.org"},
        {"s3_endpoint": "ftp://s3.example.org"},
        {"s3_endpoint": "https://user:secret@s3.example.org"},
        {"s3_endpoint": "https://[::1"},
        {"s3_endpoint": "https://s3.example.org", "s3_folder": "/objects"},
        {"s3_endpoint": "https://s3.example.org", "s3_credentials_file": "/nowhere/credentials"},
    ],
)
def test_settings_that_cannot_be_meant_are_errors(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(SettingsInvalid, match=r"store|s3_"):
        object_store(Settings(data_dir=tmp_path, cache_dir=tmp_path, **changes))  # type: ignore[arg-type]


def test_without_credentials_the_service_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="no credentials"):
        store(tmp_path, "https://s3.example.org", credentials="[default]\n")


def test_without_boto3_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name.startswith("botocore"):
            raise ImportError(name)
        return found(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(VendorSdkMissing, match="S3") as caught:
        store(tmp_path, "https://s3.example.org")
    assert "countenance[rekognition]" in caught.value.remedy
