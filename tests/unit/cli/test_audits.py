"""``audit`` from a folder and a list to a report, a bundle others can check and a signed certificate."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from countenance.bootstrap.application import Application
from tests.support.command_line import CommandLine
from tests.support.synthetic_engine import SyntheticEngine, synthetic_photo


@pytest.fixture
def countenance(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> CommandLine:
    def synthetic(app: Application, *, threads: int | None = None) -> SyntheticEngine:
        return SyntheticEngine(app.manifest.identity)

    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("COUNTENANCE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(Application, "engine", synthetic)
    monkeypatch.chdir(tmp_path)
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def data(tmp_path: Path) -> tuple[str, ...]:
    """Return the words that name photos and people: 24 people in two groups, one photo without a face."""
    photos = tmp_path / "photos"
    photos.mkdir()
    lines = ["subject,sex"]
    for number in range(24):
        who = f"p{number:02d}"
        lines.append(f"{who},{'female' if number % 2 else 'male'}")
        for variant in ("a", "b"):
            blank = (number, variant) == (3, "b")
            names = () if blank else (who,)
            (photos / f"{who}_{variant}.jpg").write_bytes(synthetic_photo(*names, variant=variant))
    for path in list(photos.iterdir()):
        # Found by the person's name: the folder is the person.
        folder = photos / path.name.partition("_")[0]
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)
    (tmp_path / "people.csv").write_text("\n".join(lines), encoding="utf-8")
    return ("--photos", str(photos), "--people", str(tmp_path / "people.csv"))


def test_an_audit_from_photos_to_a_bundle_that_is_checked_and_a_certificate(
    countenance: CommandLine, data: tuple[str, ...], tmp_path: Path
) -> None:
    made = countenance("audit", "new", "town", *data, "--label", "sex", "--yes")
    assert made.code == 0
    for words in (
        "24, named by column 'subject'",
        "48, found by names of files",
        "no face 1 photos",
        "below about 3/n",
    ):
        assert words in made.words

    ran = countenance("audit", "run", "town", "--threshold", "0.4", "--seed", "3", "--json")
    assert ran.code == 0
    assert ran.document["operating"]["threshold"] == 0.4
    assert ran.document["groups"] == ["female", "male"]
    # One person's second photo has no face: with only one left, the person is enrolled and not searched for.
    assert ran.document["headline"]["sentence"].startswith("0 of 23 people were taken for somebody else")

    shown = countenance("audit", "report", "town", "--thresholds", "0.3,99", "--json")
    assert shown.code == 0
    page = (tmp_path / "town" / "report.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert any("99 % of a cloud service has no published" in note for note in shown.document["thresholds"])
    result = json.loads((tmp_path / "town" / "result.json").read_text(encoding="utf-8"))
    assert "asked:0.3" in {mark for stop in result["stops"] for mark in stop["marks"]}
    assert str(tmp_path) not in json.dumps(result)

    packed = countenance("audit", "bundle", "town", "--out", "town.zip", "--json")
    assert packed.code == 0
    assert not any("templates" in name or "photos/" in name for name in packed.document["files"])
    checked = countenance("audit", "verify", "town.zip", "--json")
    assert (checked.code, checked.document["holds"]) == (0, True)

    key = tmp_path / "k.pem"
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signing = ("--key", key, "--evaluator", "Board", "--not-independent", "--out", "c.json", "--json")
    signed = countenance("audit", "certificate", "town", *signing)
    assert signed.code == 0
    assert (tmp_path / "c.json").is_file()

    tables = countenance("audit", "tables", "town", "--out", "tables", "--json")
    assert tables.code == 0
    assert {Path(name).stem for name in tables.document["files"]} >= {"groups", "fmr", "fnmr", "fpir", "ratios", "det"}
    assert (tmp_path / "tables" / "fmr.csv").read_text().startswith("grouping,threshold,probe_group,reference_group")


def test_an_altered_bundle_exits_with_one_and_names_what_differs(
    countenance: CommandLine, data: tuple[str, ...], tmp_path: Path
) -> None:
    countenance("audit", "new", "town", *data, "--yes", "--json")
    countenance("audit", "run", "town", "--threshold", "0.4", "--json")
    countenance("audit", "bundle", "town", "--out", "town.zip")
    with zipfile.ZipFile(tmp_path / "town.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["result.json"] = files["result.json"].replace(b'"subjects":24', b'"subjects":25')
    with zipfile.ZipFile(tmp_path / "town.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    run = countenance("audit", "verify", "town.zip")
    assert run.code == 1
    assert "stated 25, recomputed 24" in run.words


def test_a_gallery_of_other_photos_shares_people_with_the_probes(
    countenance: CommandLine, data: tuple[str, ...], tmp_path: Path
) -> None:
    for number in range(12):
        folder = tmp_path / "gallery" / f"p{number:02d}"
        folder.mkdir(parents=True)
        (folder / "c.jpg").write_bytes(synthetic_photo(folder.name, variant="c"))
    countenance("audit", "new", "town", *data, "--yes", "--json")
    run = countenance("audit", "run", "town", "--threshold", "0.4", "--against", "gallery", "--json")
    assert run.code == 0
    result = json.loads((tmp_path / "town" / "result.json").read_text(encoding="utf-8"))
    assert result["data"]["gallery"] == {"photos": 12, "subjects": 12}
    assert result["data"]["one_set"] is False
    assert countenance("audit", "bundle", "town", "--out", "t.zip", "--json").code == 0
    assert countenance("audit", "verify", "t.zip", "--json").document["holds"] is True


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("audit", "run", "nothing"), 3, "countenance audit new nothing"),
        (("audit", "report", "nothing"), 3, "countenance audit run nothing"),
        (("audit", "verify", "nothing.zip"), 3, "cannot be read"),
        (("audit", "replay", "nothing"), 3, "aclu_searches"),
        (("audit", "new", "town", "--photos", "x", "--people", "y.csv"), 3, "cannot be read"),
        (("audit", "run", "town", "--target-fmr", "2"), 2, "lies between 0 and 1"),
        (("audit", "certificate", "town", "--key", "k", "--evaluator", "e", "--out", "o"), 2, "independent"),
    ],
)
def test_what_cannot_be_done_has_its_exit_code_and_a_way_on(
    words: tuple[str, ...], code: int, said: str, countenance: CommandLine
) -> None:
    run = countenance(*words)
    assert run.code == code
    assert said in run.words


def test_an_audit_is_not_made_over_another_one(countenance: CommandLine, data: tuple[str, ...]) -> None:
    assert countenance("audit", "new", "town", *data, "--yes", "--json").code == 0
    run = countenance("audit", "new", "town", *data, "--yes", "--json")
    assert (run.code, run.document["error"]["code"]) == (3, "audit_input_invalid")


def test_templates_go_into_a_bundle_only_with_a_warning(
    countenance: CommandLine, data: tuple[str, ...], tmp_path: Path
) -> None:
    countenance("audit", "new", "town", *data, "--yes", "--json")
    countenance("audit", "run", "town", "--threshold", "0.4", "--json")
    run = countenance("audit", "bundle", "town", "--out", "t.zip", "--with-templates", "--with-photos")
    assert "biometric data" in run.words
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        names = archive.namelist()
    assert "templates/sface.npz" in names
    assert sum(name.startswith("photos/") for name in names) == 48


def test_studies_are_done_again_beside_their_printed_numbers(countenance: CommandLine) -> None:
    run = countenance("audit", "replay", "--json")
    assert {study["key"] for study in run.document["studies"]} == {
        "aclu_searches", "gender_shades", "actionable_auditing", "summary_fixture",
    }  # fmt: skip
    assert "Source: ACLU of Massachusetts" in countenance("audit", "replay", "aclu_searches").words
