"""A bust ends below what the photo shows, in a straight edge, and is closed."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from bodydouble.body.cut import cut_body
from bodydouble.body.skinning import dress_rest, pose_fit
from bodydouble.double import Double
from bodydouble.errors import InputError
from bodydouble.geometry.camera import orbit_camera
from bodydouble.surface.bust import cut_bust
from bodydouble.surface.lowest_seen import trunk_and_leg_heights
from bodydouble.surface.skeleton import check_surfaces
from bodydouble.values import FittedView, Person, Photo, Texture
from tests.attached import hair_cap, tube_skirt

SIZE = 128
LEVEL_M = 0.9  # of the rest pose, down to which the front was seen


@pytest.fixture(scope="module")
def standing(anny, fit):
    """In the rest pose before a camera whose photo ends at the level, but for the hands beside it."""
    still = torch.zeros_like(fit.pose.joints)
    pose = replace(fit.pose, joints=still, root_rotation=torch.zeros(3), root_translation=torch.zeros(3))
    camera = orbit_camera(0.0, 0.0, torch.tensor([0.0, 1.4, 0.0]), 20.0, 4000.0, (200, 240))
    return replace(fit, pose=pose, camera=camera)


def view_of(fit, rows: int) -> FittedView:
    empty = torch.zeros(rows, 240)
    person = Person(mask=empty, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    return FittedView(photo=Photo(rgb=torch.zeros(3, rows, 240)), person=person, fit=fit)


def texture_down_to(anny, fit, level: float) -> Texture:
    heights = trunk_and_leg_heights(dress_rest(fit, anny), anny, SIZE)
    confidence = (~(heights < level)).float()
    return Texture(rgb=torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(1)), confidence=confidence)


@pytest.fixture(scope="module")
def bust(anny, standing):
    cut = cut_bust(standing, texture_down_to(anny, standing, LEVEL_M), [view_of(standing, 200)], anny)
    assert cut is not None
    return cut


def corners(anny, fit) -> torch.Tensor:
    """F×3×3: the faces' corners in the rest pose."""
    return dress_rest(fit, anny).vertices[fit.faces[:, 0]]


def test_nothing_is_left_below_the_cut_and_all_above_it(anny, standing, bust):
    level = corners(anny, bust[0])[..., 1].min()
    assert level == pytest.approx(LEVEL_M, abs=0.03)
    vertices = dress_rest(standing, anny).vertices
    above = (vertices[anny.faces][..., 1] > 1.5).all(1)  # head and neck, which no arm reaches
    kept = {tuple(face) for face in bust[0].faces[:, 0].tolist()}
    assert all(tuple(face) in kept for face in anny.faces[above].tolist())


def test_the_edge_is_straight(anny, bust):
    heights = corners(anny, bust[0])[..., 1]
    assert int((heights < heights.min() + 1e-5).sum()) > 100


def test_the_bust_is_closed_where_it_was_cut(anny, standing, bust):
    def open_edges(faces):
        edges = torch.cat([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        return {tuple(edge) for edge in edges.tolist()} ^ {tuple(edge[::-1]) for edge in edges.tolist()}

    assert open_edges(bust[0].faces[:, 0]) <= open_edges(anny.faces)


def test_arms_end_where_the_photo_does(anny, standing):
    fit, texture = standing, texture_down_to(anny, standing, LEVEL_M)
    short = view_of(standing, 130)  # its lower edge lies above the hands
    both = cut_bust(fit, texture, [short], anny), cut_bust(fit, texture, [view_of(standing, 200)], anny)
    wrist = dress_rest(fit, anny).joints[anny.roles["left_wrist"]]
    near = [float((corners(anny, cut[0]).flatten(0, 1) - wrist).norm(dim=1).min()) for cut in both]
    assert near[0] > 0.1 > 0.06 > near[1]


def test_seen_texels_stay(anny, standing, bust):
    texture = texture_down_to(anny, standing, LEVEL_M)
    seen = texture.confidence > 0
    assert torch.equal(bust[1].rgb[:, seen], texture.rgb[:, seen])
    assert not torch.equal(bust[1].rgb, texture.rgb)  # the lid has a colour


def test_who_is_shown_whole_is_not_cut(anny, standing):
    assert cut_bust(standing, texture_down_to(anny, standing, -1.0), [view_of(standing, 1000)], anny) is None


def test_a_bust_is_kept_drawn_moved_and_exported(anny, bust, metadata, tmp_path):
    double = Double(fit=bust[0], texture=bust[1], body=cut_body(anny, bust[0].faces), metadata=metadata)
    double.save(tmp_path / "bust.double")
    again = Double.load(tmp_path / "bust.double", body=anny)
    assert torch.equal(again.fit.faces, bust[0].faces)
    pictures = [each.render(azimuth=40, elevation=-20, size=(96, 72)) for each in (double, again)]
    assert np.abs(pictures[0].astype(int) - pictures[1]).mean() < 1
    again.export(tmp_path / "bust.glb", "walk")
    whole = replace(double, fit=replace(bust[0], faces=None), body=anny)
    widths = [each.render(size=(96, 72))[..., 3].any(0).mean() for each in (double, whole)]
    assert widths[0] > 1.2 * widths[1]  # the camera frames what there is, and not the legs that are gone
    whole.export(tmp_path / "whole.glb", "walk")
    assert (tmp_path / "bust.glb").stat().st_size < (tmp_path / "whole.glb").stat().st_size


def test_faces_of_another_body_are_refused(anny, bust):
    with pytest.raises(InputError, match="corners"):
        cut_body(anny, bust[0].faces + 10**6)


def test_the_body_itself_stays(anny, bust):
    faces = len(anny.faces)
    assert len(cut_body(anny, bust[0].faces).faces) < faces == len(anny.faces)
    assert cut_body(anny, None) is anny
    assert len(pose_fit(bust[0], cut_body(anny, bust[0].faces)).faces) == len(bust[0].faces)


def test_what_hangs_off_the_body_ends_where_it_does(anny, standing):
    texture, rest = texture_down_to(anny, standing, LEVEL_M), dress_rest(standing, anny)
    skirt, cap = tube_skirt(anny, rest), hair_cap(anny, rest)
    assert float(skirt.vertices[:, 1].min()) < LEVEL_M - 0.2 < LEVEL_M < float(skirt.vertices[:, 1].max())
    cut = cut_bust(standing, texture, [view_of(standing, 200)], anny, [skirt, cap])
    assert cut is not None
    short, same = cut[2]
    lowest = short.vertices[short.faces][..., 1].min()
    assert float(lowest) == pytest.approx(float(corners(anny, cut[0])[..., 1].min()), abs=0.03)
    assert same is cap
    check_surfaces(cut[2], len(anny.joint_names), len(anny.expression_names))


def test_what_was_seen_of_a_skirt_stays(anny, standing):
    texture, skirt = texture_down_to(anny, standing, LEVEL_M), tube_skirt(anny, dress_rest(standing, anny))
    seen = replace(skirt, texture=replace(skirt.texture, confidence=torch.ones(64, 64)))
    cut = cut_bust(standing, texture, [view_of(standing, 200)], anny, [seen])
    assert cut is not None
    assert float(cut[2][0].vertices[:, 1].min()) == pytest.approx(float(skirt.vertices[:, 1].min()), abs=0.02)
