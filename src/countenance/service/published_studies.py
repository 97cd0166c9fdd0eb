"""Published studies, their arithmetic done again: the front doors' way to ``audit.replays``."""

from __future__ import annotations

from countenance.audit.replays import Replay, ReplayRow, replay, replay_names

__all__ = ["Replay", "ReplayRow", "replay", "replay_names"]
