"""A bundle is enough to recompute every number; whatever was altered in it is found and named."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from countenance.audit.threshold_policy import TargetFalseMatchRate
from countenance.core.errors import AuditInputInvalid, FileUnreadable
from countenance.service.audits import bundle as bundles
from countenance.service.audits.bundle import BundleContents, BundledRun, write_bundle
from countenance.service.audits.document import build_document
from countenance.service.audits.evidence import TemplateEvidence
from countenance.service.audits.measure import Plan
from countenance.service.audits.plans import facts_from_plain, facts_to_plain, plan_from_plain, plan_to_plain
from countenance.service.audits.sensitivity import OtherEvidence
from countenance.service.audits.stops import Named
from countenance.service.audits.verification import verify_bundle
from tests.support.made_up_audit import made_up_facts, made_up_material, made_up_vectors

PLAN = Plan(TargetFalseMatchRate(0.01), "", (Named("recommended:x", "a setting", 0.45, "a manual"),), 7)


@pytest.fixture(scope="module")
def contents() -> BundleContents:
    material, vectors = made_up_material(photos=2, attributes=("region",))
    runs = (
        BundledRun("made-up", material, TemplateEvidence(vectors)),
        BundledRun("other", material, TemplateEvidence(made_up_vectors(material.photos, seed=9))),
    )
    other = OtherEvidence("other", material, runs[1].evidence)
    document = build_document(made_up_facts(), material, runs[0].evidence, PLAN, other=other)
    return BundleContents(document, "{}", plan_to_plain(PLAN), facts_to_plain(made_up_facts()), runs, "CC0")


@pytest.fixture
def bundle(contents: BundleContents, tmp_path: Path) -> Path:
    write_bundle(tmp_path / "a.zip", contents)
    return tmp_path / "a.zip"


def changed(bundle: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    with zipfile.ZipFile(bundle) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    files[name] = change(files[name])
    other = bundle.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for entry, data in files.items():
            archive.writestr(entry, data)
    return other


def test_every_number_of_a_bundle_is_recomputed_and_agrees(bundle: Path) -> None:
    found = verify_bundle(bundle)
    assert found.holds
    assert found.numbers > 5_000
    assert found.comparisons == 2 * 72 * 71 // 2


def test_plans_and_facts_come_back_as_they_were() -> None:
    assert plan_from_plain(json.loads(json.dumps(plan_to_plain(PLAN)))) == PLAN
    assert facts_from_plain(json.loads(json.dumps(facts_to_plain(made_up_facts())))) == made_up_facts()


def test_a_number_altered_in_the_result_is_named(bundle: Path) -> None:
    def alter(data: bytes) -> bytes:
        document = json.loads(data)
        document["groupings"][0]["at"][5]["fnmr"][1]["high"] += 1e-9
        return json.dumps(document).encode()

    found = verify_bundle(changed(bundle, "result.json", alter))
    assert [one.where for one in found.differences] == ["groupings[0].at[5].fnmr[1].high"]
    assert found.altered == ("result.json",)
    assert not found.holds


def test_a_score_altered_in_the_table_is_found(bundle: Path) -> None:
    def alter(data: bytes) -> bytes:
        frame = pl.read_parquet(io.BytesIO(data)).with_row_index()
        frame = frame.with_columns(
            pl.when(pl.col("index") == 1000).then(0.99).otherwise(pl.col("score")).alias("score")
        )
        stream = io.BytesIO()
        frame.drop("index").write_parquet(stream)
        return stream.getvalue()

    found = verify_bundle(changed(bundle, "scores-0.parquet", alter))
    assert found.differences
    assert found.altered == ("scores-0.parquet",)


def test_the_same_result_gives_the_same_bytes_and_no_template(
    contents: BundleContents, bundle: Path, tmp_path: Path
) -> None:
    (tmp_path / "again").mkdir()
    names = write_bundle(tmp_path / "again" / "a.zip", contents)
    assert (tmp_path / "again" / "a.zip").read_bytes() == bundle.read_bytes()
    assert names == (
        "README.txt", "audit.json", "inputs.json", "manifest.json", "result.json", "scores-0.parquet",
        "scores-1.parquet",
    )  # fmt: skip


def test_photos_and_templates_go_along_when_asked_for(contents: BundleContents, tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(b"picture")
    names = write_bundle(
        tmp_path / "a.zip", contents, photos={"photos/p.jpg": tmp_path / "p.jpg"},
        templates={"templates/m.npz": tmp_path / "p.jpg"},
    )  # fmt: skip
    assert {"photos/p.jpg", "templates/m.npz"} < set(names)
    assert verify_bundle(tmp_path / "a.zip").holds
    with pytest.raises(FileUnreadable, match=r"none\.jpg cannot be read"):
        write_bundle(tmp_path / "c.zip", contents, photos={"photos/p.jpg": tmp_path / "none.jpg"})


def test_more_comparisons_than_a_bundle_holds_are_refused(
    contents: BundleContents, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MOST_COMPARISONS", 1000)
    with pytest.raises(AuditInputInvalid, match="more than the 1,000 a bundle holds"):
        write_bundle(tmp_path / "a.zip", contents)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("inputs.json", lambda _: b"{}"),
        ("inputs.json", lambda _: b"nonsense"),
        ("scores-0.parquet", lambda _: b"nonsense"),
        ("manifest.json", lambda _: b"[]"),
        ("result.json", lambda _: b"{"),
    ],
)
def test_a_damaged_part_is_an_error_and_no_traceback(bundle: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    with pytest.raises(AuditInputInvalid) as caught:
        verify_bundle(changed(bundle, name, change))
    assert caught.value.remedy


def test_files_that_are_no_bundle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"nonsense")
    with pytest.raises(AuditInputInvalid, match="not a ZIP file"):
        verify_bundle(tmp_path / "a.zip")
    with pytest.raises(FileUnreadable):
        verify_bundle(tmp_path / "none.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("../outside", b"")
    with pytest.raises(AuditInputInvalid, match="impossible file name"):
        verify_bundle(tmp_path / "b.zip")
