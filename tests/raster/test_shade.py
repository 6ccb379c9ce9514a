"""Interpolation, texture sampling, and the silhouette's gradient against finite differences of the true area."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.raster.shade import interpolate, sample_texture, silhouette
from bodydouble.raster.torch import rasterise

FACES = torch.tensor([[0, 1, 2], [0, 2, 3]])


def quad(left: float, top: float, right: float, bottom: float, size: tuple[int, int]) -> Tensor:
    """1×4×4 clip vertices of a rectangle given in pixels, its right side twice as far away."""
    x = torch.tensor([left, right, right, left]) * 2 / size[1] - 1
    y = torch.tensor([top, top, bottom, bottom]) * 2 / size[0] - 1
    w = torch.tensor([1.0, 2.0, 2.0, 1.0])
    return torch.stack([x * w, y * w, w, w], -1)[None]


def test_interpolation_is_perspective_correct() -> None:
    size = (8, 64)
    seen = rasterise(quad(0, 0, 64, 8, size), FACES, size)
    along = interpolate(seen, FACES, torch.tensor([[0.0], [1.0], [1.0], [0.0]]))[0, 0]
    # A point at fraction s of the way has depth 1 + s and stands at x = 2s / (1 + s) of the width.
    x = (torch.arange(64) + 0.5) / 64
    torch.testing.assert_close(along, (x / (2 - x)).expand(8, 64))


def test_interpolation_takes_attributes_per_image_and_per_corner() -> None:
    size = (8, 8)
    seen = rasterise(quad(0, 0, 8, 4, size).expand(2, 4, 4), FACES, size)
    attributes = torch.stack([torch.full((4, 3), 1.0), torch.full((4, 3), 2.0)])
    image = interpolate(seen, FACES, attributes)
    assert image.shape == (2, 3, 8, 8)
    torch.testing.assert_close(image[:, :, :4], torch.tensor([1.0, 2.0])[:, None, None, None].expand(2, 3, 4, 8))
    assert (image[:, :, 4:] == 0).all()
    corners = interpolate(seen, torch.arange(6).view(2, 3), torch.tensor([0, 0, 0, 1, 1, 1.0])[:, None])[:, 0]
    torch.testing.assert_close(corners, (seen.face == 1).float())


def test_interpolation_gradient_is_the_barycentrics() -> None:
    size = (8, 8)
    seen = rasterise(quad(1, 1, 7, 7, size), FACES, size)
    attributes = torch.rand(4, 1, requires_grad=True)
    interpolate(seen, FACES, attributes)[0, 0, 4, 2].backward()
    expected = torch.zeros(4, 1)
    expected[FACES[seen.face[0, 4, 2]], 0] = seen.barycentric[0, 4, 2]
    torch.testing.assert_close(attributes.grad, expected)


def test_texel_centres_are_at_half_integers() -> None:
    texture = torch.rand(3, 5, 5)
    centres = (torch.arange(5) + 0.5) / 5
    v, u = torch.meshgrid(centres, centres, indexing="ij")
    torch.testing.assert_close(sample_texture(texture, torch.stack([u, v])[None])[0], texture)
    between = torch.tensor([2 / 5, 0.5 / 5])[None, :, None, None]  # on the border of texels 1 and 2 of the first row
    torch.testing.assert_close(sample_texture(texture, between)[0, :, 0, 0], texture[:, 0, 1:3].mean(1))


def test_texture_continues_beyond_its_border() -> None:
    texture = torch.rand(2, 4, 4)
    corners = torch.tensor([[-0.5, 0.0, 1.0, 1.5], [-0.5, 0.0, 1.0, 1.5]])[None, :, None]
    expected = torch.stack([texture[:, 0, 0], texture[:, 0, 0], texture[:, 3, 3], texture[:, 3, 3]], 1)
    torch.testing.assert_close(sample_texture(texture, corners)[0, :, 0], expected)


def soft(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int], finer: int) -> Tensor:
    """H×W: the anti-aliased silhouette."""
    fine = (size[0] * finer, size[1] * finer)
    coverage = silhouette(rasterise(clip_vertices, faces, fine), clip_vertices, faces)
    return functional.avg_pool2d(coverage, finer)[0]


def test_silhouette_is_the_coverage() -> None:
    size = (12, 12)
    vertices = quad(2, 3, 9, 7, size).requires_grad_()
    expected = torch.zeros(12, 12)
    expected[3:7, 2:9] = 1
    seen = rasterise(vertices, FACES, size)
    assert torch.equal(silhouette(seen, vertices, FACES)[0], expected)


def test_area_gradient_of_a_triangle() -> None:
    size = (120, 90)
    corners = torch.tensor([[20.3, 30.1], [75.2, 40.7], [41.9, 101.4]], requires_grad=True)
    w = torch.tensor([[2.0], [2.0], [2.0]])
    scaled = (corners * 2 / torch.tensor([90.0, 120.0]) - 1) * w
    soft(torch.cat([scaled, w, w], 1)[None], torch.tensor([[0, 1, 2]]), size, finer=4).sum().backward()
    painted = corners.grad.clone()
    corners.grad = None
    (first_x, first_y), (second_x, second_y) = corners[1] - corners[0], corners[2] - corners[0]
    ((first_x * second_y - first_y * second_x).abs() / 2).backward()
    assert (painted - corners.grad).norm() < 0.04 * corners.grad.norm()


def sphere() -> tuple[Tensor, Tensor]:
    """A ball of triangles, many smaller than a pixel of the tests below: V×3 and F×3."""
    rings, sides = 60, 90
    polar = torch.linspace(0, torch.pi, rings)[:, None]
    around = torch.arange(sides) * 2 * torch.pi / sides
    points = torch.stack([polar.sin() * around.cos(), polar.cos().expand(rings, sides), polar.sin() * around.sin()], -1)
    index = torch.arange(rings * sides).view(rings, sides)
    a, b, c, d = index[:-1], index[:-1].roll(-1, 1), index[1:], index[1:].roll(-1, 1)
    faces = torch.cat([torch.stack([a, b, d], -1).view(-1, 3), torch.stack([a, d, c], -1).view(-1, 3)])
    return points.view(-1, 3), faces


MOVES = {
    "right": lambda p, t: p + t * torch.tensor([1.0, 0.0, 0.0]),
    "down": lambda p, t: p + t * torch.tensor([0.0, 1.0, 0.0]),
    "away": lambda p, t: p + t * torch.tensor([0.0, 0.0, 1.0]),
    "larger": lambda p, t: p * (1 + t),
    "wider": lambda p, t: p * (1 + t * torch.tensor([1.0, 0.0, 0.0])),
}
SIZE = (96, 96)


def view(points: Tensor) -> Tensor:
    """A ball at the origin seen from 5 away, off the image's middle: 1×V×4."""
    w = points[:, 2:] + 5.0
    return torch.cat([points[:, :2] * 3.0 - 0.5, w, w], 1)[None]


