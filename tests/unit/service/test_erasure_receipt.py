"""A receipt is verified as it was signed, and not once anything in it was changed."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from countenance.core.errors import InputError, LedgerError
from countenance.core.vocabulary import Template
from countenance.ledger.kinds import EntryKind
from countenance.service.entry_proofs import EntryProofs
from countenance.service.erasure_proof import NotSearched, ProofOfAbsence, SearchedAgain
from countenance.service.erasure_receipt import ErasedHere, Receipt, make_receipt, verify_receipt
from countenance.service.ledger_custody import LedgerCustody
from countenance.service.subject_pages import receipt_page
from countenance.storage.subject_store import FileSearch
from tests.support.memory_journal import CountedBytes, MemoryLedgerRows, memory_journal
from tests.support.memory_ledger_files import MemoryLedgerFiles
from tests.support.settable_clock import SettableClock

WHEN = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
ACT, GALLERY, OPERATOR = "a1" * 16, "b2" * 16, "c3" * 16


def made(name: str = "ada <b>", *, found: int | None = 0) -> tuple[Receipt, str]:
    """Return a receipt of one erasure, and the ledger's verifier key."""
    rows = MemoryLedgerRows(SettableClock())
    journal = memory_journal(rows=rows)
    custody = LedgerCustody(
        rows, journal, MemoryLedgerFiles(), random_bytes=CountedBytes(), origin="example.org/log", software_version="1"
    )
    custody.start()
    entry = journal.record(
        EntryKind.ERASURE,
        {
            "act_id": ACT,
            "operator_id": OPERATOR,
            "gallery_id": GALLERY,
            "references": 2,
            "keys_destroyed": 1,
            "searched_again": False,
            "result": "erased",
            "reason": "asked by letter",
        },
    )
    proof = ProofOfAbsence(
        (SearchedAgain("album", 7, 12, None, 0, 1, None, at_least=False, entry_id="d4" * 16),),
        (NotSearched("other", "It holds templates of another model."),),
        2,
        0,
        FileSearch("sqlite" if found is not None else "postgresql", 4096, found, log_emptied=True),
    )
    receipt = make_receipt(
        name=name,
        requested_at=WHEN,
        erased_at=WHEN,
        act_id=ACT,
        erased=[ErasedHere("album", GALLERY, 2, 2, 1, 0, 0, 2, 0, 0, entry.entry_id)],
        looked_in=["album", "other"],
        proof=proof,
        notary=EntryProofs(rows, journal, custody),
        software_version="1.2.3",
    )
    return receipt, str(custody.verifier_keys()[-1])


def test_a_receipt_verifies_with_the_key_it_was_signed_with() -> None:
    receipt, key = made()
    result = verify_receipt(receipt.document, [key])
    assert result.verified, result.findings
    assert not any("taken from the receipt itself" in text for text in result.not_shown)
    alone = verify_receipt(receipt.document)
    assert alone.verified
    assert "taken from the receipt itself" in alone.not_shown[0]


def test_a_key_nobody_trusts_does_not_count() -> None:
    receipt, _ = made()
    _, other = made("somebody else")
    # The same made-up random bytes give the same key: another one is another name's.
    strange = "example.org/elsewhere+" + other.split("+", 1)[1]
    with pytest.raises(LedgerError):
        verify_receipt(receipt.document, [strange])
    known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert not verify_receipt(receipt.document, [known]).verified


def changed(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return value[:-1] + ("x" if not value.endswith("x") else "y") if value else "x"
    return value[:-1] if isinstance(value, list) and value else ["x"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


def test_whatever_is_changed_the_receipt_does_not_verify() -> None:
    receipt, key = made()
    whole = json.loads(receipt.document)
    tried = 0
    for path in places(whole):
        altered = copy.deepcopy(whole)
        holder = altered
        for step in path[:-1]:
            holder = holder[step]
        if isinstance(holder[path[-1]], dict):
            continue
        holder[path[-1]] = changed(holder[path[-1]])
        tried += 1
        try:
            verified = verify_receipt(json.dumps(altered).encode(), [key]).verified
        except InputError:
            verified = False
        assert not verified, path
    assert tried > 50


def test_signing_the_changed_numbers_again_does_not_make_the_entries_say_them(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whoever has the key can sign other numbers; the entry in the ledger still has the old ones.
    receipt, key = made()
    monkeypatch.setattr("countenance.ledger.signing_keys.VerifierKey.verifies", lambda *_: True)
    altered = json.loads(receipt.document)
    altered["receipt"]["erased"][0]["references"] = 3
    result = verify_receipt(json.dumps(altered).encode(), [key])
    assert {finding.code: finding.ok for finding in result.findings}["agrees"] is False


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"\xff", b'{"receipt": {"format": "x"}}', b"[" * 100_000])
def test_what_is_no_receipt_is_said_to_be_none(document: bytes) -> None:
    with pytest.raises(InputError, match="not an erasure receipt"):
        verify_receipt(document)


def test_nothing_personal_but_the_name_is_in_it() -> None:
    receipt, _ = made()
    text = receipt.document.decode()
    assert OPERATOR not in text
    assert "asked by letter" not in text
    assert Template.__name__ not in text


def test_the_page_says_the_same_and_nothing_in_it_is_markup() -> None:
    receipt, _ = made()
    page = receipt_page(receipt)
    assert "ada &lt;b&gt;" in page
    assert "<b>" not in page
    assert receipt.sha256 in page
    assert "left. \n4096 bytes" in page
    cells = "".join(f"<td>{number}</td>" for number in (2, 2, 1, 0, 2, 0))
    assert f'<tr><th scope="row">album</th>{cells}</tr>' in page
    for text in receipt.content["does_not_prove"]:
        assert text.split(".")[0].replace("'", "&#39;") in page
    server, _ = made(found=None)
    assert "were not read" in receipt_page(server)
    assert any("PostgreSQL" in text for text in server.content["does_not_prove"])
