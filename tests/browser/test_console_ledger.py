"""The ledger's pages in Chromium, over a real database: read, narrow, check, hand out; looked at, and by keys alone."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from countenance.ledger.kinds import EntryKind
from countenance.service.journal_port import EntryFilter
from countenance.service.standing import operator_id
from tests.support.console_place import ConsolePlace, Visit, signed_in
from tests.support.governed_place import CASES, case_id, governed_place
from tests.support.looking import PHONE, download


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with governed_place(tmp_path_factory.mktemp("ledger")) as opened:
        yield opened


@pytest.fixture(scope="module")
def records(browser: Browser, place: ConsolePlace) -> Visit:
    return signed_in(browser, place, "records")


def sentences(page: Page) -> list[str]:
    return page.locator(".told .says").all_inner_texts()


def test_entries_are_sentences_that_name_people_cases_and_what_came_of_it(records: Visit) -> None:
    records.page.goto("/ledger?kind=acts")

    said = sentences(records.page)

    assert len(said) == 50
    pattern = r"[ABC]\. Searcher searched the gallery shelter photos under case 26-\d{4}; nobody was found\."
    assert any(re.fullmatch(pattern, one) for one in said)
    assert any("was refused: to search the gallery shelter photos" in one for one in said)


def test_older_entries_follow_without_a_gap_down_to_the_first(place: ConsolePlace, records: Visit) -> None:
    page, numbers = records.page, list[int]()
    page.goto("/ledger")
    while True:
        numbers += [
            int(text.rsplit(" ", 1)[1].replace(",", "")) for text in page.locator(".told .no").all_inner_texts()
        ]
        if not page.locator(".pager a[rel=next]").count():
            break
        page.click(".pager a[rel=next]")

    assert numbers == list(range(place.parts.journal.size() - 1, -1, -1))


def test_the_list_is_narrowed_by_kind_case_and_day(place: ConsolePlace, records: Visit) -> None:
    page, journal = records.page, place.parts.journal
    wanted = EntryFilter(kinds=(EntryKind.ACT_DENIED,), case_id=case_id(CASES[0]))
    denied = journal.entries(wanted, limit=50)
    page.goto("/ledger")
    page.select_option("#f-kind", "act_denied")
    page.fill("#f-case", case_id(CASES[0]))
    page.click(".narrow-by button")

    shown = page.locator(".told a").evaluate_all("links => links.map(link => link.pathname.split('/')[2])")

    assert shown == [entry.entry_id for entry in denied]
    day = denied[0].recorded_at.date().isoformat()
    page.fill("#f-from", day)
    page.fill("#f-to", day)
    page.click(".narrow-by button")
    assert page.locator(".told").count() == sum(entry.recorded_at.date().isoformat() == day for entry in denied)


def test_a_case_that_does_not_exist_gives_a_sentence_not_an_error(records: Visit) -> None:
    records.page.goto("/ledger?case=99-0000")

    assert "There is no case 99-0000" in records.page.locator("main").inner_text()


def test_an_entry_shows_its_fields_in_words_and_its_checked_place(place: ConsolePlace, records: Visit) -> None:
    page = records.page
    denied = place.parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_DENIED,)), limit=1)[0]
    page.goto(f"/ledger/{denied.entry_id}")
    if page.locator("text=Sign a checkpoint and show the proof").count():
        page.click("text=Sign a checkpoint and show the proof")

    text = page.locator("main").inner_text()

    assert "microsoft-2020.no_us_police" in text
    assert "US local police" in text
    assert page.locator(".withheld").count() == 0
    assert re.search(r"number [\d,]+ of the [\d,]+ that a checkpoint", text)
    proof = json.loads(download(page, "text=Download the proof"))
    assert proof["index"] == denied.index
    assert proof["entry"]["id"] == denied.entry_id


def test_a_searcher_reads_what_outsiders_would_and_no_names_but_their_own(
    browser: Browser, place: ConsolePlace
) -> None:
    searcher = signed_in(browser, place, "searcher")
    journal = place.parts.journal
    denied = journal.entries(EntryFilter(kinds=(EntryKind.ACT_DENIED,)), limit=10)
    searcher.page.goto("/ledger?kind=acts")
    said = " ".join(sentences(searcher.page))
    assert "A. Searcher" not in said
    assert CASES[0] not in said
    assert "searcher asked to search" in said or "searcher searched" in said

    own = operator_id("searcher", journal.keyed_digest)
    foreign = next(entry for entry in denied if entry.fields["operator_id"] != own)
    searcher.page.goto(f"/ledger/{foreign.entry_id}")

    text = searcher.page.locator("main").inner_text()
    assert "withheld, kept from your role" in text
    assert str(foreign.fields["case_number"]) not in text
    assert searcher.page.locator("form[action='/ledger/export']").count() == 0
    searcher.page.context.close()


def test_the_check_says_verified_and_what_that_does_not_show(place: ConsolePlace, records: Visit) -> None:
    page = records.page
    held = place.parts.app.ledger(place.parts.store).custody.checkpoint().signed
    page.goto("/ledger")
    page.set_input_files(
        "input[name=checkpoint]", {"name": "board-october.txt", "mimeType": "text/plain", "buffer": held}
    )
    page.click("text=Check the ledger >> nth=-1")
    page.wait_for_selector(".verdict")

    assert page.locator(".verdict .stamp").inner_text() == "✓ Verified"
    assert "board-october.txt" in page.locator(".findings").inner_text()
    assert "--checkpoint" not in page.locator("main").inner_text()
    assert "a warrant, a consent" in page.locator(".limits").inner_text()


def test_the_check_turns_red_against_a_checkpoint_of_another_ledger(records: Visit) -> None:
    page = records.page
    strange = (
        "countenance/0123456789ab\n3\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n\n"
        "— countenance/0123456789ab " + "AAAA" * 23 + "\n"
    )
    page.goto("/ledger")
    page.click("text=Paste a checkpoint")
    page.fill("#f-pasted", strange)
    page.click("text=Check the ledger >> nth=-1")
    page.wait_for_selector(".verdict")

    assert page.locator(".verdict .stamp").inner_text() == "✗ Not verified"
    assert page.locator("#headline").inner_text() == "A checkpoint does not count"
    assert "what was pasted" in page.locator(".findings .no").first.inner_text()


def test_an_export_verifies_with_the_program_that_comes_with_it(tmp_path: Path, records: Visit) -> None:
    page = records.page
    page.goto("/ledger#hand-out")
    page.fill("form[action='/ledger/export'] input[name=recipient]", "City board")
    page.click("text=Make the export")
    page.wait_for_selector("text=Download ledger.zip")

    packed = zipfile.ZipFile(io.BytesIO(download(page, "text=Download ledger.zip")))
    packed.extractall(tmp_path)
    key = (tmp_path / "keys.txt").read_text().splitlines()[-1]
    files = [str(tmp_path / name) for name in ("countenance_verify.py", "ledger.jsonl", "checkpoint.txt")]
    done = subprocess.run([sys.executable, *files, "--key", key], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    exported = (tmp_path / "ledger.jsonl").read_text()
    assert CASES[0] not in exported
    assert "ferry" not in exported
    assert "City board" in " ".join(_newest(page))


def _newest(page: Page) -> list[str]:
    page.goto("/ledger?kind=export_made")
    page.locator(".told a").first.click()
    return [page.locator("main").inner_text()]


def test_a_checkpoint_is_signed_and_where_it_went_is_recorded(place: ConsolePlace, records: Visit) -> None:
    page = records.page
    page.goto("/ledger")
    page.fill("#c-recipient", "Board of the city")

    signed = download(page, "text=Sign and download a checkpoint")

    entry = place.parts.journal.entries(EntryFilter(kinds=(EntryKind.CHECKPOINT_PUBLISHED,)), limit=1)[0]
    assert signed.decode().splitlines()[1] == str(entry.fields["entries"])
    assert entry.fields["destination"] == "Board of the city"


def test_the_list_is_walked_and_opened_with_keys_alone(records: Visit) -> None:
    page = records.page
    page.goto("/ledger?kind=acts")
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.locator(".told a").nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{second}")

    assert page.locator("#headline").inner_text()


def test_pages_work_without_script(browser: Browser, place: ConsolePlace) -> None:
    visit = signed_in(browser, place, "records", scripts=False)
    visit.page.goto("/ledger")
    visit.page.click("text=Check the ledger >> nth=-1")
    for _ in range(50):
        if visit.page.locator(".verdict").count():
            break
        visit.page.click("text=See how far it is")

    assert visit.page.locator(".verdict.holds").count() == 1
    visit.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_on_both_screens(browser: Browser, place: ConsolePlace, scheme: str) -> None:
    newest = place.parts.journal.entries(EntryFilter(kinds=(EntryKind.ACT_COMPLETED,)), limit=1)[0]
    for size in (None, PHONE):
        visit = signed_in(browser, place, "auditor", size=size, scheme=scheme)
        for path in ("/ledger", "/ledger?kind=act_denied", f"/ledger/{newest.entry_id}", "/ledger?case=none"):
            visit.page.goto(path)
            assert visit.contrasts_too_low() == [], path
            assert visit.too_wide_px() == 0, path
        assert visit.complaints() == []
        visit.page.context.close()
