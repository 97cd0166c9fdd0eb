"""Nobody touches a face past accountability: by types, by source, and by refusing everything at every door."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import typer

import countenance
from countenance import api
from countenance.bootstrap.accountability import AccountableParts, accountable
from countenance.bootstrap.application import Application
from countenance.cli import audit_acts
from countenance.cli.main import app
from countenance.core.errors import PolicyDenied, PolicyError
from countenance.core.vocabulary import PhotoFaces
from countenance.service import face_jobs
from countenance.service.accountability import Accountability
from countenance.service.galleries import GallerySource
from countenance.service.ports import Engine
from countenance.service.refusals import ActRefused, refused_by_case
from countenance.storage.store import SqlGalleryStore
from tests.support.command_line import CommandLine
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo

ROOT = Path(countenance.__file__).parent
SERVICE = sorted((ROOT / "service").rglob("*.py"))
#: Functions that read faces for a job whose token is asked for one step above; each with that step.
ONE_STEP_BELOW = {
    "collection_parts.read_faces": "a method of the parts; the use cases of collections ask",
    "vendor_faces._compare": "called by compare_faces within its act",
    "audits/photos.read_photos": "handed an engine of the act's by the audit's door",
}
#: Parameters that prove an act, or an engine that belongs to one.
PROOFS = {"OngoingAct", "AdmittedEngine"}


def name_of(path: Path, function: str) -> str:
    return f"{path.relative_to(ROOT / 'service').with_suffix('').as_posix()}.{function}"


def functions_reading_faces(path: Path) -> dict[str, bool]:
    """Return the outermost function of each call of ``read_faces`` → whether an act is asked for around it."""
    found: dict[str, bool] = {}

    def visit(node: ast.AST, outer: str | None, proven: bool) -> None:
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            hints = {ast.unparse(item.annotation) for item in arguments if item.annotation is not None}
            proven = proven or bool(hints & PROOFS)
            outer = outer or node.name
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read_faces":
            name = name_of(path, outer or "module")
            found[name] = found.get(name, True) and proven
        for child in ast.iter_child_nodes(node):
            visit(child, None if isinstance(node, ast.ClassDef) else outer, proven)

    visit(ast.parse(path.read_text(encoding="utf-8")), None, proven=False)
    return found


def test_every_function_of_the_service_that_reads_faces_asks_for_an_act() -> None:
    found = {name: proven for path in SERVICE for name, proven in functions_reading_faces(path).items()}
    # The wrapper that hands faces out under an act, and the port, are not use cases.
    unproven = {name for name, proven in found.items() if not proven} - {"admission.read_faces"}
    assert unproven <= set(ONE_STEP_BELOW), unproven - set(ONE_STEP_BELOW)
    for name in (
        "compare.compare",
        "detect.detect",
        "search.search",
        "search.search_every_face",
        "calibrate.calibrate",
    ):
        assert found[name], name


def test_the_check_notices_a_use_case_without_an_act(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "service").mkdir()
    monkeypatch.setattr("tests.contracts.test_one_way_in.ROOT", tmp_path)
    module = tmp_path / "service" / "new.py"
    module.write_text("def peek(engine, data):\n    return engine.read_faces(data)\n")
    assert functions_reading_faces(module) == {"new.peek": False}
    module.write_text("def look(act: OngoingAct, engine):\n    def inner(d):\n        return engine.read_faces(d)\n")
    assert functions_reading_faces(module) == {"new.look": True}


def test_nobody_but_accountability_can_make_an_act() -> None:
    makers = {
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*.py")
        if re.search(r"\b_SEAL\b|OngoingAct\(", path.read_text(encoding="utf-8").replace("class OngoingAct", ""))
    }
    assert makers == {"service/accountability.py", "service/admission.py"}


def test_no_door_reads_faces_by_itself() -> None:
    doors = [*(ROOT / "cli").rglob("*.py"), *(ROOT / "web").rglob("*.py"), ROOT / "api.py"]
    assert len(doors) > 10
    for path in doors:
        assert ".read_faces(" not in path.read_text(encoding="utf-8"), path


def test_every_job_passes_accountability() -> None:
    source = inspect.getsource(face_jobs.FaceJobs)
    jobs = [name for name, _ in inspect.getmembers(face_jobs.FaceJobs, inspect.isfunction) if not name.startswith("_")]
    assert len(jobs) >= 8
    for name in jobs:
        body = inspect.getsource(getattr(face_jobs.FaceJobs, name))
        assert "self._perform(" in body or "self.measure(" in body, name
    assert source.count("self.accountability.perform(") == 1


class Spy:
    """Counts every touch of a face: the engine, and the store's references."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.touched: list[str] = []
        spy = self

        class Counting(SyntheticEngine):
            def read_faces(self, data: bytes, *, templates: bool = True, crops: bool = False) -> PhotoFaces:
                spy.touched.append("read_faces")
                return super().read_faces(data, templates=templates, crops=crops)

        def engine(application: Application, *, threads: int | None = None) -> Counting:
            return Counting(application.manifest.identity)

        monkeypatch.setattr(Application, "engine", engine)
        for method in ("references", "add_references", "record_batch", "begin_run", "known_photos"):
            monkeypatch.setattr(SqlGalleryStore, method, self._counted(method, getattr(SqlGalleryStore, method)))

    def _counted(self, name: str, real: Any) -> Any:
        def counted(store: SqlGalleryStore, *words: Any, **more: Any) -> Any:
            self.touched.append(name)
            return real(store, *words, **more)

        return counted


