"""Roles: which can be held together, over all sets of them."""

from __future__ import annotations

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countenance.core.errors import AccountInvalid
from countenance.service.account_port import EXCLUSIVE, Role, checked_roles
from countenance.storage.account_tables import ROLES_APART

ALL_SETS = [frozenset(some) for size in range(len(Role) + 1) for some in combinations(Role, size)]


def may_be_held(roles: frozenset[Role]) -> bool:
    """Return the rule in other words: none of the three pairs."""
    pairs = (
        {Role.SEARCHER, Role.POLICY_OWNER}, {Role.SEARCHER, Role.AUDITOR}, {Role.POLICY_OWNER, Role.AUDITOR}
    )  # fmt: skip
    return bool(roles) and not any(pair <= roles for pair in pairs)


def test_the_words_are_those_that_are_stored() -> None:
    assert [role.value for role in Role] == [
        "searcher", "reviewer", "gallery_owner", "policy_owner", "auditor", "records",
    ]  # fmt: skip
    assert {"searcher", "policy_owner", "auditor"} == EXCLUSIVE


@pytest.mark.parametrize("roles", ALL_SETS, ids=lambda roles: "+".join(sorted(roles)) or "none")
def test_every_set_of_roles_is_held_or_refused_by_the_rule(roles: frozenset[Role]) -> None:
    if may_be_held(roles):
        assert checked_roles(roles) == roles
    else:
        with pytest.raises(AccountInvalid) as refused:
            checked_roles(roles)
        assert refused.value.remedy


def test_how_many_sets_there_are() -> None:
    # 3 free roles: 8 sets; none or one of the exclusive: 4; less the empty one.
    assert sum(map(may_be_held, ALL_SETS)) == 8 * 4 - 1


@given(st.lists(st.sampled_from([role.value for role in Role]), max_size=8))
def test_order_and_repetition_change_nothing(words: list[str]) -> None:
    roles = frozenset(Role(word) for word in words)
    try:
        assert checked_roles(words) == roles
    except AccountInvalid:
        assert not may_be_held(roles)


@pytest.mark.parametrize("words", [["admin"], ["Searcher"], ["searcher", ""], ["searcher "]])
def test_other_words_are_refused(words: list[str]) -> None:
    with pytest.raises(AccountInvalid, match="no role called"):
        checked_roles(words)


def test_the_databases_rule_names_the_same_roles_and_no_word_is_part_of_another() -> None:
    assert {role.value for role in EXCLUSIVE} == {
        word for word in chain.from_iterable(ROLES_APART.split("'")[1::4] for _ in (0,)) if word
    }
    assert not any(one != other and one in other for one in Role for other in Role)
