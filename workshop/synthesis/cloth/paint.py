"""Cloth painted on a garment: a pattern in limb coordinates, front details, and the folds of the garment's own texture.

`cloth_map` does once for a garment what no cloth changes; `paint` then draws a texture in the garment's own uv layout.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.nn.functional import interpolate as resize

from bodydouble.geometry.uv import clip_from_uv
from bodydouble.raster.shade import interpolate
from bodydouble.raster.torch import rasterise
from bodydouble.values import RestBody
from workshop.synthesis.cloth.details import add_details
from workshop.synthesis.cloth.palette import TEST, TEST_KINDS, TRAIN, TRAIN_KINDS, Cloth, Split, sample_cloth
from workshop.synthesis.cloth.patterns import Texels, noise
from workshop.synthesis.cloth.prints import ALL_PATTERNS
from workshop.synthesis.garments.shears import edge_lines, hang_still
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.limbs import LimbFrame, limb_points, limb_shares

__all__ = [
    "TEST",
    "TEST_KINDS",
    "TRAIN",
    "TRAIN_KINDS",
    "Cloth",
    "ClothMap",
    "Split",
    "cloth_map",
    "paint",
    "recolour_hair",
    "sample_cloth",
]

_TUBES: Mapping[str, Sequence[str]] = {
    "upper": ("torso", "left_arm", "right_arm"),
    "lower": ("left_leg", "right_leg"),
    "skirt": ("torso",),
    "whole": ("torso", "left_arm", "right_arm", "left_leg", "right_leg"),
    "shoes": ("left_foot", "right_foot"),
    "hat": ("head",),
    "scarf": ("torso",),
    "bag": ("torso",),
    "glasses": ("head",),
    "held": ("left_arm", "right_arm"),
}
_TUBES = {
    **_TUBES,
    "shirt": _TUBES["upper"],
    "coat": _TUBES["upper"],
    "under": _TUBES["upper"],
    "dress": _TUBES["upper"],
}
_FOLD_TEXELS = 0.02  # shading broader than this share of the texture is not kept
_FOLD_LIMITS = (0.03, 0.11)  # largest change of brightness by the original's shading, natural logarithm
_STRIPED = 0.12  # median change of brightness above which the original is striped or checked, not folded
_PRINT = 0.06  # difference of chroma at which a texel of the original counts as printed, not shaded
_SOCKS_M = 0.1  # height above which shoes are socks
_HEM_M = 0.014  # from the border to the hem's stitching


@dataclass(frozen=True, kw_only=True)
class ClothMap:
    """A garment's texture square: where each texel lies on the body, and the original's look. S is its size."""

    size: int
    texels: Texels  # of the n covered texels, in row order
    source: Tensor  # S×S, int64: which of the n each texel of the square shows; beyond the charts the nearest
    shading: Tensor  # (n,), the original's folds and seams: natural logarithm of brightness
    original: Tensor | None  # n×4, [0, 1]
    kept: Tensor | None = None  # (n,) bool, texels that no cloth covers: the socks in shoes


def cloth_map(
    garment: Garment,
    original: Tensor | None,
    base: RestBody,
    frame: LimbFrame,
    role: str,
    size: int = 512,
    device: torch.device | str = "cpu",
) -> ClothMap:
    """Prepare a garment for `paint`.

    Args:
        original: 4×H×W, [0, 1], the texture it came with; None for a garment that has none.
        base: all base vertices of the body of mean shape, at rest, on the CPU; `frame` is of the same body.
        role: "upper", "shirt", "coat", "lower", "skirt", "whole", "dress", "under", "shoes", "hat", "scarf", "bag",
            "glasses" or "held": which limbs' coordinates the cloth follows.
        size: of the texture square.
        device: where `paint` shall work; the garment, `base` and `frame` are on the CPU.
    """
    worn = hang_still(garment, base)
    fragments = rasterise(clip_from_uv(garment.uv)[None], garment.uv_faces, (size, size))
    covered = fragments.face[0] >= 0
    shares = limb_shares(worn.skin_weights, frame.limb_of_joint)
    attributes = interpolate(fragments, garment.faces, torch.cat([worn.vertices, shares], 1))[0][:, covered].T
    position, shares = attributes[:, :3], attributes[:, 3:]
    points = limb_points(position, shares, frame, _TUBES[role])
    border = _points_along(worn.vertices, edge_lines(garment))
    edge = torch.ones(len(position))
    if len(border):
        edge = torch.from_numpy(cKDTree(border.numpy()).query(position.numpy(), workers=1)[0]).float()
    texels = Texels(
        position=position.to(device),
        limb=points.limb.to(device),
        along=points.along.to(device),
        around=points.around.to(device),
        forward=points.forward.to(device),
        edge=edge.to(device),
        girth=_girth(frame, position[points.limb == 0]).to(device),
        neck=float(frame.neck[1]),
        waist=frame.waist,
        top=float(worn.vertices[:, 1].max()),
        bottom=float(worn.vertices[:, 1].min()),
        texel_m=_texel_width(worn.vertices, garment, size),
    )
    number = covered.flatten().cumsum(0).view(size, size) - 1
    row, column = torch.from_numpy(
        distance_transform_edt(~covered.numpy(), return_distances=False, return_indices=True)
    ).long()
    scaled = None if original is None else resize(original.cpu()[None], (size, size), mode="area")[0]
    shading = torch.zeros(len(position)) if scaled is None else _folds(scaled[:3], covered)
    return ClothMap(
        size=size,
        texels=texels,
        source=number[row, column].to(device),
        shading=shading.to(device),
        original=None if scaled is None else scaled[:, covered].T.contiguous().to(device),
        kept=(position[:, 1] > _SOCKS_M).to(device) if role == "shoes" and scaled is not None else None,
    )


def _girth(frame: LimbFrame, torso: Tensor) -> Tensor:
    """(8,) metres around the limbs, and around what is on the torso half-way down: a wide skirt's cloth is long."""
    girth = frame.girth.clone()
    if len(torso):
        third = torso[(torso[:, 1] - torso[:, 1].median()).abs() < (torso[:, 1].amax() - torso[:, 1].amin()) / 6]
        width, depth = third[:, 0].abs().max(), (third[:, 2].max() - third[:, 2].min()) / 2
        girth[0] = math.pi * float(width + depth)
    return girth


