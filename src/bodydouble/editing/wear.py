"""One double's clothes on another: both are the same body model, so that texels and offsets go over as they are.

texture    cloth where the giver has it, the wearer's skin where that is bare, the wearer's head and hands
shape      the giver's clothing offsets below the neck, on the wearer's body
attached   the giver's skirt, coat and shoes, moved as the body beneath them differs; the wearer's hair and hat
"""

from __future__ import annotations

from dataclasses import replace

import torch
from scipy.spatial import cKDTree
from torch import Tensor

from bodydouble.body.skinning import dress_rest
from bodydouble.double import Double
from bodydouble.editing.bare_skin import spread_skin
from bodydouble.editing.region import blend_textures, feather_region, noted
from bodydouble.errors import InputError
from bodydouble.geometry.mesh import unique_edges
from bodydouble.geometry.uv import enlarge, fill_seams, resize_nearest
from bodydouble.parsing.labels import CLOTH, SHOES
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import BodyFit, Clothing, RestBody, Surface, SurfaceKind, Texture

WEARS = "it wears the clothes of"  # begins the note on a double in another one's clothes
WORN = (SurfaceKind.SKIRT, SurfaceKind.COAT, SurfaceKind.SHOES)
_FEATHER = 1 / 1024  # of a texture's side: standard deviation of a garment's edge
_ROUNDS = 12  # of smoothing over a mesh edge each, in which the neck goes from one's offsets to the other's
_NEAREST, _NEAR_M = 48, 0.05  # body vertices that carry a point of a garment along, and how far they count


def wear_clothes(double: Double, clothes: Double) -> Double:
    """The double in the clothes of another one.

    Raises:
        InputError: they are of different body models, one is a bust, or one was made before labels were kept.
    """
    wearer, giver = (_labelled(each) for each in (double, clothes))
    if double.metadata.layout != clothes.metadata.layout or len(double.rest.vertices) != len(clothes.rest.vertices):
        raise InputError("these doubles have different bodies; clothes fit those that were made with the same one")
    size = max(wearer.rgb.shape[-1], giver.rgb.shape[-1])
    wearer, giver = (_resize(texture, size) for texture in (wearer, giver))
    below_neck = _below_neck(double, size)
    skin = _bare(wearer, double, below_neck)
    texture = blend_textures(skin, giver, _cloth_weight(giver, below_neck, double))
    fit = _dress(double.fit, clothes.fit, double)
    hair = tuple(surface for surface in double.attached if surface.kind not in WORN)
    result = replace(double, fit=fit, texture=texture, attached=())
    garments = _carry(clothes, result.rest)
    name = clothes.metadata.photo_name or "another double"
    return noted(replace(result, attached=(*hair, *garments)), f"{WEARS} {name}")


def _labelled(double: Double) -> Texture:
    """The body's texture. Raises InputError where it does not say what is cloth, or is a bust's."""
    if double.fit.faces is not None:
        raise InputError("a bust or a digitised double has no clothes to give or take")
    if double.texture.labels is None:
        raise InputError("a double of an earlier version does not tell its clothes apart; make it again from its photo")
    return double.texture


def _resize(texture: Texture, size: int) -> Texture:
    """With that many texels a side; as it is where it has them."""
    assert texture.labels is not None
    if texture.rgb.shape[-1] == size:
        return texture
    return replace(
        texture,
        rgb=enlarge(texture.rgb, size),
        confidence=enlarge(texture.confidence[None], size)[0],
        labels=resize_nearest(texture.labels[None].float(), size)[0].to(torch.uint8),
    )


def _below_neck(double: Double, size: int) -> Tensor:
    """S×S, bool: not on the head. Between charts it is what lies nearest."""
    regions = anatomy(double.body).regions(size)
    covered = texel_map(double.body.layout, size).face[0] >= 0
    head = torch.isin(regions, torch.tensor([int(Region.FACE), int(Region.SCALP), int(Region.EYE)]))
    return ~fill_seams(head, covered)


def _cloth_weight(texture: Texture, below_neck: Tensor, double: Double) -> Tensor:
    """S×S, [0, 1]: where cloth is below the neck, with a soft edge."""
    cloth = torch.isin(texture.labels, torch.tensor([*CLOTH, SHOES])) & below_neck  # type: ignore[arg-type]
    return feather_region(cloth.float(), double.body.layout, len(cloth), _FEATHER) * below_neck


def _bare(texture: Texture, double: Double, below_neck: Tensor) -> Texture:
    """The texture without its clothes: the person's skin goes on beneath."""
    return blend_textures(texture, spread_skin(texture, double.body), _cloth_weight(texture, below_neck, double))


def _dress(fit: BodyFit, giver: BodyFit, double: Double) -> BodyFit:
    """The fit in the giver's clothing; head and hands keep their own, and the neck lies between."""
    score = anatomy(double.body).score
    parts = [int(Region.FACE), int(Region.SCALP), int(Region.EYE), int(Region.INSIDE), int(Region.HAND)]
    head_weight = torch.isin(score.argmax(1), torch.tensor(parts)).float()
    edges = unique_edges(double.body.faces)
    degree = torch.zeros_like(head_weight).index_add_(0, edges.flatten(), torch.ones(edges.numel())).clamp_min(1)
    for _ in range(_ROUNDS):
        total = torch.zeros_like(head_weight)
        total.index_add_(0, edges[:, 0], head_weight[edges[:, 1]]).index_add_(0, edges[:, 1], head_weight[edges[:, 0]])
        head_weight = (head_weight + total / degree) / 2
    offsets = torch.lerp(giver.clothing.offsets, fit.clothing.offsets, head_weight[:, None])
    return replace(fit, clothing=Clothing(offsets=offsets, leg_blend=giver.clothing.leg_blend))


def _carry(clothes: Double, rest: RestBody) -> tuple[Surface, ...]:
    """What the giver wears as surfaces, moved to the wearer's dressed body at rest."""
    before = dress_rest(clothes.fit, clothes.body)
    difference = rest.vertices - before.vertices
    tree = cKDTree(before.vertices.numpy())

    def moved(points: Tensor) -> Tensor:
        distance, nearest = tree.query(points.numpy(), k=_NEAREST)
        away = torch.from_numpy(distance).float()
        weight = torch.exp(-(((away - away[:, :1]) / _NEAR_M) ** 2))
        weight = weight / weight.sum(1, keepdim=True)
        return points + (weight[..., None] * difference[torch.from_numpy(nearest)]).sum(1)

    surfaces = [surface for surface in clothes.attached if surface.kind in WORN]
    return tuple(
        replace(
            surface,
            vertices=moved(surface.vertices),
            chains=surface.chains and replace(surface.chains, positions=moved(surface.chains.positions)),
        )
        for surface in surfaces
    )
