"""Kinds and their fields: complete, and nothing that names somebody is public."""

import re

from countenance.ledger.field_types import FieldType
from countenance.ledger.kinds import SCHEMAS, EntryKind


def test_every_kind_has_a_schema():
    assert set(SCHEMAS) == set(EntryKind)
    assert all(SCHEMAS[kind] for kind in EntryKind)


def test_every_act_that_must_be_recorded_has_a_kind():
    values = {kind.value for kind in EntryKind}
    assert values >= {
        "act_intended",
        "act_denied",
        "act_completed",
        "act_interrupted",
        "override",
        "policy_changed",
        "threshold_changed",
        "enrolment",
        "review_vote",
        "review_released",
        "erasure",
        "certificate_loaded",
        "gallery_created",
        "gallery_deleted",
        "export_made",
    }


def test_names_are_the_words_the_format_allows():
    for kind, schema in SCHEMAS.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", kind.value)
        assert all(re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name) for name in schema)


def test_a_field_has_the_same_type_in_every_kind():
    types = {}
    for schema in SCHEMAS.values():
        for name, spec in schema.items():
            assert types.setdefault(name, (spec.type, spec.many)) == (spec.type, spec.many), name


def test_what_points_at_a_person_is_not_public():
    personal = re.compile(
        r"(operator|reviewer|attester|holder|account_id|credential_id|shown_digest|released_to|candidate_|reference_ids|subject_digest|probe_digest)"
    )
    for kind, schema in SCHEMAS.items():
        for name, spec in schema.items():
            if spec.type is FieldType.TEXT or spec.type is FieldType.KEYED_DIGEST:
                assert not spec.public, (kind, name)
            if personal.search(name) and name not in {"candidate_count"}:
                assert not spec.public, (kind, name)