def _points_along(vertices: Tensor, edges: Tensor) -> Tensor:
    """M×3 points along the edges (E×2), eight on each."""
    fraction = torch.linspace(0, 1, 8)[:, None, None]
    return torch.lerp(vertices[edges[:, 0]], vertices[edges[:, 1]], fraction).reshape(-1, 3)


def _texel_width(vertices: Tensor, garment: Garment, size: int) -> float:
    """Metres a texel is wide on average."""
    a, b, c = vertices[garment.faces].unbind(1)
    surface = torch.linalg.cross(b - a, c - a).norm(dim=1).sum()
    u, v = (garment.uv[garment.uv_faces[:, n]] - garment.uv[garment.uv_faces[:, 0]] for n in (1, 2))
    square = (u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]).abs().sum()
    return math.sqrt(float(surface / square)) / size


def _blur(image: Tensor, radius: int) -> Tensor:
    """C×H×W, three box filters, which are nearly a Gaussian."""
    side = 2 * radius + 1
    for _ in range(3):
        image = avg_pool2d(image[None], (side, 1), 1, (radius, 0))[0]
        image = avg_pool2d(image[None], (1, side), 1, (0, radius))[0]
    return image


def _folds(rgb: Tensor, covered: Tensor) -> Tensor:
    """(n,) natural logarithm of the fine shading of a texture 3×S×S, without what is printed on it in other colours."""
    weight = covered.float()[None]
    radius = max(1, round(_FOLD_TEXELS * len(covered) / 2))

    def around(values: Tensor) -> Tensor:
        return _blur(values * weight, radius) / _blur(weight, radius).clamp_min(1e-4)

    light = (rgb * rgb.new_tensor([0.3, 0.59, 0.11])[:, None, None]).sum(0, keepdim=True)
    chroma = torch.stack([rgb[0] - rgb[1], rgb[2] - rgb[1]])
    usual = chroma[:, covered].median(1).values[:, None, None]
    weight = weight * torch.exp(-(((chroma - usual) ** 2).sum(0, keepdim=True)) / (2 * _PRINT**2))
    fold = (light + 0.06).log()
    fold = ((fold - around(fold)) * (weight / covered.float().clamp_min(1e-4)).clamp(0, 1))[0, covered]
    usual_fold = float(fold.abs().median())
    if usual_fold > _STRIPED:
        return torch.zeros_like(fold)
    # Folds and seams stand out a few times as much as the rest; what stands out more is printed in black or white.
    limit = min(max(4 * usual_fold, _FOLD_LIMITS[0]), _FOLD_LIMITS[1])
    return limit * (fold / limit).tanh()


