"""Several surfaces in one picture: what hides what, what is blended, and that edges do not flicker."""

from dataclasses import replace

import pytest
import torch

from bodydouble.geometry.camera import photo_camera
from bodydouble.render.image import render_mesh
from bodydouble.render.surfaces import render_surfaces
from bodydouble.values import Camera, Mesh, PosedSurface, Texture, UvLayout

FACES = torch.tensor([[0, 1, 2], [0, 2, 3]])
LAYOUT = UvLayout(uv=torch.tensor([[0.0, 1], [1, 1], [1, 0], [0, 0]]), faces=FACES, mirrored=False)
RED, GREEN, BLUE = torch.eye(3).tolist()
CAMERA = photo_camera(60.0, (48, 48))


def square(colour, depth_m: float, alpha: float | None = None, side_m: float = 1.0, x_m: float = 0.0) -> PosedSurface:
    """A square that faces the camera, so far away."""
    half = side_m / 2
    corners = torch.tensor([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]])
    texture = Texture(
        rgb=torch.tensor(colour)[:, None, None].expand(3, 8, 8).clone(),
        confidence=torch.zeros(8, 8),
        alpha=None if alpha is None else torch.full((8, 8), alpha),
    )
    vertices = corners + torch.tensor([x_m, 0.0, -depth_m])
    return PosedSurface(mesh=Mesh(vertices=vertices, faces=FACES), layout=LAYOUT, texture=texture)


def middle(picture: torch.Tensor) -> list[float]:
    return [round(value, 3) for value in picture[:, 24, 24].tolist()]


def test_one_opaque_surface_is_drawn_as_a_mesh_bit_for_bit():
    red = square(RED, 2.0)
    assert torch.equal(render_surfaces([red], CAMERA), render_mesh(red.mesh, LAYOUT, red.texture.rgb, CAMERA))


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_of_two_hides_the_farther_whatever_their_order(order):
    surfaces = [square(RED, 2.0), square(GREEN, 3.0, side_m=3.0)]
    picture = render_surfaces([surfaces[number] for number in order], CAMERA)
    assert middle(picture) == [1, 0, 0, 1]
    assert picture[:, 24, 2].tolist() == [0, 1, 0, 1], "beside the red one"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_what_is_transparent_is_blended_from_far_to_near(order):
    surfaces = [square(RED, 4.0, side_m=2.0), square(GREEN, 3.0, alpha=0.5), square(BLUE, 2.0, alpha=0.5)]
    picture = render_surfaces([surfaces[number] for number in order], CAMERA)
    assert middle(picture) == pytest.approx([0.25, 0.25, 0.5, 1], abs=1e-3)


def test_a_veil_behind_something_opaque_is_not_seen():
    picture = render_surfaces([square(RED, 2.0), square(BLUE, 3.0, alpha=0.9)], CAMERA)
    assert middle(picture) == [1, 0, 0, 1]


def test_a_veil_alone_keeps_its_own_colour_and_is_as_transparent_as_it_is():
    assert middle(render_surfaces([square(BLUE, 2.0, alpha=0.25)], CAMERA)) == [0, 0, 1, 0.25]
    assert not render_surfaces([square(BLUE, 2.0, alpha=0.0)], CAMERA).any()


def test_a_veil_that_was_painted_over_is_drawn_anew():
    veil = square(BLUE, 2.0, alpha=0.25)
    assert middle(render_surfaces([veil], CAMERA)) == [0, 0, 1, 0.25]
    veil.texture.rgb.copy_(veil.texture.rgb.roll(1, 0))
    veil.texture.alpha.mul_(2)
    assert middle(render_surfaces([veil], CAMERA)) == [1, 0, 0, 0.5]


def test_a_veil_that_counts_no_versions_is_drawn_too():
    with torch.inference_mode():
        veil = square(BLUE, 2.0, alpha=0.25)
        assert middle(render_surfaces([veil], CAMERA)) == [0, 0, 1, 0.25]
        veil.texture.alpha.mul_(2)
        assert middle(render_surfaces([veil], CAMERA)) == [0, 0, 1, 0.5]


def test_a_holdout_hides_and_is_not_drawn():
    picture = render_surfaces([square(RED, 3.0, side_m=3.0)], CAMERA, holdout=[square(GREEN, 2.0)])
    assert middle(picture) == [0, 0, 0, 0] and picture[:, 24, 2].tolist() == [1, 0, 0, 1]


def strands(x_m: float) -> PosedSurface:
    """A square, 2 m away, whose texture is fine strands: every other texel of 256 is empty."""
    surface = square(RED, 2.0, x_m=x_m)
    alpha = (torch.arange(256) % 2 == 0).float().expand(256, 256).clone()
    rgb = torch.tensor(RED)[:, None, None].expand(3, 256, 256).clone()
    return replace(surface, texture=Texture(rgb=rgb, confidence=torch.zeros(256, 256), alpha=alpha))


def test_fine_strands_do_not_flicker_when_they_move_a_little():
    """Sampled without a mip map, their alpha would jump between 0 and 1 from picture to picture."""
    values = torch.stack([render_surfaces([strands(0.001 * step)], CAMERA)[3, 16:32, 16:32] for step in range(8)])
    assert (values.diff(dim=0).abs().max() < 0.08) and abs(float(values.mean()) - 0.5) < 0.05


def test_no_surface_in_sight_gives_an_empty_picture():
    behind = square(RED, -2.0)
    assert not render_surfaces([behind, square(BLUE, -3.0, alpha=0.5)], CAMERA).any()
    assert render_surfaces([behind], Camera(**{**vars(CAMERA), "size": (20, 30)})).shape == (4, 20, 30)


@pytest.mark.parametrize("x_m", [0.0, 0.7, -3.0])
def test_only_the_part_of_the_picture_that_shows_something_is_drawn_and_lies_where_it_would(x_m):
    """Beside it, at the edge, and out of sight: as if something behind the picture's own content filled it."""
    small = square(RED, 2.0, alpha=0.5, side_m=0.4, x_m=x_m)
    wide = square(BLUE, 9.0, alpha=0.001, side_m=30.0)  # under what is drawn, and as large as the picture
    assert torch.allclose(render_surfaces([small], CAMERA), render_surfaces([small, wide], CAMERA), atol=1e-5)
