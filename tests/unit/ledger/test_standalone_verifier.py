"""The verifier in one file: alone, isolated, and of one mind with the package on every case."""

import ast
import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import countenance.ledger.standalone_verifier as original
from countenance.ledger.verify import verify_export
from tests.support.damaged_exports import bad_cases
from tests.support.sound_exports import KEY, LEDGER, good_cases

SOURCE = Path(original.__file__)
CASES = [*good_cases(), *bad_cases()]
STANDARD = set(sys.stdlib_module_names)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """A copy of the file, far from the package."""
    return Path(shutil.copy(SOURCE, tmp_path_factory.mktemp("board") / "countenance_verify.py"))


@pytest.fixture(scope="module")
def verifier(program):
    """The copy as a module."""
    spec = importlib.util.spec_from_file_location("countenance_verify", program)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def run(program, tmp_path):
    """Run the copy as its users do; returns (exit code, output, errors)."""

    def start(lines, held, *arguments):
        export = tmp_path / "export.jsonl"
        export.write_bytes(b"".join(lines))
        files = []
        for number, note in enumerate(held):
            files.append(tmp_path / f"checkpoint_{number}.txt")
            files[-1].write_bytes(note)
        done = subprocess.run(
            [sys.executable, "-I", str(program), str(export), *map(str, files), *arguments],
            capture_output=True,
            cwd=tmp_path,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    return start


def test_it_imports_only_the_standard_library_and_cryptography():
    imported = set()
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module)
    others = {name for name in imported if name.split(".")[0] not in STANDARD}
    assert others
    assert all(name.split(".")[0] == "cryptography" for name in others)
    assert not imported & {"socket", "urllib", "urllib.request", "http.client", "subprocess", "importlib"}


def test_it_is_written_for_python_3_9():
    ast.parse(SOURCE.read_text(), feature_version=(3, 9))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_it_finds_what_the_package_finds(verifier, case):
    theirs = verifier.verify(list(case.lines), list(case.held), list(case.keys))
    ours = verify_export(case.lines, held=case.held, keys=case.keys)
    assert theirs["verified"] is ours.verified is (case.refused_for is None)
    assert [(f["code"], f["ok"]) for f in theirs["findings"]] == [(f.code, f.ok) for f in ours.findings]
    # Words differ only where a line is malformed in two ways and each reader names another.
    texts = [(f["text"], f["code"]) for f in theirs["findings"]]
    assert [text for text in texts if text[1] != "export_malformed"] == [
        (f.text, f.code) for f in ours.findings if f.code != "export_malformed"
    ]
    assert (theirs["entries"], theirs["withheld"]) == (ours.entries, ours.withheld)
    assert tuple(theirs["not_shown"]) == ours.not_shown


def test_alone_and_isolated_it_verifies_an_export(run):
    code, output, errors = run(LEDGER.whole(), [LEDGER.checkpoint(), LEDGER.checkpoint(3)], "--key", KEY)
    assert (code, errors) == (0, "")
    first, *rest = output.split("\n")
    assert first == "VERIFIED"
    assert "  ok   The first 3 entries are those of held checkpoint 2: none was changed since." in rest
    assert any("only that what was written was not changed afterwards" in line for line in rest)


def test_alone_and_isolated_it_verifies_a_redacted_selection_by_a_consistency_proof(run):
    lines = LEDGER.selection([1, 3, 6], other_sizes=[3])
    code, output, _ = run(lines, [LEDGER.checkpoint(3)], "--key", KEY, "--json")
    result = json.loads(output)
    assert code == 0
    assert result["verified"] is True
    assert result["findings"][-1]["code"] == "held_1_continued"


def test_alone_and_isolated_it_refuses_a_rewritten_ledger(run):
    case = next(case for case in CASES if case.name == "whole/ledger-rewritten-entry-changed-older-held")
    code, output, errors = run(case.lines, case.held, "--key", KEY)
    assert (code, errors) == (1, "")
    assert output.startswith("NOT VERIFIED\n")
    assert "  NO   Held checkpoint 1 (3 entries) and this file cannot both be true" in output


def test_alone_and_isolated_it_refuses_a_file_that_is_none(run):
    code, output, errors = run([b"\x00\xff" * 100], [LEDGER.checkpoint()], "--key", KEY)
    assert (code, errors) == (1, "")
    assert output.startswith("NOT VERIFIED\n")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "--key"),
        (("--key", KEY[:-1]), "NAME+KEYID+KEY"),
        (("--key", KEY.replace("+", "x+", 1)), "does not belong"),
        (("nowhere.txt", "--key", KEY), "nowhere.txt"),
        (("--key", "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"), "No verifier key"),
    ],
    ids=["no key", "key cut short", "key renamed", "file missing", "only a witness's key"],
)
def test_wrong_use_has_its_own_exit_code(run, arguments, why):
    code, output, errors = run(LEDGER.whole(), [LEDGER.checkpoint()], *arguments)
    assert (code, output) == (2, "")
    assert why in errors


def test_exit_codes_are_documented_where_its_users_look(program):
    done = subprocess.run([sys.executable, "-I", str(program), "--help"], capture_output=True, check=True, timeout=60)
    for text in (original.__doc__, done.stdout.decode()):
        words = " ".join(text.split())
        assert "0 verified; 1 not verified" in words
        assert "2 wrong use" in words
