"""The audits of an installation: drafts, what is understood of them, and lists that read each result once."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from countenance.core.errors import ArchiveInvalid, AuditInputInvalid, InputError, JobNotReady, ListInvalid
from countenance.service.audit_drafts import DRAFTED, FINISHED, MADE, AuditTerms, people_choices
from countenance.service.audit_shelf import AuditShelf
from countenance.service.audits.workspace import RESULT, Workspace
from countenance.service.job_audit import run_choices
from countenance.service.job_folders import Incoming

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
PEOPLE = "subject,file,sex,town\n" + "\n".join(
    f"p{number},p{number}_{photo}.jpg,{('female', 'Female', 'male')[number % 3]},x"
    for number in range(12)
    for photo in range(2)
)


@pytest.fixture
def shelf(tmp_path: Path) -> AuditShelf:
    return AuditShelf(tmp_path / "audits")


def packed(folder: Path, extra: dict[str, bytes] | None = None) -> Incoming:
    files = {f"p{number}_{photo}.jpg": b"photo" for number in range(12) for photo in range(2)}
    with zipfile.ZipFile(folder / "a.zip", "w") as archive:
        for name, data in (files | (extra or {})).items():
            archive.writestr(name, data)
    return Incoming("a.zip", folder / "a.zip")


def send(shelf: AuditShelf, folder: Path, name: str = "town", people: str = PEOPLE, **terms: Any) -> None:
    (folder / "people.csv").write_text(people, encoding="utf-8")
    shelf.send(name, [packed(folder)], folder / "people.csv", AuditTerms(**terms), created_at=NOW)


def finished(shelf: AuditShelf, name: str, sentence: str) -> None:
    document = {
        "title": f"Title of {name}", "made_at": "2031-05-06T07:08:09Z", "headline": {"sentence": sentence},
        "system": {"name": "sface"}, "data": {"synthetic": True},
    }  # fmt: skip
    Workspace(shelf.root / name).write(RESULT, json.dumps(document))


def test_a_draft_comes_back_with_its_terms_and_is_understood(shelf: AuditShelf, tmp_path: Path) -> None:
    send(shelf, tmp_path, title="A town", synthetic=True, keep_photos=True)
    draft = shelf.draft("town")
    assert (draft.terms.title, draft.terms.synthetic, draft.terms.keep_photos) == ("A town", True, True)
    assert draft.created_at == "2031-05-06T07:08:09Z"
    assert shelf.state("town") == DRAFTED
    preview = shelf.preview("town", people_choices({}))
    assert (preview.findings.people, preview.findings.photos) == (12, 24)
    assert {row.group for row in preview.power} == {"female", "Female", "male"}
    merged = shelf.preview("town", people_choices({"merge_spellings": True, "labels": ["sex"]}))
    assert len(merged.power) == 2
    assert shelf.columns("town") == ("subject", "file", "sex", "town")
    with pytest.raises(ListInvalid):
        shelf.preview("town", people_choices({"labels": ["height"]}))


def test_what_cannot_be_unpacked_or_read_leaves_nothing(shelf: AuditShelf, tmp_path: Path) -> None:
    with pytest.raises(ListInvalid):
        send(shelf, tmp_path, people="colour\nred\n")
    (tmp_path / "no.zip").write_bytes(b"no archive")
    with pytest.raises(ArchiveInvalid):
        shelf.send("town", [Incoming("no.zip", tmp_path / "no.zip")], tmp_path / "people.csv", AuditTerms(),
                   created_at=NOW)  # fmt: skip
    assert list(shelf.root.iterdir()) == []
    send(shelf, tmp_path)


def test_a_refused_entry_stands_in_the_draft(shelf: AuditShelf, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    upload = packed(tmp_path, {"../out.jpg": b"x"})
    shelf.send("town", [upload], tmp_path / "people.csv", AuditTerms(), created_at=NOW)
    assert shelf.draft("town").refused == (("../out.jpg", "its path leads out of the archive"),)


def test_a_name_is_taken_once(shelf: AuditShelf, tmp_path: Path) -> None:
    send(shelf, tmp_path)
    with pytest.raises(AuditInputInvalid):
        send(shelf, tmp_path)


@pytest.mark.parametrize("name", ["", "..", "../x", "A", "a b", "a/b", "-a", "x" * 61, "a.b", "żółw"])
def test_a_name_is_a_plain_folder_s(shelf: AuditShelf, name: str) -> None:
    with pytest.raises(InputError):
        shelf.workspace(name)


def test_the_list_goes_on_by_name_and_says_what_each_is(shelf: AuditShelf, tmp_path: Path) -> None:
    send(shelf, tmp_path, "drafted", title="To be run")
    for name in ("b-done", "z-done"):
        finished(shelf, name, f"1 of 2 people in {name}.")
    (shelf.root / "no audit").mkdir()
    (shelf.root / "empty").mkdir()
    (shelf.root / "broken").mkdir()
    (shelf.root / "broken" / RESULT).write_text("{", encoding="utf-8")
    whole = shelf.page()
    assert [(one.name, one.state) for one in whole] == [
        ("b-done", FINISHED), ("broken", FINISHED), ("drafted", DRAFTED), ("z-done", FINISHED)
    ]  # fmt: skip
    assert [one.headline for one in whole] == [
        "1 of 2 people in b-done.", "This audit's file cannot be read.", "", "1 of 2 people in z-done."
    ]  # fmt: skip
    assert shelf.page(limit=2) + shelf.page(after="broken", limit=2) == whole


def test_a_result_is_read_again_only_when_it_has_changed(shelf: AuditShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    finished(shelf, "town", "First.")
    reads: list[str] = []
    real = Workspace.result

    def counted(workspace: Workspace) -> dict[str, Any]:
        reads.append(workspace.name)
        return real(workspace)

    monkeypatch.setattr(Workspace, "result", counted)
    assert [shelf.audit("town").headline for _ in range(3)] == ["First."] * 3
    assert reads == ["town"]
    finished(shelf, "town", "Second.")
    assert shelf.audit("town").headline == "Second."


def test_photos_and_templates_go_and_the_result_stays(shelf: AuditShelf, tmp_path: Path) -> None:
    send(shelf, tmp_path)
    folder = shelf.workspace("town").folder
    (folder / "faces-sface.npz").write_bytes(b"templates")
    finished(shelf, "town", "x")
    shelf.drop_photos("town")
    assert {path.name for path in folder.iterdir()} == {"draft.json", RESULT}
    assert not shelf.has_photos("town")


def test_only_a_draft_is_discarded(shelf: AuditShelf, tmp_path: Path) -> None:
    send(shelf, tmp_path)
    shelf.discard("town")
    assert shelf.state("town") == ""
    finished(shelf, "done", "x")
    with pytest.raises(JobNotReady):
        shelf.discard("done")
    assert shelf.state("done") == FINISHED
    assert MADE == "made"


def test_files_are_there_when_the_audit_is_finished(shelf: AuditShelf) -> None:
    finished(shelf, "done", "x")
    assert shelf.file("done", "result").name == RESULT
    with pytest.raises(JobNotReady):
        shelf.file("done", "bundle")
    with pytest.raises(JobNotReady):
        shelf.draft("done")


def test_choices_of_a_run_are_checked_before_it() -> None:
    assert run_choices({"target_fmr": 0.01, "seed": 7, "labels": ["x"]}).target_fmr == 0.01
    assert run_choices({}).seed == 1
    for wrong in ({"threshold": 2}, {"target_fmr": 0}, {"gallery_size": True}, {"seed": "1"}, {"target_fpir": -1}):
        with pytest.raises(InputError):
            run_choices(wrong)
