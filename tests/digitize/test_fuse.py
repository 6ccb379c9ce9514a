"""Fusion finds the texture whose pictures are the views, keeps what none shows, and is the same for the same seed."""

from dataclasses import replace

import torch

from bodydouble.digitize.chart import unwrap
from bodydouble.digitize.fuse import PHOTO_COUNTS, FusedView, fuse_views, lay_between, normalise_weights, random_crop
from bodydouble.digitize.perceptual import ParserDistance
from bodydouble.digitize.views import SupportView, see_geometry, see_texels
from bodydouble.geometry.camera import orbit_camera
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.values import Surface, SurfaceKind, Texture
from tests.digitize.test_views import BALL, seen_from

LAYOUT = unwrap(BALL, 64)
TRUTH = torch.stack([0.5 + 0.4 * torch.sin(torch.arange(64) / 5).expand(64, 64)] * 3)
START = torch.full((3, 64, 64), 0.5)


def picture(azimuth: float) -> SupportView:
    geometry = seen_from(azimuth)
    uv = interpolate(geometry.fragments, LAYOUT.faces, LAYOUT.uv)
    return SupportView(geometry=geometry, rgb=sample_texture(TRUTH, uv)[0], valid=geometry.silhouette)


def error(texture: torch.Tensor, view: SupportView) -> float:
    uv = interpolate(view.geometry.fragments, LAYOUT.faces, LAYOUT.uv)
    return float((sample_texture(texture, uv)[0] - view.rgb)[:, view.valid].abs().mean())


def test_its_pictures_become_the_views_and_what_no_view_shows_stays():
    views = [FusedView(view=picture(azimuth), counts=PHOTO_COUNTS if azimuth == 0 else 1.0) for azimuth in (0.0, 60.0)]
    fused = fuse_views(START, LAYOUT, views)
    assert all(error(fused, one.view) < 0.2 * error(START, one.view) for one in views)
    behind = picture(210.0)
    uv = interpolate(behind.geometry.fragments, LAYOUT.faces, LAYOUT.uv)
    unseen = (behind.geometry.points[2] < -0.2) & (behind.geometry.points[0] < 0) & behind.valid
    assert torch.equal(sample_texture(fused, uv)[0][:, unseen], sample_texture(START, uv)[0][:, unseen])


def test_where_views_disagree_the_photo_counts():
    photo, other = picture(0.0), picture(30.0)
    wrong = replace(other, rgb=1 - other.rgb)
    fused = fuse_views(START, LAYOUT, [FusedView(view=photo, counts=PHOTO_COUNTS), FusedView(view=wrong)])
    assert error(fused, photo) < 0.3 * error(START, photo)


def test_the_parser_distance_takes_part_and_the_seed_decides_the_crops():
    views = [FusedView(view=picture(0.0), counts=PHOTO_COUNTS)]
    distance = ParserDistance()
    first, again = (fuse_views(START, LAYOUT, views, steps=3, seed=1, distance=distance) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, fuse_views(START, LAYOUT, views, steps=3))
    assert float(distance(views[0].view.rgb[None], views[0].view.rgb[None])) == 0.0
    assert float(distance(views[0].view.rgb[None], 1 - views[0].view.rgb[None])) > 0.01


def test_between_a_photo_s_pixels_texels_have_its_colour_and_others_stay():
    surface = Surface(
        name="ball",
        kind=SurfaceKind.BODY,
        vertices=BALL.vertices,
        faces=BALL.faces,
        layout=LAYOUT,
        texture=Texture(rgb=START, confidence=torch.zeros(64, 64)),
        skin_weights=torch.ones(len(BALL.vertices), 1),
    )
    coarse = see_geometry(BALL, orbit_camera(0.0, 0.0, torch.zeros(3), 4.0, 50.0, (16, 16)))
    red = torch.tensor([1.0, 0.0, 0.0])[:, None, None].expand(3, 16, 16)
    photo = SupportView(geometry=coarse, rgb=red, valid=coarse.silhouette)
    laid = lay_between(START, surface, BALL, photo)
    changed = (laid != START).any(0)
    assert torch.allclose(laid[:, changed], torch.tensor([1.0, 0.0, 0.0])[:, None], atol=1e-4)
    texels = see_texels(surface, BALL, coarse.camera)
    front = texels.silhouette & (texels.cosine > 0.4)
    assert float(changed[front].float().mean()) > 0.3, "pixels are farther apart than texels"
    assert not bool(changed[texels.cosine < 0.1].any()), "behind and at the outline nothing is the photo's"
    nothing = replace(photo, valid=torch.zeros_like(photo.valid))
    assert torch.equal(lay_between(START, surface, BALL, nothing), START)


def test_the_pixels_of_a_texel_count_one_together():
    uv = torch.full((1, 2, 40, 1), 0.5 / 8)
    assert torch.allclose(normalise_weights(torch.rand(40), uv, 8).sum(), torch.tensor(1.0), atol=1e-4)


def test_crops_lie_in_the_view():
    view = picture(0.0)
    for seed in range(5):
        rows, columns = random_crop(view, torch.Generator().manual_seed(seed), side=64)
        assert view.rgb[:, rows, columns].shape == (3, 64, 64)
        assert bool(view.valid[rows, columns].any())
