"""Words of the ledger as people read them, and the sentences that every report carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from countenance.policy.decision import NOTICE

NOT_STATED = "not stated"
LEAD = "Investigative lead, not an identification."
#: What stands under every dossier and packet.
LIMITS = (
    "A candidate is somebody whose stored photo resembles the probe. Somebody else than the person in the probe can be "
    "a candidate, also with a high similarity, also as the only one.",
    "The rates were measured on other photos of other people. Quality of the probe, age, and the group somebody "
    "belongs to change them.",
    "Claims (purpose, authority, consent, offence) are recorded as attested by the person named. The software checked "
    "none of them.",
    "That an entry verifies shows that it was not changed since the checkpoint. It does not show that what it says is "
    "true, or that everything done was recorded.",
)
#: What stands under the report for a period.
REPORT_LIMITS = (
    "The counts are those of this installation's ledger: what its program wrote. Another program, or another "
    "installation, on the same photos would not be in it.",
    "Purpose, sector, offence and authority are counted as claimed and attested. The software checked none of them.",
    "That no rule objected is no finding that a search was lawful, necessary or proportionate.",
    NOTICE,
)
_SPECIAL: Mapping[str, str] = MappingProxyType(
    {
        "": NOT_STATED,
        "not_stated": NOT_STATED,
        "us_local_police": "US local police",
        "us_state_police": "US state police",
        "us_campus_police": "US campus police",
        "us_federal_le": "US federal law enforcement",
        "us_public_agency": "US public agency",
        "le_other_country": "law enforcement outside the US",
        "individual": "private person",
        "eu_annex_ii": "EU AI Act, Annex II",
        "md_2_503_list": "Maryland 2-503 list",
        "mt_serious_crime": "Montana: serious crime",
        "me_serious_crime": "Maine: serious crime",
        "cctv_recording": "CCTV recording",
        "cctv_live": "live CCTV",
        "id_document": "ID document",
        "id_document_fraud": "ID document fraud",
        "after_the_fact": "after the fact",
        "nobody": "nobody found",
        "candidates": "candidates listed",
        "no_face": "no usable face in the probe",
        "cli": "command line",
        "rest": "REST",
        "python": "Python",
        "rekognition": "Rekognition client",
        "azure": "Azure client",
        "watson": "Watson client",
    }
)


def in_words(word: str) -> str:
    """Return a word of the ledger for people.

    >>> in_words("us_local_police"), in_words("missing_person"), in_words("")
    ('US local police', 'missing person', 'not stated')
    """
    return _SPECIAL.get(word, word.replace("_", " "))


def several(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun.

    >>> several(1, "search", "searches"), several(1200, "act")
    ('1 search', '1,200 acts')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def moment(text: str | None) -> str:
    """Return a stored time for people: to the second, by UTC.

    >>> moment("2031-02-03T04:05:06.789000Z"), moment("2031-02-13T14:05:06+00:00"), moment(None)
    ('3 February 2031, 04:05:06 UTC', '13 February 2031, 14:05:06 UTC', 'not recorded')
    """
    return "not recorded" if text is None else f"{datetime.fromisoformat(text):%-d %B %Y, %H:%M:%S} UTC"
