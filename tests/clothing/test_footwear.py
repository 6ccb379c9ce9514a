"""The labels on the feet, and how they stand, tell what they wear."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.clothing.footwear import Footwear, find_footwear, tilt
from bodydouble.clothing.footwear import foot_frame as frame_of
from bodydouble.geometry.camera import photo_camera
from bodydouble.geometry.rotation import axis_angle_from_matrix
from bodydouble.parsing.labels import LABELS, LOWER, SHOES, SKIN
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit, Clothing, Pose, StyleEstimate, Understanding

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


FLOOR, PIXELS_PER_METRE = 360, 200  # where the soles are in the picture, and its scale there


def labelled(shoe: float, height: float = 0.1) -> Understanding:
    """Shoe in that share of the columns of pixels up to a height above the floor in metres, skin elsewhere."""
    labels = torch.zeros(len(LABELS), SIZE, SIZE)
    labels[SKIN] = 1
    columns = torch.arange(SIZE) % 100 < 100 * shoe
    row = FLOOR - round(height * PIXELS_PER_METRE)
    labels[SHOES, row:, columns], labels[SKIN, row:, columns] = 1, 0
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


@pytest.mark.parametrize("depth_m,shod", [(0.1, True), (0.0, False)])
def test_shoes_that_the_fitted_feet_miss_are_worn(standing, anny, depth_m, shod):
    """Feet fitted too high show skin alone, and the photo shows the shoes below them."""
    understanding = labelled(0.0)
    rows = slice(FLOOR + 4, FLOOR + 4 + round(depth_m * PIXELS_PER_METRE))
    understanding.labels[SHOES, rows, 170:230], understanding.labels[SKIN, rows, 170:230] = 1, 0
    assert find_footwear(standing, understanding, anny) == Footwear(shod=shod)


def test_shoe_on_the_legs_is_a_boot(standing, anny):
    """As far up as the labels say shoe."""
    for height in (0.25, 0.4):
        assert find_footwear(standing, labelled(1.0, height), anny).shaft == pytest.approx(height, abs=0.04)


@pytest.mark.parametrize("gap", [0.1, 0.25])
def test_a_shaft_whose_middle_is_taken_for_trousers_is_whole_unless_that_is_most_of_it(standing, anny, gap):
    """Shoe goes on above what is taken for trousers, of which there may be more than of shoe."""
    understanding = labelled(1.0, 0.4)
    rows = slice(FLOOR - round((0.12 + gap) * PIXELS_PER_METRE), FLOOR - round(0.12 * PIXELS_PER_METRE))
    understanding.labels[:, rows] = 0
    understanding.labels[LOWER, rows] = 1
    assert (find_footwear(standing, understanding, anny).shaft > 0.3) == (gap < 0.2)


def test_a_bare_instep_is_a_low_cut(standing, anny):
    """Shoe on the toes and below, skin above."""
    assert find_footwear(standing, labelled(1.0, 0.04), anny).low_cut
    assert not find_footwear(standing, labelled(1.0, 0.1), anny).low_cut


def test_two_tilted_feet_wear_heels(standing, anny):
    footwear = find_footwear(pitched(standing, anny, (25.0, 20.0)), labelled(1.0), anny)
    assert math.degrees(footwear.pitch) == pytest.approx(1.25 * 22.5, abs=4)  # fits tilt feet too little


def test_one_tilted_foot_walks(standing, anny):
    assert find_footwear(pitched(standing, anny, (35.0, 2.0)), labelled(1.0), anny).pitch == 0


def test_a_bare_foot_on_its_toes_wears_no_heel(standing, anny):
    assert find_footwear(pitched(standing, anny, (25.0, 25.0)), labelled(0.0), anny) == Footwear(shod=False)


def worn(kind: str, chance: float, high: float) -> StyleEstimate:
    """The rest of the chances goes to the other kinds alike."""
    kinds = ("low", "boot", "pump", "sandal")
    shoes = {name: chance if name == kind else (1 - chance) / 3 for name in kinds}
    return StyleEstimate(chances={"shoes": shoes, "heel": {"flat": 1 - high, "high": high}})


@pytest.mark.parametrize("kind", ["low", "boot", "pump", "sandal"])
@pytest.mark.parametrize("high", [0.02, 0.98])
def test_a_style_that_is_sure_overrules_the_labels(standing, anny, kind, high):
    understanding = replace(labelled(1.0, 0.09), style=worn(kind, 0.9, high))
    footwear = find_footwear(standing, understanding, anny)
    assert footwear.closed == (kind != "sandal") and footwear.low_cut == (kind == "pump")
    assert (footwear.shaft > 0) == (kind == "boot") and (footwear.pitch > 0) == (high > 0.5)


def test_heels_of_pumps_and_sandals_are_higher_than_those_of_boots(standing, anny):
    pitches = []
    for kind in ("boot", "pump", "sandal"):
        understanding = replace(labelled(1.0, 0.09), style=worn(kind, 0.9, 0.98))
        pitches.append(math.degrees(find_footwear(standing, understanding, anny).pitch))
    assert pitches == pytest.approx([18, 25, 25], abs=1e-3)


def test_one_that_is_not_sure_changes_nothing(standing, anny):
    understanding = labelled(1.0)
    unsure = replace(understanding, style=worn("sandal", 0.35, 0.55))
    assert find_footwear(standing, unsure, anny) == find_footwear(standing, understanding, anny)


def test_bare_feet_stay_bare(standing, anny):
    """No photograph that the style learned from shows any."""
    assert not find_footwear(standing, replace(labelled(0.0), style=worn("sandal", 0.9, 0.9)), anny).shod
