"""The body's surface as a cloud of texels joined to their neighbours across chart borders."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.lengths import normalise
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import LIMBS, Anatomy, Region, anatomy
from bodydouble.surface.texel_map import TexelSet, texel_map
from bodydouble.values import FACE_LANDMARKS, RestBody

_NEIGHBOURS = 9
_FARTHEST = 4.0  # texel spacings
_ROUND = 6.0  # colour spreads this much farther around a limb than along it
_HEM = 0.12  # difference of colour that stops most of it
_COLLAR_SLANT = 0.67  # rise of a collar from front to back, metres per metre
_LEAK = 0.005  # what is left of the conductance between regions that are made of different things


@dataclass(frozen=True)
class SurfaceTexels(TexelSet):
    """The N covered texels of a size×size texture, on the rest body."""

    position: Tensor  # N×3, metres
    normal: Tensor  # N×3
    region: Tensor  # (N,), int64 of `Region`
    arm: Tensor  # (N,), bool: on an arm
    trunk: Tensor  # (N,), bool: on no limb
    axis: Tensor  # N×3, unit: along the limb, upwards on the trunk
    along: Tensor  # (N,), metres: along the arm, or down the trunk and the legs
    face_landmarks: Tensor  # 468×3, metres
    twin: Tensor  # (N,), int64: the texel at the same place on the body's other side

    @property
    def covered(self) -> Tensor:
        """S×S, bool: where these texels are."""
        return self.put(torch.ones(len(self), 1))[0] > 0


def surface_texels(body: BodyModel, rest: RestBody, anatomy: Anatomy, size: int) -> SurfaceTexels:
    """The surface of a rest body, at a texture size."""
    texels = texel_map(body.layout, size)
    row, column = (texels.face[0] >= 0).nonzero(as_tuple=True)
    axis, along = find_limbs(body, rest, anatomy.limb_share)
    attributes = torch.cat([rest.vertices, vertex_normals(rest.vertices, body.faces), axis, along], 1)
    values = interpolate(texels, body.faces, attributes)[0][:, row, column].T
    limb = anatomy.limbs(size)[row, column]
    return SurfaceTexels(
        size=size,
        row=row,
        column=column,
        position=values[:, :3],
        normal=normalise(values[:, 3:6], 1),
        region=anatomy.regions(size)[row, column],
        arm=limb == 1,
        trunk=limb == 0,
        axis=normalise(values[:, 6:9], 1),
        along=torch.where(limb == 1, values[:, 9], values[:, 10]),
        face_landmarks=body.landmarks.points(rest.vertices)[FACE_LANDMARKS],
        twin=_twins(row, column, values[:, :3], size, body.layout.mirrored),
    )


def find_limbs(body: BodyModel, rest: RestBody, limb_weight: Tensor) -> tuple[Tensor, Tensor]:
    """Of each vertex the direction along its limb, V×3, and how far along it lies, V×2: on an arm, and elsewhere.

    Faces at the armholes have corners on both: of each way they need all three.
    """
    ends = rest.joints[torch.tensor([[body.roles[name] for name in limb] for limb in LIMBS])]
    directions = torch.nn.functional.normalize(ends[:, 1] - ends[:, 0], dim=1)
    down = torch.tensor([[0.0, -1.0, 0.0]])
    blend = torch.cat([1 - limb_weight.sum(1, keepdim=True), limb_weight], 1).clamp(0, 1)
    axis = blend @ torch.cat([down, directions])
    # Collars lie lower in front than behind: there "around" the trunk means around the neck's slanting plane.
    shoulders = ends[:2, 0, 1].mean()
    x, y, z = rest.vertices.T
    slant = _COLLAR_SLANT * ((y - shoulders) / 0.08 + 1).clamp(0, 1) * (1 - limb_weight[:, :2].sum(1)).clamp(0, 1)
    nearest = (x < 0).long()  # the left arm at x > 0
    along_arm = ((rest.vertices - ends[nearest, 0]) * directions[nearest]).sum(1)
    along = torch.stack([along_arm, -y - slant * z], 1)
    return axis - slant[:, None] * torch.tensor([0.0, 0.0, 1.0]), along


def _twins(row: Tensor, column: Tensor, position: Tensor, size: int, mirrored: bool) -> Tensor:
    """(N,) of the texel mirrored in the layout; without a mirrored layout of the nearest one to the mirrored point."""
    number = torch.full((size, size), -1)
    number[row, column] = torch.arange(len(row))
    twin = number[row, size - 1 - column] if mirrored else torch.full_like(row, -1)
    missing = (twin < 0).nonzero()[:, 0]
    if len(missing):
        mirror = position[missing] * torch.tensor([-1.0, 1.0, 1.0])
        twin[missing] = torch.from_numpy(cKDTree(position.numpy()).query(mirror.numpy(), workers=2)[1]).long()
    return twin


@dataclass(frozen=True)
class Edges:
    """Neighbouring texels and how well colour passes between them."""

    first: Tensor  # (M,), int64
    second: Tensor
    conductance: Tensor  # (M,)


@dataclass(frozen=True)
class SurfaceGraph:
    """Where something spreads."""

    surface: SurfaceTexels
    edges: Edges


@functools.lru_cache(maxsize=2)  # the same for every person
def mean_surface_graph(body: BodyModel, size: int) -> SurfaceGraph:
    """The surface of a body of mean shape, at a texture size."""
    surface = surface_texels(body, body.rest(body.mean_shape()), anatomy(body), size)
    return SurfaceGraph(surface=surface, edges=surface_edges(surface))


def surface_edges(surface: SurfaceTexels, barrier: Tensor | None = None) -> Edges:
    """Each texel with its nearest, unless they face different ways (two fingers, two thighs).

    Args:
        barrier: N×3, colours along the limb that jump where the material does (a hem): nothing passes between
            neighbours that differ much; NaN where nothing is known.
    """
    position = surface.position.numpy()
    distance, neighbour = cKDTree(position).query(position, _NEIGHBOURS, workers=2)
    spacing = float(np.median(distance[:, 1]))
    first = torch.arange(len(surface)).repeat_interleave(_NEIGHBOURS - 1)
    second = torch.from_numpy(neighbour[:, 1:].reshape(-1)).long()
    facing = (surface.normal[first] * surface.normal[second]).sum(1)
    kept = (facing > 0.2) & (torch.from_numpy(distance[:, 1:].reshape(-1)) < _FARTHEST * spacing)
    first, second = first[kept], second[kept]
    offset = (surface.position[second] - surface.position[first]) / spacing
    lengthwise = (offset * surface.axis[first]).sum(1).square()
    sidewise = offset.square().sum(1) - lengthwise
    region = surface.region
    drawn_out = (region == Region.BODY) | (region == Region.FOOT)
    stretch = torch.where(drawn_out[first] & drawn_out[second], _ROUND**2, 1.0)
    conductance = 1 / (sidewise + stretch * lengthwise).clamp_min(0.25)
    conductance = conductance * torch.where(region[first] == region[second], 1.0, _leaks(region[first], region[second]))
    if barrier is None:
        return Edges(first=first, second=second, conductance=conductance)
    stop = (barrier[first] - barrier[second]).norm(dim=1).nan_to_num(0) * (surface.arm[first] == surface.arm[second])
    return Edges(first=first, second=second, conductance=conductance * torch.exp(-((stop / _HEM) ** 2)))


def _leaks(first: Tensor, second: Tensor) -> Tensor:
    """Conductance between two different regions: cloth runs into a shoe or a glove, nothing into an eye."""
    closed = torch.tensor([int(Region.EYE), int(Region.INSIDE)])
    shut = torch.isin(first, closed) | torch.isin(second, closed)
    scalp = (first == Region.SCALP) | (second == Region.SCALP)
    return torch.where(shut, 0.0, torch.where(scalp, _LEAK, 5 * _LEAK))


def edges_within(edges: Edges, chosen: Tensor) -> Edges:
    """The edges between chosen texels, (N,) bool, which are counted anew."""
    number = chosen.cumsum(0) - 1
    kept = chosen[edges.first] & chosen[edges.second]
    return Edges(number[edges.first[kept]], number[edges.second[kept]], edges.conductance[kept])
