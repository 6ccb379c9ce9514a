"""From the description of somebody to clothes on a body: cutting, dyeing, hanging."""

from __future__ import annotations

import functools

import numpy as np
from torch import Tensor

from workshop.synthesis.cloth.paint import ClothMap, cloth_map, paint, recolour_hair
from workshop.synthesis.garments.beard import beard_texture, grow_beard
from workshop.synthesis.garments.hair import arrange_hair
from workshop.synthesis.garments.tailor import hem, shorten_legs, shorten_sleeves
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.garments.worn import Fitted, Worn, fit_clothes
from workshop.synthesis.identities import HELD_PLUMB, Choice, Identity
from workshop.synthesis.pack.contents import Pack

TEXTURE_PX = 512  # side of a dyed garment's texture


def outfit(pack: Pack, identity: Identity) -> Fitted:
    """The body of that identity at rest, dressed, on the pack's device."""
    worn = []
    for choice in identity.choices:
        article = pack.articles[choice.article]
        garment = _tailor(pack, choice)
        kind = "outer" if choice.role == "coat" else article.kind
        worn.append(
            Worn(
                garment=garment,
                kind=kind,
                texture=_texture(pack, choice, garment),
                loose=choice.haircut is not None or choice.role in ("scarf", "bag"),
                upright=choice.article in HELD_PLUMB,
            )
        )
    rest = pack.body.base_rest(identity.shape)
    return fit_clothes(pack.body, rest, _to_unit_range(pack.image(identity.skin), pack), worn, identity.folds)


def _tailor(pack: Pack, choice: Choice) -> Garment:
    garment = pack.articles[choice.article].garment
    if choice.sleeves is not None:
        garment = shorten_sleeves(garment, pack.mean, pack.frame, choice.sleeves)
    if choice.legs is not None:
        garment = shorten_legs(garment, pack.mean, pack.frame, choice.legs)
    if choice.hem is not None:
        garment = hem(garment, pack.mean, pack.frame, pack.frame.waist + choice.hem)
    if choice.beard is not None:
        garment = grow_beard(garment, pack.mean, pack.frame, choice.beard)
    if choice.haircut is not None:
        garment = arrange_hair(garment, pack.mean, pack.frame, choice.haircut)
    return garment


def _texture(pack: Pack, choice: Choice, garment: Garment) -> Tensor:
    if choice.cloth is not None and choice.cloth.kind != "original":
        if garment is pack.articles[choice.article].garment:
            return paint(_cached_map(pack, choice.article, choice.role, choice.image), choice.cloth)
        return paint(_map(pack, garment, choice.role, choice.image), choice.cloth)
    if choice.beard is not None:
        texture = beard_texture(pack.articles[choice.article].garment, pack.mean, pack.frame, choice.beard)
        texture = texture.to(pack.body.device)
    else:
        texture = _to_unit_range(pack.image(choice.image), pack)
    if choice.dye_seed is not None:
        texture = recolour_hair(texture, np.random.default_rng(choice.dye_seed), choice.grey)
    return texture


@functools.lru_cache(maxsize=64)  # 5 MB each
def _cached_map(pack: Pack, article: str, role: str, image: str) -> ClothMap:
    return _map(pack, pack.articles[article].garment, role, image)


def _map(pack: Pack, garment: Garment, role: str, image: str) -> ClothMap:
    original = pack.image(image).float() / 255 if image else None
    return cloth_map(garment, original, pack.mean, pack.frame, role, TEXTURE_PX, pack.body.device)


def _to_unit_range(image: Tensor, pack: Pack) -> Tensor:
    return image.to(pack.body.device).float() / 255
