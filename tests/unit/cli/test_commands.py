"""Every command explains itself, takes ``--json``, and answers a mistake with its exit code and no traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from countenance.bootstrap.application import Application
from countenance.cli.main import app
from tests.support.command_line import CommandLine
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

COMMANDS = {
    "case close", "case credentials renew", "case credentials revoke", "case list", "case open", "case show",
    "bench", "calibrate", "compare", "demo", "detect", "doctor", "enrol", "gallery create", "gallery delete",
    "gallery list", "gallery show", "models add", "models list", "models show", "models verify", "search",
    "threshold suggest",
}  # fmt: skip


def commands() -> Iterator[tuple[str, object]]:
    def below(prefix: str, group: object) -> Iterator[tuple[str, object]]:
        for name, command in group.commands.items():  # type: ignore[attr-defined]
            words = f"{prefix} {name}".strip()
            if hasattr(command, "commands"):
                yield from below(words, command)
            else:
                yield words, command

    yield from below("", typer.main.get_command(app))


@pytest.fixture
def countenance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys)


def test_the_commands_are_those_there_should_be() -> None:
    assert {name for name, _ in commands()} >= COMMANDS


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_has_help_for_itself_and_each_option_and_takes_json(
    name: str, command: object, countenance: CommandLine
) -> None:
    options = [option for one in command.params for option in one.opts]  # type: ignore[attr-defined]
    assert "--json" in options
    for one in command.params:  # type: ignore[attr-defined]
        if one.param_type_name == "option":
            assert one.help, f"{name}: {one.opts}"
    run = countenance(*name.split(), "--help")
    assert run.code == 0
    assert command.help.splitlines()[0][:30] in run.words  # type: ignore[attr-defined]


def test_version_and_help_need_nothing(countenance: CommandLine) -> None:
    assert countenance("--version").out.startswith("countenance ")
    assert "compare" in countenance("-h").out


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",), ("compare", "a.jpg"), ("detect",), ("detect", "a.jpg", "--nonsense"),
        ("compare", "a", "b", "--target-fmr", "2"), ("compare", "a", "b", "--threshold", "1.5"),
        ("compare", "a", "b", "--threshold", "0.4", "--target-fmr", "1e-4"),
        ("search", "g", "a", "--max-false-candidates", "0"), ("threshold", "suggest"),
        ("threshold", "suggest", "--max-false-candidates", "0.1"), ("gallery", "create", "staff"),
        ("gallery", "create", "staff", "--basis", "x", "--source", "unknown"),
        ("gallery", "create", "staff", "--basis", "x", "--source", "nonsense", "--keep-until-erased"),
        ("gallery", "create", "a", "--basis", "x", "--source", "unknown", "--keep-until-erased", "--retention-days=3"),
        ("gallery", "create", "staff", "--basis", "x", "--keep-until-erased"),
    ],
)  # fmt: skip
def test_a_wrong_command_line_is_code_2(words: tuple[str, ...], countenance: CommandLine) -> None:
    assert countenance(*words).code == 2


def test_galleries_come_and_go(countenance: CommandLine) -> None:
    assert countenance("gallery", "list", "--json").document["galleries"] == []
    about = ("--basis", "consent", "--source", "consented_enrolment", "--json")
    made = countenance("gallery", "create", "staff", *about, "--retention-days", "30")
    assert made.document["source"] == "consented_enrolment"
    assert made.document["gallery"]["retention_days"] == 30
    again = countenance("gallery", "create", "staff", *about, "--keep-until-erased")
    assert (again.code, again.document["error"]["code"]) == (4, "gallery_exists")
    assert countenance("gallery", "show", "staff", "--json").document["gallery"]["basis"] == "consent"
    assert "staff" in countenance("gallery", "list").out
    missing = countenance("gallery", "show", "nobody", "--json")
    assert (missing.code, missing.document["error"]["code"]) == (4, "gallery_not_found")
    assert countenance("gallery", "delete", "staff", "--yes", "--json").document["references_deleted"] == 0
    assert countenance("gallery", "show", "staff").code == 4


def test_a_misspelt_setting_is_code_9(countenance: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTENANCE_MODLE", "x")
    run = countenance("gallery", "list", "--json")
    assert (run.code, run.document["error"]["code"]) == (9, "settings_invalid")


CREATE_WITH_UNKNOWN_MODEL = (
    *("gallery", "create", "x", "--basis", "y", "--source", "unknown", "--keep-until-erased"),
    *("--model", "facenet"),
)


def test_an_unknown_model_is_code_5(countenance: CommandLine) -> None:
    for words in (("models", "show", "facenet"), CREATE_WITH_UNKNOWN_MODEL):
        run = countenance(*words, "--json")
        assert (run.code, run.document["error"]["code"]) == (5, "model_unknown")


def test_an_enrolment_source_that_is_not_there_is_code_3(countenance: CommandLine) -> None:
    assert countenance("enrol", "staff", "missing", "--create", "test").code == 3


NEW_GALLERY = ("--source", "consented_enrolment", "--keep-until-erased")


def test_a_list_of_rejects_that_cannot_be_written_is_written_by_the_next_run(
    countenance: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def synthetic(app: Application, *, threads: int | None = None) -> SyntheticEngine:
        return SyntheticEngine(app.manifest.identity)

    monkeypatch.setattr(Application, "engine", synthetic)
    for name, photo in {"anna/1.jpg": synthetic_photo("anna"), "anna/2.jpg": synthetic_photo()}.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(photo)
    words = ("enrol", "staff", tmp_path / "photos", "--create", "test", *NEW_GALLERY, "--json")
    run = countenance(*words, "--rejects", tmp_path / "nowhere" / "rejects.csv")
    assert (run.code, run.document["error"]["code"]) == (3, "file_unreadable")
    run = countenance(*words, "--rejects", tmp_path / "rejects.csv")
    assert run.code == 1
    assert run.document["report"]["counts"]["no_face"] == 1
    assert run.document["report"]["counts"]["stored"] == 1
    assert "anna/2.jpg,anna,no_face" in (tmp_path / "rejects.csv").read_text()
