"""The pages about galleries in a real Chromium, with the real models: made, filled while one looks on, one erased."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.policy.terms import GallerySource
from countenance.service.erasure_receipt import verify_receipt
from countenance.service.galleries import create_gallery
from countenance.service.jobs import KEPT
from tests.support.console_place import ConsolePlace, console_place, signed_in
from tests.support.looking import DESKTOP, PHONE, texts_until_gone
from tests.support.waiting import until

PEOPLE = 36


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with console_place(tmp_path_factory.mktemp("galleries")) as made:
        yield made


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of rendered people, with two files that are no photos."""
    path = tmp_path_factory.mktemp("archive") / "people.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for photo in sorted((SAMPLE_COHORT / "photos").glob("*.jpg")):
            person = photo.name.partition("_")[0]
            if int(person[1:]) <= PEOPLE:
                packed.write(photo, f"{person}/{photo.name}")
        packed.writestr("p001/inner.zip", b"PK\x03\x04")
        packed.writestr("p002/notes.txt", b"no photo")
    return path


@pytest.fixture
def owner(place: ConsolePlace, browser: Browser) -> Iterator[Page]:
    visit = signed_in(browser, place, "gallery_owner")
    yield visit.page
    # Refused forms and saved files are told by the browser as well; errors of scripts and of the policy must not occur.
    assert [one for one in visit.troubles if one.startswith("script") or "Security Policy" in one] == []
    visit.page.context.close()


def made(place: ConsolePlace, name: str) -> None:
    parts = place.parts
    if name not in [one.name for one in parts.store.list_galleries()]:
        create_gallery(
            name, parts.app.manifest.identity, basis="tests", source=GallerySource.CONSENTED_ENROLMENT,
            retention_days=None, store=parts.store, policies=parts.policies, journal=parts.journal,
            standing=parts.standing(),
        )  # fmt: skip


def until_over(page: Page) -> None:
    until(lambda: not page.locator("[data-poll]").count(), every_s=0.1)


def test_a_gallery_is_made_with_why_whence_and_how_long(place: ConsolePlace, owner: Page) -> None:
    owner.goto("/galleries")
    owner.click("text=New gallery")
    owner.fill("#f-name", "lobby")
    owner.fill("#f-basis", "Doors open for rendered people.")
    owner.select_option("#f-source", "employee_list")
    owner.fill("#f-days", "30")
    owner.click("main button.primary")
    owner.wait_for_url("**/galleries/lobby")
    expect(owner.locator("h1")).to_have_text("lobby")
    expect(owner.locator("dl.facts")).to_contain_text("30 days after each enrolment")
    expect(owner.locator("dl.facts")).to_contain_text("a list of employees")
    (entry,) = [one for one in place.parts.journal.entries(limit=50) if one.kind == "gallery_created"][:1]
    assert entry.fields["gallery_source"] == "employee_list"
    assert entry.fields["retention_days"] == 30


def test_what_is_missing_is_said_beside_its_field_and_nothing_is_lost(place: ConsolePlace, owner: Page) -> None:
    owner.goto("/new-gallery")
    owner.fill("#f-name", "second try")
    owner.evaluate("document.querySelector('main form').noValidate = true")
    owner.click("main button.primary")
    expect(owner.locator("[role=alert]")).to_contain_text("2 things")
    assert owner.input_value("#f-name") == "second try"
    made(place, "taken")
    owner.fill("#f-name", "taken")
    owner.fill("#f-basis", "why")
    owner.select_option("#f-source", "employee_list")
    owner.click("main button.primary")
    expect(owner.locator("#p-name")).to_contain_text("exists already")


def test_an_archive_is_enrolled_while_one_looks_on(place: ConsolePlace, owner: Page, archive: Path) -> None:
    made(place, "staff")
    owner.goto("/galleries/staff")
    owner.set_input_files("#f-photos", str(archive))
    expect(owner.locator("[data-dropped]")).to_contain_text("people.zip")
    owner.click("text=Enrol them")
    owner.wait_for_url("**/jobs/*")
    told = [re.match(r"([\d,]+) of", text) for text in texts_until_gone(owner, "[data-field=done]")]
    seen = [int(number[1].replace(",", "")) for number in told if number]
    assert len(set(seen)) >= 3, seen
    assert seen == sorted(seen)
    expect(owner.locator("h1")).to_contain_text("photos were enrolled")
    expect(owner.locator("#rejects ~ table")).to_contain_text("an archive within the archive")
    expect(owner.locator("#rejects ~ table")).to_contain_text("p008_hard_probe.jpg")
    with owner.expect_download() as saved:
        owner.click("text=Save the list")
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert text.splitlines()[0] == "file,subject,outcome,reason"
    assert "p002/notes.txt,p002,unreadable," in text
    summary = place.parts.store.gallery("staff")
    assert summary.subjects == PEOPLE
    assert f"{summary.references} photos were enrolled" in owner.locator("h1").inner_text()
    assert place.parts.background.jobs.folders.present() == []


