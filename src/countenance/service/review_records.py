"""What has to be known again at release: the standing of whoever asked, and the threshold, as JSON and back.

Rules kept here:

- The rules are asked at release about the same request that they held, by the same claims; nothing is asked anew of
  whoever releases, and nothing can be added by them.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from countenance.core.model_identity import ModelIdentity
from countenance.core.thresholds import Rate, Threshold
from countenance.service.standing import Standing

_TIME = "$time"


def standing_to_json(standing: Standing) -> str:
    """Return a standing as JSON; see ``standing_from_json``."""
    values = {field.name: getattr(standing, field.name) for field in dataclasses.fields(standing)}
    values["galleries"] = None if standing.galleries is None else sorted(standing.galleries)
    return json.dumps(_plain(values), sort_keys=True, ensure_ascii=False)


def standing_from_json(text: str) -> Standing:
    """Return the standing that was written with ``standing_to_json``."""
    values: dict[str, Any] = _back(json.loads(text))
    galleries = values.pop("galleries")
    values |= {name: MappingProxyType(values[name]) for name in ("claims", "record")}
    return Standing(**values, galleries=None if galleries is None else frozenset(galleries))


def threshold_to_json(threshold: Threshold) -> str:
    """Return a threshold with everything it promises as JSON; see ``threshold_from_json``."""
    return json.dumps(dataclasses.asdict(threshold), sort_keys=True, ensure_ascii=False)


def threshold_from_json(text: str) -> Threshold:
    """Return the threshold that was written with ``threshold_to_json``."""
    values = json.loads(text)
    return Threshold(
        **{
            **values,
            "false_match_rate": Rate(**values["false_match_rate"]),
            "false_non_match_rate": Rate(**values["false_non_match_rate"]),
            "model": ModelIdentity(**values["model"]),
        }
    )


def _plain(value: Any) -> Any:
    """Return a claim or field as JSON has it; several words as a list, a time marked as one."""
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    return value


def _back(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {_TIME}:
            return datetime.fromisoformat(value[_TIME])
        return {name: _back(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(_back(item) for item in value)
    return value
