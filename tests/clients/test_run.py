"""What the runner is told to run is there and pinned."""

from __future__ import annotations

import re

import pytest

from tests.clients.run import HERE, RUNS, Result, pinned_version, table

PIN = re.compile(r"[A-Za-z0-9_.-]+==[A-Za-z0-9.]+")


@pytest.mark.parametrize("environment", sorted({run.environment for run in RUNS}))
def test_every_line_of_an_environment_pins_one_version_and_names_no_place_to_get_it(environment: str) -> None:
    lines = (HERE / f"{environment}.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert [line for line in lines if not PIN.fullmatch(line)] == []


def test_every_run_has_its_version_and_our_own_their_script() -> None:
    assert all(pinned_version(run.environment, run.package) for run in RUNS)
    assert [run.script for run in RUNS if run.own and not (HERE / run.script).is_file()] == []
    with pytest.raises(ValueError, match="does not pin"):
        pinned_version("ibm", "boto3")


def test_every_vendor_and_both_ages_of_a_library_are_asked() -> None:
    own = {run.environment for run in RUNS if run.own}
    vendors = {run.environment for run in RUNS if not run.own}
    assert own == {"boto3_2021", "boto3_new", "azure_new", "azure_old", "ibm"}
    assert vendors == {"boto3_2023", "boto3_new", "azure_new", "azure_old", "ibm"}


def test_the_table_says_what_did_not_pass() -> None:
    shown = table([Result(RUNS[0], "1.0", "FAILED", 2.34, None), Result(RUNS[1], "2.0", "missing", 0.0, None)])
    assert f"| {RUNS[0].script} | boto3 1.0 |  | FAILED | 2.3 |" in shown
    assert "missing" in shown
