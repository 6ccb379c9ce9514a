"""Beards: shells over the skin around the mouth, denser within than without, with a texture of strands.

The same mesh serves every style; the style is where the texture is opaque and how far the shells stand off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.geometry.mesh import vertex_normals
from bodydouble.geometry.uv import clip_from_uv
from bodydouble.raster.shade import interpolate
from bodydouble.raster.torch import rasterise
from bodydouble.values import RestBody
from workshop.synthesis.body import SKIN_VERTICES
from workshop.synthesis.garments.pinning import RadiusMap
from workshop.synthesis.garments.shears import hang_still
from workshop.synthesis.garments.wardrobe import Garment, garment_on_vertices
from workshop.synthesis.limbs import LimbFrame

STYLES = ("stubble", "moustache", "goatee", "full")
SHELLS = 3
_SIZE = (128, 256)  # texels of a shell's texture, height and width

# Measured on the mean body: metres above the neck joint, or to the side of the middle.
_LOW, _HIGH = 0.012, 0.13  # the mesh
_IN_FRONT_OF_EARS = 0.05  # metres before the neck joint
_AXIS = 0.05  # metres before the neck joint stands the axis that the texture is wound around
_CAVITY_M = 0.022  # skin so far behind the face is inside mouth or nose
_MOUTH = (0.072, 0.026, 0.012)  # height of its middle, half its width and height
_NOSE = 0.098  # its lower edge
_JAW = 0.02  # the lower edge of a beard below the chin; it rises towards the ear
_CHEEK = (0.085, 0.03, 1.0)  # a beard's upper edge: height and side where it leaves the mouth, and its slope to the ear
_SOFT_M = 0.004  # over which a beard thins out at its edges


@dataclass(frozen=True, kw_only=True)
class Beard:
    """What is grown on a face; the same on every machine."""

    style: str  # one of STYLES
    length: float  # metres at the chin
    density: float  # [0, 1], opacity of stubble
    seed: int  # of the strands


def beard_mesh(base: RestBody, frame: LimbFrame, faces: Tensor) -> Garment:
    """The skin of the lower face as a garment; `faces` are the body's (F×3, base vertices), `base` of mean shape."""
    points = base.vertices - frame.neck
    near = (points[:, 1] > _LOW) & (points[:, 1] < _HIGH) & (points[:, 2] > _IN_FRONT_OF_EARS)
    outside = torch.arange(len(points)) < SKIN_VERTICES
    face = RadiusMap(points[near & outside], depth=_AXIS, low=_LOW, high=_HIGH, step=0.008)
    angle, radius = face.polar(points)
    within = radius < face.at(angle, points[:, 1]) - _CAVITY_M  # of mouth and nostrils
    used, numbered = faces[(near & outside & ~within)[faces].all(1)].unique(return_inverse=True)
    kept = points[used]
    turn = torch.atan2(kept[:, 0], kept[:, 2] - _AXIS) / torch.pi + 0.5
    height = (_HIGH - kept[:, 1]) / (_HIGH - _LOW)
    return garment_on_vertices("beard", used, numbered, torch.stack([turn, height], 1).clamp(0.01, 0.99), numbered)


def grow_beard(mesh: Garment, base: RestBody, frame: LimbFrame, beard: Beard) -> Garment:
    """The mesh as `SHELLS` shells one over the other, their textures one below the other."""
    points = hang_still(mesh, base).vertices
    outward = vertex_normals(points, mesh.faces)
    cover = coverage(points - frame.neck, beard.style)
    chin = ((0.07 - (points - frame.neck)[:, 1]) / 0.04).clamp(0, 1)
    length = 0.0012 + (beard.length * (0.45 + 0.55 * chin)) * cover
    down = outward.new_tensor([0.0, -0.6, 0.2]) * chin[:, None]
    offsets = [mesh.offsets + (length * (n + 1) / SHELLS)[:, None] * (outward + down) for n in range(SHELLS)]
    count = len(points)
    return replace(
        mesh,
        anchors=mesh.anchors.repeat(SHELLS, 1),
        weights=mesh.weights.repeat(SHELLS, 1),
        offsets=torch.cat(offsets),
        faces=torch.cat([mesh.faces + n * count for n in range(SHELLS)]),
        uv=torch.cat([(mesh.uv + mesh.uv.new_tensor([0, n])) / mesh.uv.new_tensor([1, SHELLS]) for n in range(SHELLS)]),
        uv_faces=torch.cat([mesh.uv_faces + n * count for n in range(SHELLS)]),
    )


def coverage(points: Tensor, style: str) -> Tensor:
    """(N,) in [0, 1]: how much of a beard grows at points (N×3) of the mean body, from its neck joint."""
    side, height, front = points[:, 0].abs(), points[:, 1], points[:, 2]
    middle, half_width, half_height = _MOUTH
    from_mouth = (torch.hypot(side / half_width, (height - middle) / half_height) - 1) * half_height
    above = height - middle
    moustache = torch.stack([from_mouth, above - 0.003, _NOSE - height - 0.15 * side, 0.034 - side]).amin(0)
    cheek = _CHEEK[0] + (side - _CHEEK[1]).clamp_min(0) * _CHEEK[2] - height
    below = height - _JAW - 0.35 * (0.12 - front).clamp_min(0)
    beard = torch.stack([from_mouth, cheek, below, front - _IN_FRONT_OF_EARS - 0.004]).amin(0)
    chin = torch.stack([beard, 0.032 - side, front - 0.1]).amin(0)
    inside = {
        "moustache": moustache,
        "goatee": torch.maximum(moustache, chin),
        "stubble": torch.maximum(moustache, beard),
        "full": torch.maximum(moustache, beard),
    }[style]
    return (inside / _SOFT_M).clamp(0, 1)


def beard_texture(mesh: Garment, base: RestBody, frame: LimbFrame, beard: Beard) -> Tensor:
    """4×H×W in [0, 1], in the uv of `grow_beard`'s garment: strands, and how opaque they are in each shell."""
    fragments = rasterise(clip_from_uv(mesh.uv)[None], mesh.uv_faces, _SIZE)
    place = interpolate(fragments, mesh.faces, hang_still(mesh, base).vertices - frame.neck)[0]
    grows = coverage(place.flatten(1).T, beard.style).view(_SIZE) * (fragments.face[0] >= 0)
    generator = torch.Generator().manual_seed(beard.seed)
    strands = torch.rand(1, 1, *_SIZE, generator=generator)
    strands = torch.nn.functional.avg_pool2d(strands, (7, 1), 1, (3, 0))[0, 0]
    strands = ((strands - strands.mean()) / strands.std()).clamp(-2, 2)
    shells = []
    for n in range(SHELLS):
        if beard.style == "stubble":
            opaque = beard.density * (n == 0) * (1 + 0.06 * strands)
        else:
            opaque = 0.95 - 0.22 * n + (0.08 + 0.12 * n) * strands
        light = 0.4 + 0.06 * n + 0.07 * strands
        shells.append(torch.stack([light, light, light, (opaque * grows).clamp(0, 1)]))
    return torch.cat(shells, 1)
