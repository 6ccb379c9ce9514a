"""A moving surface whose colours stand still does not flicker; one that changes does, by as much."""

import pytest
import torch

from bodydouble.geometry.camera import orbit_camera
from bodydouble.render.image import render_mesh
from bodydouble.values import Mesh
from workshop.evaluation.measures.flicker import flicker

CAMERA = orbit_camera(20, 0, torch.tensor([0.0, 0.85, 0.0]), 4.0, 300.0, (160, 160))


@pytest.fixture
def frames(tiny, anny) -> tuple[Mesh, Mesh, torch.Tensor]:
    mesh = anny.pose(anny.rest(anny.mean_shape()), tiny.subject("varied-a").view(0.0).pose)
    moved = Mesh(vertices=mesh.vertices + torch.tensor([0.05, 0.02, 0.0]), faces=mesh.faces)
    smooth = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return mesh, moved, torch.nn.functional.interpolate(smooth, (256, 256), mode="bicubic")[0].clamp(0, 1)


def test_motion_is_not_flicker(frames, anny) -> None:
    before, after, texture = frames
    pictures = [render_mesh(mesh, anny.layout, texture, CAMERA) for mesh in (before, after)]
    unwarped = (pictures[0] - pictures[1])[:3].abs()[:, (pictures[0][3] > 0.99) & (pictures[1][3] > 0.99)].mean()
    assert flicker(*pictures, before, after, CAMERA) < 0.25 * float(unwarped)


def test_a_flash_is_measured(frames, anny) -> None:
    before, after, texture = frames
    dull = 0.8 * texture
    first, second = (render_mesh(m, anny.layout, c, CAMERA) for m, c in ((before, dull), (after, dull + 0.1)))
    assert flicker(first, second, before, after, CAMERA) == pytest.approx(0.1, abs=0.02)
