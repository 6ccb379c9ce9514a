"""A shod foot stands on a flat sole, has no toes, and with heels stands as the photo shows it."""

import math
from dataclasses import replace

import pytest
import torch
from scipy.spatial import ConvexHull

from bodydouble.body.skinning import pose_fit
from bodydouble.clothing.footwear import SIDES, Footwear, foot_frame, untilt_ankles
from bodydouble.clothing.shoes import shoe_offsets
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.raster import rasteriser
from bodydouble.values import Clothing

PITCH = math.radians(20)


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


def shod(rest, anny, footwear: Footwear) -> torch.Tensor:
    return rest.vertices + sum(shoe_offsets(rest, anny, side, footwear) for side in SIDES)


def convexity_from_above(points: torch.Tensor, anny, frame) -> float:
    """Area of a foot seen from above, of its convex hull's."""
    camera = orbit_camera(0.0, 89.0, points[frame.inside].mean(0), 3.0, 2000.0, (256, 256))
    faces = anny.faces[frame.inside[anny.faces].all(1)]
    covered = (rasteriser()(clip_from_world(points, camera)[None], faces, camera.size).face[0] >= 0).nonzero()
    return len(covered) / float(ConvexHull(covered.double().numpy()).volume)


def test_a_bare_foot_stays(rest, anny):
    assert torch.equal(shod(rest, anny, Footwear(shod=False)), rest.vertices)


@pytest.mark.parametrize("closed", [True, False])
def test_a_sole_is_flat(rest, anny, closed):
    """Of the lowest centimetre, heel and ball lie on one plane, below the bare foot."""
    shoe = shod(rest, anny, Footwear(closed=closed))
    for side in SIDES:
        frame = foot_frame(rest, anny, side)
        part = frame.along / frame.length
        lowest = [shoe[frame.inside & (part >= low) & (part < low + 0.1), 1].min() for low in (0, 0.2, 0.4, 0.6)]
        assert max(lowest) - min(lowest) < 0.001
        assert min(lowest) < float(rest.vertices[frame.inside, 1].min()) - 0.003


def test_a_closed_shoe_has_no_toes(rest, anny):
    frame = foot_frame(rest, anny, "left")
    assert convexity_from_above(rest.vertices, anny, frame) < 0.97
    assert convexity_from_above(shod(rest, anny, Footwear()), anny, frame) > 0.99


def test_sandals_leave_the_toes(rest, anny):
    shoe = shod(rest, anny, Footwear(closed=False))
    upper = rest.vertices[:, 1] > 0.025
    assert torch.equal(shoe[upper], rest.vertices[upper])


def test_a_heel_stands_on_the_ground_and_lifts_the_heel(rest, anny):
    flat, heeled = (shod(rest, anny, Footwear(pitch=pitch)) for pitch in (0.0, PITCH))
    frame = foot_frame(rest, anny, "left")
    part = frame.along / frame.length
    heel, ball = frame.inside & (part < 0.2), frame.inside & (part > 0.7) & (part < 0.85)
    assert abs(float(heeled[heel, 1].min() - heeled[ball, 1].min())) < 0.01
    lower = frame.inside & (rest.vertices[:, 1] > 0.03) & (rest.vertices[:, 1] < 0.05) & (part < 0.2)
    ground = [points[frame.inside, 1].min() for points in (flat, heeled)]
    rise = (heeled[lower, 1].mean() - ground[1]) - (flat[lower, 1].mean() - ground[0])
    assert 0.03 < float(rise) < 0.08


def test_a_heel_leaves_the_foot_as_it_stands_in_the_photo(rest, anny, fit):
    """The rest shape is tilted, the ankle turned back: the back of the foot is where it was."""
    still = torch.zeros_like(rest.vertices)
    bare = replace(fit, clothing=Clothing(offsets=still, leg_blend=still[:, 0]))
    offsets = shod(rest, anny, Footwear(pitch=PITCH)) - rest.vertices
    heeled = replace(untilt_ankles(bare, PITCH, anny), clothing=Clothing(offsets=offsets, leg_blend=still[:, 0]))
    before, after = (pose_fit(each, anny).vertices for each in (bare, heeled))
    frame = foot_frame(rest, anny, "left")
    back = frame.inside & (frame.weight > 0.99) & (frame.along < 0.4 * frame.length) & (rest.vertices[:, 1] > 0.03)
    assert bool(back.any())
    assert float((after - before)[back].norm(dim=1).max()) < 0.012  # the upper's thickness
    turned = replace(bare, pose=untilt_ankles(bare, PITCH, anny).pose)
    assert float((pose_fit(turned, anny).vertices - before)[back].norm(dim=1).max()) > 0.015
