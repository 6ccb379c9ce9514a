"""How much of a double the photos showed, and what was made up: by area, and in words from head to toe.

Parts are halves of head, trunk and limbs in the rest pose, named after what their texels' labels say is there: where
most of an arm is cloth it is a sleeve. Without labels they have their anatomical names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.metadata import Coverage
from bodydouble.parsing.labels import BACKGROUND, CLOTH, DRESS, HAIR, HAT, LABELS, LOWER, OUTER, SHOES, UPPER
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import LIMBS, Anatomy, Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Surface, SurfaceKind, UvLayout

_SIZE = 256  # texels a side at which areas are summed: a finger is some texels wide
_LEAST_OBSERVED = 0.2  # share of a part's area; of less than that one would say that it was made up
_SOLE = -0.7  # height of the unit normal below which a foot's surface is its sole
_LIMB = 0.5  # skin weight from which on a texel belongs to a limb
_ON_TRUNK = {UPPER: "shirt", LOWER: "trousers", DRESS: "dress", OUTER: "jacket"}
_ON_SCALP = {HAIR: "hair", HAT: "hat"}
_SLEEVE = dict.fromkeys(CLOTH, "sleeve")
_SHOE = {SHOES: "shoe"}
_PLURAL = {"foot": "feet"}
_NO_NAMES: dict[int, str] = {}


@dataclass(frozen=True, kw_only=True)
class _Texels:
    """A surface's texels in the rest pose, S×S each."""

    area: Tensor  # m², of what is opaque; 0 between charts
    observed: Tensor  # [0, 1]: 1 where a photo showed the texel
    normal: Tensor  # 3×S×S, unit
    left: Tensor  # bool: on the person's left
    labels: Tensor | None  # uint8

    def is_made_up(self, place: Tensor) -> bool:
        """Whether hardly any of that part, S×S bool, was observed; False where there is none of it."""
        area = self.area * place
        return bool(area.sum() > 0) and float((area * self.observed).sum() / area.sum()) < _LEAST_OBSERVED

    def name(self, place: Tensor, names: dict[int, str], otherwise: str) -> str:
        """What the commonest label of that part, S×S bool, is called; `otherwise` where that has no name."""
        if self.labels is None:
            return otherwise
        area = (self.area * place).flatten()
        of_label = torch.bincount(self.labels.flatten().long(), area, minlength=len(LABELS))
        of_label[BACKGROUND] = 0  # what no label is known of
        return names.get(int(of_label.argmax()), otherwise) if bool(of_label.any()) else otherwise


def measure_coverage(surfaces: Sequence[Surface], body: BodyModel) -> Coverage:
    """What the photos showed of a double.

    Args:
        surfaces: completed, at rest, the body first; a bust's body may have fewer faces than `body`.
        body: the whole body model.
    """
    texels = [_sample_texels(surface) for surface in surfaces]
    area = sum(float(each.area.sum()) for each in texels)
    observed = sum(float((each.area * each.observed).sum()) for each in texels)
    words = _name_body(texels[0], anatomy(body))
    for surface, each in zip(surfaces[1:], texels[1:], strict=True):
        hanging = _name_hanging(surface, each)
        words = hanging + words if surface.kind == SurfaceKind.HAIR else words + hanging
    return Coverage(seen_fraction=observed / area if area else 0.0, made_up=tuple(dict.fromkeys(words)))


def _sample_texels(surface: Surface) -> _Texels:
    fragments = texel_map(surface.layout, _SIZE)
    vertices = surface.vertices
    normal = interpolate(fragments, surface.faces, vertex_normals(vertices, surface.faces))[0]
    texture, face = surface.texture, fragments.face[0]
    opaque = torch.ones(_SIZE, _SIZE) if texture.alpha is None else _resize(texture.alpha)
    density = _face_areas(vertices, surface.faces) / _uv_areas(surface.layout).clamp_min(1e-12)
    inside = face >= 0
    return _Texels(
        area=density[face.clamp_min(0)] * inside * opaque / _SIZE**2,
        observed=_resize((texture.confidence > 0).float()),
        normal=functional.normalize(normal, dim=0),
        left=interpolate(fragments, surface.faces, vertices)[0, 0] > 0,
        labels=None if texture.labels is None else _resize(texture.labels.float(), "nearest-exact").to(torch.uint8),
    )


