"""Long hair swings: still, it hangs as the photo has it; in a dance it lags behind and stays out of face and back."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest, joint_transforms
from bodydouble.clothing.hair_chains import hair_root, hang_hair
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.loose_surfaces import hang_loose, tuck_body
from bodydouble.clothing.offsets import clothe
from bodydouble.clothing.trunk_colliders import trunk_colliders
from bodydouble.motion.chains import move_chains, settle_chains
from bodydouble.motion.load import load_motion
from bodydouble.surface.skeleton import check_surfaces, pose_surface
from bodydouble.values import FACE_LANDMARKS
from tests.garments import paint_hair
from tests.motion.posed import pose_of
from tests.standing import stand_still


@pytest.fixture
def long_haired(anny, draw_scene):
    """A function: of hair so long, a fit, its clothed body at rest, and the hair."""

    def hung(below_chin_m):
        scene = draw_scene(paint_hair(below_chin_m))
        loose = find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)
        fit = clothe(scene.fit, scene.person, anny, loose=loose.pixels, join_legs=False)
        fit, (surface,) = tuck_body(fit, hang_loose(loose, scene.fit, anny), anny)
        return fit, dress_rest(fit, anny), surface

    return hung


def test_the_chains_hang_on_the_neck_and_take_what_is_below_the_chin(anny, long_haired):
    _, rest, hair = long_haired(0.3)
    check_surfaces((hair,), len(anny.joint_names), len(anny.expression_names))
    count, root = len(anny.joint_names), hair_root(anny)
    assert root not in (anny.roles["head"], anny.roles["neck"])
    roots = hair.chains.parents[hair.chains.parents < count]
    assert set(roots.tolist()) == {root} and len(roots) > 5
    free = hair.skin_weights[:, count:].sum(1)
    heights = hair.vertices[:, 1] - rest.joints[anny.roles["head"], 1]
    assert float(free[heights > 0].max()) == 0
    assert float(free[heights < -0.15].min()) > 0.99
    assert not hair.skin_weights[:, root].any()
    torch.testing.assert_close(hair.skin_weights.sum(1), torch.ones(len(free)))


def test_hair_that_follows_the_head_has_none(anny, long_haired):
    """As that of a bun does."""
    fit, rest, hair = long_haired(0.3)
    weights = torch.zeros(len(hair.vertices), len(anny.joint_names))
    weights[:, anny.roles["head"]] = 1
    bound = replace(hair, skin_weights=weights, chains=None, colliders=None)
    assert hang_hair(bound, anny, rest, fit.pose) is bound


def test_in_the_photo_s_pose_it_hangs_as_the_photo_has_it(long_haired):
    """But for the tip of a lock that the sheet leaves inside the chest, which the colliders push out."""
    fit, rest, hair = long_haired(0.3)
    (settled,) = settle_chains([hair], rest, fit.pose)
    hung, swung = (pose_surface(hair, rest, fit.pose, chain).mesh.vertices for chain in (None, settled))
    off = (hung - swung).norm(dim=1)
    assert float(off.mean()) < 0.001 and float(off.quantile(0.98)) < 0.02


def test_nothing_trembles_on_who_stands_still(long_haired):
    fit, rest, hair = long_haired(0.3)
    (moved,) = move_chains([hair], rest, stand_still(fit.pose))
    assert float((moved[1] - moved[1][:1]).abs().max()) < 1e-4


def test_in_a_dance_it_swings_and_stays_out_of_head_and_back(anny, long_haired):
    _, rest, hair = long_haired(0.3)
    motion = load_motion("dance", anny, rest)
    (moved,) = move_chains([hair], rest, motion)
    rotations, positions = joint_transforms(rest, pose_of(motion))
    head, root = anny.roles["head"], hair_root(anny)

    def seen_from(joint, points):
        return torch.einsum("tba,tkb->tka", rotations[:, joint], points - positions[:, joint, None])

    swung = seen_from(root, moved[1])
    assert float((swung - swung[:1]).norm(dim=2).max()) > 0.03, "it swings"
    face = anny.landmarks.points(rest.vertices)[FACE_LANDMARKS]
    nose = float(face[face[:, 2].argmax(), 1] - rest.joints[head, 1])
    assert float(seen_from(head, moved[1])[..., 1].max()) < nose - 0.02, "no lock rises into the face"
    tails, colliders = moved[1][:, hair.chains.parents >= len(anny.joint_names)], hair.colliders
    turn = rotations[:, colliders.joints]
    starts, ends = (
        positions[:, colliders.joints] + (turn @ each[..., None])[..., 0] for each in (colliders.heads, colliders.tails)
    )
    axes, away = (ends - starts)[:, None], tails[:, :, None] - starts[:, None]
    along = ((away * axes).sum(-1) / (axes**2).sum(-1).clamp_min(1e-9)).clamp(0, 1)
    depth = colliders.radii - (away - along[..., None] * axes).norm(dim=-1)
    assert float((depth > 0.001).float().mean()) < 0.001, "tails stay out of what they are kept from"


def test_what_keeps_it_out_lies_within_the_body(anny, long_haired):
    """As deep as a third of the way between the shoulders, in chest and belly, and less in the neck."""
    _, rest, _ = long_haired(0.3)
    colliders = trunk_colliders(anny, rest)
    across = float((rest.joints[anny.roles["left_shoulder"]] - rest.joints[anny.roles["right_shoulder"]]).norm())
    radii = dict(zip(colliders.joints.tolist(), colliders.radii.tolist(), strict=True))
    assert 0.2 * across < radii[anny.roles["spine_3"]] < 0.45 * across
    assert 0.03 < radii[anny.roles["neck"]] < radii[anny.roles["head"]] < 0.13
    assert radii[anny.roles["left_clavicle"]] == pytest.approx(radii[anny.roles["right_clavicle"]], abs=0.01)
