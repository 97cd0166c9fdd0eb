"""Angles of a made-up head turned by known angles come back; the signs are those the docstring promises."""

from __future__ import annotations

import math

import numpy as np
import pytest

from countenance.core.vocabulary import Landmarks
from countenance.service.head_pose import GENERIC_HEAD, estimate_pose


def turned(roll: float = 0.0, yaw: float = 0.0, pitch: float = 0.0, *, scale: float = 40.0) -> Landmarks:
    """Return where the points of the generic head fall when it is turned: pitch first, then yaw, then roll."""
    r, y, p = (math.radians(angle) for angle in (roll, yaw, pitch))
    about_x = np.array([[1, 0, 0], [0, math.cos(p), -math.sin(p)], [0, math.sin(p), math.cos(p)]])
    about_y = np.array([[math.cos(y), 0, math.sin(y)], [0, 1, 0], [-math.sin(y), 0, math.cos(y)]])
    about_z = np.array([[math.cos(r), -math.sin(r), 0], [math.sin(r), math.cos(r), 0], [0, 0, 1]])
    points = (about_z @ about_y @ about_x @ GENERIC_HEAD.T).T * scale + 200.0
    return Landmarks(*((float(x), float(y_)) for x, y_, _ in points))


@pytest.mark.parametrize("angle", [-40.0, -15.0, 0.0, 10.0, 35.0])
def test_each_angle_alone_comes_back(angle: float) -> None:
    assert estimate_pose(turned(roll=angle)) == pytest.approx((angle, 0.0, 0.0), abs=0.01)
    assert estimate_pose(turned(yaw=angle)).yaw_deg == pytest.approx(angle, abs=0.01)
    assert estimate_pose(turned(pitch=angle)).pitch_deg == pytest.approx(angle, abs=0.01)


def test_a_nose_to_the_right_of_the_picture_is_a_positive_yaw_and_one_higher_up_a_positive_pitch() -> None:
    frontal = turned()
    right = frontal._replace(nose_tip=(frontal.nose_tip[0] + 10, frontal.nose_tip[1]))
    higher = frontal._replace(nose_tip=(frontal.nose_tip[0], frontal.nose_tip[1] - 10))
    assert estimate_pose(right).yaw_deg > 5
    assert estimate_pose(higher).pitch_deg > 5


def test_size_and_place_do_not_matter() -> None:
    small = estimate_pose(turned(5, 20, -10, scale=8.0))
    assert small == pytest.approx(estimate_pose(turned(5, 20, -10, scale=300.0)), abs=0.01)


@pytest.mark.parametrize("points", [[(5.0, 5.0)] * 5, [(float(i), 0.0) for i in range(5)]])
def test_points_that_are_no_face_give_finite_angles(points: list[tuple[float, float]]) -> None:
    pose = estimate_pose(Landmarks(*points))
    assert all(math.isfinite(angle) and -180 <= angle <= 180 for angle in pose)
