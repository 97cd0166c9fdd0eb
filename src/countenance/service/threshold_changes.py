"""A calibration in use decides every threshold: putting another in its place is recorded, with both values."""

from __future__ import annotations

from countenance.core.thresholds import Calibration
from countenance.ledger.field_types import FieldValue
from countenance.ledger.kinds import EntryKind
from countenance.service.act_records import decimal, threshold_digest
from countenance.service.journal_port import Journal, RecordedEntry
from countenance.service.standing import Standing
from countenance.service.threshold_costs import default_threshold


def record_threshold_change(
    after: Calibration, before: Calibration | None, *, journal: Journal, standing: Standing
) -> RecordedEntry:
    """Record what the default threshold of a comparison was and will be; call it before the new record is put to use.

    Args:
        after: The calibration about to be used.
        before: The one in use, or None.
        journal: The ledger.
        standing: Who changes it.

    Raises:
        LedgerError, StorageError: It cannot be recorded; nothing may be changed then.
    """
    new = default_threshold(after)
    fields: dict[str, FieldValue] = {
        "operator_id": standing.operator_id,
        "reason": f"calibrated on {after.data_set}, {after.date}",
        "model_digest": after.model.digest,
        "value_after": decimal(new.value),
        "threshold_digest": threshold_digest(new),
        "false_match_rate": decimal(new.false_match_rate.estimate),
        "false_non_match_rate": decimal(new.false_non_match_rate.estimate),
    }
    if before is not None:
        fields["value_before"] = decimal(default_threshold(before).value)
    return journal.record(EntryKind.THRESHOLD_CHANGED, fields)
