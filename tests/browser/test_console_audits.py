"""The pages about audits in a real Chromium: photos and list sent, understood, run with the real models, and read."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from countenance.bootstrap.application import SAMPLE_COHORT
from countenance.service.audits.verification import verify_bundle
from countenance.web.console.audits.audit import REPORT_POLICY
from tests.support.command_line import CommandLine
from tests.support.console_place import ConsolePlace, console_place, signed_in
from tests.support.looking import DESKTOP, PHONE, texts_until_gone

PEOPLE = 40


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with console_place(tmp_path_factory.mktemp("audits")) as made:
        yield made


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of rendered people, with one file that is refused."""
    path = tmp_path_factory.mktemp("archive") / "people.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for photo in sorted((SAMPLE_COHORT / "photos").glob("*.jpg")):
            if int(photo.name[1:4]) <= PEOPLE:
                packed.write(photo, photo.name)
        packed.writestr("inner.zip", b"PK\x03\x04")
    return path


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the sample's list, of these people only."""
    lines = (SAMPLE_COHORT / "labels.csv").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines[1:] if int(line.partition("/")[2][1:4]) <= PEOPLE]
    path = tmp_path_factory.mktemp("list") / "labels.csv"
    path.write_text("\n".join([lines[0], *wanted]), encoding="utf-8")
    return path


@pytest.fixture
def auditor(place: ConsolePlace, browser: Browser) -> Iterator[Page]:
    visit = signed_in(browser, place, "auditor")
    yield visit.page
    # The report's own page tells of its sandbox; errors of scripts and refusals by our policy must not occur.
    assert [one for one in visit.troubles if one.startswith("script") or "Security Policy" in one] == []
    visit.page.context.close()


def send(page: Page, name: str, archive: Path, labels: Path) -> None:
    page.goto("/new-audit")
    page.fill("#f-name", name)
    page.fill("#f-title", "A town of rendered people")
    page.check("input[name=synthetic]")
    page.set_input_files("#f-photos", str(archive))
    page.set_input_files("#f-people", str(labels))
    page.click("main button.primary")


def test_what_was_understood_is_shown_before_anything_is_run(
    place: ConsolePlace, auditor: Page, archive: Path, labels: Path
) -> None:
    send(auditor, "town", archive, labels)
    auditor.wait_for_url("**/audits/town")
    expect(auditor.locator("h1")).to_have_text("Is this right?")
    expect(auditor.locator(".figures")).to_contain_text("column “subject”")
    expect(auditor.locator(".figures .number").first).to_have_text(str(PEOPLE))
    expect(auditor.locator("main")).to_contain_text("1 file of the archive was not unpacked")
    groups = auditor.locator("main table tbody tr")
    assert groups.count() > 5
    auditor.click("text=Read the list differently")
    auditor.check("input[value=sex]")
    auditor.click("text=Look at it so")
    expect(groups).to_have_count(2)
    assert place.parts.background.jobs.page().jobs == ()


def test_an_audit_runs_while_one_looks_on_and_its_report_is_shut_in(
    place: ConsolePlace, auditor: Page, archive: Path, labels: Path
) -> None:
    auditor.goto("/audits/town")
    auditor.click("text=Read the list differently")
    auditor.check("input[value=sex]")
    auditor.fill("#f-target_fmr", "0.01")
    auditor.click("text=Run the audit")
    auditor.wait_for_url("**/jobs/*")
    stages = texts_until_gone(auditor, "[data-field=stage]")
    assert len(set(stages)) >= 2, stages
    expect(auditor.locator("h1")).to_have_text("The audit is finished")
    auditor.click("text=Read it")
    auditor.wait_for_url("**/audits/town")
    sentence = place.parts.background.shelf.audit("town").headline
    expect(auditor.locator("#headline")).to_have_text(sentence)
    assert auditor.locator("#headline .false").count() <= 1
    # It is fetched when it comes into sight.
    auditor.locator("iframe").scroll_into_view_if_needed()
    report = auditor.frame_locator("iframe")
    expect(report.locator("h1").first).to_contain_text("people", timeout=60_000)
    expect(report.locator("svg").first).to_be_attached(timeout=60_000)
    # Shut in: the frame has no origin, so it reaches neither the page around it nor the session.
    frame = next(frame for frame in auditor.frames if frame.url.endswith("/report"))
    assert frame.evaluate("self.origin") == "null"


