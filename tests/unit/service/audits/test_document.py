"""The result document: valid, the same from templates and from scores, and honest about what is not there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import numpy as np
import pytest

from countenance.audit.threshold_policy import (
    FixedThreshold,
    TargetFalseMatchRate,
    TargetFalsePositiveIdentificationRate,
)
from countenance.core.errors import AuditInputInvalid
from countenance.core.vocabulary import FloatArray
from countenance.service.audits.document import build_document, schema, to_json
from countenance.service.audits.evidence import Evidence, TemplateEvidence
from countenance.service.audits.material import AuditedPhoto, Material
from countenance.service.audits.measure import Plan
from countenance.service.audits.sensitivity import OtherEvidence
from countenance.service.audits.stops import Named
from tests.support.made_up_audit import made_up_facts, made_up_material, made_up_photos, made_up_vectors, scored

PLAN = Plan(TargetFalseMatchRate(0.01), named=(Named("recommended:x", "a setting", 0.5, "a manual"),))


def build(
    material: Material, evidence: Evidence, plan: Plan = PLAN, *, validate: bool = True, **more: Any
) -> dict[str, Any]:
    document = build_document(made_up_facts(), material, evidence, plan, **more)
    plain: dict[str, Any] = json.loads(to_json(document))
    if validate:
        jsonschema.Draft202012Validator(schema()).validate(plain)
    return plain


@pytest.fixture(scope="module")
def made() -> tuple[Material, FloatArray]:
    return made_up_material()


@pytest.fixture(scope="module")
def document(made: tuple[Material, FloatArray]) -> dict[str, Any]:
    material, vectors = made
    other = OtherEvidence("other", material, TemplateEvidence(made_up_vectors(material.photos, seed=9)))
    return build(material, TemplateEvidence(vectors), other=other)


def test_templates_and_a_table_of_their_scores_give_the_same_document_to_the_digit(
    made: tuple[Material, FloatArray], document: dict[str, Any]
) -> None:
    material, vectors = made
    other = OtherEvidence("other", material, scored(material, made_up_vectors(material.photos, seed=9)))
    assert build(material, scored(material, vectors), other=other, validate=False) == document


def test_another_seed_moves_intervals_of_measures_and_no_rate(
    made: tuple[Material, FloatArray], document: dict[str, Any]
) -> None:
    again = build(made[0], TemplateEvidence(made[1]), replace(PLAN, seed=2), validate=False)
    stop = document["operating"]["stop"]
    ours, theirs = (one["groupings"][0]["at"][stop] for one in (document, again))
    assert ours["fmr_matrix"] == theirs["fmr_matrix"]
    assert ours["spread_fmr"]["gini_raw"]["estimate"] == theirs["spread_fmr"]["gini_raw"]["estimate"]
    assert ours["spread_fmr"]["gini_raw"]["high"] != theirs["spread_fmr"]["gini_raw"]["high"]


def test_rates_are_the_counts_of_a_slow_loop(made: tuple[Material, FloatArray], document: dict[str, Any]) -> None:
    material, vectors = made
    at = document["operating"]["stop"]
    threshold = document["stops"][at]["threshold"]
    scores = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    photos = material.photos
    grouping = document["groupings"][0]
    for order, group in enumerate(grouping["groups"]):
        rows = [row for row, photo in enumerate(photos) if photo.labels["region"] == group["name"]]
        pairs = [(a, b) for a in rows for b in rows if a < b]
        other = [scores[a, b] >= threshold for a, b in pairs if photos[a].subject != photos[b].subject]
        same = [scores[a, b] < threshold for a, b in pairs if photos[a].subject == photos[b].subject]
        fmr, fnmr = grouping["at"][at]["fmr_within"][order], grouping["at"][at]["fnmr"][order]
        assert (fmr["errors"], fmr["trials"]) == (sum(other), len(other))
        assert (fnmr["errors"], fnmr["trials"]) == (sum(same), len(same))


def test_people_taken_for_another_are_those_a_slow_loop_finds(
    made: tuple[Material, FloatArray], document: dict[str, Any]
) -> None:
    material, vectors = made
    at = document["operating"]["stop"]
    threshold = document["stops"][at]["threshold"]
    first = {photo.subject: row for row, photo in reversed(list(enumerate(material.photos)))}
    scores = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    taken = {
        photo.subject
        for row, photo in enumerate(material.photos)
        if row not in first.values()
        and any(scores[row, column] >= threshold for who, column in first.items() if who != photo.subject)
    }
    size = document["headline"]["gallery_size"]
    found = document["groupings"][0]["identification"][at]["sizes"][size]["people_taken_for_another"]
    assert (found["people"], found["of"]) == (len(taken), 36)
    assert 0 < len(taken) < 36
    assert document["headline"]["sentence"].startswith(f"{len(taken)} of 36 people")


def test_every_named_threshold_is_a_stop_and_the_slider_ascends(document: dict[str, Any]) -> None:
    thresholds = [stop["threshold"] for stop in document["stops"]]
    assert thresholds == sorted(set(thresholds))
    assert 41 <= len(thresholds) <= 101
    marks = {mark: stop["threshold"] for stop in document["stops"] for mark in stop["marks"]}
    assert marks == {"operating": document["operating"]["threshold"], "recommended:x": 0.5}


def test_galleries_larger_than_the_one_searched_are_flagged_as_a_model(document: dict[str, Any]) -> None:
    sizes = document["gallery_sizes"]
    assert [size["extrapolated"] for size in sizes] == [size["enrolled"] > 35 for size in sizes]
    last = document["groupings"][0]["identification"][20]["sizes"][-1]
    assert last["fpir_overall"]["flags"] == ["extrapolated by a model, not measured"]
    assert last["fpir_overall"]["high"] is None
    assert last["people_taken_for_another"] is None


def test_the_five_answers_of_a_vendor_are_all_there_and_say_when_they_were_not_run(
    made: tuple[Material, FloatArray], document: dict[str, Any]
) -> None:
    assert [row["run"] for row in document["sensitivity"]] == [True] * 5
    bare = build(made[0], TemplateEvidence(made[1]), Plan(FixedThreshold(0.5)))
    assert [bool(row["not_run"]) for row in bare["sensitivity"]] == [True, False, False, True, False]


def test_a_target_fpir_and_a_target_within_a_group_set_the_threshold(made: tuple[Material, FloatArray]) -> None:
    evidence = TemplateEvidence(made[1])
    searched = build(made[0], evidence, Plan(TargetFalsePositiveIdentificationRate(0.1, 20)), validate=False)
    assert searched["operating"]["achieved"] <= 0.1
    within = build(made[0], evidence, Plan(TargetFalseMatchRate(0.05, "north × left")), validate=False)
    assert within["operating"]["policy"]["group"] == "north × left"


def test_probes_and_another_gallery_may_share_people_who_are_mates_and_no_false_matches() -> None:
    probes = made_up_photos(12, 1)
    gallery = tuple(replace(photo, file=f"g/{photo.file}") for photo in made_up_photos(12, 2, ("north", "west")))
    material = Material(probes, gallery, ("region",))
    vectors, references = made_up_vectors(probes), made_up_vectors(gallery, noise=0.2)
    document = build(material, TemplateEvidence(vectors, references))
    assert build(material, scored(material, vectors, references), validate=False) == document
    grouping = document["groupings"][0]
    assert grouping["at"][0]["fmr_overall"]["trials"] == 36 * 48 - 24 * 2
    assert grouping["at"][0]["fnmr"][1]["estimate"] is None  # nobody from the south is enrolled
    assert document["data"]["gallery"] == {"photos": 48, "subjects": 24}


# Bad input


def test_a_group_of_one_keeps_its_counts_and_enters_no_comparison_of_groups() -> None:
    photos = (*made_up_photos(12, 2, ("north", "south")), *made_up_photos(1, 2, ("west",)))
    grouping = build(Material(photos, None, ("region",)), TemplateEvidence(made_up_vectors(photos)))["groupings"][0]
    west = grouping["groups"][2]
    assert (west["name"], west["subjects"], west["comparable"]) == ("west", 1, False)
    rates = grouping["at"][10]
    assert rates["fmr_within"][2]["flags"] == ["no comparisons"]
    assert rates["fnmr"][2]["flags"] == ["one subject: no interval"]
    assert rates["spread_fmr"]["left_out"] == ["west"]
    assert {ratio["group"] for ratio in rates["fmr_ratios"]} == {"north", "south"}


def test_without_mated_pairs_there_is_no_false_non_match_rate_and_no_search() -> None:
    photos = made_up_photos(12, 1)
    document = build(Material(photos, None, ("region",)), TemplateEvidence(made_up_vectors(photos)))
    rates = document["groupings"][0]["at"][10]
    assert rates["fnmr_overall"]["estimate"] is None
    assert rates["fnmr_overall"]["flags"] == ["no comparisons"]
    assert rates["fnmr_ratios"][0]["flags"] == ["no comparisons"]
    assert document["gallery_sizes"] == []
    assert document["headline"]["sentence"].startswith("Photos of two different people were called a match")
    assert any("No searches" in sentence for sentence in document["limits"])


def test_all_scores_equal_are_all_matches_at_that_score_and_none_above() -> None:
    photos = made_up_photos(12, 2)
    vectors = np.zeros((len(photos), 4), dtype=np.float32)
    vectors[:, 0] = 1.0
    document = build(Material(photos, None, ("region",)), TemplateEvidence(vectors), Plan(FixedThreshold(1.0)))
    rates = document["groupings"][0]["at"][document["operating"]["stop"]]
    assert (rates["fmr_overall"]["estimate"], rates["fnmr_overall"]["estimate"]) == (1.0, 0.0)
    assert all(ratio["estimate"] == 1.0 and ratio["p_holm"] == 1.0 for ratio in rates["fmr_ratios"])
    assert all(point["threshold"] > 1.0 for point in document["groupings"][0]["trade_off"])


def test_one_subject_in_two_groups_is_an_error_that_names_rows() -> None:
    photos = made_up_photos(12, 2)
    wrong = (replace(photos[0], labels={**photos[0].labels, "region": "south"}), *photos[1:])
    with pytest.raises(AuditInputInvalid, match="Rows 1 and 2 put one subject into two groups"):
        build(Material(wrong, None, ("region",)), TemplateEvidence(made_up_vectors(photos)))


def test_templates_that_are_not_numbers_are_refused() -> None:
    photos = made_up_photos(12, 2)
    vectors = made_up_vectors(photos)
    vectors[3, 0] = np.nan
    with pytest.raises(AuditInputInvalid, match="not finite"):
        TemplateEvidence(vectors)


def test_scores_of_other_photos_than_the_labelled_ones_are_refused(made: tuple[Material, FloatArray]) -> None:
    with pytest.raises(AuditInputInvalid, match="do not go with"):
        build(made[0], TemplateEvidence(made[1][:-1]))


def test_failures_count_where_they_belong_and_unknown_is_a_group() -> None:
    photos = made_up_photos(12, 2, ("north", "south"))
    failed = tuple(
        replace(photo, failure="no face" if at % 8 == 1 else None, labels={"region": "" if at < 24 else "south"})
        for at, photo in enumerate(photos)
    )
    material = Material(failed, None, ("region",))
    vectors = made_up_vectors(photos)[[at for at in range(len(photos)) if at % 8 != 1]]
    document = build(material, TemplateEvidence(vectors))
    groups = {group["name"]: group for group in document["groupings"][0]["groups"]}
    assert set(groups) == {"south", "unknown/declined"}
    assert groups["south"]["fta"]["estimate"] == pytest.approx(1 / 8)
    at = document["groupings"][0]["at"][20]
    assert at["frr"][0]["estimate"] == pytest.approx(1 / 8 + 7 / 8 * at["fnmr"][0]["estimate"])
    assert document["data"]["failures_to_acquire"]["reasons"] == {"no face": 6}


def test_photos_of_two_labels_that_are_one_file_are_listed_for_a_human_and_still_counted() -> None:
    photos = list(made_up_photos(12, 2))
    vectors = made_up_vectors(tuple(photos))
    vectors[30] = vectors[0]
    photos[30] = replace(photos[30], sha256=photos[0].sha256)
    document = build(Material(tuple(photos), None, ("region",)), TemplateEvidence(vectors))
    suspected = document["suspected_same_person"]["pairs"]
    assert (suspected[0]["probe"]["subject"], suspected[0]["reference"]["subject"]) == ("north00", "south03")
    assert suspected[0]["why"] == "the same file"
    assert document["false_matches"][0]["score"] == pytest.approx(1.0)


def test_a_set_without_labels_has_one_group_and_says_so() -> None:
    photos = tuple(replace(photo, labels={}) for photo in made_up_photos(12, 2))
    vectors = made_up_vectors(made_up_photos(12, 2))
    document = build(Material(photos, None, ()), TemplateEvidence(vectors))
    assert [group["name"] for group in document["groupings"][0]["groups"]] == ["everybody"]
    assert any("no labels of groups" in sentence for sentence in document["limits"])


def test_no_word_of_a_verdict_is_in_the_document(document: dict[str, Any]) -> None:
    words = to_json(document).casefold()
    assert not any(word in words for word in ("unbiased", " fair ", "passed", "compliant", "biased"))


def test_an_unknown_photo_has_no_failure_by_default() -> None:
    assert AuditedPhoto("a.jpg", "a", {}).failure is None
