"""What is transparent of a surface is cut off along the contour of its alpha, and nothing else moves."""

from dataclasses import replace

import torch

from bodydouble.digitize.opaque import cut_transparent
from bodydouble.values import Surface, SurfaceKind, Texture, UvLayout

ROWS = 5  # vertices a side of a square of 0.2 m, and so 5 cm a face
RADIUS = 0.35  # of the opaque disc, in the texture's sides


def square(alpha: torch.Tensor | None) -> Surface:
    """An upright square whose texture covers it once; weights run from one joint to the other."""
    line = torch.linspace(0, 1, ROWS)
    down, across = torch.meshgrid(line, line, indexing="ij")
    row, column = torch.meshgrid(torch.arange(ROWS - 1), torch.arange(ROWS - 1), indexing="ij")
    first = (row * ROWS + column).flatten()
    faces = torch.cat(
        [torch.stack([first, first + ROWS, first + 1], 1), torch.stack([first + 1, first + ROWS, first + ROWS + 1], 1)]
    )
    return Surface(
        name="veil",
        kind=SurfaceKind.HAIR,
        vertices=torch.stack([0.2 * across, -0.2 * down, torch.zeros_like(down)], -1).reshape(-1, 3),
        faces=faces,
        layout=UvLayout(uv=torch.stack([across, down], -1).reshape(-1, 2), faces=faces, mirrored=False),
        texture=Texture(rgb=torch.zeros(3, 128, 128), confidence=torch.zeros(128, 128), alpha=alpha),
        skin_weights=torch.stack([across.flatten(), 1 - across.flatten()], 1),
    )


def disc() -> torch.Tensor:
    """128×128: 0.5 at RADIUS from the middle, more within."""
    middle = (torch.arange(128) + 0.5) / 128 - 0.5
    away = (middle[:, None].square() + middle.square()).sqrt()
    return (0.5 - 8 * (away - RADIUS)).clamp(0, 1)


def test_a_disc_is_cut_out_of_large_faces():
    whole = square(disc())
    cut = cut_transparent(whole)
    corners = cut.vertices[cut.faces]
    normals = torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) / 2
    assert bool((normals[:, 2] > 0).all()), "all faces are turned as they were"
    assert abs(float(normals[:, 2].sum()) / (torch.pi * (0.2 * RADIUS) ** 2) - 1) < 0.02
    away = (cut.vertices[:, :2] - torch.tensor([0.1, -0.1])).norm(dim=1)
    assert float(away.max()) < 0.2 * RADIUS + 1e-3, "no tooth sticks out"


def test_places_and_weights_go_with_the_vertices():
    cut = cut_transparent(square(disc()))
    assert torch.allclose(cut.layout.uv, cut.vertices[:, :2] / torch.tensor([0.2, -0.2]), atol=1e-5)
    assert torch.allclose(cut.skin_weights[:, 0], cut.layout.uv[:, 0], atol=1e-5)
    assert torch.equal(cut.layout.faces, cut.faces)


def test_what_is_opaque_stays_as_it_is():
    for alpha in (None, torch.ones(128, 128), torch.zeros(128, 128)):
        surface = square(alpha)
        assert cut_transparent(surface) is surface
    assert cut_transparent(replace(square(disc()), blendshapes=torch.zeros(1, ROWS**2, 3))).faces.shape[0] == 2 * 16
