"""What the reading of Cedar text refuses, and what it finds out about a rule."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from countenance.core.errors import PolicyPackInvalid
from countenance.policy.rules import Rule, parse_rules
from countenance.policy.terms import Action

_NOTES = '@id("X.1") @citation("A, B") @says("It objects.") @change("Change it.")'


def _parse(condition: str, *, notes: str = _NOTES, head: str = "principal, action, resource") -> Rule:
    (rule,) = parse_rules(f"{notes} forbid ({head}) when {{ {condition} }};", source="x")
    return rule


def test_rule_says_what_it_reads_and_where_it_can_apply() -> None:
    rule = _parse(
        'context.jurisdictions.containsAny(["US-MD", "US-WA"]) && context.now >= datetime("2026-01-01T06:00:00Z") '
        '&& context.case_id == "" && !context.acting_as.contains("individual")',
        notes=_NOTES + ' @in_force_from("2026-01-01T00:00:00-06:00")',
        head='principal, action in [Action::"Enroll", Action::"ImportGallery"], resource',
    )

    assert rule.rule_id == "X.1"
    assert rule.citations == ("A", "B")
    assert rule.forbids
    assert rule.actions == {Action.ENROL, Action.IMPORT_GALLERY}
    assert rule.jurisdictions == {"US-MD", "US-WA"}
    assert rule.reads == {"jurisdictions", "now", "case_id", "acting_as"}
    assert rule.starts == {datetime(2026, 1, 1, 6, tzinfo=UTC)}
    assert rule.ends == frozenset()


@pytest.mark.parametrize(
    "condition",
    [
        'context.targeted && context.jurisdictions.contains("US-MD")',
        'context.jurisdictions.contains("US-MD") || context.targeted',
        '!context.jurisdictions.contains("US-MD")',
        'context.jurisdictions.containsAll(["US-MD"])',
    ],
)
def test_only_a_leading_test_of_place_limits_where_a_rule_applies(condition: str) -> None:
    assert _parse(condition).jurisdictions is None


def test_place_in_an_unless_clause_limits_nothing() -> None:
    text = f'{_NOTES} forbid (principal, action, resource) unless {{ context.jurisdictions.contains("US-MD") }};'
    assert parse_rules(text, source="x")[0].jurisdictions is None


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ('context.actor_sector == "us_local_polic"', "us_local_polic"),
        ('["individual", "indivdual"].contains(context.actor_sector)', "indivdual"),
        ('context.deployment.containsAll(["dpia_art35", "dpia"])', "dpia"),
        ("context.actor_sector == context.on_behalf_of", "not a list of words"),
        ('context.jurisdictions.contains("Maryland")', "no code"),
        ("context.no_such_attribute", "schema"),
        ('context.case_id == "c-1"', "empty text"),
        ("context.case_id == context.auth_id", "empty text"),
        ('context.case_id like "c-*"', "not used in rules"),
        ("context has case_id", "not used in rules"),
        ('context.now > datetime("2026-01-01")', "written date"),
        ("context.now < context.auth_expires", "written date"),
        ('context.now >= datetime("2026-01-01")', "offset"),
        ('context.now >= datetime("2026-01-01T00:00:00Z")', "@in_force_from"),
        ("context.reviewers", "schema"),
        ('context.reviewers == "two"', "schema"),
        ('principal == User::"x"', "as a whole"),
        ("context == context", "as a whole"),
        ("true +", "not Cedar"),
    ],
)
def test_condition_is_refused(condition: str, said: str) -> None:
    with pytest.raises(PolicyPackInvalid, match=said):
        _parse(condition)


@pytest.mark.parametrize("missing", ["id", "citation", "says", "change"])
def test_each_annotation_is_needed(missing: str) -> None:
    for notes in (
        " ".join(note for note in _NOTES.replace(") @", ")\n@").split("\n") if not note.startswith(f"@{missing}(")),
        _NOTES + " ",
    ):
        if notes == _NOTES + " ":
            assert _parse("true", notes=notes).rule_id == "X.1"
            continue
        with pytest.raises(PolicyPackInvalid, match=f"@{missing}"):
            _parse("true", notes=notes)


def test_empty_and_unknown_annotations_are_refused() -> None:
    with pytest.raises(PolicyPackInvalid, match="@citation"):
        _parse("true", notes=_NOTES.replace('"A, B"', '" "'))
    with pytest.raises(PolicyPackInvalid, match="@sources"):
        _parse("true", notes=_NOTES + ' @sources("x")')


def test_dates_have_to_be_repeated_with_their_direction() -> None:
    until = 'context.now < datetime("2026-01-01T00:00:00Z")'
    rule = _parse(until, notes=_NOTES + ' @in_force_until("2026-01-01T00:00:00Z")')
    assert rule.ends == {datetime(2026, 1, 1, tzinfo=UTC)}
    for note in (
        '@in_force_from("2026-01-01T00:00:00Z")',
        '@in_force_until("2026-01-02T00:00:00Z")',
        '@in_force_until("soon")',
    ):
        with pytest.raises(PolicyPackInvalid):
            _parse(until, notes=f"{_NOTES} {note}")


def test_packs_hold_forbids_only() -> None:
    for text, said in (
        (f"{_NOTES} permit (principal, action, resource);", "can only forbid"),
        (f"{_NOTES} forbid (principal == ?principal, action, resource);", "templates"),
        ("// nothing", "no rule"),
        (f"{_NOTES} forbid (principal, action, resource);" * 2, "same id"),
        (f'{_NOTES} forbid (principal == User::"x", action, resource);', "principal or resource"),
        (f'{_NOTES} forbid (principal, action == Action::"Find", resource);', "Find|schema"),
    ):
        with pytest.raises(PolicyPackInvalid, match=said):
            parse_rules(text, source="x")