def _name_body(texels: _Texels, parts: Anatomy) -> list[str]:
    """What was made up of the body, from head to toe."""
    region, front = parts.regions(_SIZE), texels.normal[2] > 0
    weight = interpolate(texel_map(parts.layout, _SIZE), parts.faces, parts.limb_share)[0]
    limbs = [(weight[number] > _LIMB) & (region == Region.BODY) for number in range(len(LIMBS))]
    trunk = (region == Region.BODY) & ~torch.stack(limbs).any(0)
    words = []
    if texels.is_made_up((region == Region.SCALP) & ~front):
        hair = texels.name(region == Region.SCALP, _ON_SCALP, "")
        words.append(f"{hair} behind" if hair else "back of the head")
    words += _name_sides(texels, region == Region.FACE, "side of the face", _NO_NAMES)
    garment = texels.name(trunk, _ON_TRUNK, "trunk")
    words += [
        f"{side} of the {garment}"
        for side, half in (("front", front), ("back", ~front))
        if texels.is_made_up(trunk & half)
    ]
    words += _name_sides(texels, limbs[0] | limbs[1], "arm", _SLEEVE, ~front)
    words += _name_sides(texels, region == Region.HAND, "hand", _NO_NAMES)
    words += _name_sides(texels, limbs[2] | limbs[3], "leg", _NO_NAMES, ~front)
    foot, below = region == Region.FOOT, texels.normal[1] < _SOLE
    words += _name_sides(texels, foot & ~below, "foot", _SHOE)
    return words + _name_sides(texels, foot & below, "sole", _NO_NAMES)


def _name_sides(
    texels: _Texels, place: Tensor, noun: str, names: dict[int, str], back: Tensor | None = None
) -> list[str]:
    """What was made up of a pair of parts, S×S bool: a side, its back, or both sides alike."""
    words = {}
    for side, half in (("left", texels.left), ("right", ~texels.left)):
        called = texels.name(place & half, names, noun)
        if texels.is_made_up(place & half):
            words[side] = ("{} {}", called)
        elif back is not None and texels.is_made_up(place & half & back):
            words[side] = ("back of the {} {}", called)
    if len(words) == 2 and words["left"] == words["right"]:
        form, called = words["left"]
        head, _, tail = called.partition(" ")
        plural = f"{_PLURAL.get(head, head + 's')} {tail}".strip()
        return [form.replace("back of the", "backs of").format("both", plural)]
    return [form.format(side, called) for side, (form, called) in words.items()]


def _name_hanging(surface: Surface, texels: _Texels) -> list[str]:
    front = texels.normal[2] > 0
    sides = (("in front", front), ("behind", ~front))
    return [f"{surface.kind.value} {side}" for side, half in sides if texels.is_made_up(half)]


def _face_areas(vertices: Tensor, faces: Tensor) -> Tensor:
    """(F,) m²."""
    first, second, third = vertices[faces].unbind(1)
    return torch.linalg.cross(second - first, third - first).norm(dim=1) / 2


def _uv_areas(layout: UvLayout) -> Tensor:
    """(F,): share of the texture's square."""
    first, second, third = layout.uv[layout.faces].unbind(1)
    one, other = second - first, third - first
    return (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]).abs() / 2


def _resize(plane: Tensor, mode: str = "area") -> Tensor:
    """S×S of a plane of any size."""
    return functional.interpolate(plane[None, None], (_SIZE, _SIZE), mode=mode)[0, 0]
