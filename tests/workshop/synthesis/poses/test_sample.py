"""Laws of the synthetic people's poses: anatomy, the bank, hands, and limbs that do not pass through the body."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.body.skinning import joint_transforms, skin
from bodydouble.values import Pose
from workshop.synthesis.poses.anatomy import JointAnatomy, average_anatomy, share_twist, turn
from workshop.synthesis.poses.collide import TOUCH_M, depths, hulls_of, push_out
from workshop.synthesis.poses.free_poses import level
from workshop.synthesis.poses.hands import sample_expression, with_hands
from workshop.synthesis.poses.pose_bank import PoseBank, farthest_first, pose_bank
from workshop.synthesis.poses.sample import KINDS, draft_pose, sample_pose, with_shoulder_rhythm


@pytest.fixture(scope="module")
def anatomy(anny: AnnyBody) -> JointAnatomy:
    return average_anatomy(anny)


@pytest.fixture(scope="module")
def bank(anny: AnnyBody) -> PoseBank:
    """A made-up bank: two poses to train with, one to test with, told apart by their heads."""
    joints = torch.zeros(3, len(anny.joint_names), 3)
    joints[:, anny.roles["head"], 0] = torch.tensor([0.0, 0.3, -1.0])
    return PoseBank(
        joints=joints,
        root_rotation=torch.zeros(3, 3),
        clips=("one", "one", "two"),
        test=torch.tensor([False, False, True]),
    )


def places(anatomy: JointAnatomy, joints: Tensor) -> dict[str, Tensor]:
    zero = torch.zeros(3)
    pose = Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=zero)
    found = joint_transforms(anatomy.rest, pose)[1]
    return {role: found[joint] for role, joint in anatomy.roles.items()}


def direction(at: dict[str, Tensor], first: str, last: str) -> Tensor:
    return torch.nn.functional.normalize(at[last] - at[first], dim=0)


def test_no_turns_is_the_anatomical_stance(anatomy: JointAnatomy) -> None:
    at = places(anatomy, anatomy.joints({}))
    down = torch.tensor([0.0, -1.0, 0.0])
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for bone in (
            ("shoulder", "elbow"),
            ("elbow", "wrist"),
            ("wrist", "middle_1"),
            ("hip", "knee"),
            ("knee", "ankle"),
        ):
            first, last = (f"{side}_{name}" for name in bone)
            torch.testing.assert_close(direction(at, first, last), down, atol=1e-3, rtol=0)
        assert direction(at, f"{side}_wrist", f"{side}_thumb_3")[2] > 0.3  # thumbs forward: palms to the thighs
        assert sign * at[f"{side}_ankle"][0] > 0.05


@pytest.mark.parametrize(
    ("role", "turned", "bone", "expected"),
    [
        ("left_shoulder", turn("z", 90), ("left_shoulder", "left_elbow"), (1, 0, 0)),
        ("right_shoulder", turn("z", 90, side=-1), ("right_shoulder", "right_elbow"), (-1, 0, 0)),
        ("left_elbow", turn("x", -90), ("left_elbow", "left_wrist"), (0, 0, 1)),
        ("right_knee", turn("x", 90), ("right_knee", "right_ankle"), (0, 0, -1)),
        ("left_hip", turn("x", -90), ("left_hip", "left_knee"), (0, 0, 1)),
    ],
)
def test_turns_are_what_anatomy_calls_them(
    anatomy: JointAnatomy, role: str, turned: np.ndarray, bone: tuple[str, str], expected: tuple[int, int, int]
) -> None:
    found = direction(places(anatomy, anatomy.joints({role: turned})), *bone)
    torch.testing.assert_close(found, torch.tensor(expected).float(), atol=2e-3, rtol=0)


def test_closed_fingers_come_to_the_palm_and_open_ones_do_not(
    anatomy: JointAnatomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach = {}
    for gesture, closed in (("flat", 0.0), ("fist", 1.0)):
        monkeypatch.setattr("workshop.synthesis.poses.hands._GESTURES", {gesture: ((closed,) * 5, 1.0)})
        at = places(anatomy, with_hands(np.random.default_rng(0), anatomy, anatomy.joints({})))
        for side, sign in (("left", 1.0), ("right", -1.0)):  # the palms face inward
            reach[gesture, side] = -sign * float(at[f"{side}_middle_3"][0] - at[f"{side}_middle_1"][0])
            assert at[f"{side}_pinky_3"][2] < at[f"{side}_index_3"][2]  # fingers do not cross
    for side in ("left", "right"):
        assert reach["fist", side] > 0.02 > abs(reach["flat", side])


def test_spread_fingers_are_farther_apart(anatomy: JointAnatomy, monkeypatch: pytest.MonkeyPatch) -> None:
    class Expected:
        """A generator that draws nothing but means."""

        def normal(self, mean: float, deviation: float, count: int | None = None) -> float | np.ndarray:
            return mean if count is None else np.full(count, mean)

        def choice(self, options: list[str], p: np.ndarray) -> str:
            return options[0]

        def random(self) -> float:
            return 0.0

    gaps = []
    for spread in (0.0, 40.0):
        monkeypatch.setattr(
            "workshop.synthesis.poses.hands._SPREAD",
            {"thumb": 0.0, "index": spread, "middle": 0.0, "ring": 0.0, "pinky": -spread},
        )
        at = places(anatomy, with_hands(Expected(), anatomy, anatomy.joints({})))  # type: ignore[arg-type]
        gaps.append([float((at[f"{s}_index_3"] - at[f"{s}_pinky_3"]).norm()) for s in ("left", "right")])
    assert all(wide > narrow + 0.005 for narrow, wide in zip(*gaps, strict=True))


def test_sharing_twist_leaves_hands_where_they_are(anatomy: JointAnatomy) -> None:
    turns = {"left_shoulder": turn("zy", 60, 70), "right_wrist": turn("y", 60, side=-1)}
    joints = anatomy.joints(turns)
    shared = share_twist(anatomy, joints)
    before, after = places(anatomy, joints), places(anatomy, shared)
    for role in before:
        torch.testing.assert_close(before[role], after[role], atol=2e-3, rtol=0)  # joints are not quite on the bone
    assert shared[anatomy.roles["left_shoulder"]].norm() < joints[anatomy.roles["left_shoulder"]].norm()
    torch.testing.assert_close(share_twist(anatomy, shared), shared, atol=1e-5, rtol=0)


def test_clavicles_rise_with_raised_arms_and_arms_point_as_before(anatomy: JointAnatomy) -> None:
    rise = []
    for raised in (20, 100, 160):
        joints = anatomy.joints({"left_shoulder": turn("z", raised)})
        found = with_shoulder_rhythm(anatomy, joints)
        before, after = places(anatomy, joints), places(anatomy, found)
        for bone in (("left_shoulder", "left_elbow"), ("left_wrist", "left_middle_1")):
            torch.testing.assert_close(direction(after, *bone), direction(before, *bone), atol=1e-4, rtol=0)
        rise.append(float(after["left_shoulder"][1] - before["left_shoulder"][1]))
    assert rise[0] < 0 < rise[1] < rise[2] and rise[1] > 0.03


def test_level_legs_reach_equally_far(anatomy: JointAnatomy) -> None:
    (thigh, knee), (other, straight) = level(((70.0, 60.0), (0.0, 0.0)))
    assert (thigh, knee) == (70.0, 60.0) and straight > 60 and other == pytest.approx(straight / 2)


@pytest.mark.parametrize("kind", KINDS)
def test_poses_stand_on_the_ground_within_reason_and_repeat(
    anny: AnnyBody, anatomy: JointAnatomy, bank: PoseBank, kind: str
) -> None:
    hulls = hulls_of(anatomy)
    for seed in range(6):
        pose = sample_pose(np.random.default_rng(seed), anny, bank, kind)
        again = sample_pose(np.random.default_rng(seed), anny, bank, kind)
        assert torch.equal(pose.joints, again.joints) and torch.equal(pose.expression, again.expression)
        assert pose.joints.shape == (len(anny.joint_names), 3) and not pose.joints[0].any()
        assert depths(anatomy, hulls, pose.joints).max() <= TOUCH_M
        assert skin(anatomy.rest, pose)[:, 1].min() == pytest.approx(0, abs=0.01)
        assert pose.expression.min() >= 0 and pose.expression.max() <= 1


def test_a_pose_has_its_arms_30_to_50_degrees_off(anny: AnnyBody, anatomy: JointAnatomy, bank: PoseBank) -> None:
    angles = []
    for seed in range(40):
        at = places(anatomy, sample_pose(np.random.default_rng(seed), anny, bank, "a-pose").joints)
        angles += [
            torch.rad2deg(torch.acos(-direction(at, f"{s}_shoulder", f"{s}_elbow")[1])) for s in ("left", "right")
        ]
    found = torch.stack(angles)
    assert 25 < found.quantile(0.05) and found.quantile(0.95) < 56 and found.std() > 3


def test_recorded_poses_come_from_their_own_half(anny: AnnyBody, bank: PoseBank) -> None:
    head = anny.roles["head"]
    for test in (False, True):
        turned = [
            sample_pose(np.random.default_rng(s), anny, bank, "mocap", test=test).joints[head, 0] for s in range(8)
        ]
        assert all((float(angle) < -0.5) == test for angle in turned)


def test_arms_in_the_body_are_found_and_pushed_out(anny: AnnyBody, anatomy: JointAnatomy) -> None:
    joints = anatomy.joints({"left_shoulder": turn("z", 0), "left_elbow": turn("yx", -75, -80)})
    joints[anatomy.roles["left_shoulder"]] += torch.tensor([0.0, 0.0, -0.25])
    hulls = hulls_of(anatomy)
    assert depths(anatomy, hulls, torch.zeros_like(joints)).max() == 0  # rest is clear
    assert depths(anatomy, hulls, joints).max() > 0.03
    out = push_out(anatomy, hulls, joints)
    assert depths(anatomy, hulls, out).max() <= TOUCH_M
    assert (out - joints).norm(dim=-1).max() < 0.8


def test_expressions_vary(anny: AnnyBody) -> None:
    rng = np.random.default_rng(0)
    found = torch.stack([sample_expression(rng, anny.expression_names) for _ in range(100)])
    for name in ("jawOpen", "mouthSmileLeft", "eyeBlinkRight", "browInnerUp"):
        shown = (found[:, anny.expression_names.index(name)] > 0.15).float().mean()
        assert 0.02 < shown < 0.6


def test_farthest_first_leaves_out_the_alike() -> None:
    points = torch.tensor([[0.0], [0.01], [0.02], [5.0], [-4.0]])
    assert sorted(points[farthest_first(points, 3)][:, 0].tolist()) == pytest.approx([-4, 0.02, 5], abs=0.03)
    assert len(farthest_first(points, 9)) == 5


def test_a_bank_of_motions_keeps_clips_apart(anny: AnnyBody, tmp_path: Path, shared: Path) -> None:
    (tmp_path / "motions").mkdir()
    for name in ("wave_hello.bvh", "mhr_example_smplx_poses.npy"):
        (tmp_path / "motions" / name).symlink_to(shared / "motions" / name)
    bank = pose_bank(anny, tmp_path / "motions", count=60)
    assert 40 < len(bank) <= 60 and 0 < bank.test.sum() < len(bank) / 2
    by_half = [
        {clip for clip, test in zip(bank.clips, bank.test, strict=True) if bool(test) == half} for half in (0, 1)
    ]
    assert not by_half[0] & by_half[1]
    joints, root = draft_pose(np.random.default_rng(0), average_anatomy(anny), bank, "mocap")
    assert joints.isfinite().all() and abs(float(root[1])) < 0.6
