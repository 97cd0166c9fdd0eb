"""The ledger's files in memory: what a machine keeps beside its database."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class MemoryLedgerFiles:
    """Implements ``LedgerFiles``.

    Attributes:
        key: The signing key's file, or None.
        staged: The next signing key's file, or None.
        remembered: The remembered checkpoint's file, or None.
        kept_keys: Keys that were replaced.
    """

    key: bytes | None = None
    staged: bytes | None = None
    remembered: bytes | None = None
    kept_keys: list[bytes] = field(default_factory=list)

    def read_key(self) -> bytes | None:
        return self.key

    def create_key(self, pem: bytes) -> bytes:
        if self.key is None:
            self.key = pem
        return self.key

    def stage_key(self, pem: bytes) -> None:
        self.staged = pem

    def read_staged_key(self) -> bytes | None:
        return self.staged

    def adopt_staged_key(self) -> None:
        if self.key is not None:
            self.kept_keys.append(self.key)
        self.key, self.staged = self.staged, None

    def read_remembered(self) -> bytes | None:
        return self.remembered

    def remember(self, signed: bytes) -> None:
        self.remembered = signed
