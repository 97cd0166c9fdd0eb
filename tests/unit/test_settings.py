"""Defaults < file < environment < flags; whatever is not understood is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from countenance.core.errors import SettingsInvalid
from countenance.settings import Settings, read_settings


def at(folder: Path, **more: str) -> dict[str, str]:
    return {"COUNTENANCE_DATA_DIR": str(folder), **more}


def test_defaults_need_nothing() -> None:
    settings = read_settings({})
    assert settings.model == "sface"
    assert settings.data_dir.is_absolute()
    assert settings.cache_dir.is_absolute()
    assert settings.database == f"sqlite:///{settings.data_dir / 'countenance.db'}"
    assert settings.master_key_file == settings.data_dir / "master.key"


def test_later_places_win(tmp_path: Path) -> None:
    (tmp_path / "countenance.toml").write_text('model = "from-file"\nthreads = 1\nprovider = "FileProvider"\n')
    environment = at(tmp_path, COUNTENANCE_MODEL="from-environment", COUNTENANCE_THREADS="2")
    settings = read_settings(environment, overrides={"model": "from-flag", "threads": None})
    assert (settings.model, settings.threads, settings.provider) == ("from-flag", 2, "FileProvider")
    assert read_settings(environment).model == "from-environment"
    assert read_settings(at(tmp_path)).model == "from-file"


def test_a_flag_for_the_data_folder_decides_which_file_is_read(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "countenance.toml").write_text(f'model = "{name}"\n')
    settings = read_settings(at(tmp_path / "a"), overrides={"data_dir": tmp_path / "b"})
    assert (settings.model, settings.data_dir) == ("b", tmp_path / "b")


def test_a_file_may_be_named_and_must_then_exist(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text("threads = 3\n")
    assert read_settings({"COUNTENANCE_CONFIG": str(tmp_path / "own.toml")}).threads == 3
    with pytest.raises(SettingsInvalid, match="cannot be read"):
        read_settings({"COUNTENANCE_CONFIG": str(tmp_path / "missing.toml")})


def test_the_home_folder_may_be_written_as_a_tilde(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "countenance.toml").write_text('key_file = "~/key"\n')
    settings = read_settings({"COUNTENANCE_DATA_DIR": "~/data"})
    assert settings.data_dir == tmp_path / "data"
    assert settings.master_key_file == tmp_path / "key"


@pytest.mark.parametrize("name", ["COUNTENANCE_MODLE", "COUNTENANCE_DATADIR", "COUNTENANCE_"])
def test_an_unknown_setting_is_an_error_with_the_names_there_are(name: str) -> None:
    with pytest.raises(SettingsInvalid, match="Unknown setting") as caught:
        read_settings({name: "x"})
    assert "max_image_pixels" in caught.value.remedy


@pytest.mark.parametrize(
    "line",
    [
        "threads = 2.7", "threads = true", 'threads = "many"', "model = 3", "model = [1]", "data_dir = 1",
        'cache_dir = ""', "threads = -1", "max_image_bytes = 0", "max_image_pixels = 0", "modle = 1", "[model]\nx = 1",
        "case_list_timeout_s = 0", "not toml",
    ],
)  # fmt: skip
def test_a_wrong_type_or_value_in_the_file_is_an_error(line: str, tmp_path: Path) -> None:
    (tmp_path / "countenance.toml").write_text(line + "\n")
    with pytest.raises(SettingsInvalid):
        read_settings(at(tmp_path))


def test_a_wrong_value_in_the_environment_names_the_setting() -> None:
    with pytest.raises(SettingsInvalid, match="threads in the environment"):
        read_settings({"COUNTENANCE_THREADS": "two"})


def test_other_variables_are_none_of_our_business() -> None:
    assert read_settings({"PATH": "/bin", "countenance_threads": "x"}).threads == 0


def test_a_database_or_key_of_its_own_replaces_the_default(tmp_path: Path) -> None:
    settings = Settings(tmp_path, tmp_path, database_url="postgresql://host/name", key_file=str(tmp_path / "k"))
    assert settings.database == "postgresql://host/name"
    assert settings.master_key_file == tmp_path / "k"