def paint(cloth_on: ClothMap, cloth: Cloth) -> Tensor:
    """The texture, 4×S×S in [0, 1], on the device of the map; the same for the same cloth."""
    texels = cloth_on.texels
    if cloth.kind in ("original", "recoloured") and cloth_on.original is not None:
        rgb, alpha = cloth_on.original[:, :3], cloth_on.original[:, 3:]
        if cloth.kind == "recoloured":
            rgb = _recoloured(rgb, cloth)
    else:
        pattern = ALL_PATTERNS["solid" if cloth.kind in ("original", "recoloured") else cloth.kind]
        rgb = pattern(texels, cloth)
        if cloth.trim:
            band = ((0.018 - texels.edge) / texels.texel_m + 0.5).clamp(0, 1)
            rgb = rgb + band[:, None] * (rgb.new_tensor(cloth.colours[1]) - rgb)
        rgb = add_details(rgb, texels, cloth)
        rgb = rgb * _shade(cloth_on, cloth).exp()[:, None]
        alpha = torch.ones_like(rgb[:, :1])
    if cloth_on.kept is not None and cloth_on.original is not None:
        rgb = torch.where(cloth_on.kept[:, None], cloth_on.original[:, :3], rgb)
    rgba = torch.cat([rgb.clamp(0, 1), alpha], 1)
    return rgba[cloth_on.source].permute(2, 0, 1)


def _shade(cloth_on: ClothMap, cloth: Cloth) -> Tensor:
    """(n,) natural logarithm of the brightness of folds, hem stitching and weave."""
    texels = cloth_on.texels
    fold = noise(texels.position, 0.03, cloth, (1, 5, 1)) + 0.6 * noise(texels.position, 0.012, cloth, (1, 4, 1))
    stitching = (1 - (texels.edge - _HEM_M).abs() / max(0.002, texels.texel_m)).clamp(0, 1)
    return cloth.shading * cloth_on.shading + 0.02 * fold - 0.18 * stitching


def _recoloured(rgb: Tensor, cloth: Cloth) -> Tensor:
    """Colours n×3 moved so that their usual one becomes the cloth's first; differences from it are kept."""
    usual = rgb.median(0).values
    goal = rgb.new_tensor(cloth.colours[0])
    gain = ((goal + 0.03) / (usual + 0.03)).clamp(0.25, 4)
    near = torch.exp(-(((rgb - rgb.mean(1, keepdim=True)) - (usual - usual.mean())) ** 2).sum(1, keepdim=True) / 0.02)
    light = rgb.mean(1, keepdim=True) / usual.mean().clamp_min(0.05)
    dyed = goal * (0.4 * light + 0.6 * light.clamp_max(1.6) ** 0.7)
    return near * dyed.clamp(0, 1) + (1 - near) * (rgb * gain.mean() ** 0.3).clamp(0, 1)


# Hair: sRGB of its middle tone, and how common.
_HAIR = (
    ((0.07, 0.06, 0.055), 0.28),  # black
    ((0.16, 0.11, 0.08), 0.24),  # dark brown
    ((0.30, 0.20, 0.13), 0.16),  # brown
    ((0.42, 0.32, 0.21), 0.09),  # dark blond
    ((0.60, 0.50, 0.36), 0.08),  # blond
    ((0.45, 0.19, 0.09), 0.05),  # red
)
_GREY = ((0.33, 0.32, 0.31), (0.55, 0.54, 0.52), (0.74, 0.73, 0.71))  # greying, grey, white
_DYED = (
    ((0.55, 0.12, 0.30), (0.15, 0.30, 0.55), (0.35, 0.15, 0.50), (0.10, 0.40, 0.35), (0.62, 0.10, 0.08))
    + ((0.80, 0.55, 0.62), (0.82, 0.78, 0.66))  # pastel, bleached
)
_DYED_SHARE = 0.06


def recolour_hair(texture: Tensor, rng: np.random.Generator, grey: float = 0.07) -> Tensor:
    """Hair (4×H×W, [0, 1]) in another colour, mostly a natural one, grey by that chance; alpha and strands stay."""
    tones = [(tone, chance * (1 - grey)) for tone, chance in _HAIR]
    tones += [(tone, grey / len(_GREY)) for tone in _GREY] + [(tone, _DYED_SHARE / len(_DYED)) for tone in _DYED]
    odds = torch.tensor([chance for _, chance in tones]).double()
    tone = texture.new_tensor(tones[int(rng.choice(len(tones), p=(odds / odds.sum()).numpy()))][0])
    tone = (tone * texture.new_tensor(rng.uniform(0.8, 1.25, 3) * 0.3 + 0.7 * rng.uniform(0.8, 1.25))).clamp(0.02, 0.95)
    light = texture[:3].mean(0)
    usual = light[texture[3] > 0.5].median() if bool((texture[3] > 0.5).any()) else light.median()
    # Light hair shows less contrast between its strands than dark hair's highlights do.
    contrast = 0.55 + 0.35 * (1 - float(tone.mean()))
    strands = ((light + 0.05) / (usual + 0.05)) ** contrast
    return torch.cat([(tone[:, None, None] * strands).clamp(0, 1), texture[3:]])
