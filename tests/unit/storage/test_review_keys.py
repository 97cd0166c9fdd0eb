"""A review's key: wrapped for one review, seals one probe, and opens nothing else."""

from __future__ import annotations

import pytest

from countenance.core.errors import TemplateUnsealFailed
from countenance.storage import review_keys
from countenance.storage.template_sealing import MasterKey

MASTER = MasterKey(bytes(range(32)))


def test_a_key_is_unwrapped_for_its_own_review_under_its_own_master_key_only() -> None:
    key, wrapped = review_keys.new_key(MASTER, "1" * 32)
    assert review_keys.unwrap(MASTER, "1" * 32, wrapped) == key
    assert key not in wrapped
    for master, review in ((MASTER, "2" * 32), (MasterKey(bytes(32)), "1" * 32)):
        with pytest.raises(TemplateUnsealFailed):
            review_keys.unwrap(master, review, wrapped)


def test_a_probes_picture_opens_at_its_own_place_only() -> None:
    key, _ = review_keys.new_key(MASTER, "1" * 32)
    sealed = review_keys.seal_probe(key, "1" * 32, 1, b"picture")
    assert review_keys.unseal_probe(key, "1" * 32, 1, sealed) == b"picture"
    other, _ = review_keys.new_key(MASTER, "1" * 32)
    for opener, review, number, data in (
        (key, "2" * 32, 1, sealed),
        (key, "1" * 32, 2, sealed),
        (other, "1" * 32, 1, sealed),
        (key, "1" * 32, 1, sealed[:20]),
    ):
        with pytest.raises(TemplateUnsealFailed):
            review_keys.unseal_probe(opener, review, number, data)
