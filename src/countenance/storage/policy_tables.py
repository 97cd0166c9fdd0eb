"""Rules in force, certificates loaded and the facts the operator attests."""

from __future__ import annotations
