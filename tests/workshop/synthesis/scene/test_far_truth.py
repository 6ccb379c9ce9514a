"""The far side is what another camera sees from behind."""

import pytest
import torch

from bodydouble.geometry.camera import orbit_camera
from workshop.synthesis.garments.worn import Worn
from workshop.synthesis.layers import KINDS
from workshop.synthesis.scene.far_truth import far_truth
from workshop.synthesis.scene.truth import ViewTruth, view_truth

FAR_M = 200.0  # so far away that rays to a person are parallel


def camera(azimuth: float):
    """8 mm a pixel, all of the person."""
    return orbit_camera(azimuth, 0.0, torch.tensor([0.0, 0.9, 0.0]), FAR_M, FAR_M / 0.008, (256, 256))


@pytest.fixture(scope="module")
def sides(pack, stand) -> tuple[ViewTruth, ViewTruth, ViewTruth]:
    """Near and far side from the front, and the near side from behind, in a dress and with long hair."""
    worn = []
    for name, kind in (("made/dress_midi", "whole"), ("hair/long01", "hair")):
        article = pack.articles[name]
        texture = torch.tensor([0.1, 0.2, 0.9, 1.0])[:, None, None].expand(4, 4, 4)
        if kind == "hair":
            texture = pack.image(article.images[0]).float() / 255
        worn.append(Worn(garment=article.garment, kind=kind, texture=texture, loose=kind == "hair"))
    layers = stand(worn)
    return view_truth(layers, [camera(0)]), far_truth(layers, [camera(0)]), view_truth(layers, [camera(180)])


def test_the_outline_is_the_near_sides(sides):
    near, far, _ = sides
    solid, other = near.kind[0] > 0, far.kind[0] > 0
    assert (solid & other).sum() > 0.99 * (solid | other).sum()
    assert bool((far.depth[0] >= near.depth[0])[solid & other].all())


def test_it_is_what_a_camera_behind_sees(sides):
    _, far, behind = sides
    kind, person = behind.kind[0].flip(1), far.kind[0] > 0
    assert (kind == far.kind[0])[person].float().mean() > 0.95
    hair = KINDS.index("hair")
    assert (far.kind[0] == hair).sum() > 300, "there is hair to be seen from behind"
    turned = behind.normal[0].flip(2) * torch.tensor([-1.0, 1.0, -1.0])[:, None, None]
    assert (turned * far.normal[0]).sum(0)[person].mean() > 0.95
    colour = (behind.albedo[0].flip(2) - far.albedo[0]).abs().mean(0)
    assert colour[person].mean() < 0.03


def test_the_near_side_is_another(sides):
    """What would pass for the far side if nothing were reversed."""
    near, far, _ = sides
    person = far.kind[0] > 0
    assert (near.kind[0] == far.kind[0])[person].float().mean() < 0.95
    assert near.normal[0, 2][person].mean() < -0.5 < 0.5 < far.normal[0, 2][person].mean()