def test_photos_dropped_one_by_one_are_named_for_their_files_and_the_same_again_are_passed_over(
    place: ConsolePlace, owner: Page
) -> None:
    made(place, "dropped")
    photos = [str(SAMPLE_COHORT / "photos" / f"p0{number}_reference.jpg") for number in (20, 21, 22)]
    for expected in ("3 photos were enrolled, none left out", "0 photos were enrolled, 3 not"):
        owner.goto("/galleries/dropped")
        owner.set_input_files("#f-photos", photos)
        owner.click("text=Enrol them")
        owner.wait_for_url("**/jobs/*")
        until_over(owner)
        expect(owner.locator("h1")).to_have_text(expected)
    owner.goto("/galleries/dropped")
    names = owner.locator("#people ~ table tbody th").all_inner_texts()
    assert names == ["p020_reference", "p021_reference", "p022_reference"]
    expect(owner.locator("#people ~ table")).to_contain_text("1")


def test_everything_works_without_script(place: ConsolePlace, browser: Browser, archive: Path) -> None:
    made(place, "scriptless")
    visit = signed_in(browser, place, "gallery_owner", scripts=False)
    page = visit.page
    page.goto("/galleries/scriptless")
    page.fill("#f-person", "Ada")
    page.set_input_files("#f-photos", str(SAMPLE_COHORT / "photos" / "p001_reference.jpg"))
    page.click("text=Enrol them")
    page.wait_for_url("**/jobs/*")
    until(lambda: page.reload() and re.search("(was|were) enrolled", page.locator("h1").inner_text()), every_s=0.2)
    assert [one.subject for one in place.parts.subjects.listed("scriptless", after=("", ""), limit=5)] == ["Ada"]
    page.context.close()


def test_an_enrolment_is_cancelled_at_its_next_photo(place: ConsolePlace, owner: Page, archive: Path) -> None:
    made(place, "cancelled")
    background = place.parts.background
    # While the first one is being done, the second one waits.
    for gallery in ("cancelled", "lobby"):
        made(place, gallery)
        owner.goto(f"/galleries/{gallery}")
        owner.set_input_files("#f-photos", str(archive))
        owner.click("text=Enrol them")
        owner.wait_for_url("**/jobs/*")
    owner.click("text=Cancel")
    expect(owner.locator("h1")).to_have_text("Cancelled", timeout=30_000)
    waiting = [job for job in background.jobs.page().jobs if job.subject_matter == "cancelled"]
    until(lambda: background.jobs.find(waiting[0].job_id).state.over, every_s=0.1)
    assert background.jobs.find(waiting[0].job_id).state.value == "done"
    assert KEPT.days == 30


def test_people_are_found_by_the_beginning_of_their_name(place: ConsolePlace, owner: Page) -> None:
    owner.goto("/galleries/staff")
    rows = owner.locator("#people ~ table tbody tr")
    expect(rows).to_have_count(PEOPLE)
    owner.keyboard.press("/")
    owner.keyboard.type("p01")
    owner.keyboard.press("Enter")
    owner.wait_for_url("**prefix=p01**")
    expect(rows).to_have_count(10)
    owner.fill("#f-prefix", "nobody")
    owner.keyboard.press("Enter")
    expect(owner.locator("p.empty")).to_contain_text("Nobody whose name begins so")


