"""A file of scores end to end: the numbers of the templates the scores were made from, whatever the vendor's units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest

from countenance.audit.allpairs import Request, compare_all
from countenance.audit.photo_set import PhotoSet
from countenance.audit.rates import false_match_rates, false_non_match_rates
from countenance.audit.score_rows import Design, Repeated
from countenance.audit.score_scale import Direction, Scale
from countenance.audit.score_searches import NotSearched
from countenance.audit.scores import pair_scores
from countenance.audit.search_outcomes import SearchOutcomes, search_all
from countenance.audit.threshold_policy import FixedThreshold
from countenance.core.errors import AuditInputInvalid
from countenance.service.audits.document import Facts, System, build_document
from countenance.service.audits.evidence import TableEvidence
from countenance.service.audits.measure import Plan
from countenance.service.audits.score_import import (
    NO_SCORE,
    NOT_COMPARED,
    ImportChoices,
    ImportedScores,
    import_scores,
    understand,
)
from countenance.service.audits.score_people import PeopleChoices

THRESHOLDS = (0.3, 0.5)


@dataclass(frozen=True)
class Made:
    """A made-up set with its scores in files."""

    photos: PhotoSet
    names: list[str]
    scores: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    people: Path

    def write(self, path: Path, score: npt.NDArray[np.float64], column: str = "score") -> Path:
        frame = pl.DataFrame(
            {
                "probe": [self.names[at] for at in self.rows],
                "reference": [self.names[at] for at in self.columns],
                column: score,
            }
        )
        frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)
        return path


@pytest.fixture
def made(tmp_path: Path) -> Made:
    rng = np.random.default_rng(5)
    subject = rng.integers(0, 24, 70)
    vectors = rng.normal(size=(24, 16))[subject] + 0.7 * rng.normal(size=(70, 16)) + 0.2
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    photos = PhotoSet(
        vectors.astype(np.float32), [f"s{s:02}" for s in subject], [("female", "male")[s % 2] for s in subject]
    )
    names = [f"p{at:02}" for at in range(70)]
    rows, columns = np.triu_indices(70, 1)
    scores = pair_scores(photos.vectors, photos.vectors, rows, columns)
    people = tmp_path / "people.csv"
    pl.DataFrame({"id": names, "subject": photos.subjects, "sex": photos.groups}).write_csv(people)
    return Made(photos, names, scores, rows, columns, people)


def groups_of(photos: PhotoSet) -> dict[str, str]:
    return dict(zip(photos.subjects, photos.groups, strict=True))


@pytest.mark.parametrize(
    ("column", "scale", "kind", "direction"),
    [
        ("score", 1.0, Scale.COSINE, Direction.SIMILARITY),
        ("distance", -1.0, Scale.COSINE, Direction.DISTANCE),
        ("score", 512.0, Scale.RAW, Direction.SIMILARITY),
        ("score", -512.0, Scale.RAW, Direction.DISTANCE),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_scores_in_any_unit_come_to_the_rates_of_the_templates(
    made: Made, tmp_path: Path, column: str, scale: float, kind: Scale, direction: Direction, suffix: str
) -> None:
    path = made.write(tmp_path / f"s{suffix}", made.scores * scale, column)
    found = import_scores(path, ImportChoices(people=PeopleChoices(made.people)))
    assert (found.scale.scale, found.scale.direction) == (kind, direction)
    thresholds = [found.scale.kept(value * scale) for value in THRESHOLDS]
    counts = found.counts(groups_of(made.photos), Request(thresholds=thresholds))
    expected = compare_all(made.photos, request=Request(thresholds=THRESHOLDS))
    for ours, theirs in (
        (false_match_rates(counts), false_match_rates(expected)),
        (false_non_match_rates(counts), false_non_match_rates(expected)),
    ):
        assert (ours.groups, ours.cells, ours.overall) == (theirs.groups, theirs.cells, theirs.overall)


def test_probes_and_references_come_to_the_searches_of_the_templates(made: Made, tmp_path: Path) -> None:
    rows, columns = (side.ravel() for side in np.indices((30, 40)))
    scores = pair_scores(made.photos.vectors, made.photos.vectors, rows, columns + 30)
    path = replace(made, rows=rows, columns=columns + 30).write(tmp_path / "s.csv", scores)
    found = import_scores(path, ImportChoices(people=PeopleChoices(made.people)))
    assert found.material.references is not None
    assert found.not_searched is None
    ours = found.searches(groups_of(made.photos), THRESHOLDS)
    parts = [
        PhotoSet(made.photos.vectors[part], made.photos.subjects[part], made.photos.groups[part])
        for part in (slice(0, 30), slice(30, 70))
    ]
    theirs = search_all(parts[0], parts[1], THRESHOLDS)
    assert isinstance(ours, SearchOutcomes)
    assert np.array_equal(ours.candidates, theirs.candidates)
    assert np.array_equal(ours.mate_rank, theirs.mate_rank)


def test_one_set_says_why_it_has_no_gallery_of_its_own(made: Made, tmp_path: Path) -> None:
    found = import_scores(made.write(tmp_path / "s.csv", made.scores), ImportChoices(people=PeopleChoices(made.people)))
    assert isinstance(found.searches({}, [0.5]), NotSearched)


def test_the_whole_document_is_made_in_the_vendors_units(made: Made, tmp_path: Path) -> None:
    percent = np.round(50.0 + 50.0 * made.scores, 2)
    found = import_scores(
        made.write(tmp_path / "s.csv", percent, "Similarity"), ImportChoices(people=PeopleChoices(made.people))
    )
    assert found.scale.scale is Scale.PERCENT
    facts = Facts("a", "t", "2026-01-01T00:00:00Z", System("scores", "a vendor", None, "percent", 0.0, 100.0), "", "")
    document = build_document(facts, found.material, TableEvidence(found.table), Plan(FixedThreshold(80.0)))
    stop = document["groupings"][0]["at"][document["operating"]["stop"]]
    same = np.array(made.photos.subjects)[made.rows] == np.array(made.photos.subjects)[made.columns]
    assert document["operating"]["threshold"] == 80.0
    assert stop["fmr_overall"]["errors"] == int(np.count_nonzero(percent[~same] >= 80.0))
    assert stop["fnmr_overall"]["errors"] == int(np.count_nonzero(percent[same] < 80.0))


def test_the_document_of_an_incomplete_file_has_no_searches(made: Made, tmp_path: Path) -> None:
    kept = np.random.default_rng(0).random(made.scores.size) < 0.5
    part = replace(made, rows=made.rows[kept], columns=made.columns[kept])
    found = import_scores(
        part.write(tmp_path / "s.csv", made.scores[kept]), ImportChoices(people=PeopleChoices(made.people))
    )
    facts = Facts("a", "t", "2026-01-01T00:00:00Z", System("scores", "a vendor", None), "", "")
    document = build_document(facts, found.material, TableEvidence(found.table), Plan(FixedThreshold(0.5)))
    stop = document["groupings"][0]["at"][document["operating"]["stop"]]
    same = np.array(made.photos.subjects)[part.rows] == np.array(made.photos.subjects)[part.columns]
    assert stop["fmr_overall"]["trials"] == int(np.count_nonzero(~same))
    assert document["gallery_sizes"] == []


def test_the_picture_shows_both_kinds_on_one_scale(made: Made, tmp_path: Path) -> None:
    seen = understand(made.write(tmp_path / "s.csv", made.scores), ImportChoices(people=PeopleChoices(made.people)))
    picture = seen.picture()
    assert (picture.low, picture.high) == (made.scores.min(), made.scores.max())
    assert sum(number for number, _ in picture.lines.values()) == made.scores.size
    mated, non_mated = (picture.lines[name][1] for name in ("mated", "non-mated"))
    assert mated.index("█") > non_mated.index("█")
    assert not seen.stated
    assert (seen.seen_scale, seen.seen_direction.direction) == (Scale.COSINE, Direction.SIMILARITY)


def small(folder: Path, rows: str, choices: ImportChoices | None = None) -> ImportedScores:
    path = folder / "s.csv"
    path.write_text("probe,reference,score\n" + rows, encoding="utf-8")
    people = PeopleChoices(subject_pattern=r"^(\w)")
    stated = ImportChoices(people=people, direction=Direction.SIMILARITY) if choices is None else choices
    return import_scores(path, replace(stated, people=people) if stated.people == PeopleChoices() else stated)


ROWS = "a1,a2,0.9\na1,b1,0.2\na2,b1,0.3\nb1,c1,0.1\n"


def test_photos_without_a_score_are_failures_to_acquire(tmp_path: Path) -> None:
    found = small(tmp_path, ROWS + "a1,d1,\nb1,d1,NaN\n")
    assert [(p.file, p.failure) for p in found.material.photos if p.failure] == [("d1", NO_SCORE)]
    assert found.tally.missing == 2
    assert any("1 photos have no score at all" in note for note in found.notes)
    assert len(found.table.probe_subjects) == len(found.material.usable) == 4


def test_listed_photos_in_no_comparison_are_failures_only_if_somebody_says_so(tmp_path: Path) -> None:
    listed = tmp_path / "people.csv"
    listed.write_text("id,subject\na1,a\na2,a\nb1,b\nc1,c\nx9,x\n", encoding="utf-8")
    choices = ImportChoices(people=PeopleChoices(listed), direction=Direction.SIMILARITY)
    said = small(tmp_path, ROWS, choices)
    assert any("1 listed photos are in no comparison" in note for note in said.notes)
    counted = small(tmp_path, ROWS, replace(choices, absent_failed=True))
    assert [(p.file, p.subject, p.failure) for p in counted.material.photos if p.failure] == [("x9", "x", NOT_COMPARED)]


def test_what_was_left_out_or_merged_is_said(tmp_path: Path) -> None:
    found = small(tmp_path, ROWS + "a1,a1,1\nb1,a1,0.2\na1,a2,0.9\n")
    notes = " ".join(found.notes)
    assert "1 rows compare a photo with itself" in notes
    assert "1 comparisons stand in both orders" in notes
    assert "1 rows repeat a comparison with the same score" in notes


def test_a_system_that_is_not_symmetric_has_two_sets(tmp_path: Path) -> None:
    found = small(tmp_path, ROWS + "b1,a1,0.5\n")
    assert found.material.references is not None
    assert any("another score in the other order" in note for note in found.notes)
    one = small(tmp_path, ROWS + "b1,a1,0.5\n", ImportChoices(direction=Direction.SIMILARITY, design=Design.ONE_SET))
    assert one.material.references is None


def test_pairs_with_two_scores_need_a_rule(tmp_path: Path) -> None:
    with pytest.raises(AuditInputInvalid, match="repeat a pair of photos with another score"):
        small(tmp_path, ROWS + "a1,a2,0.8\n")
    kept = small(
        tmp_path, ROWS + "a1,a2,0.8\n", ImportChoices(direction=Direction.SIMILARITY, repeated=Repeated.LOWEST)
    )
    assert 0.8 in kept.table.score.tolist()
    assert 0.9 not in kept.table.score.tolist()


def test_marks_that_contradict_the_subjects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("probe,reference,score,mated\na1,a2,0.9,1\na1,b1,0.2,1\n", encoding="utf-8")
    with pytest.raises(AuditInputInvalid, match=r"1 rows are marked otherwise .* row 2"):
        import_scores(path, ImportChoices(people=PeopleChoices(subject_pattern=r"^(\w)")))


def test_a_file_without_mated_comparisons_says_so(tmp_path: Path) -> None:
    found = small(tmp_path, "a1,b1,0.2\na1,c1,0.3\nb1,c1,0.1\n")
    assert any("No comparison is mated" in note for note in found.notes)
    assert found.counts({"a": "g", "b": "g", "c": "g"}, Request(thresholds=(0.2,))).mated.trials.sum() == 0


def test_a_group_of_one_person_is_named(tmp_path: Path) -> None:
    listed = tmp_path / "people.csv"
    listed.write_text("id,subject,sex\na1,a,x\na2,a,x\nb1,b,y\nc1,c,y\n", encoding="utf-8")
    found = small(tmp_path, ROWS, ImportChoices(people=PeopleChoices(listed), direction=Direction.SIMILARITY))
    assert any("'x' has one person" in note for note in found.notes)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("a1,a2,\na1,b1,NaN\n", "None of 2 rows"),
        ("a1,a1,1\n", "None of 1 rows"),
        ("a1,a2,0.5\na1,b1,0.5\n", "All 2 scores are 0.5"),
    ],
)
def test_files_that_show_nothing_are_refused(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(AuditInputInvalid, match=words):
        small(tmp_path, rows)
