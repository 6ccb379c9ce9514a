"""Feet that stand are held, and nothing else is."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.motion.builtin import idle
from bodydouble.motion.clip import Clip
from bodydouble.motion.foot_contact import runs
from bodydouble.motion.ground import lowest_points
from bodydouble.motion.load import load_motion
from bodydouble.motion.retarget import retarget
from bodydouble.motion.two_bones import reach_with_two_bones
from bodydouble.values import Motion, RestBody
from tests.motion.posed import transforms


def sliding(metres_per_second: float, trembling: float = 0.0) -> Clip:
    """Somebody who stands at ease in a recording whose hips drift sideways and tremble: so do the feet."""
    clip = replace(idle(30.0), neutral=False)
    count = len(clip)
    noise = trembling * torch.randn(count, 3, generator=torch.Generator().manual_seed(4))
    drift = metres_per_second * torch.arange(count)[:, None] / 30 * torch.tensor([1.0, 0, 0])
    return replace(clip, translations={0: clip.translations[0] + torch.tensor([0, 0.95, 0]) + drift + noise})


def feet(motion: Motion, anny: AnnyBody, rest: RestBody) -> Tensor:
    """(T, 2, 3) positions of both balls."""
    return transforms(motion, rest)[1][:, [anny.roles["left_toe"], anny.roles["right_toe"]]]


def range_of(path: Tensor) -> float:
    return float((path.amax(0) - path.amin(0)).norm(dim=-1).max())


def test_feet_that_tremble_and_drift_stand(anny: AnnyBody, rest: RestBody) -> None:
    clip = sliding(0.01, trembling=0.002)
    loose, locked = (feet(retarget(clip, anny, rest, lock_feet=lock), anny, rest) for lock in (False, True))
    assert range_of(loose) > 0.07
    assert range_of(locked) < 0.2 * range_of(loose)
    shaking = [float(path.diff(n=2, dim=0).abs().mean()) for path in (loose, locked)]
    assert shaking[1] < 0.3 * shaking[0]


def test_what_slides_on_goes_along(anny: AnnyBody, rest: RestBody) -> None:
    """A drift that never ends is the recording's, not a slip: no foot is held more than a hand's breadth behind."""
    clip = sliding(0.2)
    loose, locked = (feet(retarget(clip, anny, rest, lock_feet=lock), anny, rest) for lock in (False, True))
    assert range_of(loose) > 1.5
    assert (loose - locked)[..., [0, 2]].norm(dim=-1).max() < 0.11


@pytest.mark.parametrize("name", ["zombie", "cmu_12_03", "dab"])
def test_real_recordings_slide_less(anny: AnnyBody, rest: RestBody, shared: Path, name: str) -> None:
    path = shared / "motions" / f"{name}.bvh"
    loose, locked = (load_motion(path, anny, rest, lock_feet=lock) for lock in (False, True))
    positions = [transforms(motion, rest)[1] for motion in (loose, locked)]
    slides = []
    for place in positions:
        for side in ("left", "right"):
            ball = positions[0][:, anny.roles[f"{side}_toe"]]  # stands in the same frames for both
            still = (ball.diff(dim=0).norm(dim=-1) * 30 < 0.2) & (ball[:-1, 1] < ball[:, 1].quantile(0.1) + 0.03)
            steps = place[:, anny.roles[f"{side}_toe"]].diff(dim=0)[still]
            slides.append(float(steps[:, [0, 2]].norm(dim=-1).mean()) * 30)
    assert slides[2] < slides[0] / 2 and slides[3] < slides[1] / 2
    hips = [place[:, anny.roles["pelvis"]] for place in positions]
    assert (hips[0] - hips[1])[:, [0, 2]].abs().max() < 1e-5
    assert (hips[0] - hips[1])[:, 1].abs().max() < 0.07
    assert lowest_points(locked, rest).min() > -0.01
    knees = torch.stack([locked.joints[:, anny.roles[f"{side}_knee"]] for side in ("left", "right")])
    turns = torch.stack([loose.joints[:, anny.roles[f"{side}_knee"]] for side in ("left", "right")])
    assert (knees - turns).norm(dim=-1).max() < 0.7  # radians
    upper = [n for role, n in anny.roles.items() if not role.endswith(("hip", "knee", "ankle", "toe"))]
    assert torch.equal(loose.joints[:, upper], locked.joints[:, upper])


def test_a_motion_without_a_standing_foot_is_left_alone(anny: AnnyBody, rest: RestBody) -> None:
    clip = sliding(2.0)
    loose, locked = (retarget(clip, anny, rest, lock_feet=lock) for lock in (False, True))
    assert torch.allclose(loose.joints, locked.joints, atol=1e-6)
    assert torch.allclose(loose.root_translation, locked.root_translation, atol=1e-6)


def test_one_and_two_frames(anny: AnnyBody, rest: RestBody) -> None:
    clip = sliding(0.0)
    for count in (1, 2, 3):
        short = replace(clip, rotations=clip.rotations[:count], translations={0: clip.translations[0][:count]})
        assert len(retarget(short, anny, rest, lock_feet=True)) == count


def test_runs() -> None:
    assert runs(torch.tensor([True, False, True, True])) == [(0, 1), (2, 4)]
    assert runs(torch.zeros(3, dtype=torch.bool)) == []


def test_two_bones_reach_a_place() -> None:
    generator = torch.Generator().manual_seed(2)
    reach, hinge = torch.randn(2, 50, 3, generator=generator)
    reach = 0.8 * reach / reach.norm(dim=-1).amax()
    upper, lower = torch.tensor(0.45), torch.tensor(0.4)
    first, second = reach_with_two_bones(reach, hinge, upper, lower)
    assert torch.allclose(upper * first + lower * second, reach, atol=2e-3)
    assert torch.allclose(first.norm(dim=-1), torch.ones(50), atol=1e-5)
    across = hinge - (hinge * reach).sum(-1, keepdim=True) * reach / (reach * reach).sum(-1, keepdim=True)
    assert ((torch.linalg.cross(first, second) * across).sum(-1) > 0).all()  # it bends about the hinge, positively


def test_a_place_out_of_reach_is_pointed_at() -> None:
    first, second = reach_with_two_bones(
        torch.tensor([0.0, -3.0, 0.0]), torch.tensor([1.0, 0, 0]), torch.tensor(0.4), torch.tensor(0.4), stretch=0.99
    )
    foot = 0.4 * first + 0.4 * second
    assert foot.norm() == pytest.approx(0.99 * 0.8, abs=1e-4)
    assert torch.allclose(foot / foot.norm(), torch.tensor([0.0, -1, 0]), atol=1e-4)