def refuse(self: Accountability, *_: object, **__: object) -> None:
    raise ActRefused(refused_by_case("test.everything", "Everything is refused.", "", policy_digest="0" * 64), "e" * 32)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with photos, with a gallery in a data folder of its own; the models are synthetic."""
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(tmp_path / "cache"))
    api.application.cache_clear()
    for name in ("anna", "bea"):
        (tmp_path / "people" / name).mkdir(parents=True)
        (tmp_path / "people" / name / "1.jpg").write_bytes(synthetic_photo(name))
    (tmp_path / "probe.jpg").write_bytes(synthetic_photo("anna", variant="new"))
    with accountable(api.application(), interface="python") as parts:
        create(parts)
    return tmp_path


def create(parts: AccountableParts) -> None:
    parts.create_gallery(
        "album", parts.standing(), basis="test", source=GallerySource.CONSENTED_ENROLMENT, retention_days=None
    )


#: Functions of the Python interface that touch a face, and those that touch none.
CALLS = ("audit_photos", "compare", "detect", "enrol", "search")
FACELESS_CALLS = {"galleries", "open_audit"}
#: Commands that touch no face of anybody, and why; a group stands for all of its commands.
FACELESS = {
    "bench": "times models on the sample cohort, whose people do not exist; stores and returns nothing of them",
    "doctor": "checks files",
    "gallery": "makes, describes and deletes galleries; recorded, but nobody is looked at",
    "models": "facts about models",
    "threshold": "looks up a calibration",
    "policy": "the rules themselves",
    "ledger": "the record itself",
    "case": "cases and credentials",
    "account": "who may sign in; recorded, but nobody is looked at",
    "serve": "starts the service, whose requests pass accountability one by one; see tests of web",
    "audit": "passes through cli.audit_acts.audited; tried below",
    "review": "shows what was held to reviewers; its own rules",
    "report": "reads the record",
    "subject": "erasure and access requests; their own entries",
    "migrate": "passes the use cases of collections",
    "compat": "replays requests against the service",
    "retention": "expiry; its own entries",
    "key": "the master key",
    "console": "accounts of the console",
}
#: Every command that touches a face, as it is typed. A command that is none of these is in ``FACELESS``.
COMMANDS = {
    "detect": ("detect", "{}/probe.jpg"),
    "compare": ("compare", "{}/probe.jpg", "{}/people/bea/1.jpg"),
    "enrol": ("enrol", "album", "{}/people", "--rejects", "{}/rejects.csv"),
    "search": ("search", "album", "{}/probe.jpg"),
    "search --every-face": ("search", "album", "{}/probe.jpg", "--every-face"),
    "calibrate": ("calibrate", "{}/people", "--data-set", "test"),
    "demo": ("demo", "--output", "{}/demo"),
}


def test_every_command_is_tried_here_or_known_to_touch_no_face() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert commands - {words[0] for words in COMMANDS.values()} <= set(FACELESS)


def test_an_audits_door_hands_out_an_engine_that_ends_with_the_act(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Spy(monkeypatch)
    kept: list[Engine] = []
    audit_acts.audited(api.application(), lambda engine: kept.append(engine) or engine.read_faces(synthetic_photo("x")))
    with pytest.raises(PolicyError, match="is over"):
        kept[0].read_faces(synthetic_photo("x"))


def test_an_audit_that_is_refused_has_touched_no_face(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Spy(monkeypatch)
    monkeypatch.setattr(Accountability, "perform", refuse)
    with pytest.raises(PolicyDenied):
        audit_acts.audited(api.application(), lambda engine: engine.read_faces(synthetic_photo("x")))
    assert spy.touched == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_is_refused_has_touched_no_face(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spy = Spy(monkeypatch)
    monkeypatch.setattr(Accountability, "perform", refuse)
    run = CommandLine(monkeypatch, capsys)(*(word.format(place) for word in COMMANDS[name]))
    assert run.code == 8, run.words
    assert "Everything is refused" in run.words
    assert spy.touched == []


@pytest.mark.parametrize("name", CALLS)
def test_a_call_that_is_refused_has_touched_no_face(name: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy = Spy(monkeypatch)
    monkeypatch.setattr(Accountability, "perform", refuse)
    photo, people = place / "probe.jpg", place / "people.csv"
    people.write_text("person,file,sex\nanna,anna/1.jpg,f\nbea,bea/1.jpg,f\n")
    words: dict[str, tuple[object, ...]] = {
        "detect": (photo,),
        "compare": (photo, photo),
        "enrol": ("album", place / "people"),
        "search": ("album", photo),
        "audit_photos": (place / "audit", place / "people", people),
    }
    with pytest.raises(PolicyDenied):
        getattr(countenance, name)(*words[name])
    assert spy.touched == []


def test_the_spy_sees_what_is_permitted(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spy = Spy(monkeypatch)
    run = CommandLine(monkeypatch, capsys)("enrol", "album", place / "people", "--rejects", place / "rejects.csv")
    # Whether such a photo can be kept is another question; it was looked at and the batch was recorded.
    assert run.code in (0, 1), run.words
    assert {"read_faces", "begin_run", "record_batch"} <= set(spy.touched)


def test_every_function_of_the_api_is_tried_here_or_touches_no_face() -> None:
    public = {name for name in countenance.__all__ if inspect.isfunction(getattr(countenance, name))}
    assert public == {*CALLS, *FACELESS_CALLS}


def test_the_service_modules_import() -> None:
    # The checks above read sources; a module that cannot be imported would pass them unseen.
    for path in SERVICE:
        name = ".".join(("countenance", *path.relative_to(ROOT).with_suffix("").parts))
        importlib.import_module(name.removesuffix(".__init__"))