def test_long_lists_of_people_have_pages(place: ConsolePlace, owner: Page) -> None:
    made(place, "many")
    from countenance.core.vocabulary import NewReference
    from tests.support.made_up_templates import made_up_template

    model = place.parts.app.manifest.identity
    references = [
        NewReference(f"person {number:03}", made_up_template(number, model), f"{number:064x}", f"{number}.jpg")
        for number in range(120)
    ]
    place.parts.store.add_references("many", references)
    owner.goto("/galleries/many")
    seen: list[str] = []
    while True:
        seen += owner.locator("#people ~ table tbody th").all_inner_texts()
        following = owner.locator(".pager a[rel=next]")
        if not following.count():
            break
        following.click()
        owner.wait_for_url(f"**after=person+{len(seen) - 1:03}**")
    assert seen == [f"person {number:03}" for number in range(120)]


def test_a_person_is_erased_only_after_being_asked_and_the_receipt_can_be_checked(
    place: ConsolePlace, owner: Page
) -> None:
    owner.goto("/galleries/staff")
    owner.click("#people ~ table >> text=p003")
    expect(owner.locator("caption")).to_contain_text("3 references")
    owner.click("text=Erase p003 …")
    owner.evaluate("document.querySelector('main form').noValidate = true")
    owner.click("main button.grave")
    expect(owner.locator("[role=alert]")).to_contain_text("Nothing was erased")
    assert place.parts.subjects.find("p003", "staff")
    owner.fill("#f-reason", "asked at the desk")
    owner.check("input[name=sure]")
    owner.click("main button.grave")
    expect(owner.locator("h1")).to_have_text("p003 is erased", timeout=30_000)
    with owner.expect_download() as saved:
        owner.click("text=Save the receipt")
    document = Path(saved.value.path()).read_bytes()
    assert verify_receipt(document).verified
    assert json.loads(document)["receipt"]["erased"][0]["references"] == 3
    assert not place.parts.subjects.find("p003", "staff")
    owner.goto("/galleries/staff/subject?name=p003")
    expect(owner.locator("h1")).to_have_text("Nobody of this name")


@pytest.mark.parametrize("role", ["searcher", "reviewer", "policy_owner", "auditor"])
def test_others_see_which_galleries_there_are_and_nobody_in_them(
    place: ConsolePlace, browser: Browser, role: str
) -> None:
    visit = signed_in(browser, place, role)
    page = visit.page
    page.goto("/galleries/staff")
    expect(page.locator("h1")).to_have_text("staff")
    assert "p001" not in page.locator("main").inner_text()
    assert page.locator("#f-photos").count() == 0
    for path in ("/new-gallery", "/galleries/staff/subject?name=p001"):
        page.goto(path)
        expect(page.locator("h1")).to_have_text("Not with your role")
    for job in place.parts.background.jobs.page().jobs[:2]:
        page.goto(f"/jobs/{job.job_id}")
        expect(page.locator("h1")).to_have_text("There is nothing here")
    page.context.close()


def test_an_upload_without_the_session_s_token_writes_nothing(
    place: ConsolePlace, browser: Browser, archive: Path
) -> None:
    visit = signed_in(browser, place, "gallery_owner")
    cookies = {item["name"]: item["value"] for item in visit.page.context.cookies()}
    before = len(place.parts.background.jobs.page(limit=200).jobs)
    for data, headers in (({}, {}), ({"csrf": "guessed"}, {}), ({}, {"Origin": "https://elsewhere.example"})):
        answer = httpx.post(
            f"{place.url}/galleries/staff/enrolments", data=data, cookies=cookies, headers=headers,
            files={"photos": ("a.zip", archive.read_bytes(), "application/zip")}, timeout=30,
        )  # fmt: skip
        assert answer.status_code == 403, answer.text
    assert len(place.parts.background.jobs.page(limit=200).jobs) == before
    assert place.parts.background.jobs.folders.present() == []
    visit.page.context.close()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_read_and_never_scroll_sideways(
    place: ConsolePlace, browser: Browser, size: dict[str, int], scheme: str
) -> None:
    visit = signed_in(browser, place, "gallery_owner", size=size, scheme=scheme)
    (job, *_) = [job for job in place.parts.background.jobs.page().jobs if job.subject_matter == "staff"]
    paths = ("/galleries", "/new-gallery", "/galleries/staff", f"/jobs/{job.job_id}", "/jobs",
             "/galleries/staff/subject?name=p001&erase=1")  # fmt: skip
    for path in paths:
        visit.page.goto(path)
        assert visit.contrasts_too_low() == [], path
        assert visit.too_wide_px() == 0, path
    visit.page.context.close()
