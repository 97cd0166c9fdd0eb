"""The kinds of entries and, for each, the closed list of fields it may have.

Rules kept here:

- An unknown kind or field, a missing required field and a wrong type are all refused when an entry is written.
- Fields are only ever added, as optional ones; none changes its type or meaning. Entries written years ago stay valid.
- Together they hold the record that the regimes ask for: who, for whom, why, under which authority, against which
  gallery, with which model and threshold, decided by which rule, with what result, reviewed by whom, and what came
  of it. Claims (a warrant, consent) are recorded as claimed and attested; nothing here checks them.
- What could identify the person searched for, the candidates or an operator is not public by default.

This file is a table and longer than most for that reason; the order of kinds and fields means nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType

from countenance.ledger.field_types import FieldSpec, FieldType

Schema = Mapping[str, FieldSpec]


class EntryKind(enum.StrEnum):
    """What an entry tells of. Values are part of the format and never reused."""

    LEDGER_STARTED = "ledger_started"
    ACT_INTENDED = "act_intended"
    ACT_DENIED = "act_denied"
    ACT_COMPLETED = "act_completed"
    ACT_INTERRUPTED = "act_interrupted"
    OVERRIDE = "override"
    RESULT_REPORTED = "result_reported"
    CASE_OPENED = "case_opened"
    CASE_CLOSED = "case_closed"
    CREDENTIAL_MINTED = "credential_minted"
    CREDENTIAL_REVOKED = "credential_revoked"
    CREDENTIAL_REFUSED = "credential_refused"
    ACCOUNT_CHANGED = "account_changed"
    SIGN_IN_REFUSED = "sign_in_refused"
    POLICY_CHANGED = "policy_changed"
    THRESHOLD_CHANGED = "threshold_changed"
    CERTIFICATE_LOADED = "certificate_loaded"
    AUDIT_COMPLETED = "audit_completed"
    GALLERY_CREATED = "gallery_created"
    GALLERY_DELETED = "gallery_deleted"
    ENROLMENT = "enrolment"
    ERASURE = "erasure"
    EXPIRY = "expiry"
    REVIEW_OPENED = "review_opened"
    REVIEW_VOTE = "review_vote"
    REVIEW_RELEASED = "review_released"
    REVIEW_CLOSED = "review_closed"
    EXPORT_MADE = "export_made"
    CHECKPOINT_PUBLISHED = "checkpoint_published"
    LEDGER_KEY_CHANGED = "ledger_key_changed"
    BACKUP_RESTORED = "backup_restored"
    MASTER_KEY_CHANGED = "master_key_changed"


def _needed(field_type: FieldType, *, public: bool = True, many: bool = False) -> FieldSpec:
    return FieldSpec(field_type, required=True, public=public, many=many)


def _may(field_type: FieldType, *, public: bool = True, many: bool = False) -> FieldSpec:
    return FieldSpec(field_type, required=False, public=public, many=many)


_WORD, _ID, _DIGEST, _KEYED = FieldType.WORD, FieldType.IDENTIFIER, FieldType.DIGEST, FieldType.KEYED_DIGEST
_DECIMAL, _COUNT, _FLAG, _TIME = FieldType.DECIMAL, FieldType.COUNT, FieldType.FLAG, FieldType.TIME
_TEXT, _SENTENCE = FieldType.TEXT, FieldType.SENTENCE

#: Who acts, on whose behalf.
_ACTOR: Schema = {
    "operator_id": _needed(_ID, public=False),
    "role": _may(_WORD),
    "agency_id": _may(_ID),
    "actor_sector": _may(_WORD),
    "on_behalf_of": _may(_WORD),
    "credential_id": _may(_ID, public=False),
    "interface": _may(_WORD),
}

#: Why, and under which claimed authority.
_AUTHORITY: Schema = {
    "purpose": _needed(_WORD),
    "purpose_text": _may(_TEXT, public=False),
    "case_id": _may(_ID),
    "case_number": _may(_TEXT, public=False),
    "jurisdictions": _needed(_WORD, many=True),
    "legal_basis": _may(_WORD),
    "authorisation_number": _may(_TEXT, public=False),
    "authorisation_issuer": _may(_TEXT, public=False),
    "authorisation_status": _may(_WORD),
    "authorisation_requested_at": _may(_TIME),
    "authorisation_expires_at": _may(_TIME),
    "authorisation_document_digest": _may(_DIGEST, public=False),
    "emergency": _may(_FLAG),
    "emergency_facts_digest": _may(_DIGEST, public=False),
    "attester_id": _may(_ID, public=False),
    "attested_claims": _may(_WORD, many=True),
    "offence_statute": _may(_TEXT, public=False),
    "offence_tags": _may(_WORD, many=True),
    "offence_most_years": _may(_COUNT),
    "offence_facts_linked": _may(_FLAG),
    "suspicion": _may(_WORD),
    "consent_status": _may(_WORD),
    "consent_form": _may(_WORD),
    "notice": _may(_WORD),
}

#: What was decided, by which rules.
_DECISION: Schema = {
    "decision": _needed(_WORD),
    "deciding_rules": _needed(_WORD, many=True),
    "reasons": _may(_SENTENCE, many=True),
    "evaluation_errors": _may(_SENTENCE, many=True),
    "policy_digest": _needed(_DIGEST),
    "packs": _may(_WORD, many=True),
    "packs_disabled": _may(_WORD, many=True),
    "request_digest": _may(_DIGEST, public=False),
}

#: With which model, threshold and evidence, against which gallery.
_SYSTEM: Schema = {
    "model_digest": _may(_DIGEST),
    "threshold_value": _may(_DECIMAL),
    "threshold_digest": _may(_DIGEST),
    "certificate_digest": _may(_DIGEST),
    "worst_group_rate": _may(_DECIMAL),
    "false_positive_ratio": _may(_DECIMAL),
    "gallery_ids": _may(_ID, many=True),
    "gallery_source": _may(_WORD),
    "gallery_revision": _may(_COUNT),
    "gallery_subjects": _may(_COUNT),
    "gallery_references": _may(_COUNT),
}

#: What the policy was asked, beyond actor and authority.
_CIRCUMSTANCES: Schema = {
    "targeted": _may(_FLAG),
    "selection_basis": _may(_WORD, many=True),
    "mode": _may(_WORD),
    "timing": _may(_WORD),
    "space": _may(_WORD),
    "probe_digest": _may(_KEYED, public=False),
    "probe_source": _may(_WORD),
    "probe_edits": _may(_WORD, many=True),
    "intended_use": _may(_WORD),
    "corroboration": _may(_WORD, many=True),
    "adverse_effect": _may(_FLAG),
    "defence_disclosure": _may(_FLAG),
    "deployment": _may(_WORD, many=True),
    "federal_law_id": _may(_TEXT, public=False),
    "retention_due": _may(_TIME),
}

_REQUEST: Schema = {
    "act_id": _needed(_ID),
    "action": _needed(_WORD),
    "review_id": _may(_ID),
    **_ACTOR,
    **_AUTHORITY,
    **_DECISION,
    **_SYSTEM,
    **_CIRCUMSTANCES,
}

#: What became of an act. Candidates, scores and subjects stand in the same order: most similar first.
_OUTCOME: Schema = {
    "act_id": _needed(_ID),
    "intent_entry_id": _needed(_ID),
    "result": _needed(_WORD),
    "started_at": _needed(_TIME),
    "finished_at": _needed(_TIME),
    "faces_found": _may(_COUNT),
    "probe_quality": _may(_SENTENCE, many=True),
    "candidate_count": _may(_COUNT),
    "candidate_reference_ids": _may(_ID, public=False, many=True),
    "candidate_subject_digests": _may(_KEYED, public=False, many=True),
    "candidate_scores": _may(_DECIMAL, public=False, many=True),
    "expected_false_candidates": _may(_DECIMAL),
    "exact_search": _may(_FLAG),
    "measured_recall": _may(_DECIMAL),
    "held_for_review": _may(_FLAG),
    "review_id": _may(_ID),
    "error_code": _may(_WORD),
    **_SYSTEM,
}

_BY_OPERATOR: Schema = {"operator_id": _needed(_ID, public=False), "reason": _may(_TEXT, public=False)}

_CASE: Schema = {"case_id": _needed(_ID), **_ACTOR}

#: One entry can hold a whole batch: identifiers and digests stand in the same order.
_REFERENCES: Schema = {
    "act_id": _may(_ID),
    "gallery_id": _needed(_ID),
    "reference_ids": _may(_ID, public=False, many=True),
    "subject_digests": _may(_KEYED, public=False, many=True),
    "references": _needed(_COUNT),
    "gallery_revision": _may(_COUNT),
}

SCHEMAS: Mapping[EntryKind, Schema] = MappingProxyType(
    {
        EntryKind.LEDGER_STARTED: {"origin": _needed(_WORD), "software_version": _needed(_WORD), "key": _may(_WORD)},
        EntryKind.ACT_INTENDED: _REQUEST,
        EntryKind.ACT_DENIED: _REQUEST,
        EntryKind.ACT_COMPLETED: _OUTCOME,
        EntryKind.ACT_INTERRUPTED: {
            "act_id": _needed(_ID),
            "intent_entry_id": _needed(_ID),
            "found_at": _needed(_TIME),
            "software_version": _may(_WORD),
        },
        EntryKind.OVERRIDE: {
            **_BY_OPERATOR,
            "reason": _needed(_TEXT, public=False),
            "act_id": _may(_ID),
            "denied_entry_id": _may(_ID),
            "overridden_rules": _needed(_WORD, many=True),
            "second_operator_id": _may(_ID, public=False),
            "expires_at": _may(_TIME),
        },
        EntryKind.RESULT_REPORTED: {
            **_BY_OPERATOR,
            "act_id": _needed(_ID),
            "case_id": _may(_ID),
            "result": _needed(_WORD),
            "false_match_known": _may(_FLAG),
            "disclosed_to_defence": _may(_FLAG),
        },
        EntryKind.CASE_OPENED: {
            **_CASE,
            **_AUTHORITY,
            "case_id": _needed(_ID),
            "gallery_ids": _may(_ID, many=True),
            "most_searches": _may(_COUNT),
            "most_candidates": _may(_COUNT),
            "expires_at": _needed(_TIME),
            "case_list_checked": _may(_FLAG),
        },
        EntryKind.CASE_CLOSED: {"case_id": _needed(_ID), "credentials_ended": _needed(_COUNT), **_BY_OPERATOR},
        EntryKind.CREDENTIAL_MINTED: {**_CASE, "credential_id": _needed(_ID, public=False), "expires_at": _may(_TIME)},
        EntryKind.CREDENTIAL_REVOKED: {"credential_id": _needed(_ID, public=False), **_BY_OPERATOR},
        # One entry can stand for many attempts of one minute; without a digest, for those of many credentials.
        EntryKind.CREDENTIAL_REFUSED: {
            "interface": _needed(_WORD),
            "refusal": _needed(_WORD),
            "attempts": _needed(_COUNT),
            "first_at": _needed(_TIME),
            "last_at": _needed(_TIME),
            "shown_digest": _may(_KEYED, public=False),
            "credential_id": _may(_ID, public=False),
            "case_id": _may(_ID),
        },
        # By whom, and whose: the identifier of an account's name is the one that acts under that name are recorded by.
        EntryKind.ACCOUNT_CHANGED: {
            **_BY_OPERATOR,
            "change": _needed(_WORD),
            "account_id": _needed(_ID, public=False),
            "holder_id": _needed(_ID, public=False),
            "roles_before": _may(_WORD, many=True),
            "roles_after": _may(_WORD, many=True),
            "sessions_ended": _may(_COUNT),
            "interface": _may(_WORD),
        },
        # ``operator_id`` stands for the name that was typed, whether an account has it or not.
        EntryKind.SIGN_IN_REFUSED: {
            "operator_id": _needed(_ID, public=False),
            "interface": _needed(_WORD),
            "refusal": _needed(_WORD, public=False),
            "failures": _needed(_COUNT),
            "account_id": _may(_ID, public=False),
            "locked_until": _may(_TIME),
        },
        EntryKind.POLICY_CHANGED: {
            **_BY_OPERATOR,
            "change": _needed(_WORD),
            "pack": _may(_WORD),
            "pack_version": _may(_WORD),
            "pack_digest": _may(_DIGEST),
            "policy_digest_before": _may(_DIGEST),
            "policy_digest_after": _needed(_DIGEST),
            "reviewer_id": _may(_ID, public=False),
            "valid_until": _may(_TIME),
        },
        EntryKind.THRESHOLD_CHANGED: {
            **_BY_OPERATOR,
            "model_digest": _needed(_DIGEST),
            "gallery_id": _may(_ID),
            "value_before": _may(_DECIMAL),
            "value_after": _needed(_DECIMAL),
            "threshold_digest": _may(_DIGEST),
            "false_match_rate": _may(_DECIMAL),
            "false_non_match_rate": _may(_DECIMAL),
        },
        EntryKind.CERTIFICATE_LOADED: {
            **_BY_OPERATOR,
            "certificate_digest": _needed(_DIGEST),
            "model_digest": _needed(_DIGEST),
            "signer_key": _may(_WORD),
            "accepted": _needed(_FLAG),
            "reasons": _may(_SENTENCE, many=True),
        },
        EntryKind.AUDIT_COMPLETED: {
            **_BY_OPERATOR,
            "result_digest": _needed(_DIGEST),
            "model_digest": _may(_DIGEST),
            "dataset_digest": _may(_DIGEST),
        },
        EntryKind.GALLERY_CREATED: {
            **_BY_OPERATOR,
            "gallery_id": _needed(_ID),
            "model_digest": _needed(_DIGEST),
            "basis": _needed(_TEXT, public=False),
            "gallery_source": _may(_WORD),
            "retention_days": _may(_COUNT),
        },
        EntryKind.GALLERY_DELETED: {**_BY_OPERATOR, "gallery_id": _needed(_ID), "references": _needed(_COUNT)},
        EntryKind.ENROLMENT: {
            **_BY_OPERATOR,
            **_REFERENCES,
            "photo_digests": _may(_KEYED, public=False, many=True),
            "legal_basis": _may(_WORD),
            "consent_form": _may(_WORD),
            "retention_due": _may(_TIME),
            "model_digest": _may(_DIGEST),
            "refused": _may(_COUNT),
        },
        EntryKind.ERASURE: {
            **_BY_OPERATOR,
            **_REFERENCES,
            "request_received_at": _may(_TIME),
            "keys_destroyed": _needed(_COUNT),
            "searched_again": _needed(_FLAG),
            "found_again": _may(_COUNT),
            "receipt_digest": _may(_DIGEST),
            "result": _may(_WORD),
            "pictures": _may(_COUNT),
            "review_ids": _may(_ID, many=True),
        },
        EntryKind.EXPIRY: {
            **_REFERENCES,
            "keys_destroyed": _needed(_COUNT),
            "due_until": _needed(_TIME),
            "review_ids": _may(_ID, many=True),
        },
        EntryKind.REVIEW_OPENED: {
            "review_id": _needed(_ID),
            "act_id": _needed(_ID),
            "candidates": _needed(_COUNT),
            "fillers": _needed(_COUNT),
            "quorum": _needed(_COUNT),
            "due_at": _may(_TIME),
            "probes": _may(_COUNT),
            "candidates_without_picture": _may(_COUNT),
            "filler_seed": _may(_DIGEST, public=False),
            "filler_reference_ids": _may(_ID, public=False, many=True),
        },
        EntryKind.REVIEW_VOTE: {
            "review_id": _needed(_ID),
            "reviewer_id": _needed(_ID, public=False),
            "shown_reference_ids": _needed(_ID, public=False, many=True),
            "ratings": _needed(FieldType.INTEGER, public=False, many=True),
            "none_of_these": _needed(_FLAG, public=False),
            "fillers_shown": _may(_COUNT),
            "fillers_taken_for_mates": _may(_COUNT),
            "seconds_spent": _may(_COUNT),
            "order_seed": _may(_DIGEST, public=False),
            "late": _may(_FLAG),
            "reason": _may(_TEXT, public=False),
        },
        EntryKind.REVIEW_RELEASED: {
            **_DECISION,
            "review_id": _needed(_ID),
            "act_id": _needed(_ID),
            "vote_entry_ids": _needed(_ID, many=True),
            "released_reference_ids": _needed(_ID, public=False, many=True),
            "released_to": _may(_ID, public=False),
        },
        EntryKind.REVIEW_CLOSED: {
            "review_id": _needed(_ID),
            "act_id": _needed(_ID),
            "result": _needed(_WORD),
            "vote_entry_ids": _needed(_ID, many=True),
            "closed_by": _may(_ID, public=False),
            "reason": _may(_TEXT, public=False),
        },
        EntryKind.EXPORT_MADE: {
            **_BY_OPERATOR,
            "what": _needed(_WORD),
            "first_entry": _may(_COUNT),
            "entries": _may(_COUNT),
            "fields_redacted": _may(_COUNT),
            "content_digest": _may(_DIGEST),
            "subject_digest": _may(_KEYED, public=False),
            "recipient": _may(_TEXT, public=False),
            "act_id": _may(_ID),
            "case_id": _may(_ID),
        },
        EntryKind.CHECKPOINT_PUBLISHED: {
            "entries": _needed(_COUNT),
            "root": _needed(_DIGEST),
            "destination": _needed(_TEXT, public=False),
            "destination_kind": _may(_WORD),
            "witnesses": _may(_WORD, many=True),
        },
        EntryKind.LEDGER_KEY_CHANGED: {**_BY_OPERATOR, "key_before": _may(_WORD), "key_after": _needed(_WORD)},
        EntryKind.BACKUP_RESTORED: {
            **_BY_OPERATOR,
            "entries_before": _may(_COUNT),
            "entries_after": _needed(_COUNT),
            "root_after": _needed(_DIGEST),
        },
        EntryKind.MASTER_KEY_CHANGED: {
            **_BY_OPERATOR,
            "key_before": _needed(_WORD),
            "key_after": _needed(_WORD),
            "subject_keys": _needed(_COUNT),
        },
    }
)
