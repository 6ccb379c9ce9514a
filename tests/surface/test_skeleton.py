"""Surfaces hang on the skeleton: chains follow, identities stay, and what is no surface is refused in one sentence."""

from dataclasses import replace

import pytest
import torch

from bodydouble.body.skinning import dress_rest
from bodydouble.errors import InputError
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.surface.skeleton import body_surface, check_surfaces, pose_surface
from bodydouble.values import Pose
from tests.attached import hair_cap, tube_skirt


@pytest.fixture(scope="module")
def rest(anny):
    return anny.rest(anny.mean_shape())


@pytest.fixture(scope="module")
def skirt(anny, rest):
    return tube_skirt(anny, rest)


@pytest.fixture(scope="module")
def hair(anny, rest):
    return hair_cap(anny, rest)


def still(anny, **changes) -> Pose:
    pose = Pose(
        joints=torch.zeros(len(anny.joint_names), 3),
        root_rotation=torch.zeros(3),
        root_translation=torch.zeros(3),
        expression=torch.zeros(len(anny.expression_names)),
    )
    return replace(pose, **changes)


def test_at_rest_every_surface_is_where_it_was_made(anny, rest, skirt, hair):
    for surface in (skirt, hair):
        posed = pose_surface(surface, rest, still(anny))
        assert torch.allclose(posed.mesh.vertices, surface.vertices, atol=1e-5)


def test_a_moved_root_moves_all_alike(anny, rest, skirt):
    turn, way = torch.tensor([0.3, 0.9, -0.2]), torch.tensor([0.5, 0.1, -2.0])
    posed = pose_surface(skirt, rest, still(anny, root_rotation=turn, root_translation=way)).mesh.vertices
    expected = (skirt.vertices - rest.joints[0]) @ matrix_from_axis_angle(turn).T + rest.joints[0] + way
    assert torch.allclose(posed, expected, atol=1e-5)


def test_hair_goes_with_the_head_and_a_skirt_does_not(anny, rest, skirt, hair):
    joints = torch.zeros(len(anny.joint_names), 3)
    joints[anny.roles["head"]] = torch.tensor([0.0, 0.6, 0.0])
    nod = still(anny, joints=joints)
    assert (pose_surface(hair, rest, nod).mesh.vertices - hair.vertices).norm(dim=1).max() > 0.03
    assert torch.allclose(pose_surface(skirt, rest, nod).mesh.vertices, skirt.vertices, atol=1e-5)


def test_chains_that_are_told_where_to_be_carry_the_surface_along(anny, rest, skirt):
    aside = torch.tensor([0.1, 0.0, 0.0])
    transforms = torch.eye(3).expand(6, 3, 3), skirt.chains.positions + aside
    moved = pose_surface(skirt, rest, still(anny), transforms).mesh.vertices - skirt.vertices
    share = skirt.skin_weights[:, len(rest.parents) :].sum(1, keepdim=True)
    assert torch.allclose(moved, share * aside, atol=1e-5) and share.max() > 0.99


def test_the_body_is_a_surface_like_others(anny, fit, texture):
    surface = body_surface(fit, anny, texture)
    rest = dress_rest(fit, anny)
    posed = pose_surface(surface, rest, fit.pose).mesh.vertices
    assert torch.allclose(posed, anny.pose(rest, fit.pose).vertices, atol=1e-5)
    check_surfaces((surface,), len(anny.joint_names), len(anny.expression_names))


def wrong_chain(surface, **changes):
    return replace(surface, chains=replace(surface.chains, **changes))


def wrong_colliders(surface, **changes):
    return replace(surface, colliders=replace(surface.colliders, **changes))


BROKEN = {
    "two surfaces": lambda skirt, hair: (hair, replace(skirt, name="hair")),
    "'skirt_front_0'": lambda skirt, hair: (replace(hair, name="skirt_front_0"), skirt),
    "'hair' has no faces": lambda skirt, hair: (replace(hair, faces=hair.faces[:0]),),
    "vertex that is not there": lambda skirt, hair: (replace(hair, faces=hair.faces + len(hair.vertices)),),
    "layout that is not that of its faces": lambda skirt, hair: (replace(hair, layout=skirt.layout),),
    "joints, expected": lambda skirt, hair: (replace(skirt, skin_weights=skirt.skin_weights[:, 1:]),),
    "do not sum to 1": lambda skirt, hair: (replace(skirt, skin_weights=skirt.skin_weights * 0.9),),
    "or below 0": lambda skirt, hair: (
        replace(hair, skin_weights=hair.skin_weights * 2 - hair.skin_weights.roll(1, 1)),
    ),
    "1 blendshapes": lambda skirt, hair: (replace(hair, blendshapes=torch.zeros(1, len(hair.vertices), 3)),),
    "without a parent: 'skirt_back_2'": lambda skirt, hair: (
        wrong_chain(skirt, parents=torch.cat([skirt.chains.parents[:5], torch.tensor([9999])])),
    ),
    "not all described": lambda skirt, hair: (wrong_chain(skirt, drag=skirt.chains.drag[:2]),),
    "drag outside": lambda skirt, hair: (wrong_chain(skirt, drag=skirt.chains.drag + 1),),
    "without length: 'skirt_front_1'": lambda skirt, hair: (
        wrong_chain(skirt, positions=skirt.chains.positions[[0, 0, 2, 3, 4, 5]]),
    ),
    "not finite": lambda skirt, hair: (wrong_chain(skirt, gravity=skirt.chains.gravity / 0),),
    "none of the body's": lambda skirt, hair: (wrong_colliders(skirt, joints=torch.tensor([1, 9999])),),
    "without a size": lambda skirt, hair: (wrong_colliders(skirt, radii=torch.zeros(2)),),
    "colliders that are not all": lambda skirt, hair: (wrong_colliders(skirt, radii=torch.ones(1)),),
    "below 0$": lambda skirt, hair: (wrong_chain(skirt, stiffness=-skirt.chains.stiffness),),
}


@pytest.mark.parametrize("told", BROKEN)
def test_what_cannot_hang_on_the_body_is_refused_in_one_sentence(anny, skirt, hair, told):
    check_surfaces((skirt, hair), len(anny.joint_names), len(anny.expression_names))
    with pytest.raises(InputError, match=told) as error:
        check_surfaces(BROKEN[told](skirt, hair), len(anny.joint_names), len(anny.expression_names))
    assert "\n" not in str(error.value)
