"""Pictures of a mesh: sizes, edges, colours."""

import pytest
import torch
from torch import Tensor

from bodydouble.geometry.camera import orbit_camera
from bodydouble.raster import Fragments
from bodydouble.raster.torch import rasterise
from bodydouble.render.image import render_mesh
from bodydouble.values import Camera, Mesh, UvLayout

# A square of 1 m facing +z, its texture upright.
SQUARE = Mesh(
    vertices=torch.tensor([[-0.5, 0.5, 0.0], [-0.5, -0.5, 0.0], [0.5, -0.5, 0.0], [0.5, 0.5, 0.0]]),
    faces=torch.tensor([[0, 1, 2], [0, 2, 3]]),
)
LAYOUT = UvLayout(uv=torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]), faces=SQUARE.faces, mirrored=False)


def camera(size: tuple[int, int], pixels_per_metre: float = 20.0, shift: float = 0.0) -> Camera:
    return orbit_camera(0.0, 0.0, torch.tensor([shift, 0.0, 0.0]), 50.0, 50.0 * pixels_per_metre, size)


def quarters() -> Tensor:
    """3×8×8: red, green over blue, white."""
    texture = torch.zeros(3, 8, 8)
    texture[0, :4, :4] = texture[1, :4, 4:] = texture[2, 4:, :4] = 1
    texture[:, 4:, 4:] = 1
    return texture


@pytest.mark.parametrize("size", [(32, 32), (30, 48), (51, 33), (1, 1)])
@pytest.mark.parametrize("supersample", [1, 2, 3])
def test_any_size(size: tuple[int, int], supersample: int) -> None:
    image = render_mesh(SQUARE, LAYOUT, quarters(), camera(size), supersample)
    assert image.shape == (4, *size)
    assert image.min() >= 0 and image.max() <= 1 + 1e-6


def test_texture_stands_upright() -> None:
    image = render_mesh(SQUARE, LAYOUT, quarters(), camera((24, 40)))
    for (y, x), colour in {(7, 15): [1, 0, 0], (7, 24): [0, 1, 0], (16, 15): [0, 0, 1], (16, 24): [1, 1, 1]}.items():
        torch.testing.assert_close(image[:, y, x], torch.tensor([*colour, 1.0]))
    assert (image[3] > 0).nonzero().aminmax().max == 29 and int(image[3].sum()) == 400


def test_edges_are_soft_in_alpha_and_pure_in_colour() -> None:
    """A quarter of a pixel to the side: the border pixels are partly covered and keep the texture's colour."""
    colour = torch.tensor([0.8, 0.4, 0.2])
    texture = colour[:, None, None].expand(3, 4, 4)
    image = render_mesh(SQUARE, LAYOUT, texture, camera((32, 32), shift=0.25 / 20), supersample=4)
    rows = image[:, 10]
    assert sorted({round(float(value), 3) for value in rows[3]}) == [0.0, 0.25, 0.75, 1.0]
    torch.testing.assert_close(rows[:3, rows[3] > 0], colour[:, None].expand(3, 21))
    assert (rows[:3, rows[3] == 0] == 0).all()


def test_no_mesh_in_view_is_a_transparent_picture() -> None:
    assert (render_mesh(SQUARE, LAYOUT, quarters(), camera((9, 7), shift=40.0)) == 0).all()


def test_another_rasteriser_is_used() -> None:
    def first_face_only(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> Fragments:
        return rasterise(clip_vertices, faces[:1], size)

    half = render_mesh(SQUARE, LAYOUT, quarters(), camera((32, 32)), rasterise=first_face_only)
    assert 180 <= float(half[3].sum()) <= 220
