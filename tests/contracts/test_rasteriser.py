"""The laws of `raster.Rasteriser` and `raster.SurfaceTracer`, for every name in their tables that is installed."""

import pytest
import torch
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.geometry.camera import clip_from_world, orbit_camera
from bodydouble.raster import RASTERISERS, TRACERS, Fragments, Rasteriser, SurfaceTracer, rasteriser, surface_tracer
from bodydouble.raster.shade import interpolate, silhouette

SIZE = (40, 56)
TRIANGLE = torch.tensor([[0, 1, 2]])


@pytest.fixture(params=sorted(RASTERISERS))
def rasterise(request: pytest.FixtureRequest) -> Rasteriser:
    try:
        return rasteriser(request.param)
    except InputError as error:
        pytest.skip(str(error))


@pytest.fixture(params=sorted(TRACERS))
def trace(request: pytest.FixtureRequest) -> SurfaceTracer:
    try:
        return surface_tracer(request.param)
    except InputError as error:
        pytest.skip(str(error))


def clip(points: Tensor) -> Tensor:
    """(…, 3) of x, y after division and w, to (…, 4) clip coordinates."""
    w = points[..., 2:]
    return torch.cat([points[..., :2] * w, w, w], -1)


def soup(count: int, seed: int, nearest: float = 0.5) -> tuple[Tensor, Tensor]:
    """1×3n×4 clip vertices and n×3 faces of random triangles; below 0, `nearest` puts corners behind the camera."""
    generator = torch.Generator().manual_seed(seed)
    points = torch.randn(3 * count, 3, generator=generator) * torch.tensor([1.5, 1.5, 1.0])
    w = nearest + 4 * torch.rand(3 * count, generator=generator)
    return torch.stack([points[:, 0], points[:, 1], w, w], -1)[None], torch.arange(3 * count).view(count, 3)


