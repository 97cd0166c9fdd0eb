"""The operator's list: what it permits, its limits, and what its parser refuses."""

from __future__ import annotations

import pytest

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.decision import Outcome
from countenance.policy.evaluate import evaluate
from countenance.policy.permits import default_operator_text, parse_operator_list
from countenance.policy.policy_set import build_policy_set
from tests.support.policy_builders import NOW, packs_alone, plain_request

_HEAD = 'format = "countenance-operator/1"\n'
_GYM = """
[[permit]]
id = "gym-door"
says = "Members open the door."
actions = ["Verify1to1", "Enroll"]
sectors = ["private_entity"]
on_behalf_of = ["none"]
purposes = ["access_control"]
"""


def _outcome(text: str, action: str, **changes: object) -> tuple[Outcome, tuple[str, ...]]:
    alone = packs_alone([])
    policies = build_policy_set(
        [pack for pack in alone.packs if pack.name == "two-people"], ["two-people"], parse_operator_list(text)
    )
    decision = evaluate(policies, plain_request(action, **changes), NOW)
    return decision.decision, decision.rule_ids


def test_only_what_an_entry_names_is_permitted() -> None:
    named = {"mode": "verify_1_1", "purpose": "access_control"}
    refused = (Outcome.DENY, ("operator.no_permission",))

    assert _outcome(_HEAD + _GYM, "Verify1to1", **named) == (Outcome.PERMIT, ("operator.gym-door",))
    assert _outcome(_HEAD + _GYM, "Search1N", purpose="access_control") == refused
    assert _outcome(_HEAD + _GYM, "Verify1to1", **{**named, "purpose": "attendance"}) == refused
    assert _outcome(_HEAD + _GYM, "Verify1to1", **named, on_behalf_of="school") == refused
    assert _outcome(_HEAD + _GYM, "Verify1to1", **named, actor_sector="individual") == refused


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        ('jurisdictions = ["US-TX"]', {"jurisdictions": ["US-TX"]}),
        ('gallery_sources = ["employee_list"]', {"gallery_source": "employee_list"}),
        ('probe_sources = ["mobile_camera"]', {"probe_source": "mobile_camera"}),
        ('timings = ["real_time"]', {"timing": "real_time"}),
        ('spaces = ["workplace"]', {"space": "workplace"}),
        ('legal_bases = ["explicit_consent"]', {"legal_basis": "explicit_consent"}),
        ('intended_uses = ["grant_access"]', {"intended_use": "grant_access"}),
        ('modes = ["dedup"]', {"mode": "dedup"}),
        ("adverse_effect = true", {"adverse_effect": True}),
    ],
)
def test_each_further_key_narrows(key: str, changes: dict[str, object]) -> None:
    text = f"{_HEAD}{_GYM}{key}\n"

    assert _outcome(text, "Enroll", purpose="access_control")[0] is Outcome.DENY
    assert _outcome(text, "Enroll", purpose="access_control", **changes)[0] is Outcome.PERMIT


@pytest.mark.parametrize(
    ("limit", "action", "inside", "outside"),
    [
        ("reviewers_min = 3", "ReleaseForUse", {"reviewers": 3}, {"reviewers": 2}),
        (
            "worst_group_true_positive_min = 0.985",
            "ReleaseForUse",
            {"adverse_effect": True, "eval_tpr_min_group_ppm": 985000},
            {"adverse_effect": True, "eval_tpr_min_group_ppm": 984999},
        ),
        (
            "false_positive_ratio_max = 3.2",
            "ReleaseForUse",
            {"adverse_effect": True, "eval_fpir_ratio_x100": 320},
            {"adverse_effect": True, "eval_fpir_ratio_x100": 321},
        ),
        (
            "evaluation_age_days_max = 90",
            "ReleaseForUse",
            {"adverse_effect": True, "eval_age_days": 90},
            {"adverse_effect": True, "eval_age_days": 91},
        ),
        (
            "threshold_false_match_rate_max = 1e-6",
            "Search1N",
            {"threshold_fmr_ppb": 1000},
            {"threshold_fmr_ppb": 1001},
        ),
        ("retention_days_max = 30", "Enroll", {"retention_days": 30}, {"retention_days": 31}),
    ],
)
def test_limit_refuses_beyond_its_value(
    limit: str, action: str, inside: dict[str, object], outside: dict[str, object]
) -> None:
    entry = _GYM.replace('"Verify1to1", "Enroll"', f'"{action}"')
    text = f"{_HEAD}{entry}\n[limits]\n{limit}\n"
    base = {"purpose": "access_control", "reviewers": 9}

    assert _outcome(text, action, **{**base, **inside})[0] is not Outcome.DENY
    assert _outcome(text, action, **{**base, **outside}) == (
        Outcome.DENY,
        (f"operator.limit.{limit.partition(' ')[0]}",),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "missing key format"),
        ('format = "countenance-operator/2"', "format"),
        (_HEAD + "x = 1", "unknown key x"),
        (_HEAD + _GYM + "colour = 1", "unknown key colour"),
        (_HEAD + _GYM.replace("purposes", "purpose"), "unknown key purpose; missing key purposes"),
        (_HEAD + _GYM.replace('"access_control"', '"acess_control"'), "acess_control"),
        (_HEAD + _GYM.replace('["access_control"]', "[]"), "names nothing"),
        (_HEAD + _GYM.replace('["private_entity"]', '["none"]'), "sectors names none"),
        (_HEAD + _GYM.replace("gym-door", 'gym"door'), "not TOML"),
        (_HEAD + _GYM.replace("gym-door", "Gym Door"), "small letters"),
        (_HEAD + _GYM + _GYM, "same id"),
        (_HEAD + _GYM + 'jurisdictions = ["Texas"]', "codes"),
        (_HEAD + "permit = 1", "array of tables"),
        (_HEAD + "[limits]\nspeed = 1", "unknown key speed"),
        (_HEAD + "[limits]\nreviewers_min = 0", "between 1 and 9"),
        (_HEAD + "[limits]\nreviewers_min = true", "a number"),
        (_HEAD + "[limits]\nfalse_positive_ratio_max = nan", "between"),
    ],
)
def test_list_is_refused(text: str, said: str) -> None:
    with pytest.raises(PolicyPackInvalid, match=said):
        parse_operator_list(text)


def test_default_list_names_no_police_and_nothing_live() -> None:
    text = default_operator_text()

    assert parse_operator_list(text).limits == {}
    assert "police" not in text
    assert "real_time" not in text
    assert "_le" not in text.replace("_length", "")
