"""The rules as they are stored, in memory; galleries come from a store in memory."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from countenance.service.policy_port import (
    GalleryFacts,
    ListedKey,
    LoadedCertificate,
    PolicyState,
    StatedFact,
)
from tests.support.memory_store import MemoryStore


class MemoryPolicyStore:
    """Implements ``PolicyStore``; nothing is rolled back.

    Attributes:
        reads: How often the whole state was read.
    """

    def __init__(self, galleries: MemoryStore, state: PolicyState | None = None) -> None:
        self._galleries = galleries
        self._state = state or PolicyState()
        self._sources: dict[str, str] = {}
        self.reads = 0

    def revision(self) -> int:
        return self._state.revision

    def state(self, *, transaction: object = None) -> PolicyState:
        del transaction
        self.reads += 1
        return self._state

    def switch_pack(self, name: str, *, on: bool, transaction: object) -> None:
        self._change(switched={**self._state.switched, name: on})

    def keep_operator_list(self, text: str | None, *, transaction: object) -> None:
        self._change(operator_list=text)

    def keep_federal_law(self, envelope: bytes | None, *, transaction: object) -> None:
        self._change(federal_law=envelope)

    def list_key(self, key: ListedKey, *, transaction: object) -> None:
        kept = [item for item in self._state.keys if (item.key_id, item.use) != (key.key_id, key.use)]
        self._change(keys=(*kept, key))

    def drop_key(self, key_id: str, use: str, *, transaction: object) -> bool:
        kept = tuple(item for item in self._state.keys if (item.key_id, item.use) != (key_id, use))
        gone = len(kept) < len(self._state.keys)
        self._change(keys=kept)
        return gone

    def keep_certificate(self, certificate: LoadedCertificate, *, transaction: object) -> None:
        others = tuple(item for item in self._state.certificates if item.sha256 != certificate.sha256)
        self._change(certificates=(certificate, *others))

    def keep_fact(self, fact: StatedFact, *, transaction: object) -> None:
        kept = [item for item in self._state.facts if item.word != fact.word]
        self._change(facts=(*kept, fact))

    def drop_fact(self, word: str, *, transaction: object) -> bool:
        kept = tuple(item for item in self._state.facts if item.word != word)
        gone = len(kept) < len(self._state.facts)
        self._change(facts=kept)
        return gone

    def gallery_facts(self, name: str, *, transaction: object = None) -> GalleryFacts:
        del transaction
        summary = self._galleries.gallery(name)
        return GalleryFacts(
            gallery_id=hashlib.sha256(name.encode()).hexdigest()[:32],
            name=name,
            source=self._sources.get(name, "unknown"),
            retention_days=summary.retention_days,
            basis=summary.basis,
            model=summary.model,
            subjects=summary.subjects,
            references=summary.references,
            revision=summary.revision,
        )

    def state_gallery_source(self, name: str, source: str, *, transaction: object) -> None:
        self._galleries.gallery(name)
        self._sources[name] = source
        self._change()

    def _change(self, **changes: object) -> None:
        self._state = replace(self._state, revision=self._state.revision + 1, **changes)  # type: ignore[arg-type]
