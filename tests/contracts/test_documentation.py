"""The documents say what the code does: settings, codes, decisions, links, names, commands and the example manifest."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
import shlex
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from countenance.cli import exit_codes
from countenance.cli.main import app
from countenance.core import errors
from countenance.engine.manifests import BUILT_IN, read_manifest
from countenance.service.case_terms import CASE_CLAIMS, KEYS, NEEDED_CLAIMS, case_terms, read_case_file
from countenance.service.vague_reasons import vague_reason
from countenance.settings import ENVIRONMENT_PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DECISIONS = DOCS / "decisions"
DOCUMENTS = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])

#: Exit codes that no error class has: done, some rejected, wrong command line (typer's own), negative, interrupted.
OTHER_EXIT_CODES = {exit_codes.DONE, exit_codes.SOME_REJECTED, 2, exit_codes.NEGATIVE, exit_codes.INTERRUPTED}
PACKAGES = "api|audit|bootstrap|cli|core|engine|gallery|ledger|policy|service|settings|storage|web"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_CODE_NAME = re.compile(rf"`((?:{PACKAGES})(?:\.\w+)+)`")


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    """Return a document without its code blocks, in which brackets are no links."""
    indented = re.compile(r"^ {4}.*$", re.MULTILINE)
    return indented.sub("", _FENCE.sub("", text_of(path)))


def blocks_of(path: Path, language: str) -> list[str]:
    return [body for kind, body in _FENCE.findall(text_of(path)) if kind == language]


def table_rows(path: Path) -> list[list[str]]:
    """Return the cells of all table rows but headers; cells are split at bars that are not escaped."""
    lines = text_of(path).splitlines()
    rows = [
        line
        for line, following in zip(lines, [*lines[1:], ""], strict=True)
        if line.startswith("|") and not line.startswith("|--") and not following.startswith("|--")
    ]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows]


def error_classes() -> list[type[errors.CountenanceError]]:
    return [
        item
        for _, item in inspect.getmembers(errors, inspect.isclass)
        if issubclass(item, errors.CountenanceError) and item.__module__ == errors.__name__
    ]


def exit_code_of(kind: type[errors.CountenanceError]) -> int | None:
    """Return the exit code of an error class, or None for the root, which is never raised itself."""
    return None if kind is errors.CountenanceError else exit_codes.exit_code(kind("for the test"))


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that renderers such as GitHub's make of a document's headings."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(path)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document: Path) -> list[str]:
    broken = []
    for target in _LINK.findall(prose_of(document)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (document.parent / name).resolve() if name else document
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)
    return broken


def resolve(name: str) -> object:
    """Return what a dotted name below ``countenance`` means: a package, a module or something in one.

    Raises:
        AttributeError: Nothing of this name exists.
    """
    module: object = importlib.import_module("countenance")
    path = "countenance"
    for part in name.split("."):
        path = f"{path}.{part}"
        try:
            module = importlib.import_module(path)
        except ModuleNotFoundError:
            module = getattr(module, part)
    return module


def test_every_setting_is_documented_with_its_environment_name_and_default() -> None:
    documented = {row[0]: row for row in table_rows(DOCS / "reference" / "settings.md")}
    fields = {f"`{field.name}`": field for field in dataclasses.fields(Settings)}
    assert documented.keys() == fields.keys()
    for name, field in fields.items():
        environment, default = documented[name][1:3]
        assert environment == f"`{ENVIRONMENT_PREFIX}{field.name.upper()}`"
        if field.default is dataclasses.MISSING:
            assert "folder" in default
        else:
            expected = "empty" if field.default == "" else str(field.default)
            assert default.strip("`") == expected


def test_every_error_class_is_documented_with_its_code_and_exit_code() -> None:
    documented = {
        row[1].strip("`"): (row[0].strip("`"), row[2]) for row in table_rows(DOCS / "reference/error-codes.md")
    }
    expected = {}
    for kind in error_classes():
        code = exit_code_of(kind)
        expected[kind.__name__] = (kind.code, "–" if code is None else str(code))
    assert documented == expected


def test_no_two_error_classes_share_a_code() -> None:
    codes = [kind.code for kind in error_classes()]
    assert len(set(codes)) == len(codes)


def test_exactly_the_exit_codes_in_use_are_documented() -> None:
    documented = {int(row[0]) for row in table_rows(DOCS / "reference" / "exit-codes.md")}
    assert documented == OTHER_EXIT_CODES | {
        code for kind in error_classes() if (code := exit_code_of(kind)) is not None
    }


def test_every_decision_is_in_the_index_under_its_own_number_and_status() -> None:
    files = sorted(DECISIONS.glob("[0-9]*.md"))
    listed = {row[0]: row[2] for row in table_rows(DECISIONS / "README.md")}
    assert listed.keys() == {f"[{file.name[:4]}]({file.name})" for file in files}
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = text_of(file)
        assert text.startswith(f"# {file.name[:4]}. ")
        assert f"\nStatus: {listed[f'[{file.name[:4]}]({file.name})']}\n" in text
        for section in ("Context", "Decision", "Rejected", "Consequences"):
            assert f"\n## {section}\n" in text, f"{file.name} has no section {section}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_relative_links_lead_to_existing_files_and_headings(document: Path) -> None:
    assert broken_links(document) == []


def test_a_link_to_nowhere_is_noticed(tmp_path: Path) -> None:
    document = tmp_path / "page.md"
    document.write_text("# One\n[a](#one) [b](#two) [c](missing.md) [d](page.md) [e](https://example.org/x)\n")
    assert broken_links(document) == ["#two", "missing.md"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_of_the_code_in_documents_exist(document: Path) -> None:
    for name in _CODE_NAME.findall(text_of(document)):
        assert resolve(name) is not None


def test_a_name_that_does_not_exist_is_noticed() -> None:
    assert resolve("core.thresholds.Calibration.false_match_rate_at") is not None
    with pytest.raises(AttributeError):
        resolve("core.thresholds.Calibration.percentage")


def test_every_dependency_is_in_the_decision_on_dependencies() -> None:
    listed = text_of(DECISIONS / "0004-dependencies.md")
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    development = [
        line
        for file in ("dev.in", "build.in")
        for line in text_of(ROOT / "requirements" / file).splitlines()
        if line and not line.startswith(("#", "-"))
    ]
    extras = [item for group in project["optional-dependencies"].values() for item in group]
    names = [re.split(r"[^\w-]", item)[0] for item in [*project["dependencies"], *extras, *development]]
    assert len(names) > 20
    assert [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", listed)] == []


def test_the_example_manifest_has_every_field_and_is_accepted(tmp_path: Path) -> None:
    (example,) = blocks_of(DOCS / "how-to" / "add-a-model.md", "toml")
    file = tmp_path / "manifest.toml"
    file.write_text(example, encoding="utf-8")
    manifest = read_manifest(file)
    assert manifest.name not in {item.name for item in BUILT_IN}
    assert not manifest.built_in


def test_the_example_case_is_accepted_and_shows_every_key_about_the_case_itself() -> None:
    (example,) = blocks_of(DOCS / "how-to" / "open-a-case.md", "toml")
    values = read_case_file(example.encode())
    terms = case_terms(
        {**values, "case_number": "24-1183"}, now=datetime(2031, 5, 6, tzinfo=UTC), read=lambda path: path.encode()
    )
    assert terms.galleries == ("shelter",)
    assert vague_reason(terms.purpose_text) is None
    assert set(NEEDED_CLAIMS) <= set(values)
    assert KEYS - set(CASE_CLAIMS) - set(values) == {"case_number", "any_gallery", "emergency_facts"}


def shown_commands() -> list[tuple[str, str]]:
    return [
        (str(document.relative_to(ROOT)), line.strip())
        for document in DOCUMENTS
        for block in blocks_of(document, "sh")
        for line in block.splitlines()
        if line.startswith("countenance ")
    ]


@pytest.mark.parametrize(("document", "line"), shown_commands())
def test_shown_commands_and_their_options_exist(document: str, line: str) -> None:
    words = shlex.split(line)[1:]
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        if command.invoke_without_command and (not words or words[0].startswith("-")):
            break
        assert words[0] in command.commands, f"{document}: {line}"
        command = command.commands[words.pop(0)]
    options = {name for parameter in command.params for name in parameter.opts}
    used = {word for word in words if word.startswith("--")}
    assert used <= options, f"{document}: {line}"


def test_commands_are_shown_somewhere() -> None:
    assert len(shown_commands()) > 5
