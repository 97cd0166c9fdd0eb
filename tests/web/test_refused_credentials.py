"""Each vendor's dialect, each way a credential can be wrong: refused in the vendor's shape, and in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from sqlalchemy import update

from countenance.bootstrap.accountability import now
from countenance.bootstrap.serving import ServiceLimits
from countenance.policy.terms import GallerySource
from countenance.service.cases import OpenedCase
from countenance.service.credentials import CredentialKind
from countenance.storage.case_tables import cases, credentials
from tests.support.azure_client import BASE, AzureClient
from tests.web.azure_worlds import picture
from tests.web.conftest import Client, World, photo, world_in
from tests.web.test_rekognition_conformance import image
from tests.web.test_watson import GRANT, Watson


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield one service; each test has cases of its own."""
    folder = tmp_path_factory.mktemp("refused")
    with world_in(folder, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as made:
        made.open_case()[0].call("CreateCollection", CollectionId="others")
        yield made


@dataclass
class Door:
    """One case at all doors, asked for the same kind of thing: look at a face, or at a gallery of somebody else's."""

    world: World
    client: Client
    opened: OpenedCase

    def secret(self, kind: CredentialKind) -> str:
        return next(item.secret for item in self.opened.credentials if item.kind is kind)

    def credential_id(self, kind: CredentialKind) -> str:
        return next(item.credential_id for item in self.opened.credentials if item.kind is kind)

    def rekognition(self, key: str = "", secret: str = "", *, days_ago: int = 0, gallery: str = "") -> httpx.Response:
        client = Client(self.world.service.app, key or self.client.key, secret or self.client.secret)
        signed_at = (datetime.now(UTC) - timedelta(days=days_ago)).replace(tzinfo=None)
        with patch("botocore.auth.get_current_datetime", return_value=signed_at):
            if gallery:
                request = client.signed("DescribeCollection", b'{"CollectionId": "%s"}' % gallery.encode())
            else:
                request = client.signed("DetectFaces", str({"Image": image("ada")}).replace("'", '"').encode())
        return client.send(request)

    def rekognition_with(self, name: str, value: str) -> httpx.Response:
        """Ask with a header changed, or added, after signing."""
        request = self.client.signed("ListCollections", b"{}")
        if name.lower() in {header.lower() for header in request.headers}:
            del request.headers[name]
        request.headers[name] = value
        return self.client.send(request)

    def azure(self, key: str = "", *, gallery: str = "", token: str = "") -> httpx.Response:
        client = AzureClient(self.world.service.app, "" if token else key or self.secret(CredentialKind.API_KEY))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if gallery:
            return client.send("GET", f"{BASE}/largepersongroups/{gallery}", headers=headers)
        return client.send("POST", f"{BASE}/detect?returnFaceId=false", image=picture("ada"), headers=headers)

    def watson(self, key: str = "", *, bearer: str = "") -> httpx.Response:
        watson = Watson(self.world.service.app, key or self.secret(CredentialKind.API_KEY))
        if bearer:
            return watson.detect(photo("ada"), auth=None, headers={"Authorization": f"Bearer {bearer}"})
        return watson.detect(photo("ada"))

    def watson_token(self, key: str) -> httpx.Response:
        return Watson(self.world.service.app, key).token(grant_type=GRANT, apikey=key)

    def close(self) -> None:
        self.world.service.parts.cases.close(self.opened.case.case_id, by="B. Head", reason="over")

    def let_expire(self, *, destroyed: bool) -> None:
        """Put the end of the case and its credentials into the past."""
        past = {"expires_at": "2020-01-01T00:00:00+00:00"}
        store = self.world.service.parts.store
        with store.transaction() as transaction:
            connection, case_id = transaction.connection, self.opened.case.case_id
            connection.execute(update(cases).where(cases.c.case_id == case_id).values(past))
            mine = credentials.c.case_id == case_id
            sealed = {"sealed_secret": None} if destroyed else {}
            connection.execute(update(credentials).where(mine).values({**past, **sealed}))


@pytest.fixture
def door(world: World) -> Door:
    client, opened = world.open_case(case_number=f"24-{now():%H%M%S%f}")
    return Door(world, client, opened)


def said_by(answer: httpx.Response) -> tuple[int, str]:
    """Return (status, code) of a refusal, in the shape of whichever vendor this is."""
    said: dict[str, Any] = answer.json()
    if "__type" in said:
        assert said["__type"] == said["Code"]
        assert said["Logref"] == answer.headers["x-amzn-requestid"]
        return answer.status_code, said["Code"]
    if "errorCode" in said:
        assert said["errorMessage"]
        return answer.status_code, said["errorCode"]
    if "images_processed" in said:
        assert said["error"]["description"]
        return answer.status_code, said["error"]["error_id"]
    assert set(said) == {"error"}
    assert answer.headers["apim-request-id"]
    return answer.status_code, said["error"]["code"]


NOTED: dict[str, tuple[Callable[[Door], httpx.Response], tuple[int, str], str, CredentialKind | None]] = {
    "rekognition, unknown key": (
        lambda door: door.rekognition("AKIAUNKNOWN000000000"),
        (400, "UnrecognizedClientException"), "unknown", None,
    ),
    "rekognition, wrong secret": (
        lambda door: door.rekognition(secret="x" * 40),
        (400, "InvalidSignatureException"), "signature", CredentialKind.AWS,
    ),
    "rekognition, replayed outside the window": (
        lambda door: door.rekognition(days_ago=1),
        (400, "InvalidSignatureException"), "outside_window", CredentialKind.AWS,
    ),
    "rekognition, signed in the future": (
        lambda door: door.rekognition(days_ago=-1),
        (400, "InvalidSignatureException"), "outside_window", CredentialKind.AWS,
    ),
    "rekognition, replayed with another date": (
        lambda door: door.rekognition_with("X-Amz-Date", f"{datetime.now(UTC) + timedelta(days=1):%Y%m%dT%H%M%SZ}"),
        (400, "InvalidSignatureException"), "signature", CredentialKind.AWS,
    ),
    "rekognition, replayed as another operation": (
        lambda door: door.rekognition_with("X-Amz-Target", "RekognitionService.DeleteCollection"),
        (400, "InvalidSignatureException"), "signature", CredentialKind.AWS,
    ),
    "rekognition, with a header that is not signed": (
        lambda door: door.rekognition_with("X-Amz-Extra", "1"),
        (400, "InvalidSignatureException"), "signature", CredentialKind.AWS,
    ),
    "rekognition, mangled signature": (
        lambda door: door.rekognition_with("Authorization", f"AWS4-HMAC-SHA256 Credential={door.client.key}/x"),
        (400, "IncompleteSignatureException"), "signature", CredentialKind.AWS,
    ),
    "azure, unknown key": (lambda door: door.azure("x" * 43), (401, "401"), "unknown", None),
    "azure, unknown token": (lambda door: door.azure(token="cnt_" + "x" * 43), (401, "401"), "unknown", None),
    "watson, unknown key": (lambda door: door.watson("x" * 43), (401, "unauthorized"), "unknown", None),
    "watson, unknown token": (lambda door: door.watson(bearer="a.b.c"), (401, "unauthorized"), "unknown", None),
    "watson, unknown key for a token": (
        lambda door: door.watson_token("x" * 43), (400, "BXNIM0415E"), "unknown", None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTED)
def test_a_wrong_credential_is_refused_in_the_vendors_shape_and_recorded(door: Door, name: str) -> None:
    ask, expected, refusal, kind = NOTED[name]
    # Another test may have shown the same key within this minute.
    door.world.service.parts.refused.write_due(everything=True)
    before = len(door.world.entries("credential_refused"))
    status, code = said_by(ask(door))
    assert (status, code.lower()) == (expected[0], expected[1].lower())
    (entry,) = door.world.entries("credential_refused")[before:]
    assert (entry["interface"], entry["refusal"]) == (name.partition(",")[0], refusal)
    assert entry["attempts"] == 1
    assert len(entry["shown_digest"]) == 64
    expected_ids = (None, None) if kind is None else (door.credential_id(kind), door.opened.case.case_id)
    assert (entry.get("credential_id"), entry.get("case_id")) == expected_ids


DENIED: dict[str, tuple[Callable[[Door], httpx.Response], int]] = {
    "rekognition": (lambda door: door.rekognition(), 400),
    "azure": (lambda door: door.azure(), 403),
    "watson": (lambda door: door.watson(), 403),
    "watson for a token": (lambda door: door.watson_token(door.secret(CredentialKind.API_KEY)), 400),
}


@pytest.mark.parametrize(("how", "rule"), [("closed", "case.closed"), ("expired", "case.expired")])
@pytest.mark.parametrize("name", DENIED)
def test_a_case_that_has_ended_is_refused_in_the_vendors_shape_and_recorded(
    door: Door, name: str, how: str, rule: str
) -> None:
    ask, status = DENIED[name]
    assert ask(door).status_code == 200
    if how == "closed":
        door.close()
    else:
        door.let_expire(destroyed=False)
    before = len(door.world.entries("act_denied"))
    assert said_by(ask(door))[0] == status
    (entry,) = door.world.entries("act_denied")[before:]
    assert (entry["deciding_rules"], entry["case_id"]) == ((rule,), door.opened.case.case_id)
    assert entry["interface"] == name.partition(" ")[0]


def test_an_access_key_whose_secret_is_destroyed_is_still_known_for_whose_it_was(door: Door) -> None:
    door.let_expire(destroyed=True)
    assert said_by(door.rekognition()) == (400, "UnrecognizedClientException")
    entry = door.world.entries("credential_refused")[-1]
    assert (entry["refusal"], entry["credential_id"]) == ("expired", door.credential_id(CredentialKind.AWS))


def test_a_bearer_token_that_has_ended_is_still_known_for_whose_it_was(door: Door) -> None:
    with patch("countenance.web.watson.tokens.LIFETIME", timedelta(seconds=-1)):
        token = door.watson_token(door.secret(CredentialKind.API_KEY)).json()["access_token"]
    assert said_by(door.watson(bearer=token))[0] == 401
    entry = door.world.entries("credential_refused")[-1]
    assert (entry["refusal"], entry["credential_id"]) == ("expired", door.credential_id(CredentialKind.API_KEY))


@pytest.mark.parametrize("name", ["rekognition", "azure"])
def test_another_gallery_than_the_cases_is_refused_in_the_vendors_shape_and_recorded(world: World, name: str) -> None:
    client, opened = world.open_case(case_number=f"25-{now():%H%M%S%f}", galleries=["others"])
    narrow = Door(world, client, opened)
    before = len(world.entries("act_denied"))
    answer = narrow.rekognition(gallery="elsewhere") if name == "rekognition" else narrow.azure(gallery="elsewhere")
    assert said_by(answer)[0] == {"rekognition": 400, "azure": 403}[name]
    (entry,) = world.entries("act_denied")[before:]
    assert (entry["deciding_rules"], entry["case_id"]) == (("case.gallery",), opened.case.case_id)


def test_nothing_shown_is_nothing_noted(world: World) -> None:
    before = len(world.entries("credential_refused"))
    assert AzureClient(world.service.app, "").send("GET", f"{BASE}/persongroups").status_code == 401
    assert Watson(world.service.app, "").detect(photo("ada"), auth=None).status_code == 401
    assert len(world.entries("credential_refused")) == before


def test_a_flood_of_guesses_leaves_few_entries_and_their_number(tmp_path: Path) -> None:
    with world_in(tmp_path, source=GallerySource.CONSENTED_ENROLMENT, limits=ServiceLimits()) as world:
        for number in range(200):
            AzureClient(world.service.app, f"guess {number}").send("GET", f"{BASE}/persongroups")
        entries = world.entries("credential_refused")
        assert [entry["attempts"] for entry in entries] == [1] * 20
        assert len({entry["shown_digest"] for entry in entries}) == 20
        world.service.parts.refused.write_due(everything=True)
        (rest,) = world.entries("credential_refused")[20:]
        assert (rest["interface"], rest["refusal"], rest["attempts"]) == ("various", "various", 180)
        assert "shown_digest" not in rest
