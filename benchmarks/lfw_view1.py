"""LFW View 1: threshold from pairsDevTrain.txt, accuracy on pairsDevTest.txt, photos with a face.

The accuracy of both lists is that of the data set's own protocol (Huang et al., "Labeled Faces in the Wild", University
of Massachusetts Amherst technical report 07-49, 2007): the share of pairs decided rightly. A pair with a photo in which
no face was found is never right. Where a photo holds several faces, the one nearest the middle is taken, because LFW
was made by centring the person named; the second figure counts every such pair as wrong, as ``compare`` refuses it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.engines import build_engine
from benchmarks.rows import Row
from countenance.audit.intervals import wilson
from countenance.core.vocabulary import FloatArray, PhotoFaces
from countenance.engine.sessions import cores
from countenance.service.calibrate import central_face

TRAIN_LIST, TEST_LIST = "pairsDevTrain.txt", "pairsDevTest.txt"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two photos, by path below the data set's folder, and whether they show one person."""

    photos: tuple[str, str]
    mated: bool


@dataclass(frozen=True, slots=True, eq=False)
class ReadPhoto:
    """What the benchmark keeps of one photo: how many faces, and the template of the one nearest the middle."""

    faces: int
    vector: FloatArray | None


def run(lfw: Path | None) -> list[Row]:
    """Return accuracy and the share of photos with a face; rows that say ``not given`` without the data set."""
    accuracy, found = "LFW View 1: accuracy on pairsDevTest, threshold from pairsDevTrain", "LFW View 1: a face found"
    if lfw is None:
        return [Row(accuracy, "not given", reach="≥ 0.990"), Row(found, "not given", reach="≥ 99.9 % of photos")]
    train, test = read_pairs(lfw / TRAIN_LIST), read_pairs(lfw / TEST_LIST)
    read = read_photos(lfw, sorted({name for pair in (*train, *test) for name in pair.photos}))
    scores, usable = similarities(train, read)
    mated = np.array([pair.mated for pair in train])
    threshold, train_right = best_threshold(scores[usable], mated[usable])
    rows = [
        Row(
            accuracy,
            _accuracy_words(_right(test, read, threshold, refuse_several=False), len(test)),
            f"threshold {threshold:.4f}; on pairsDevTrain {train_right / len(train):.4f}",
            reach="≥ 0.990",
        ),
        Row(
            "  the same, pairs with a photo of several faces counted as wrong",
            _accuracy_words(_right(test, read, threshold, refuse_several=True), len(test)),
            f"{sum(photo.faces > 1 for photo in read.values()):,} photos with several faces",
        ),
    ]
    with_face = sum(photo.faces > 0 for photo in read.values())
    rows.append(
        Row(found, f"{with_face / len(read):.2%} ({with_face:,} of {len(read):,} photos)", reach="≥ 99.9 % of photos")
    )
    return rows


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a list: ``name i j`` is one person, ``name1 i name2 j`` are two."""
    first, *lines = path.read_text(encoding="utf-8").splitlines()
    pairs = []
    for fields in (line.split() for line in lines):
        mated = len(fields) == 3
        names = (fields[0], fields[0]) if mated else (fields[0], fields[2])
        numbers = (fields[1], fields[2]) if mated else (fields[1], fields[3])
        one, two = (f"images/{name}/{name}_{int(number):04d}.jpg" for name, number in zip(names, numbers, strict=True))
        pairs.append(Pair((one, two), mated))
    if len(pairs) != 2 * int(first):
        raise SystemExit(f"{path.name} says {first} pairs a class and holds {len(pairs)} lines")
    return pairs


def read_photos(lfw: Path, names: list[str]) -> dict[str, ReadPhoto]:
    """Return what the default recogniser makes of each photo, several photos at once."""
    engine = build_engine(threads=1)

    def read(name: str) -> ReadPhoto:
        return _keep(engine.read_faces((lfw / name).read_bytes()))

    with ThreadPoolExecutor(cores()) as pool:
        return dict(zip(names, pool.map(read, names), strict=True))


def _keep(found: PhotoFaces) -> ReadPhoto:
    template = central_face(found).template if found.faces else None
    return ReadPhoto(len(found.faces), None if template is None else template.vector)


def similarities(
    pairs: list[Pair], read: dict[str, ReadPhoto]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return the similarity of each pair (NaN without two faces) and which pairs have one."""
    scores = np.full(len(pairs), np.nan)
    for i, pair in enumerate(pairs):
        one, two = (read[name].vector for name in pair.photos)
        if one is not None and two is not None:
            scores[i] = float(np.dot(one, two))
    return scores, ~np.isnan(scores)


def best_threshold(scores: npt.NDArray[np.float64], mated: npt.NDArray[np.bool_]) -> tuple[float, int]:
    """Return the similarity that decides most pairs rightly, with how many; midway between the two nearest scores.

    Among equally good ones the middle one is taken: the ends would lean on a single pair.
    """
    order = np.argsort(scores, kind="stable")
    ordered, is_mated = scores[order], mated[order]
    # Cutting before position i: the pairs before it are non-matches, it and the rest are matches.
    right = np.concatenate([[0], np.cumsum(~is_mated)]) + int(mated.sum()) - np.concatenate([[0], np.cumsum(is_mated)])
    ends = np.concatenate([[ordered[0] - 1e-6], ordered, [ordered[-1] + 1e-6]])
    best = np.flatnonzero(right == right.max())
    cut = int(best[len(best) // 2])
    return float((ends[cut] + ends[cut + 1]) / 2), int(right.max())


def _right(pairs: list[Pair], read: dict[str, ReadPhoto], threshold: float, *, refuse_several: bool) -> int:
    scores, usable = similarities(pairs, read)
    mated = np.array([pair.mated for pair in pairs])
    if refuse_several:
        usable = usable & np.array([all(read[name].faces == 1 for name in pair.photos) for pair in pairs])
    return int(((scores >= threshold) == mated)[usable].sum())


def _accuracy_words(right: int, pairs: int) -> str:
    low, high = (float(end) for end in wilson(right, pairs))
    return f"{right / pairs:.4f} ({right:,} of {pairs:,}; 95 % interval {low:.4f} to {high:.4f})"
