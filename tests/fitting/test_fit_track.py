"""A motion that is known is found again from noisy landmarks, smoother than these."""

import pytest
import torch

from bodydouble.body.skinning import joint_paths, skin
from bodydouble.fitting.fit_track import fit_track
from bodydouble.geometry.camera import photo_camera, project
from bodydouble.motion.load import load_motion
from bodydouble.person.track import Track
from bodydouble.values import BODY_LANDMARKS, Motion

FRAMES = 36
PIXELS, METRES = 1.5, 0.015  # standard deviations of the noise


@pytest.fixture(scope="module")
def truth(anny):
    """A wave, 3.5 m before the camera: the motion, its rest body, and the track that a detector would see."""
    rest = anny.rest(anny.mean_shape())
    motion = load_motion("wave", anny, rest)
    motion = Motion(
        joints=motion.joints[10 : 10 + FRAMES],
        root_rotation=motion.root_rotation[10 : 10 + FRAMES],
        root_translation=motion.root_translation[10 : 10 + FRAMES] + torch.tensor([0.0, -0.9, -3.5]),
        frames_per_second=30.0,
    )
    camera = photo_camera(700.0, (480, 360))
    vertices = skin(rest, motion.pose(slice(None), torch.zeros(FRAMES, len(anny.expression_names))))
    points = anny.landmarks.points(vertices)[:, BODY_LANDMARKS]
    generator = torch.Generator().manual_seed(2)
    pixels = project(points, camera)[..., :2]
    pixels = pixels + PIXELS * torch.randn(pixels.shape, generator=generator)
    metres = (points - points[:, 23:25].mean(1, keepdim=True)) * torch.tensor([1.0, -1.0, -1.0])
    metres = metres + METRES * torch.randn(metres.shape, generator=generator)
    landmarks = torch.cat([pixels, torch.ones(FRAMES, 33, 1)], -1)
    track = Track(landmarks=landmarks, landmarks_world=metres, frames_per_second=30.0, best=None)  # type: ignore[arg-type]
    return motion, rest, camera, track


def acceleration(points: torch.Tensor) -> float:
    """Mean, m/s²."""
    return float(points.diff(n=2, dim=0).norm(dim=-1).mean()) * 900


def test_a_known_motion_is_found_again(anny, truth):
    motion, rest, camera, track = truth
    fitted = fit_track(track, anny.mean_shape(), camera, anny)
    wanted, paths = (joint_paths(rest, each)[1] for each in (motion, fitted.motion))
    roles = [anny.roles[f"{side}_{part}"] for side in ("left", "right") for part in ("elbow", "wrist", "knee", "ankle")]
    error = ((paths - paths[:, :1]) - (wanted - wanted[:, :1]))[:, roles].norm(dim=-1)
    assert error.mean() < 0.045
    assert (paths[:, 0] - wanted[:, 0]).norm(dim=-1).mean() < 0.04
    assert acceleration(paths[:, roles]) < 2 * acceleration(wanted[:, roles]) + 1
    assert acceleration(paths[:, roles]) < 0.1 * acceleration(track.landmarks_world)
    assert all(fitted.standing[side].all() for side in ("left", "right"))  # who waves stands
