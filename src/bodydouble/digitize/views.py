"""The views of Human-SGD section 3.2: where they are taken from, and how those that exist are gathered into the next.

For the next view c, each pixel takes from every view v so far (images warped through the geometry)

    w_v = M_v · B_v · exp(-α φ_v) · d_v^β / (Σ_i M_i · B_i · exp(-α φ_i) · d_i^β + ε),   I_c = Σ_v w_v C_v

| paper | here |
|---|---|
| azimuths, in their order | `AZIMUTHS` |
| M_v, the pixel's point is visible in v | `visibility` |
| B_v, no border pixel that only one view sees | `shared_border` |
| φ_v, between the normals as seen in v and in c | `normal_angle` |
| d_v, distance to the border between visible and missing | `border_distance` |
| w_v | `aggregation_weights` |
| I_c, M_c | `aggregate` |

The paper lets M_c be all that any view sees; here what B_v drops everywhere is missing, too, for its weight is 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.camera import clip_from_world, project
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster import Fragments, rasteriser
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Camera, Mesh, Surface

AZIMUTHS = (45.0, -45.0, 90.0, -90.0, 135.0, -135.0, 180.0)  # degrees, in the order in which they are made
ALPHA = 3.0  # of φ, radians
BETA = 3.0  # of d
EPSILON = 1e-8
_BORDER = 0.004  # of the image's height, how far a border reaches: there a surface is seen flat, and pixels are mixed
_SAME_M = 0.006  # metres by which a point may lie behind what a view shows and still be it: a cell and a half
_ALIKE = 0.7  # cosine between the normals of two pixels that show one point
_FLATTEST = 0.2  # cosine to the camera below which a view shows a surface too flat to be looked up in it


@dataclass(frozen=True, kw_only=True)
class ViewGeometry:
    """The geometry as a camera sees it."""

    mesh: Mesh  # as it stood
    camera: Camera
    fragments: Fragments  # 1×H×W
    points: Tensor  # 3×H×W, metres, in the world; 0 where nothing is
    normals: Tensor  # 3×H×W, unit, camera axes (x right, y down, z forward); 0 where nothing is
    cosine: Tensor  # H×W, between the normal and the direction to the camera

    @property
    def silhouette(self) -> Tensor:
        """H×W, bool."""
        return self.fragments.face[0] >= 0

    @property
    def depth(self) -> Tensor:
        """H×W, metres; inf where nothing is."""
        return self.fragments.depth[0]


@dataclass(frozen=True, kw_only=True)
class SupportView:
    """A picture of the person that exists."""

    geometry: ViewGeometry
    rgb: Tensor  # 3×H×W, [0, 1], sRGB
    valid: Tensor  # H×W, bool: pixels whose colour is the surface's


@dataclass(frozen=True, kw_only=True)
class Warp:
    """A view, looked up at each pixel of another one."""

    visible: Tensor  # H×W, bool: M_v
    rgb: Tensor  # 3×H×W, C_v warped; of no meaning where it is not visible
    normals: Tensor  # 3×H×W, the view's own normals, camera axes of v


def see_geometry(mesh: Mesh, camera: Camera) -> ViewGeometry:
    """Draw a mesh's points and normals."""
    return _draw(mesh, camera, rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size))


def see_texels(surface: Surface, posed: Mesh, camera: Camera) -> ViewGeometry:
    """A surface's texels as a view's pixels, S×S, in a camera's axes: what lies in the middle of each."""
    return _draw(posed, camera, texel_map(surface.layout, surface.texture.rgb.shape[-1]))


def _draw(mesh: Mesh, camera: Camera, fragments: Fragments) -> ViewGeometry:
    """What fragments of the mesh are to a camera, wherever they lie."""
    rotation = camera.camera_from_world[:3, :3]
    local = vertex_normals(mesh.vertices, mesh.faces) @ rotation.T
    maps = interpolate(fragments, mesh.faces, torch.cat([mesh.vertices, local], 1))[0]
    points, normals = maps[:3], functional.normalize(maps[3:], dim=0)
    towards = -functional.normalize(
        torch.einsum("ab,bhw->ahw", rotation, points) + camera.camera_from_world[:3, 3, None, None], dim=0
    )
    return ViewGeometry(
        mesh=mesh,
        camera=camera,
        fragments=fragments,
        points=points,
        normals=normals,
        cosine=(normals * towards).sum(0),
    )


def draw_look(geometry: ViewGeometry, surface: Surface) -> Tensor:
    """3×H×W, [0, 1], sRGB: the surface's texture as the camera sees it, 0 where nothing is."""
    uv = interpolate(geometry.fragments, surface.layout.faces, surface.layout.uv)
    return sample_texture(surface.texture.rgb, uv)[0] * geometry.silhouette


