"""Tidy tables hold the document's numbers, a row a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from countenance.audit.threshold_policy import FixedThreshold
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.document import build_document, to_json
from countenance.service.audits.evidence import TemplateEvidence
from countenance.service.audits.measure import Plan
from countenance.service.audits.results import open_result
from countenance.service.audits.tables import frame, table_names, write_tables
from countenance.service.audits.workspace import RESULT, Workspace
from tests.support.made_up_audit import made_up_facts, made_up_material


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    material, vectors = made_up_material(photos=2, attributes=("region",))
    return build_document(made_up_facts(), material, TemplateEvidence(vectors), Plan(FixedThreshold(0.4)))


def test_the_fmr_table_holds_every_cell_of_every_stop(document: dict[str, Any]) -> None:
    table = frame(document, "fmr")
    assert table.height == len(document["stops"]) * 9
    row = table.filter(
        (pl.col("threshold") == 0.4) & (pl.col("probe_group") == "north") & (pl.col("reference_group") == "south")
    )
    cell = document["groupings"][0]["at"][document["operating"]["stop"]]["fmr_matrix"][0][1]
    assert row.select("estimate", "low", "high", "errors", "trials").row(0) == tuple(
        cell[key] for key in ("estimate", "low", "high", "errors", "trials")
    )


def test_every_table_can_be_made_and_written_as_csv_and_parquet(document: dict[str, Any], tmp_path: Path) -> None:
    for parquet in (False, True):
        files = write_tables(document, tmp_path / str(parquet), parquet=parquet)
        assert {path.stem for path in files} == set(table_names())
    read = pl.read_parquet(tmp_path / "True" / "fpir.parquet")
    assert read.equals(frame(document, "fpir"))


def test_a_table_there_is_not_is_an_error_that_names_those_there_are(document: dict[str, Any]) -> None:
    with pytest.raises(AuditInputInvalid) as caught:
        frame(document, "roc")
    assert "fmr" in caught.value.remedy


def test_a_result_opens_from_its_folder_and_says_its_headline(document: dict[str, Any], tmp_path: Path) -> None:
    Workspace(tmp_path).write(RESULT, to_json(document))
    result = open_result(tmp_path)
    assert result.frame("groups")["subjects"].to_list() == [12, 12, 12]
    assert document["headline"]["sentence"] in str(result)
    assert "do not exist" in str(result)
    assert "fnmr" in result.tables
