"""The shipped packs, and what the loader refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from countenance.core.errors import FileUnreadable, PolicyPackInvalid
from countenance.policy.decision import NOTICE
from countenance.policy.rule_packs import Pack, load_pack
from tests.support.policy_builders import shipped_packs, write_pack

_PACKS = {pack.name: pack for pack in shipped_packs()}
_ORDER = ["1", "2", "2a", "2b", "3", "3a", *map(str, range(4, 15))]
_CLAIMS = re.compile(r"\b(unbiased|compliant|certified|approved|(is|are) (fair|lawful|legal))\b", re.IGNORECASE)


def test_packs_ship_in_order() -> None:
    assert [pack.number for pack in shipped_packs()] == _ORDER
    assert [pack.name for pack in shipped_packs() if not pack.default_on] == [
        "us-police-pledge-amazon",
        "match-is-a-lead-va2022",
        "aws-public-safety",
        "two-people",
    ]


@pytest.mark.parametrize("pack", shipped_packs(), ids=lambda pack: pack.name)
def test_every_rule_of_a_shipped_pack_decides_one_of_its_examples(pack: Pack) -> None:
    decided = {rule for example in pack.examples for rule in example.rules}

    assert decided == pack.rule_ids


@pytest.mark.parametrize("pack", shipped_packs(), ids=lambda pack: pack.name)
def test_shipped_pack_begins_with_the_notice_and_claims_nothing(pack: Pack) -> None:
    folder = Path(__file__).parents[3] / "src" / "countenance" / "policy" / "packs" / pack.name
    opening = " ".join((folder / "rules.cedar").read_text(encoding="utf-8").replace("//", "").split())
    assert opening.startswith(NOTICE.partition("the dates given")[0])
    for rule in pack.rules:
        assert not _CLAIMS.search(f"{rule.says} {rule.change}"), rule.rule_id
        assert rule.says.endswith(".")
        assert rule.change.endswith(".")


def test_digest_covers_all_three_files(tmp_path: Path) -> None:
    digests = {_PACKS["two-people"].digest}
    edits = {
        "rules.cedar": ('@says("A result', '@says("One result'),
        "pack.toml": ('version = "2026.11"', 'version = "2026.12"'),
        "examples.toml": ("D3 nobody", "D3 nobody at all"),
    }
    for name, edit in edits.items():
        (tmp_path / name).mkdir()
        digests.add(load_pack(write_pack(tmp_path / name, {name: edit})).digest)

    assert len(digests) == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rules.cedar": ("forbid (", "permit (")}, "can only forbid"),
        ({"rules.cedar": ('@id("P12.two_people")', "")}, "@id"),
        ({"rules.cedar": ('@citation("EU-14-5")', "")}, "@citation"),
        ({"rules.cedar": ('@citation("EU-14-5")', '@citation("EU-14-6")')}, "not in pack.toml"),
        ({"rules.cedar": ("P12.two_people", "P3.two_people")}, "should begin with P12"),
        ({"rules.cedar": ("context.reviewers < 2", "context.reviewers < 3")}, "was decided by"),
        ({"rules.cedar": ("context.reviewers < 2", "context.reviewer < 2")}, "schema"),
        ({"pack.toml": ('number = "12"', 'number = "12"\nedition = 1')}, "unknown key edition"),
        ({"pack.toml": ('version = "2026.11"', "")}, "missing key version"),
        ({"pack.toml": ('default = "off"', 'default = "maybe"')}, "default"),
        ({"pack.toml": ("countenance-pack/1", "countenance-pack/2")}, "format"),
        ({"pack.toml": ('name = "two-people"', 'name = "two"')}, "name"),
        ({"pack.toml": ("review_by = 2027-05-24", "review_by = 2026-11-24")}, "review_by"),
        ({"pack.toml": ("review_by = 2027-05-24", 'review_by = "spring"')}, "a date"),
        ({"pack.toml": ("covers = []", 'covers = ["Europe"]')}, "Europe"),
        ({"pack.toml": ("verified = true", 'verified = "yes"')}, "true or false"),
        ({"pack.toml": ("address = ", "adress = ")}, "adress"),
        ({"pack.toml": ('in_force_until = "no end found"', 'in_force_until = "?"')}, "in_force_until"),
        ({"examples.toml": ('name = "D3 nobody"', 'name = "D1 one reviewer"')}, "same name"),
        ({"examples.toml": ('expect = "deny"', 'expect = "allow"')}, "with no rules"),
        ({"examples.toml": ("reviewers = 3", "reviewers = 1")}, "was decided by P12.two_people, not no rule"),
        ({"examples.toml": ("reviewers = 3", "reviewerz = 3")}, "unknown attribute"),
        ({"examples.toml": ("reviewers = 3", "now = 2026-01-01T00:00:00Z")}, "beside it"),
        ({"examples.toml": ('name = "A1', 'note = "x"\nname = "A1')}, "unknown key note"),
    ],
)
def test_pack_is_refused(tmp_path: Path, changes: dict[str, tuple[str, str]], said: str) -> None:
    with pytest.raises(PolicyPackInvalid, match=re.escape(said)):
        load_pack(write_pack(tmp_path, changes))


def test_three_examples_of_each_kind_are_needed(tmp_path: Path) -> None:
    for number, (first, last) in enumerate((("A1", "A2"), ("D1", "D2"))):
        (tmp_path / str(number)).mkdir()
        folder = write_pack(tmp_path / str(number), {})
        text = (folder / "examples.toml").read_text(encoding="utf-8")
        kept = [part for part in text.split("[[example]]") if f'"{first} ' not in part]
        assert len(kept) == len(text.split("[[example]]")) - 1, last
        (folder / "examples.toml").write_text("[[example]]".join(kept), encoding="utf-8")
        with pytest.raises(PolicyPackInvalid, match="at least 3 allow and 3 deny"):
            load_pack(folder)


def test_source_that_no_rule_cites_is_refused(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, {})
    text = (folder / "pack.toml").read_text(encoding="utf-8")
    entry = text[text.index("[[citation]]") :].replace("EU-14-5", "EU-14-6")
    (folder / "pack.toml").write_text(f"{text}\n{entry}", encoding="utf-8")
    with pytest.raises(PolicyPackInvalid, match="no rule cites EU-14-6"):
        load_pack(folder)


def test_missing_file_is_named(tmp_path: Path) -> None:
    folder = write_pack(tmp_path, {})
    (folder / "examples.toml").unlink()
    with pytest.raises(FileUnreadable, match=r"two-people/examples\.toml"):
        load_pack(folder)


def test_pledges_carry_their_dates_and_reach() -> None:
    rules = {rule.rule_id: rule for pack in shipped_packs() for rule in pack.rules}
    dates = {
        name: (min(rules[name].starts, default=None), min(rules[name].ends, default=None))
        for name in ("P2.us_police", "P2A.year", "P2A.extension", "P2B.racial_profiling")
    }
    shown = {name: tuple(moment and moment.date().isoformat() for moment in pair) for name, pair in dates.items()}

    assert shown == {
        "P2.us_police": ("2020-06-11", None),
        "P2A.year": ("2020-06-10", "2021-06-10"),
        "P2A.extension": ("2021-06-10", None),
        "P2B.racial_profiling": ("2020-06-08", None),
    }
    assert "federal_law_id" in rules["P2.us_police"].reads
    assert "federal_law_id" not in rules["P2A.extension"].reads
