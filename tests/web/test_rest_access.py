"""Who gets what of the native interface: every operation without a token, and with a token that is another case's."""

from __future__ import annotations

from tests.web.conftest import photo
from tests.web.test_rest import ADA, Rest, open_case, rest

__all__ = ["rest"]


def test_the_record_of_a_held_search_does_not_tell_whom_it_listed(rest: Rest) -> None:
    rest.enrol(ADA, photo(ADA))
    enrolled = rest.good("GET", f"/v1/galleries/staff/subjects/{ADA}")["references"][0]["reference_id"]
    held = open_case(rest.world, case_number="24-3", purpose="accuracy_evaluation")
    assert held("POST", "/v1/search", files={"photo": photo(ADA)}, data={"gallery": "staff"}).status_code == 202
    for answer in (held("GET", "/v1/ledger/entries"), held("GET", "/v1/ledger/entries", headers={"Accept": "application/x-ndjson"})):
        print(answer.text)
        assert answer.status_code == 200
        assert enrolled not in answer.text
        assert "candidate_scores" not in answer.text