def follow_surface(target: ViewGeometry, mesh: Mesh) -> tuple[Tensor, Tensor]:
    """3×H×W points (metres) and unit normals, in the world: the target's pixels on the mesh as it stands elsewhere.

    Args:
        mesh: the target's own, maybe in another pose, as in a further photo.
    """
    if torch.equal(mesh.vertices, target.mesh.vertices):
        return target.points, torch.einsum("ba,bhw->ahw", target.camera.camera_from_world[:3, :3], target.normals)
    posed = torch.cat([mesh.vertices, vertex_normals(mesh.vertices, mesh.faces)], 1)
    maps = interpolate(target.fragments, mesh.faces, posed)[0]
    return maps[:3], functional.normalize(maps[3:], dim=0)


def warp(view: SupportView, target: ViewGeometry) -> Warp:
    """The view's colours and normals at each pixel of the target."""
    points = follow_surface(target, view.geometry.mesh)[0]
    x, y, _ = project(points.permute(1, 2, 0), view.geometry.camera).unbind(-1)
    height, width = view.geometry.camera.size
    grid = torch.stack([x * 2 / width - 1, y * 2 / height - 1], -1)[None]
    images = torch.cat([view.rgb, view.geometry.normals])[None]
    values = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)[0]
    return Warp(visible=visibility(view, target), rgb=values[:3], normals=functional.normalize(values[3:], dim=0))


def visibility(view: SupportView, target: ViewGeometry) -> Tensor:
    """H×W, bool, M_v: the target's pixel shows a point that the view shows, too.

    That is: nothing of the view lies before it, the surface there faces the same way, it is not seen too flat, and the
    pixels around are valid, for colours are interpolated.
    """
    points, normals = follow_surface(target, view.geometry.mesh)
    x, y, depth = project(points.permute(1, 2, 0), view.geometry.camera).unbind(-1)
    height, width = view.geometry.camera.size
    inside = target.silhouette & (x >= 0) & (x < width) & (y >= 0) & (y < height) & (depth > 0)
    column, row = x.long().clamp(0, width - 1), y.long().clamp(0, height - 1)
    cosine = view.geometry.cosine[row, column].clamp(min=0.05)
    pixel_m = depth / view.geometry.camera.intrinsics[0, 0]
    slope = (1 / cosine.square() - 1).sqrt()
    near = depth < view.geometry.depth[row, column] + _SAME_M + pixel_m * slope
    there = view.geometry.normals[:, row, column]
    towards = torch.einsum("ab,bhw->ahw", view.geometry.camera.camera_from_world[:3, :3], normals)
    alike = (there * towards).sum(0) > _ALIKE
    unmixed = functional.max_pool2d((~view.valid).float()[None], 3, 1, 1)[0] == 0
    return inside & near & alike & (cosine > _FLATTEST) & unmixed[row, column]


def shared_border(visible: Tensor, distance: Tensor, border_px: float) -> Tensor:
    """N×H×W, bool, B_v: false at pixels near a view's border that no other view sees.

    Args:
        visible: N×H×W, bool, M of each view.
        distance: N×H×W, pixels, d of each view.
        border_px: how far a border reaches.
    """
    alone = visible.sum(0, keepdim=True) == 1
    return ~((distance <= border_px) & alone)


def normal_angle(normals: Tensor, target_normals: Tensor) -> Tensor:
    """H×W, radians, φ_v: between 3×H×W unit normals, each in its own camera's axes: 0 where both look at it alike."""
    return (normals * target_normals).sum(0).clamp(-1, 1).arccos()


def border_distance(visible: Tensor, silhouette: Tensor) -> Tensor:
    """H×W, pixels, d_v: how far each visible pixel is from the nearest one that is missing; 0 where it is missing.

    Beyond the silhouette nothing is missing. The image's diagonal where nothing is.
    """
    missing = silhouette & ~visible
    if not bool(missing.any()):
        height, width = visible.shape
        return visible * float(height**2 + width**2) ** 0.5
    return torch.from_numpy(distance_transform_edt(~missing.numpy())).float() * visible


def aggregation_weights(visible: Tensor, shared: Tensor, angle: Tensor, distance: Tensor) -> Tensor:
    """N×H×W, w_v of M, B, φ and d of N views; sums to nearly 1, to 0 where none counts."""
    weights = visible * shared * torch.exp(-ALPHA * angle) * distance**BETA
    return weights / (weights.sum(0, keepdim=True) + EPSILON)


def aggregate(views: Sequence[SupportView], target: ViewGeometry) -> tuple[Tensor, Tensor]:
    """I_c, 3×H×W, 0 where it is missing, and M_c, H×W, bool: which pixels of the target some view shows."""
    if not views:
        return torch.zeros_like(target.points), torch.zeros_like(target.silhouette)
    warps = [warp(view, target) for view in views]
    visible = torch.stack([one.visible for one in warps])
    distance = torch.stack([border_distance(one.visible, target.silhouette) for one in warps])
    angle = torch.stack([normal_angle(one.normals, target.normals) for one in warps])
    shared = shared_border(visible, distance, max(1.0, _BORDER * target.camera.size[0]))
    weights = aggregation_weights(visible, shared, angle, distance)
    image = (weights[:, None] * torch.stack([one.rgb for one in warps])).sum(0)
    return image, weights.sum(0) > 0.5
