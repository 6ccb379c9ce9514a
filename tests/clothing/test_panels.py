"""Skirts and coats swing: as the photo has them they hang still, in a walk they give way to the legs."""

import pytest
import torch

from bodydouble.body.skinning import dress_rest, subtree_weight
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose, tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.geometry.camera import clip_from_world
from bodydouble.motion.chains import move_chains, settle_chains
from bodydouble.motion.load import load_motion
from bodydouble.raster import rasteriser
from bodydouble.render.framing import framing_camera
from bodydouble.surface.skeleton import check_surfaces, pose_surface
from tests.garments import paint_skirt
from tests.standing import stand_still

CHAINS_AND_BODY = 4  # influences that file formats have room for


@pytest.fixture
def skirted(anny, draw_scene):
    """A fit, its clothed body at rest, and the skirt that it wears."""
    scene = draw_scene(paint_skirt("dress", 0.5, 0.2, flare_m=0.1))
    loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
    fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
    fit, (surface,) = tuck_body(fit, hang_loose(loose, scene.fit, anny), anny)
    return fit, dress_rest(fit, anny), surface


def test_the_chains_can_hang_on_the_body(anny, skirted):
    _, _, skirt = skirted
    check_surfaces((skirt,), len(anny.joint_names), len(anny.expression_names))
    count = len(anny.joint_names)
    free = skirt.skin_weights[:, :count].sum(1) == 0
    assert float(free.float().mean()) > 0.5
    assert int((skirt.skin_weights[free] > 0).sum(1).max()) <= CHAINS_AND_BODY


def test_in_the_photo_s_pose_it_hangs_as_the_photo_has_it(skirted):
    fit, rest, skirt = skirted
    (settled,) = settle_chains([skirt], rest, fit.pose)
    hung, swung = (pose_surface(skirt, rest, fit.pose, chain).mesh.vertices for chain in (None, settled))
    assert float((hung - swung).norm(dim=1).max()) < 0.01


def test_nothing_trembles_on_who_stands_still(anny, skirted):
    fit, rest, skirt = skirted
    (moved,) = move_chains([skirt], rest, stand_still(fit.pose))
    assert float((moved[1] - moved[1][:1]).abs().max()) < 1e-4


def shown_leg(anny, rest, skirt, pose, chain):
    """Share of the skirt's outline, seen from four sides, in which a leg stands out of it."""
    body, tube = anny.pose(rest, pose), pose_surface(skirt, rest, pose, chain).mesh
    legs = sum(subtree_weight(rest, anny.roles[f"{side}_hip"]) for side in ("left", "right"))[anny.faces].amax(1) > 0.5
    corners = tube.vertices[tube.faces]
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    skirt_pixels = leg_pixels = 0
    for azimuth in (0, 90, 180, 270):
        camera = framing_camera(torch.cat([body.vertices, tube.vertices]), (200, 150), azimuth)
        eye = -camera.camera_from_world[:3, :3].T @ camera.camera_from_world[:3, 3]
        outside = ((eye - corners.mean(1)) * normals).sum(1) > 0
        cloth, skin = (
            rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size) for mesh in (tube, body)
        )
        shown = (cloth.face[0] >= 0) & outside[cloth.face[0].clamp_min(0)]
        before = (skin.face[0] >= 0) & legs[skin.face[0].clamp_min(0)] & (skin.depth[0] < cloth.depth[0])
        skirt_pixels, leg_pixels = skirt_pixels + int(shown.sum()), leg_pixels + int((shown & before).sum())
    return leg_pixels / skirt_pixels


def test_in_a_walk_no_leg_stands_out_of_it(anny, skirted):
    fit, rest, skirt = skirted
    walk = load_motion("walk", anny, rest)
    (moved,) = move_chains([skirt], rest, walk)
    shares, stiff = [], []
    for frame in range(0, len(walk), 22):
        pose = walk.pose(frame, fit.pose.expression)
        shares.append(shown_leg(anny, rest, skirt, pose, (moved[0][frame], moved[1][frame])))
        stiff.append(shown_leg(anny, rest, skirt, pose, None))
    assert sum(shares) / len(shares) < 0.002
    assert sum(stiff) / len(stiff) > 0.006, "which legs do where it hangs stiffly"
