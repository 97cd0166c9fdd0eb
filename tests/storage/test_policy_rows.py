"""The rules as rows, on both databases: what was handed in comes back, and every change grows the revision."""

from __future__ import annotations

from datetime import date

import pytest

from countenance.bootstrap.policy_store import SqlPolicyStore
from countenance.core.errors import GalleryNotFound
from countenance.service.policy_port import ListedKey, LoadedCertificate, PolicyState, StatedFact
from countenance.storage.store import SqlGalleryStore
from tests.storage.conftest import StorePlace
from tests.support.made_up_templates import MADE_UP_MODEL


@pytest.fixture
def policies(sql_store: SqlGalleryStore) -> SqlPolicyStore:
    return SqlPolicyStore(sql_store)


def test_a_fresh_database_holds_nothing_but_revision_0(policies: SqlPolicyStore) -> None:
    assert policies.state() == PolicyState(switched={})
    assert policies.revision() == 0


def test_what_was_handed_in_comes_back(policies: SqlPolicyStore, sql_store: SqlGalleryStore) -> None:
    key = ListedKey("ab" * 32, "evaluator", "An Institute", bytes(range(32)), independent=True)
    fact = StatedFact("public_policy", "A. Chief", date(2026, 1, 2), date(2027, 1, 2), "policy.pdf")
    with sql_store.transaction() as current:
        policies.switch_pack("two-people", on=True, transaction=current)
        policies.switch_pack("us-police-pledge", on=False, transaction=current)
        policies.keep_operator_list("format = 'x' # é", transaction=current)
        policies.keep_federal_law(b"\x00signed\xff", transaction=current)
        policies.list_key(key, transaction=current)
        policies.keep_fact(fact, transaction=current)
        inside = policies.state(transaction=current)
    state = policies.state()
    assert inside == state
    assert state.switched == {"two-people": True, "us-police-pledge": False}
    assert (state.operator_list, state.federal_law) == ("format = 'x' # é", b"\x00signed\xff")
    assert (state.keys, state.facts) == ((key,), (fact,))
    assert state.revision == policies.revision() == 6


def test_a_second_statement_takes_the_place_of_the_first(policies: SqlPolicyStore, sql_store: SqlGalleryStore) -> None:
    key = ListedKey("ab" * 32, "evaluator", "An Institute", bytes(32))
    with sql_store.transaction() as current:
        for on in (True, False):
            policies.switch_pack("two-people", on=on, transaction=current)
        policies.list_key(key, transaction=current)
        policies.list_key(ListedKey("ab" * 32, "evaluator", "Another", bytes(32)), transaction=current)
        policies.keep_operator_list("x", transaction=current)
        policies.keep_operator_list(None, transaction=current)
        assert policies.drop_key("ab" * 32, "operator", transaction=current) is False
    state = policies.state()
    assert (state.switched, state.operator_list) == ({"two-people": False}, None)
    assert [item.name for item in state.keys] == ["Another"]
    with sql_store.transaction() as current:
        assert policies.drop_key("ab" * 32, "evaluator", transaction=current) is True
        assert policies.drop_fact("public_policy", transaction=current) is False
    assert policies.state().keys == ()


def test_certificates_come_newest_first_and_once(policies: SqlPolicyStore, sql_store: SqlGalleryStore) -> None:
    for number in (1, 2, 1):
        with sql_store.transaction() as current:
            loaded = LoadedCertificate(f"{number:064x}", bytes([number]), "m", "")
            policies.keep_certificate(loaded, transaction=current)
    assert [item.envelope for item in policies.state().certificates] == [b"\x01", b"\x02"]


def test_nothing_of_a_change_that_fails_is_stored(policies: SqlPolicyStore, sql_store: SqlGalleryStore) -> None:
    def change_and_fail() -> None:
        with sql_store.transaction() as current:
            policies.switch_pack("two-people", on=True, transaction=current)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        change_and_fail()
    assert policies.state() == PolicyState(switched={})


def test_a_gallery_has_an_identifier_and_a_source_that_go_with_it(
    policies: SqlPolicyStore, sql_store: SqlGalleryStore
) -> None:
    sql_store.create_gallery("staff", MADE_UP_MODEL, basis="consent", retention_days=30)
    facts = policies.gallery_facts("staff")
    assert (facts.source, facts.retention_days, facts.subjects, facts.basis) == ("unknown", 30, 0, "consent")
    assert len(facts.gallery_id) == 32
    with sql_store.transaction() as current:
        policies.state_gallery_source("staff", "employee_list", transaction=current)
        assert policies.gallery_facts("staff", transaction=current).source == "employee_list"
    sql_store.delete_gallery("staff")
    sql_store.create_gallery("staff", MADE_UP_MODEL, basis="consent", retention_days=None)
    again = policies.gallery_facts("staff")
    assert (again.source, again.gallery_id != facts.gallery_id) == ("unknown", True)
    with pytest.raises(GalleryNotFound):
        policies.gallery_facts("nobody")
    with pytest.raises(GalleryNotFound), sql_store.transaction() as current:
        policies.state_gallery_source("nobody", "unknown", transaction=current)


def test_another_process_sees_the_change_at_its_next_look(place: StorePlace) -> None:
    here, there = SqlPolicyStore(place.open()), place.open()
    with there.transaction() as current:
        SqlPolicyStore(there).switch_pack("two-people", on=True, transaction=current)
    assert here.revision() == 1
