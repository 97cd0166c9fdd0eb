"""The slow, obvious 1:N search the fast one must agree with, and small galleries full of ties to try both on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from countenance.core.comparison import similarity
from countenance.core.model_identity import ModelIdentity, model_identity
from countenance.core.vocabulary import Candidate, CandidateList, Reference, Template


def model_of(dimension: int, weights: str = "0") -> ModelIdentity:
    """Return a made-up model of a dimension."""
    return model_identity(
        name="made-up", weights_sha256=weights * 64, preprocessing="none", alignment="none", dimension=dimension
    )


def template(numbers: Sequence[float], model: ModelIdentity) -> Template:
    """Return the template in the direction of ``numbers``."""
    vector = np.asarray(numbers, dtype=np.float64)
    return Template((vector / np.linalg.norm(vector)).astype(np.float32), model)


def reference(subject: str, reference_id: str, features: Template) -> Reference:
    """Return a reference with a made-up source."""
    return Reference(
        reference_id=reference_id, subject=subject, template=features, source_sha256="0" * 64, source_name="a.jpg"
    )


def slow_rank_list(references: Sequence[Reference], probe: Template, threshold_value: float) -> list[Candidate]:
    """Return all subjects with a reference at or above the threshold, in order, by comparing one after the other."""
    best: dict[str, tuple[float, str]] = {}
    count: dict[str, int] = {}
    for each in references:
        count[each.subject] = count.get(each.subject, 0) + 1
        score = similarity(probe, each.template)
        key = (-score, each.reference_id)
        if score >= threshold_value and (each.subject not in best or key < best[each.subject]):
            best[each.subject] = key
    ordered = sorted((negative, subject, identifier) for subject, (negative, identifier) in best.items())
    return [Candidate(subject, identifier, -negative, count[subject]) for negative, subject, identifier in ordered]


def slow_search(
    references: Sequence[Reference], probe: Template, *, threshold_value: float, limit: int, revision: int
) -> CandidateList:
    """Return what a search must return."""
    everybody = slow_rank_list(references, probe, threshold_value)
    return CandidateList(
        candidates=tuple(everybody[:limit]),
        references_searched=len(references),
        subjects_searched=len({each.subject for each in references}),
        revision=revision,
        exact=True,
        cut_off=len(everybody) > limit,
    )


def random_gallery(rows: int, dimension: int, *, seed: int, subjects: int | None = None) -> list[Reference]:
    """Return random references, some near to others; row r belongs to subject r modulo ``subjects``."""
    rng = np.random.default_rng(seed)
    model = model_of(dimension)
    directions = rng.standard_normal((rows, dimension))
    near = rng.integers(0, rows, size=rows // 4)
    directions[: rows // 4] = directions[near] + 0.3 * directions[: rows // 4]
    order = rng.permutation(rows)
    return [
        reference(f"s{row % (subjects or rows)}", f"r{order[row]:06}", template(directions[row], model))
        for row in range(rows)
    ]


@st.composite
def galleries_with_ties(draw: st.DrawFn) -> tuple[list[Reference], Template]:
    """Return references and a probe whose scores tie often, exactly or in all but the last bit of a float32.

    Directions come from a few small whole numbers, so different references repeat; a scale within what a template
    allows moves scores by little, past 1.0 and below -1.0.
    """
    dimension = draw(st.sampled_from([2, 3, 5, 8]))
    model = model_of(dimension)
    rows = draw(st.integers(0, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    largest = draw(st.sampled_from([1, 2]))
    scales = draw(st.sampled_from([[1.0], [1.0, 1.0 + 2.0**-22], [1.0, 0.9995, 1.0005]]))
    subjects = draw(st.sampled_from([1, 2, 5, 60]))

    def one() -> Template:
        direction = rng.integers(-largest, largest + 1, size=dimension)
        direction[rng.integers(dimension)] = largest
        unit = direction / np.linalg.norm(direction)
        return Template((unit * rng.choice(scales) * rng.choice([-1.0, 1.0])).astype(np.float32), model)

    identifiers = rng.permutation(rows)
    references = [reference(f"s{rng.integers(subjects)}", f"r{identifiers[row]}", one()) for row in range(rows)]
    return references, one()
