"""A user's template is the mean direction of its faces'."""

from __future__ import annotations

import numpy as np
import pytest

from countenance.core.comparison import similarity
from countenance.core.errors import ModelMismatch
from countenance.core.vocabulary import Template
from countenance.service.collection_index import mean_template
from tests.support.made_up_templates import MADE_UP_MODEL, OTHER_MODEL, made_up_template
from tests.support.synthetic_engine import synthetic_template


def test_one_face_is_its_own_mean_and_none_has_none() -> None:
    only = made_up_template(1)
    mean = mean_template([only])
    assert mean is not None
    assert mean.vector == pytest.approx(only.vector, abs=1e-6)
    assert mean_template([]) is None


def test_the_mean_is_closer_to_each_face_than_they_are_to_each_other() -> None:
    faces = [synthetic_template("ada", str(number)) for number in range(5)]
    mean = mean_template(faces)
    assert mean is not None
    between = max(similarity(one, two) for one in faces for two in faces if one is not two)
    assert all(similarity(mean, face) > between for face in faces)


def test_faces_that_cancel_out_have_no_mean() -> None:
    one = made_up_template(1)
    assert mean_template([one, Template(-one.vector.copy(), MADE_UP_MODEL)]) is None


def test_faces_of_two_models_never_meet() -> None:
    with pytest.raises(ModelMismatch):
        mean_template([made_up_template(1), made_up_template(2, OTHER_MODEL)])


def test_the_order_of_the_faces_does_not_matter() -> None:
    faces = [made_up_template(number) for number in range(4)]
    forth, back = mean_template(faces), mean_template(faces[::-1])
    assert forth is not None
    assert back is not None
    assert np.allclose(forth.vector, back.vector)
