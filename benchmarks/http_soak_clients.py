"""One client of a soak: a mix of operations over all doors, each with the answers it may get."""

from __future__ import annotations

import base64
import http.client
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.credentials import Credentials

from benchmarks.http_access import MoreAccess
from benchmarks.http_overhead import signed
from benchmarks.http_process import Served, pictures
from benchmarks.http_soak_doors import ConsoleDoor, Done, RestDoor

_AZURE = "/face/v1.0"
_DETECT = f"{_AZURE}/detect?detectionModel=detection_03&recognitionModel=recognition_04&returnFaceId=true"
_NOWHERE = "collection-that-is-not-there"
#: Words of the dialects for "too much at once".
_BUSY = frozenset({"ProvisionedThroughputExceededException", "ThrottlingException"})


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    status: int
    body: bytes

    def members(self) -> Any:
        """Return the members of a JSON answer."""
        return json.loads(self.body)


class Mixed:
    """Asks for one thing after another. A step that needs what an earlier one returned follows it at once."""

    def __init__(self, server: Served, access: MoreAccess, chance: random.Random, number: int) -> None:
        self._server = server
        self._chance = chance
        self._keys = Credentials(server.access_key_id, server.secret_access_key)
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        self._own = f"soak-{number}"
        self._photos = pictures("probe", "reference")
        self._console = ConsoleDoor(server, access, chance, number)
        self._rest = RestDoor(server, access)
        self._following: list[Callable[[], Done]] = [self._create]
        self._usual: dict[Callable[[], Done], int] = {
            self._detect_faces: 3, self._compare_faces: 3, self._search_by_image: 4, self._list_faces: 3,
            self._index: 2, self._missing: 1, self._wrong_signature: 1, self._azure_detect: 3, self._azure_list: 2,
            self._azure_wrong_key: 1, self._watson: 2, self._watson_wrong_key: 1, self._page: 2, self._health: 1,
            self._console.page: 6, self._console_compare: 1,
        }  # fmt: skip
        if number == 0:
            # Checking a password takes as long as reading a photo, on purpose.
            self._usual[self._console.wrong_password] = 1
        if self._rest.is_served:
            rest = self._rest
            self._usual |= {
                rest.me: 2,
                rest.missing: 1,
                rest.wrong_token: 1,
                self._rest_detect: 2,
                self._rest_compare: 2,
            }

    def sign_in(self) -> Done:
        """Open a session of the console."""
        return self._console.sign_in()

    def ask(self) -> Done:
        """Do the next thing."""
        if self._following:
            return self._following.pop(0)()
        (chosen,) = self._chance.choices(list(self._usual), weights=list(self._usual.values()))
        return chosen()

    def close(self) -> None:
        """Close the connections."""
        for one in (self._connection, self._console, self._rest):
            one.close()

    def _photo(self) -> bytes:
        return self._chance.choice(self._photos)[1]

    def _send(self, method: str, target: str, body: bytes = b"", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for attempt in (1, 2):
            try:
                self._connection.request(method, target, body=body, headers=named)
                answer = self._connection.getresponse()
                return Answer(answer.status, answer.read())
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A kept connection may end between two requests; a fresh one may not.
                self._connection.close()
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    # ------------------------------------------------------------------ AWS

    def _aws(self, operation: str, expected: str = "200", **members: Any) -> tuple[Done, Answer]:
        body = json.dumps(members).encode()
        headers = signed(self._server.address, operation, body, self._keys)
        answer = self._send("POST", "/", body, **headers)
        word = "200" if answer.status == 200 else str(answer.members().get("Code"))
        return self._done(f"rekognition {operation}", word, expected, answer), answer

    def _done(self, operation: str, word: str, expected: str, answer: Answer) -> Done:
        if word in (expected, "429") or word in _BUSY:
            return Done(operation, word, None)
        return Done(operation, word, f"{word} where {expected} is due: {answer.body[:300]!r}")

    def _image(self) -> dict[str, str]:
        return {"Bytes": base64.b64encode(self._photo()).decode()}

    def _create(self) -> Done:
        return self._aws("CreateCollection", CollectionId=self._own)[0]

    def _detect_faces(self) -> Done:
        return self._aws("DetectFaces", Image=self._image())[0]

    def _compare_faces(self) -> Done:
        return self._aws("CompareFaces", SourceImage=self._image(), TargetImage=self._image(), QualityFilter="NONE")[0]

    def _search_by_image(self) -> Done:
        return self._aws(
            "SearchFacesByImage", CollectionId=self._server.collection, Image=self._image(), QualityFilter="NONE"
        )[0]

    def _list_faces(self) -> Done:
        done, answer = self._aws("ListFaces", CollectionId=self._server.collection, MaxResults=20)
        if done.word == "200":
            face = self._chance.choice(answer.members()["Faces"])["FaceId"]
            self._following.append(
                lambda: self._aws("SearchFaces", CollectionId=self._server.collection, FaceId=face, MaxFaces=5)[0]
            )
        return done

    def _index(self) -> Done:
        done, answer = self._aws("IndexFaces", CollectionId=self._own, Image=self._image(), QualityFilter="NONE")
        records = answer.members()["FaceRecords"] if done.word == "200" else []
        if records:
            faces = [record["Face"]["FaceId"] for record in records]
            self._following += [
                lambda: self._aws("DescribeCollection", CollectionId=self._own)[0],
                lambda: self._aws("DeleteFaces", CollectionId=self._own, FaceIds=faces)[0],
            ]
        return done

    def _missing(self) -> Done:
        return self._aws("DescribeCollection", "ResourceNotFoundException", CollectionId=_NOWHERE)[0]

    def _wrong_signature(self) -> Done:
        body = b"{}"
        headers = signed(self._server.address, "ListCollections", body, Credentials(self._keys.access_key, "wrong"))
        answer = self._send("POST", "/", body, **headers)
        word = str(answer.members().get("Code"))
        return self._done("rekognition wrong secret", word, "InvalidSignatureException", answer)

    # ---------------------------------------------------------------- Azure

    def _azure(self, operation: str, method: str, target: str, body: bytes, expected: str, **headers: str) -> Any:
        named = {"Ocp_Apim_Subscription_Key": self._server.api_key, **headers}
        answer = self._send(method, target, body, **named)
        return self._done(f"azure {operation}", str(answer.status), expected, answer), answer

    def _azure_detect(self) -> Done:
        done, answer = self._azure(
            "detect", "POST", _DETECT, self._photo(), "200", Content_Type="application/octet-stream"
        )
        if done.word == "200" and answer.members():
            face = answer.members()[0]["faceId"]
            body = json.dumps({"faceId1": face, "faceId2": face}).encode()
            self._following.append(
                lambda: self._azure("verify", "POST", f"{_AZURE}/verify", body, "200", Content_Type="application/json")[
                    0
                ]
            )
        return done

    def _azure_list(self) -> Done:
        return self._azure("list", "GET", f"{_AZURE}/largepersongroups?top=100", b"", "200")[0]

    def _azure_wrong_key(self) -> Done:
        return self._azure(
            "wrong key", "GET", f"{_AZURE}/persongroups", b"", "401", Ocp_Apim_Subscription_Key="0" * 32
        )[0]

    # --------------------------------------------------------------- Watson

    def _watson_ask(self, operation: str, key: str, expected: str) -> Done:
        body = b'--b\r\nContent-Disposition: form-data; name="images_file"; filename="a.jpg"\r\n\r\n'
        body += self._photo() + b"\r\n--b--\r\n"
        basic = base64.b64encode(f"apikey:icp-{key}".encode()).decode()
        answer = self._send(
            "POST", "/visual-recognition/api/v3/detect_faces?version=2018-03-19", body,
            Authorization=f"Basic {basic}", Content_Type="multipart/form-data; boundary=b",
        )  # fmt: skip
        return self._done(f"watson {operation}", str(answer.status), expected, answer)

    def _watson(self) -> Done:
        return self._watson_ask("detect_faces", self._server.api_key, "200")

    def _watson_wrong_key(self) -> Done:
        return self._watson_ask("wrong key", "0" * 32, "401")

    # ---------------------------------------------------------------- pages

    def _page(self) -> Done:
        answer = self._send("GET", "/compat")
        return self._done("page /compat", str(answer.status), "200", answer)

    def _health(self) -> Done:
        target = self._chance.choice(["/healthz", "/readyz", "/metrics"])
        answer = self._send("GET", target)
        return self._done(f"page {target}", str(answer.status), "200", answer)

    # ------------------------------------------------- native interface, console

    def _rest_detect(self) -> Done:
        return self._rest.detect(self._photo())

    def _rest_compare(self) -> Done:
        return self._rest.compare(self._photo(), self._photo())

    def _console_compare(self) -> Done:
        return self._console.compare(self._photo(), self._photo())
