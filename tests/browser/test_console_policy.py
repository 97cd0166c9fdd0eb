"""The pages about rules in Chromium: what is in force, asking, switching, certificates, thresholds with both costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page

from countenance.audit.calibration_record import calibration_to_json
from countenance.ledger.kinds import EntryKind
from countenance.policy.certificate import sign_certificate
from countenance.service.journal_port import EntryFilter
from countenance.service.threshold_costs import default_threshold
from tests.support.certificate_samples import certificate
from tests.support.console_place import ConsolePlace, Visit, signed_in
from tests.support.governed_place import governed_place
from tests.support.looking import PHONE

EVALUATOR = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsolePlace]:
    with governed_place(tmp_path_factory.mktemp("policy"), acts=40) as opened:
        yield opened


@pytest.fixture(scope="module")
def owner(browser: Browser, place: ConsolePlace) -> Visit:
    return signed_in(browser, place, "policy_owner")


def state(page: Page, pack: str) -> str:
    page.goto("/policy")
    return page.locator(f"tr:has(code:text-is('{pack}')) .tag").inner_text()


def test_every_pack_says_what_it_forbids_its_sources_and_whether_it_is_on(place: ConsolePlace, owner: Visit) -> None:
    page, policies = owner.page, place.parts.rules.current().policies
    page.goto("/policy")

    assert page.locator(".packs tbody tr").count() == len(policies.packs)
    assert page.locator(".packs tr:not(.off) .tag:text-is('on')").count() == len(policies.loaded)
    page.click("text=Local bans")
    text = page.locator("main").inner_text()
    assert "San Francisco: city departments" in text
    assert "Ord. 107-19" in text
    assert "What would change it" in text


def test_an_example_is_filled_in_asked_and_explained_without_a_record(place: ConsolePlace, owner: Visit) -> None:
    page, before = owner.page, place.parts.journal.size()
    page.goto("/policy/explain")
    value = page.locator("#f-example option:has-text('local-bans: D1')").get_attribute("value")
    page.select_option("#f-example", value)
    page.click("text=Fill it in")
    assert page.input_value("#a-jurisdictions") == "US-CA/san_francisco"
    page.click("text=Ask the rules")

    answer = page.locator("#answer").inner_text()

    assert answer.startswith("Refused by")
    assert "P8.sf_city" in answer
    assert "What would change it" in answer
    assert "Ord. 107-19" in answer
    assert place.parts.journal.size() == before


def test_changing_what_is_asked_changes_the_answer(owner: Visit) -> None:
    page = owner.page
    page.goto("/policy/explain")
    page.select_option("#a-actor_sector", "individual")
    page.click("text=Ask the rules")
    # A private person's own album is on the shipped list, and a place that packs look at.
    assert "No loaded rule objected" in page.locator("#answer h2").inner_text()

    page.select_option("#a-gallery_source", "scraped_web")
    page.click("text=Ask the rules")

    assert page.locator("#answer.refused").count() == 1
    assert "scraped" in page.locator("#answer").inner_text()


def test_what_cannot_be_read_is_a_refusal_in_words(owner: Visit) -> None:
    owner.page.goto("/policy/explain?ask=1&action=Search1N&jurisdictions=nowhere%20at%20all")

    answer = owner.page.locator("#answer").inner_text()

    assert "not complete or not valid" in answer
    assert "jurisdictions" in answer


def test_switching_shows_first_what_would_change_and_is_recorded_with_name_and_reason(
    place: ConsolePlace, owner: Visit
) -> None:
    page = owner.page
    assert state(page, "us-police-pledge") == "on"
    page.click("tr:has(code:text-is('us-police-pledge')) a:has-text('switch off')")
    assert "keep their decision, with fewer rules" in page.locator("main").inner_text()
    page.fill("#f-reason", "The board decided on 3 May that the pledge does not bind this agency.")
    page.click("main button:has-text('Switch it off')")

    entry = place.parts.journal.entries(EntryFilter(kinds=(EntryKind.POLICY_CHANGED,)), limit=1)[0]
    assert entry.fields["change"] == "pack_disabled"
    assert entry.fields["pack"] == "us-police-pledge"
    assert "The board decided" in str(entry.fields["reason"])
    assert page.url.endswith(entry.entry_id)
    assert "policy_owner switched off the pack us-police-pledge." in page.locator("#headline").inner_text()
    assert "The board decided" in page.locator("main").inner_text()
    assert state(page, "us-police-pledge") == "off"
    assert "us-police-pledge" in page.locator(".refusal").inner_text()

    page.goto("/policy/packs/us-police-pledge/switch")
    page.fill("#f-reason", "The board took its decision of 3 May back.")
    page.click("main button:has-text('Switch it on')")
    assert state(page, "us-police-pledge") == "on"


def test_a_reason_that_says_nothing_is_not_taken(place: ConsolePlace, owner: Visit) -> None:
    page, before = owner.page, place.parts.rules.current().policies.digest
    page.goto("/policy/packs/local-bans/switch")
    page.evaluate("document.querySelector('#f-reason').removeAttribute('minlength')")
    page.fill("#f-reason", "because")
    page.click("main button:has-text('Switch it off')")

    assert page.locator(".kicker").inner_text().startswith("400")
    assert place.parts.rules.current().policies.digest == before


def test_a_certificate_is_loaded_and_names_its_worst_groups(place: ConsolePlace, owner: Visit) -> None:
    page, parts = owner.page, place.parts
    parts.changes(parts.standing()).list_evaluator(EVALUATOR.public_key(), "An Institute", independent=True)
    signed = sign_certificate(certificate(model=parts.app.manifest.identity), EVALUATOR)
    page.goto("/policy")
    page.set_input_files("#f-certificate", {"name": "c.json", "mimeType": "application/json", "buffer": signed})
    page.click("text=Load it")
    assert "it was taken" in page.locator("#headline").inner_text()
    page.goto("/policy")

    text = page.locator(".certificate").inner_text()

    assert "age=65+" in text
    assert "15 of 1,000" in text
    assert "sex=b" in text
    page.goto("/policy/thresholds")
    assert "age=65+" in page.locator("main").inner_text()


def test_a_certificate_that_was_altered_is_refused_and_that_is_on_record(place: ConsolePlace, owner: Visit) -> None:
    page = owner.page
    signed = sign_certificate(certificate(), Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
    page.goto("/policy")
    page.set_input_files("#f-certificate", {"name": "c.json", "mimeType": "application/json", "buffer": signed})
    page.click("text=Load it")

    entry = place.parts.journal.entries(EntryFilter(kinds=(EntryKind.CERTIFICATE_LOADED,)), limit=1)[0]
    assert entry.fields["accepted"] is False
    assert entry.entry_id in page.locator("main").inner_text()
    assert page.locator(".kicker").inner_text().startswith("400")


def test_both_costs_of_a_threshold_stand_side_by_side(place: ConsolePlace, owner: Visit) -> None:
    record = place.parts.app.calibrations.find(place.parts.app.manifest.identity)
    owner.page.goto("/policy/thresholds")

    usual = owner.page.locator("tr.usual").inner_text()

    threshold = default_threshold(record)
    assert f"{threshold.value:.4f}" in usual
    for rate in (threshold.false_match_rate, threshold.false_non_match_rate):
        assert f"{rate.errors:,} of {rate.trials:,}" in usual
    assert "avoided" in owner.page.locator(".costs").inner_text()
    assert "won back" in owner.page.locator(".costs").inner_text()


def test_another_record_is_shown_before_and_after_and_put_to_use_only_when_signed(
    tmp_path: Path, place: ConsolePlace, owner: Visit
) -> None:
    page, parts = owner.page, place.parts
    before = parts.app.calibrations.find(parts.app.manifest.identity)
    # Twice the false matches at every similarity: the same rate asks for a higher one.
    after = dataclasses.replace(
        before, data_set="made-up people", false_matches=(before.false_matches * 2).clip(max=before.non_mated)
    )
    file = tmp_path / "record.json"
    file.write_text(calibration_to_json(after))
    old, new = default_threshold(before), default_threshold(after)
    page.goto("/policy/thresholds")
    page.set_input_files("#f-record", str(file))
    page.click("text=Look at before and after")

    assert f"from {old.value:.4f} to {new.value:.4f}" in page.locator("#headline").inner_text()
    assert "false matches avoided" in page.locator("main").inner_text()
    assert parts.app.calibrations.find(before.model).data_set == before.data_set

    address = page.url
    page.fill("#f-name", "somebody else")
    page.click("text=Put the new record to use")
    assert page.locator(".kicker").inner_text().startswith("400")
    assert parts.app.calibrations.find(before.model).data_set == before.data_set

    page.goto(address)
    page.fill("#f-name", "policy_owner")
    page.click("text=Put the new record to use")

    entry = parts.journal.entries(EntryFilter(kinds=(EntryKind.THRESHOLD_CHANGED,)), limit=1)[0]
    assert page.url.endswith(entry.entry_id)
    assert float(str(entry.fields["value_before"])) == pytest.approx(old.value)
    assert float(str(entry.fields["value_after"])) == pytest.approx(new.value)
    assert parts.app.calibrations.find(before.model).data_set == "made-up people"


def test_only_the_policy_owner_changes_rules(browser: Browser, place: ConsolePlace) -> None:
    visit = signed_in(browser, place, "auditor")
    visit.page.goto("/policy")
    assert visit.page.locator("text=switch off").count() == 0
    assert visit.page.locator("form[action='/policy/certificates']").count() == 0
    visit.page.goto("/policy/packs/local-bans/switch")

    assert visit.page.locator(".kicker").inner_text().startswith("403")
    visit.page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_can_be_read_on_both_screens(browser: Browser, place: ConsolePlace, scheme: str) -> None:
    paths = (
        "/policy", "/policy/packs/us-state-police", "/policy/packs/us-police-pledge/switch", "/policy/explain",
        "/policy/explain?ask=1&action=Search1N&jurisdictions=US-WA", "/policy/thresholds",
    )  # fmt: skip
    for size in (None, PHONE):
        visit = signed_in(browser, place, "policy_owner", size=size, scheme=scheme)
        for path in paths:
            visit.page.goto(path)
            visit.page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true; })")
            assert visit.contrasts_too_low() == [], path
            assert visit.too_wide_px() == 0, path
        assert visit.complaints() == []
        visit.page.context.close()
