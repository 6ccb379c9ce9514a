"""A photo beside the first one is a view of the mesh as it stands in that photo, in the light of the double."""

import math
from dataclasses import replace

import pytest
import torch

from bodydouble.digitize import Guidance
from bodydouble.digitize.figure import Sitter, shape_figure
from bodydouble.digitize.photo_view import match_light
from bodydouble.digitize.views import SupportView, aggregate, draw_look, see_geometry
from bodydouble.geometry.rotation import matrix_from_axis_angle
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.values import Mesh, Texture
from tests.digitize.conftest import COARSE, digitize_sitter
from tests.digitize.test_fuse import LAYOUT, TRUTH
from tests.digitize.test_views import BALL, seen_from
from tests.tiny import front_shot


def test_a_surface_is_followed_into_another_pose():
    """A ball that has turned its back shows what was behind."""
    turn = matrix_from_axis_angle(torch.tensor([0.0, math.pi, 0.0]))
    turned = Mesh(vertices=BALL.vertices @ turn.T, faces=BALL.faces)
    geometry = see_geometry(turned, seen_from(0.0).camera)
    uv = interpolate(geometry.fragments, LAYOUT.faces, LAYOUT.uv)
    view = SupportView(geometry=geometry, rgb=sample_texture(TRUTH, uv)[0], valid=geometry.silhouette)
    front, back = seen_from(0.0), seen_from(180.0)
    assert not bool(aggregate([view], front)[1].any())
    image, covered = aggregate([view], back)
    assert float(covered.sum() / back.silhouette.sum()) > 0.8
    wanted = sample_texture(TRUTH, interpolate(back.fragments, LAYOUT.faces, LAYOUT.uv))[0]
    assert float((image - wanted)[:, covered].abs().mean()) < 0.03


def test_light_is_taken_from_the_look_and_detail_from_the_photo():
    fine = 0.5 + 0.2 * torch.sin(torch.arange(120) * 1.5).expand(3, 120, 120)
    light = torch.linspace(0.6, 1.1, 120)[:, None]
    inside = torch.ones(120, 120, dtype=torch.bool)
    matched = match_light(fine * light, torch.full((3, 120, 120), 0.5), inside)
    assert float((matched - fine)[:, 20:-20, 20:-20].abs().max()) < 0.05


@pytest.fixture(scope="module")
def pair(sitter: Sitter, anny) -> Sitter:
    """Seen from the front, and from behind in another light; the double knows both sides."""
    back = front_shot(anny, yaw=math.pi)
    darker = replace(back, photo=replace(back.photo, rgb=back.photo.rgb * 0.8))
    stripes = 0.5 + 0.3 * torch.sin(torch.arange(256) / 6).expand(256, -1)
    texture = Texture(
        rgb=torch.stack([stripes, 1 - stripes, stripes.T]),
        confidence=torch.full((256, 256), 0.9),
        labels=torch.full((256, 256), 2, dtype=torch.uint8),
    )
    double = replace(sitter.double, texture=texture, attached=())
    return Sitter(double=double, views=(*sitter.views, darker))


def test_both_photos_are_views(pair: Sitter):
    figure = shape_figure(pair, COARSE)
    first, second = figure.photos
    assert float(second.sure.sum() / first.sure.sum()) > 0.5, "but for its outline, which is much of a small picture"
    facing = second.view.geometry.mesh.vertices - first.view.geometry.mesh.vertices
    assert float(facing.norm(dim=1).max()) > 0.5, "each stands as in its photo"
    look = draw_look(second.view.geometry, figure.surface)
    apart = (second.view.rgb - look)[:, second.sure].mean(1)
    assert float(apart.abs().max()) < 0.03, "in the light of the double, though the photo is a fifth darker"


def test_what_the_further_photo_shows_is_not_painted(pair: Sitter):
    def paint_black(image: torch.Tensor, missing: torch.Tensor, guidance: Guidance) -> torch.Tensor:
        return image * ~missing

    both = digitize_sitter(pair, replace(COARSE, back_view=False), paint_black).render(180.0, size=(192, 144))
    alone = replace(pair, views=pair.views[:1])
    one = digitize_sitter(alone, replace(COARSE, back_view=False), paint_black).render(180.0, size=(192, 144))
    inside = (both[..., 3] > 250) & (one[..., 3] > 250)
    dark = [(picture[inside][:, :3].max(1) < 60).mean() for picture in (both, one)]
    assert dark[0] < 0.4 and dark[1] > 0.5


def test_what_the_double_does_not_wear_there_is_not_taken(pair: Sitter):
    blue = torch.tensor([0.1, 0.1, 0.9])[:, None, None].expand_as(pair.views[1].photo.rgb)
    wrong = replace(pair.views[1].photo, rgb=blue)
    figure = shape_figure(replace(pair, views=(pair.views[0], replace(pair.views[1], photo=wrong))), COARSE)
    right = shape_figure(pair, COARSE).photos[1]
    assert int(figure.photos[1].sure.sum()) < 0.1 * int(right.sure.sum())
