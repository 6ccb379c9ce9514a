"""The labels on the feet, and how they stand, tell what they wear."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.footwear import SIDES, Footwear, find_footwear, tilt
from bodydouble.clothing.footwear import foot_frame as frame_of
from bodydouble.geometry.camera import photo_camera
from bodydouble.geometry.rotation import axis_angle_from_matrix
from bodydouble.parsing.labels import LABELS, SHOES, SKIN
from bodydouble.values import BodyFit, Clothing, Pose, Understanding

SIZE = 400


@pytest.fixture(scope="module")
def standing(anny) -> BodyFit:
    """A bare body that stands upright 3 m in front of the camera, feet in the picture's lower part."""
    still = torch.zeros(int(anny.faces.max()) + 1, 3)
    pose = Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.tensor([0.0, -0.8, -3.0]),
        expression=torch.zeros(len(anny.expression_names)),
    )
    return BodyFit(
        shape=anny.mean_shape(),
        pose=pose,
        camera=photo_camera(600.0, (SIZE, SIZE)),
        clothing=Clothing(offsets=still, leg_blend=still[:, 0]),
    )


def labelled(shoe: float) -> Understanding:
    """Shoe with that chance in every second column of pixels, skin elsewhere."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    labels[SKIN] = 1
    columns = torch.arange(SIZE) % 100 < 100 * shoe
    labels[SHOES][:, columns], labels[SKIN][:, columns] = 1, 0
    return Understanding(labels=labels, normals=torch.zeros(3, SIZE, SIZE), left=0, top=0, side=SIZE)


def pitched(fit: BodyFit, anny, degrees: tuple[float, float]) -> BodyFit:
    """The fit with the left and the right foot's toes pointing down."""
    joints, rest = fit.pose.joints.clone(), anny.rest(fit.shape)
    for side, angle in zip(SIDES, degrees, strict=True):
        turn = tilt(frame_of(rest, anny, side), math.radians(angle))
        joints[anny.roles[f"{side}_ankle"]] = axis_angle_from_matrix(turn)
    return replace(fit, pose=replace(fit.pose, joints=joints))


def test_without_a_parser_feet_are_in_flat_shoes(standing, anny):
    assert find_footwear(standing, None, anny) == Footwear()


def test_skin_is_barefoot_and_shoe_is_shod(standing, anny):
    assert not find_footwear(standing, labelled(0.0), anny).shod
    assert find_footwear(standing, labelled(1.0), anny) == Footwear()


def test_two_tilted_feet_wear_heels(standing, anny):
    footwear = find_footwear(pitched(standing, anny, (25.0, 20.0)), labelled(1.0), anny)
    assert math.degrees(footwear.pitch) == pytest.approx(20, abs=4)


def test_one_tilted_foot_walks(standing, anny):
    assert find_footwear(pitched(standing, anny, (35.0, 2.0)), labelled(1.0), anny).pitch == 0


def test_a_bare_foot_on_its_toes_wears_no_heel(standing, anny):
    assert find_footwear(pitched(standing, anny, (25.0, 25.0)), labelled(0.0), anny) == Footwear(shod=False)
