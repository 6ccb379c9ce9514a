"""What follows rasterising, the same for every rasteriser: attributes, textures, and silhouettes with a gradient."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from bodydouble.raster import Fragments


def interpolate(fragments: Fragments, faces: Tensor, attributes: Tensor) -> Tensor:
    """Corner attributes at every pixel; 0 where nothing is. The gradient goes to the attributes.

    Args:
        faces: F×3, int64, rows of `attributes`; in the rasterised face order, but need not be the mesh's own
            (`layout.faces` with `layout.uv`).
        attributes: V×C, or B×V×C where they differ from image to image.

    Returns:
        B×C×H×W.
    """
    batch, height, width = fragments.face.shape
    pixel = (fragments.face.view(-1) >= 0).nonzero()[:, 0]
    rows = faces.index_select(0, fragments.face.view(-1).index_select(0, pixel))
    if attributes.dim() == 3:
        rows = rows + (pixel // (height * width) * attributes.shape[1])[:, None]
    table = attributes.reshape(-1, attributes.shape[-1])
    weights = fragments.barycentric.view(-1, 3).index_select(0, pixel).to(table)
    first, second, third = (
        table.index_select(0, rows[:, corner]) * weights[:, corner : corner + 1] for corner in range(3)
    )
    canvas = table.new_zeros(batch * height * width, table.shape[1])
    values = canvas.index_copy(0, pixel, first + second + third)
    return values.view(batch, height, width, -1).permute(0, 3, 1, 2)


def sample_texture(texture: Tensor, uv: Tensor) -> Tensor:
    """Bilinear samples; texel centres at half-integers, the border continued outside. Gradients go to both.

    Args:
        texture: C×S×S.
        uv: B×2×H×W, origin top left, u right, v down, [0, 1].

    Returns:
        B×C×H×W.
    """
    grid = uv.permute(0, 2, 3, 1) * 2 - 1
    image = texture[None].expand(len(uv), *texture.shape)
    return functional.grid_sample(image, grid, mode="bilinear", padding_mode="border", align_corners=False)


def silhouette(fragments: Fragments, clip_vertices: Tensor, faces: Tensor) -> Tensor:
    """Coverage, 0 or 1 at every pixel centre, with a gradient to the vertices.

    Coverage jumps at the outline, so its derivative is a boundary integral (Reynolds' transport theorem): where the
    outline moves outward by dx pixels, dx more is covered. The outline passes between a covered pixel and a
    neighbour that is not, and moves with the surface point seen at the covered one; each of the two pixels gets half
    of that. Triangles smaller than a pixel are no exception. For an anti-aliased silhouette rasterise at 2 or 4
    times the size and average.

    Args:
        clip_vertices: B×V×4, those that were rasterised.
        faces: F×3, int64.

    Returns:
        B×H×W.
    """
    covered = fragments.face >= 0
    motion = _outline_motion(fragments, covered, clip_vertices, faces)
    coverage = covered.to(clip_vertices.dtype)
    for axis, dimension in ((0, 2), (1, 1)):  # x: left and right neighbours, y: upper and lower ones
        pairs = covered.shape[dimension] - 1
        first, second = motion[..., axis].narrow(dimension, 0, pairs), motion[..., axis].narrow(dimension, 1, pairs)
        outline = covered.narrow(dimension, 0, pairs) != covered.narrow(dimension, 1, pairs)
        # Uncovered pixels have no motion: a covered first one pushes forward, a covered second one backward.
        change = (first - second) * outline / 2
        padding = (0, 0) * (2 - dimension)
        coverage = coverage + functional.pad(change, (*padding, 0, 1)) + functional.pad(change, (*padding, 1, 0))
    return coverage


def _outline_motion(fragments: Fragments, covered: Tensor, clip_vertices: Tensor, faces: Tensor) -> Tensor:
    """B×H×W×2 zeros; their gradient is that of where, in pixels, the surface seen at each outline pixel stands."""
    height, width = covered.shape[1:]
    surrounded = -functional.max_pool2d(-covered.float(), 3, stride=1, padding=1) > 0
    image, y, x = outline = (covered & ~surrounded).nonzero(as_tuple=True)
    rows = faces[fragments.face[outline]] + (image * clip_vertices.shape[1])[:, None]
    corners = clip_vertices.flatten(0, 1).index_select(0, rows.flatten()).unflatten(0, rows.shape)
    point = (fragments.barycentric[outline].to(corners)[:, None] @ corners)[:, 0]
    scale = point.new_tensor([width / 2, height / 2])
    position = point[:, :2] / point[:, 3:] * scale
    return point.new_zeros(*covered.shape, 2).index_put(outline, position - position.detach())
