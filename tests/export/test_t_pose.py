"""The T-pose of the VRM specification, and a double that has it as its rest pose."""

import pytest
import torch

from bodydouble.body.skinning import blend_skin
from bodydouble.export.at_t_pose import stand_in_t_pose
from bodydouble.export.humanoid import gather_toes
from bodydouble.export.t_pose import t_pose_transforms
from tests.attached import hair_cap, tube_skirt
from tests.export.conftest import dressed_rest

FINGERS = ("index", "middle", "ring", "pinky")


@pytest.fixture(scope="module")
def rest(anny):
    return dressed_rest(anny)


@pytest.fixture(scope="module")
def attached(anny, rest):
    return tube_skirt(anny, rest), hair_cap(anny, rest)


@pytest.fixture(scope="module")
def baked(anny, rest, attached):
    return stand_in_t_pose(anny, rest, attached)


def bone(anny, joints, first, second):
    return torch.nn.functional.normalize(joints[anny.roles[second]] - joints[anny.roles[first]], dim=0)


def test_arms_and_fingers_lie_along_x_and_thumbs_half_way_to_the_front(anny, baked):
    joints = baked[0].joints
    for side, sign in (("left", 1.0), ("right", -1.0)):
        names = [("shoulder", "elbow"), ("elbow", "wrist")]
        names += [(f"{finger}_{n}", f"{finger}_{n + 1}") for finger in FINGERS for n in (1, 2)]
        for first, second in names:
            assert float(bone(anny, joints, f"{side}_{first}", f"{side}_{second}")[0]) * sign > 0.9999
        thumb = bone(anny, joints, f"{side}_thumb_1", f"{side}_thumb_2")
        assert thumb.tolist() == pytest.approx([sign * 0.5**0.5, 0, 0.5**0.5], abs=1e-3)


def test_palms_face_down(anny, rest, baked):
    """The palm, which faced the thigh, is now the lower side of the hand: thumb in front, and nails above."""
    rotations, _ = t_pose_transforms(anny, rest)
    for side in ("left", "right"):
        index, pinky = (baked[0].joints[anny.roles[f"{side}_{finger}_1"]] for finger in ("index", "pinky"))
        assert float(index[2] - pinky[2]) > 0.03 and abs(float(index[1] - pinky[1])) < 0.01
    # The middle finger's bones bend towards the palm: at rest they curl, and the curl points down now.
    first, second, third = (rest.joints[anny.roles[f"left_middle_{n}"]] for n in (1, 2, 3))
    curl = torch.linalg.cross(second - first, third - second)
    assert float((rotations[anny.roles["left_wrist"]] @ curl)[2]) < 0


def test_feet_point_forwards_on_the_ground(anny, baked):
    body, surfaces = baked
    for side in ("left", "right"):
        hip, ankle = (body.joints[anny.roles[f"{side}_{name}"]] for name in ("hip", "ankle"))
        assert abs(float(hip[0] - ankle[0])) < 1e-4
        toes = [joint for joint, parent in enumerate(body.parents) if parent == anny.roles[f"{side}_ankle"]]
        foot = body.joints[toes].mean(0) - ankle
        assert abs(float(foot[0])) < 1e-4 and float(foot[2]) > 0.1
    assert min(float(each.vertices[:, 1].min()) for each in (body, *surfaces)) == pytest.approx(0, abs=1e-6)


def test_backwards_is_the_same_turned_half_around(anny, rest, attached, baked):
    body, surfaces = stand_in_t_pose(anny, rest, attached, backwards=True)
    turn = torch.tensor([-1.0, 1.0, -1.0])
    torch.testing.assert_close(body.vertices * turn, baked[0].vertices, atol=1e-5, rtol=0)
    torch.testing.assert_close(body.joints * turn, baked[0].joints, atol=1e-5, rtol=0)
    torch.testing.assert_close(body.expressions * turn, baked[0].expressions, atol=1e-5, rtol=0)
    for turned, surface in zip(surfaces, baked[1], strict=True):
        torch.testing.assert_close(turned.vertices * turn, surface.vertices, atol=1e-5, rtol=0)
    ours, others = surfaces[0].colliders, baked[1][0].colliders
    torch.testing.assert_close(ours.tails * turn, others.tails, atol=1e-5, rtol=0)


def test_bent_back_it_is_the_double_that_it_was(anny, rest, attached, baked):
    """Vertices and expressions, to a thousandth of a millimetre, though joints between two bones were bent."""
    rotations, _ = t_pose_transforms(anny, rest)
    body, surfaces = baked
    back = rotations.mT
    torch.testing.assert_close(
        blend_skin(body.vertices, body.skin_weights, body.joints, back, rest.joints), rest.vertices, atol=1e-6, rtol=0
    )
    smile = anny.expression_names.index("mouthSmileLeft")
    moved = body.vertices + body.expressions[smile]
    torch.testing.assert_close(
        blend_skin(moved, body.skin_weights, body.joints, back, rest.joints),
        rest.vertices + rest.expressions[smile],
        atol=1e-6,
        rtol=0,
    )
    hair = surfaces[1]
    torch.testing.assert_close(
        blend_skin(hair.vertices, hair.skin_weights, body.joints, back, rest.joints),
        attached[1].vertices,
        atol=1e-6,
        rtol=0,
    )


def test_all_toes_hang_on_one_bone(anny, rest):
    gathered = gather_toes(anny, rest)
    for side in ("left", "right"):
        toe, ankle = anny.roles[f"{side}_toe"], anny.roles[f"{side}_ankle"]
        assert [joint for joint, parent in enumerate(gathered.parents) if parent == ankle] == [toe]
        assert len([joint for joint, parent in enumerate(gathered.parents) if parent == toe]) == 5
    assert all(parent < joint for joint, parent in enumerate(gathered.parents))
