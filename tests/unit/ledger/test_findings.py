"""A verification counts only if every step was reached."""

from countenance.ledger.findings import Finding, Verification

GOOD, BAD = Finding("a", True, "A."), Finding("b", False, "B.")


def verification(*findings, complete):
    return Verification(findings, complete, entries=0, withheld=0, not_shown=())


def test_all_steps_reached_and_none_against_is_verified():
    assert verification(GOOD, GOOD, complete=True).verified


def test_one_finding_against_is_not_verified():
    assert not verification(GOOD, BAD, GOOD, complete=True).verified


def test_a_step_not_reached_is_not_verified():
    assert not verification(GOOD, complete=False).verified
    assert not verification(complete=False).verified