def dice(coverage: Tensor, target: Tensor) -> Tensor:
    return 1 - 2 * (coverage * target).sum() / (coverage.sum() + target.sum())


@pytest.mark.parametrize("move", ["away", "larger", "wider"])
@pytest.mark.parametrize("finer", [1, 2])
def test_area_gradient_of_a_ball_of_small_triangles(move: str, finer: int) -> None:
    points, faces = sphere()
    amount = torch.zeros((), requires_grad=True)
    soft(view(MOVES[move](points, amount)), faces, SIZE, finer).sum().backward()
    with torch.no_grad():
        high, low = (soft(view(MOVES[move](points, t)), faces, SIZE, 8).sum() for t in (0.02, -0.02))
    assert float(amount.grad) == pytest.approx(float(high - low) / 0.04, rel=0.08)


@pytest.mark.parametrize("move", ["right", "down", "larger", "wider"])
def test_dice_gradient_follows_finite_differences(move: str) -> None:
    points, faces = sphere()
    target = soft(view(MOVES[move](points, 0.2)), faces, SIZE, 8)
    amount = torch.zeros((), requires_grad=True)
    dice(soft(view(MOVES[move](points, amount)), faces, SIZE, 2), target).backward()
    with torch.no_grad():
        high, low = (dice(soft(view(MOVES[move](points, t)), faces, SIZE, 8), target) for t in (0.02, -0.02))
    assert float(amount.grad) < 0
    assert float(amount.grad) == pytest.approx(float(high - low) / 0.04, rel=0.1)


def test_descent_on_dice_finds_the_target() -> None:
    points, faces = sphere()
    target = soft(view(points * 0.8 + torch.tensor([0.25, -0.15, 0.0])), faces, SIZE, 2)
    shift, scale = torch.zeros(3, requires_grad=True), torch.ones((), requires_grad=True)
    optimizer = torch.optim.Adam([shift, scale], lr=0.03)
    for _ in range(40):
        optimizer.zero_grad()
        moved = points * scale + shift * torch.tensor([1.0, 1.0, 0.0])
        dice(soft(view(moved), faces, SIZE, 1), target).backward()
        optimizer.step()
    torch.testing.assert_close(shift.detach()[:2], torch.tensor([0.25, -0.15]), rtol=0, atol=0.02)
    torch.testing.assert_close(scale.detach(), torch.tensor(0.8), rtol=0, atol=0.02)


def test_silhouette_of_nothing_has_a_zero_gradient() -> None:
    vertices = quad(20, 20, 30, 30, (8, 8)).requires_grad_()
    coverage = silhouette(rasterise(vertices, FACES, (8, 8)), vertices, FACES)
    coverage.sum().backward()
    assert (coverage == 0).all() and vertices.grad is not None and (vertices.grad == 0).all()