def test_the_document_and_the_bundle_are_those_of_the_command(
    place: ConsolePlace, auditor: Page, tmp_path: Path
) -> None:
    auditor.goto("/audits/town")
    with auditor.expect_download() as saved:
        auditor.click("text=Save the document")
    document = json.loads(Path(saved.value.path()).read_text(encoding="utf-8"))
    assert document["headline"]["sentence"] == place.parts.background.shelf.audit("town").headline
    with auditor.expect_download() as saved:
        auditor.click("text=Save the bundle")
    assert saved.value.suggested_filename == "town-bundle.zip"
    assert verify_bundle(Path(saved.value.path()), lambda step, done, total: None).holds
    folder = place.parts.background.shelf.workspace("town").folder
    assert {path.name for path in folder.iterdir()} == {"audit.json", "result.json", "report.html", "bundle.zip"}
    acts = [one for one in place.parts.journal.entries(limit=50) if one.kind == "act_intended"]
    assert acts[0].fields["interface"] == "console"


def test_the_report_s_page_allows_nothing_but_itself(place: ConsolePlace, browser: Browser) -> None:
    visit = signed_in(browser, place, "auditor")
    cookies = {item["name"]: item["value"] for item in visit.page.context.cookies()}
    answer = httpx.get(f"{place.url}/audits/town/report", cookies=cookies)
    policy = answer.headers["content-security-policy"]
    assert policy == REPORT_POLICY
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert httpx.get(f"{place.url}/audits/town/report").status_code == 303
    visit.page.context.close()


@pytest.mark.parametrize("role", ["searcher", "gallery_owner", "policy_owner", "records"])
def test_others_read_the_headline_and_neither_pictures_nor_files(
    place: ConsolePlace, browser: Browser, role: str
) -> None:
    visit = signed_in(browser, place, role)
    page = visit.page
    page.goto("/audits")
    page.click("tbody >> text=town")
    expect(page.locator("#headline")).to_have_text(place.parts.background.shelf.audit("town").headline)
    assert page.locator("iframe").count() == 0
    for path in ("/audits/town/report", "/audits/town/files/result", "/audits/town/files/bundle", "/new-audit"):
        assert page.request.get(path).status == 403
    page.context.close()


def test_what_cannot_be_taken_is_said_and_leaves_nothing(
    place: ConsolePlace, auditor: Page, archive: Path, labels: Path, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("colour,shape\nred,round\n", encoding="utf-8")
    for name, photos, people, said in (
        ("town", archive, labels, "There is an audit town already"),
        ("no-list", archive, wrong, "no column that names the person"),
        ("no-archive", labels, labels, "not a ZIP file"),
    ):
        send(auditor, name, photos, people)
        expect(auditor.locator("[role=alert]")).to_contain_text(said)
        assert auditor.input_value("#f-title") == "A town of rendered people"
    assert [one.name for one in place.parts.background.shelf.page()] == ["town"]
    assert place.parts.background.jobs.folders.present() == []


def test_a_draft_is_discarded_with_its_photos(place: ConsolePlace, auditor: Page, archive: Path, labels: Path) -> None:
    send(auditor, "unwanted", archive, labels)
    auditor.wait_for_url("**/audits/unwanted")
    folder = place.parts.background.shelf.workspace("unwanted").folder
    assert folder.exists()
    auditor.fill("#f-target_fmr", "much")
    auditor.click("text=Run the audit")
    expect(auditor.locator("[role=alert]")).to_contain_text("target_fmr is a number")
    auditor.click("text=Discard it")
    auditor.wait_for_url("**/audits")
    assert not folder.exists()


def test_an_audit_made_with_the_command_can_be_run_here(
    place: ConsolePlace,
    auditor: Page,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shelf = place.parts.background.shelf
    monkeypatch.setenv("COUNTENANCE_DATA_DIR", str(tmp_path))
    done = CommandLine(monkeypatch, capsys)(
        "audit", "new", "made", "--photos", str(SAMPLE_COHORT), "--people", str(SAMPLE_COHORT / "labels.csv"),
        "--label", "sex", "--yes", "--synthetic", "--dir", str(shelf.root),
    )  # fmt: skip
    assert done.code == 0, done.words
    auditor.goto("/audits/made")
    expect(auditor.locator(".lead")).to_contain_text("not run yet")
    auditor.click("text=Run the audit of sface")
    auditor.wait_for_url("**/jobs/*")
    auditor.click("text=Cancel")
    expect(auditor.locator("h1")).to_have_text("Cancelled", timeout=60_000)
    assert shelf.state("made") == "made"


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desk", "telephone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_can_be_read_and_never_scroll_sideways(
    place: ConsolePlace, browser: Browser, size: dict[str, int], scheme: str, archive: Path, labels: Path
) -> None:
    visit = signed_in(browser, place, "auditor", size=size, scheme=scheme)
    if not place.parts.background.shelf.state("draft"):
        send(visit.page, "draft", archive, labels)
        visit.page.wait_for_url("**/audits/draft")
    (job, *_) = place.parts.background.jobs.page().jobs
    for path in ("/audits", "/new-audit", "/audits/town", "/audits/draft", "/audits/made", f"/jobs/{job.job_id}"):
        visit.page.goto(path)
        assert visit.contrasts_too_low() == [], path
        assert visit.too_wide_px() == 0, path
    visit.page.context.close()