def ray_cast(clip_vertices: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Depth and perspective-correct barycentrics of every pixel's ray with every triangle: H×W×F and H×W×F×3, float64.

    A pixel's ray holds the points whose (x, y, w) is a multiple of (column, row, 1): with the corners as the rows of a
    matrix M, barycentrics · M = w · (column, row, 1). Depth is inf where the ray misses.
    """
    height, width = size
    columns = (torch.arange(width, dtype=torch.float64) + 0.5) * 2 / width - 1
    rows = (torch.arange(height, dtype=torch.float64) + 0.5) * 2 / height - 1
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    rays = torch.stack([x, y, torch.ones_like(x)], -1)
    corners = clip_vertices.double()[:, [0, 1, 3]][faces]
    scaled = torch.einsum("hwc,fck->hwfk", rays, torch.linalg.inv(corners))
    depth = 1 / scaled.sum(-1)
    hit = (scaled * depth[..., None] >= 0).all(-1) & (depth > 0.01)
    return depth.where(hit, torch.inf), scaled * depth[..., None]


@pytest.mark.parametrize("nearest", [0.5, -2.0], ids=["in front", "partly behind"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_agrees_with_ray_casting(rasterise: Rasteriser, seed: int, nearest: float) -> None:
    vertices, faces = soup(25, seed, nearest)
    seen = rasterise(vertices, faces, SIZE)
    depths, barycentrics = ray_cast(vertices[0], faces, SIZE)
    depth, face = depths.min(-1)
    face = face.where(depth.isfinite(), -1)
    agree = seen.face[0] == face
    assert (~agree).sum() <= 3, "single precision may decide an edge pixel or two differently, no more"
    hit = agree & (face >= 0)
    assert hit.sum() > 500
    chosen = barycentrics.take_along_dim(face.clamp_min(0)[..., None, None], 2)[:, :, 0]
    torch.testing.assert_close(seen.depth[0][hit].double(), depth[hit], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(seen.barycentric[0][hit].double(), chosen[hit], rtol=0, atol=1e-4)


def test_types_and_empty_pixels(rasterise: Rasteriser) -> None:
    vertices, faces = soup(3, seed=4)
    seen = rasterise(vertices, faces, SIZE)
    hit = seen.face >= 0
    assert seen.face.dtype == torch.int64 and seen.face.shape == (1, *SIZE)
    assert seen.depth.shape == (1, *SIZE) and seen.barycentric.shape == (1, *SIZE, 3)
    assert hit.any() and not hit.all()
    assert (seen.face[~hit] == -1).all() and seen.depth[~hit].isinf().all() and (seen.barycentric[~hit] == 0).all()
    torch.testing.assert_close(seen.barycentric[hit].sum(-1), torch.ones(int(hit.sum())))
    assert (seen.barycentric >= 0).all()


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_nearer_triangle_wins(rasterise: Rasteriser, order: list[int]) -> None:
    near = torch.tensor([[-0.5, -0.5, 1.0], [0.5, -0.5, 1.0], [0.0, 0.5, 1.0]])
    far = torch.tensor([[-1.0, -1.0, 3.0], [1.0, -1.0, 3.0], [0.0, 1.0, 3.0]])
    faces = torch.tensor([[0, 1, 2], [3, 4, 5]])[order]
    seen = rasterise(clip(torch.cat([near, far]))[None], faces, SIZE)
    alone = rasterise(clip(near)[None], TRIANGLE, SIZE).face[0] >= 0
    assert (seen.face[0][alone] == order.index(0)).all()
    assert (seen.face == order.index(1)).sum() > 100


def test_equal_depth_goes_to_the_lower_face(rasterise: Rasteriser) -> None:
    vertices, faces = soup(4, seed=5)
    repeated = rasterise(vertices, torch.cat([faces, faces, faces]), SIZE)
    assert torch.equal(repeated.face, rasterise(vertices, faces, SIZE).face)


def test_both_sides_are_drawn_alike(rasterise: Rasteriser) -> None:
    vertices, faces = soup(4, seed=6)
    front, back = rasterise(vertices, faces, SIZE), rasterise(vertices, faces.flip(1), SIZE)
    assert torch.equal(front.face, back.face)
    torch.testing.assert_close(front.barycentric, back.barycentric.flip(-1))


def test_pixel_centres_are_at_half_integers(rasterise: Rasteriser) -> None:
    """A triangle that just holds one pixel's centre colours that pixel."""
    height, width = SIZE
    centre = torch.tensor([2 * 17.5 / width - 1, 2 * 9.5 / height - 1])
    corners = centre + 0.01 * torch.tensor([[0.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    seen = rasterise(clip(torch.cat([corners, torch.ones(3, 1)], 1))[None], TRIANGLE, SIZE)
    assert (seen.face >= 0).nonzero().tolist() == [[0, 9, 17]]


def grid(seed: int | None, size: tuple[int, int] = SIZE) -> tuple[Tensor, Tensor]:
    """A sheet of triangles over the whole image: corners at pixel centres, or shaken (seed) in x, y and depth."""
    height, width = size
    rows, columns = torch.meshgrid(torch.arange(-3, height + 4), torch.arange(-3, width + 4), indexing="ij")
    points = torch.stack([columns + 0.5, rows + 0.5, torch.full(rows.shape, 2.0)], -1).float()
    if seed is not None:
        points += torch.rand(points.shape, generator=torch.Generator().manual_seed(seed)) * 0.9
    points[..., :2] = points[..., :2] * 2 / torch.tensor([width, height]) - 1
    index = torch.arange(rows.numel()).view(rows.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    faces = torch.cat([torch.stack([a, b, d], -1).view(-1, 3), torch.stack([a, d, c], -1).view(-1, 3)])
    return clip(points.view(-1, 3))[None], faces


@pytest.mark.parametrize("seed", [None, 0, 1, 2, 3])
def test_triangles_that_share_edges_leave_no_gap(rasterise: Rasteriser, seed: int | None) -> None:
    assert (rasterise(*grid(seed), SIZE).face >= 0).all()


def test_a_large_triangle_over_the_camera_plane(rasterise: Rasteriser) -> None:
    """A floor that runs from behind the camera to far ahead fills the image below its horizon and nothing above."""
    floor = torch.tensor([[-900.0, 1.0, -50.0, -50.0], [900.0, 1.0, -50.0, -50.0], [0.0, 1.0, 1000.0, 1000.0]])
    seen = rasterise(floor[None], TRIANGLE, SIZE)
    middle = SIZE[0] // 2
    assert (seen.face[0, :middle] == -1).all()
    rows = torch.arange(middle + 1, SIZE[0])
    assert (seen.face[0, rows] == 0).all()
    expected = 1 / (2 * (rows + 0.5) / SIZE[0] - 1)  # y is 1 everywhere on the floor, y / w the pixel's
    torch.testing.assert_close(seen.depth[0, rows], expected[:, None].expand(-1, SIZE[1]), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("w", [-1.0, 0.0, 1e-9])
def test_what_is_behind_or_at_the_camera_is_not_drawn(rasterise: Rasteriser, w: float) -> None:
    corners = torch.tensor([[-1.0, -1.0, w, w], [1.0, -1.0, w, w], [0.0, 1.0, w, w]])
    assert (rasterise(corners[None], TRIANGLE, SIZE).face == -1).all()


def test_triangles_without_area_are_not_drawn(rasterise: Rasteriser) -> None:
    line = torch.tensor([[-1.0, -1.0, 2.0], [0.0, 0.0, 2.0], [1.0, 1.0, 2.0]])
    faces = torch.tensor([[0, 0, 0], [0, 1, 1], [0, 2, 0]])
    assert (rasterise(clip(line)[None], faces, (40, 40)).face == -1).all()


def test_nothing_to_draw(rasterise: Rasteriser) -> None:
    vertices, faces = soup(2, seed=7)
    assert (rasterise(vertices, faces[:0], SIZE).face == -1).all()
    assert (rasterise(vertices[:, :0], faces[:0], SIZE).face == -1).all()
    assert rasterise(vertices[:0], faces, SIZE).face.shape == (0, *SIZE)


def images(fragments: Fragments, index: int) -> tuple[Tensor, ...]:
    return fragments.face[index], fragments.barycentric[index], fragments.depth[index]


def test_a_batch_equals_its_images(rasterise: Rasteriser) -> None:
    faces = soup(9, seed=0)[1]
    vertices = torch.cat([soup(9, seed, nearest=-1.0)[0] for seed in range(3)])
    together = rasterise(vertices, faces, SIZE)
    for index in range(3):
        alone = rasterise(vertices[index : index + 1], faces, SIZE)
        assert all(map(torch.equal, images(together, index), images(alone, 0)))


def test_same_input_same_output(rasterise: Rasteriser) -> None:
    vertices, faces = soup(200, seed=8)
    first, second = (images(rasterise(vertices, faces, SIZE), 0) for _ in range(2))
    assert all(map(torch.equal, first, second))


def test_a_body_casts_an_unbroken_shadow(rasterise: Rasteriser, anny) -> None:  # type: ignore[no-untyped-def]
    """Through the whole camera: the body's height in pixels is right, and its outline has no pinholes."""
    rest = anny.rest(anny.mean_shape())
    top = float(rest.vertices[:, 1].max())
    camera = orbit_camera(0.0, 0.0, torch.tensor([0.0, top / 2, 0.0]), 40.0, 40.0 * 100 / top, (128, 128))
    covered = rasterise(clip_from_world(rest.vertices, camera)[None], anny.faces, camera.size).face[0] >= 0
    assert 98 <= int(covered.any(1).sum()) <= 102
    neighbours = covered[:-2, 1:-1].int() + covered[2:, 1:-1] + covered[1:-1, :-2] + covered[1:-1, 2:]
    assert not ((neighbours == 4) & ~covered[1:-1, 1:-1]).any()


def test_gradients_reach_attributes_and_vertices(rasterise: Rasteriser) -> None:
    vertices, faces = soup(5, seed=9)
    vertices.requires_grad_()
    attributes = torch.rand(vertices.shape[1], 2, requires_grad=True)
    seen = rasterise(vertices, faces, SIZE)
    shaded = interpolate(seen, faces, attributes) * silhouette(seen, vertices, faces)[:, None]
    shaded.square().sum().backward()
    assert attributes.grad is not None and attributes.grad.any() and attributes.grad.isfinite().all()
    assert vertices.grad is not None and vertices.grad.any() and vertices.grad.isfinite().all()


@pytest.mark.parametrize("nearest", [0.5, -2.0], ids=["in front", "partly behind"])
def test_every_surface_is_found_as_by_ray_casting(trace: SurfaceTracer, nearest: float) -> None:
    vertices, faces = soup(25, 3, nearest)
    hits = trace(vertices, faces, SIZE)
    depths, barycentrics = ray_cast(vertices[0], faces, SIZE)
    expected = depths.isfinite().view(-1, len(faces))
    hit = torch.zeros_like(expected)
    hit[hits.pixel, hits.face] = True
    assert hit.sum() == len(hits.pixel) > 1000 and (hits.image == 0).all()
    assert (hit != expected).sum() <= 6, "single precision may decide a few pixels on edges differently, no more"
    at = (hits.pixel, hits.face)
    agree = expected[at]
    depth, barycentric = depths.view(-1, len(faces))[at], barycentrics.view(-1, len(faces), 3)[at]
    torch.testing.assert_close(hits.depth[agree].double(), depth[agree], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(hits.barycentric[agree].double(), barycentric[agree], rtol=0, atol=1e-4)


def test_surfaces_stand_by_image_face_and_pixel(trace: SurfaceTracer) -> None:
    vertices = torch.cat([soup(9, seed, nearest=-1.0)[0] for seed in range(3)])
    faces = soup(9, seed=0)[1]
    hits = trace(vertices, faces, SIZE)
    place = (hits.image * len(faces) + hits.face) * SIZE[0] * SIZE[1] + hits.pixel
    assert len(place) > 500 and (place.diff() > 0).all()


@pytest.mark.parametrize("chosen", [slice(0, 0), slice(None)], ids=["no face", "no vertex seen"])
def test_nothing_to_trace(trace: SurfaceTracer, chosen: slice) -> None:
    vertices, faces = soup(2, seed=7)
    hits = trace(-vertices, faces[chosen], SIZE)
    assert [len(column) for column in vars(hits).values()] == [0] * 5
