"""What hangs off the body and is no part of its skin, found in the photo.

bare fit ── find_loose ──▶ LooseGarments ──▶ clothe, which lets their outline shape nothing
                                    └── hang_loose ──▶ surfaces (`loose_surfaces.py`)
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.bun import BunShape, find_bun, is_tied
from bodydouble.clothing.coat_surface import CoatShape, find_coat
from bodydouble.clothing.collar import find_collar
from bodydouble.clothing.footwear import Footwear, find_footwear, wears_sandals
from bodydouble.clothing.garment_view import (
    GarmentView,
    bare_trunk,
    body_camera,
    dilate,
    garment_view,
    head_camera,
    move_mask,
)
from bodydouble.clothing.hair_surface import HairShape, find_hair
from bodydouble.clothing.hat_surface import HatShape, find_hat
from bodydouble.clothing.knot import KnotShape, find_knots
from bodydouble.clothing.shorts import find_shorts
from bodydouble.clothing.skirt_surface import SkirtShape, find_skirt
from bodydouble.clothing.tail import TailShape, find_tail
from bodydouble.clothing.top_hem import TopHem, find_top_hem
from bodydouble.clothing.trousers import TrouserLegs, find_trousers, hem_height, lower_hem
from bodydouble.parsing.labels import OUTER, SHOES, TOPS
from bodydouble.values import (
    BodyFit,
    Camera,
    Person,
    Photo,
    StyleEstimate,
    Understanding,
    style_chance,
)

_ROOM_M = 0.02  # around a loose garment, where its outline is not looked for
_TIP_M = 0.2  # below a coat's hem; as far down its tips may hang
_ALSO_BELOW = 0.1  # of the legs below a coat, from which on it is no tip that hangs before them
_RIM_PX = 1.5  # pixels of the view around a coat, a skirt or a hat that are half theirs
_ANKLE_M = 0.05  # above the ankle joints; what is shoe below it shapes no foot
_NO_COAT = 0.9  # chance of no coat from which labels are not believed: 3 of 195 photographs with more had one
# The same where hardly any of the trunk is a coat's: of 10 photographs with a coat below the waist the two that have as
# high a chance show a bag and a passer-by; jackets over open shirts have at most 0.4.
_DOUBTED, _ON_TRUNK = 0.5, 0.3
# Metres: how far below a hem shafts may end that go on in it, how far they do, and from where on they are worn over
# trousers: of tall boots beneath trousers no more than an ankle is seen.
_BELOW_HEM_M, _INTO_LEGS_M, _OVER_LEGS_M = 0.02, 0.03, 0.26
_ON_SHOES_M = 0.075  # above the ground, of hems that lie on low shoes: about these shoes' openings
_OVER_SHOES = 1.05  # of the way from the knee to the ankle joint; hems as low lie on the shoes
_BENT = 0.8  # radians by which both thighs are bent; on who sits no skirt hangs


@dataclass(frozen=True, kw_only=True)
class LooseGarments:
    """What a photo shows of them."""

    view: GarmentView  # of the whole person, in which the skirt was found
    head_view: GarmentView  # in which the hair was found
    skirt: SkirtShape | None
    coat: CoatShape | None
    hat: HatShape | None
    hair: HairShape | None
    knots: tuple[KnotShape, ...]
    bun: BunShape | None
    tail: TailShape | None
    collar: Tensor  # S×S, bool, hoods and collars in the view of the whole person
    footwear: Footwear
    trousers: TrouserLegs | None  # loose ones, which hang open at their hems
    shorts: float | None  # where they end, of the way from the hip joints: 1 at the knees, 2 at the ankles
    top_hem: TopHem | None  # of what ends over trousers at the hips
    ankles: tuple[int, int]  # joints of the body

    @property
    def pixels(self) -> Tensor:
        """S×S, bool: where they are in the view of the whole person, with some room around."""
        covered = self.collar.clone()
        for tube_shape in (self.skirt, self.coat):
            if tube_shape is not None:
                covered |= tube_shape.garment
        on_head = [worn.pixels for worn in (self.hat, *self.knots, self.tail) if worn is not None]
        if self.hair is not None:
            on_head.append(self.hair.hair)
        for pixels in on_head:
            covered |= move_mask(pixels, self.head_view.camera, self.view.camera)
        if self.footwear.shod:
            covered |= self._shoe_pixels()
        return dilate(covered, self.view.pixels(_ROOM_M)) if bool(covered.any()) else covered

    def _shoe_pixels(self) -> Tensor:
        """S×S, bool: the shoes; of boots the feet alone, because the legs are as wide as the shafts on them."""
        shoes = self.view.labels[SHOES] > 0.5
        highest = self.view.joints[self.ankles, 1].min() - self.view.pixels(_ANKLE_M)
        return shoes & (torch.arange(len(shoes)) > highest)[:, None]

    def hiding_pixels(self, camera: Camera) -> Tensor | None:
        """H×W, bool: where a coat, a skirt or a hat hangs before the body, in the photo's camera; or None."""
        hidden = torch.zeros(camera.size, dtype=torch.bool)
        hanging: list[tuple[Tensor, int]] = []  # pixels, and the row of the hips
        if self.coat is not None:
            hanging.append((self.coat.garment | self._find_tips(self.coat), self.coat.hip))
        if self.skirt is not None:
            hanging.append((self.skirt.garment, self.skirt.hip))
        for pixels, hip in hanging:
            around = dilate(pixels, _RIM_PX)
            around[:hip] = False  # the trunk stays in its cloth
            hidden |= move_mask(around, self.view.camera, camera)
        if self.hat is not None:
            hidden |= move_mask(dilate(self.hat.pixels, _RIM_PX), self.head_view.camera, camera)
        return hidden if bool(hidden.any()) else None

    def _find_tips(self, coat: CoatShape) -> Tensor:
        """S×S, bool: what is named a top's not far below the hem of a coat's sheet: its tips, and its lining.

        Nothing where the legs wear the like below that, too: it is a jumpsuit.
        """
        tops = torch.isin(self.view.labels.argmax(0), torch.tensor(TOPS))
        end = coat.spans.top + len(coat.spans.left) + round(self.view.pixels(_TIP_M))
        legs = torch.isfinite(self.view.near[end:]) & self.view.person[end:]
        if int((tops[end:] & legs).sum()) > _ALSO_BELOW * int(legs.sum()):
            return torch.zeros_like(tops)
        tops[end:] = False
        tops[: int(coat.hem.median())] = False
        return tops


def find_loose(
    fit: BodyFit, photo: Photo, person: Person, understanding: Understanding, body: BodyModel, hats: bool = True
) -> LooseGarments:
    """What the person of a bare fit wears that hangs off the body.

    Args:
        hats: hats are surfaces of their own, and not a part of the hair.
    """
    view = garment_view(fit, photo, person, understanding, body, body_camera(person, fit.camera))
    head_view = garment_view(fit, photo, person, understanding, body, head_camera(view))
    thighs = fit.pose.joints[[body.roles["left_hip"], body.roles["right_hip"]]].norm(dim=1)
    stands = float(thighs.min()) < _BENT
    coat, skirt = _find_below_waist(view, body, understanding.style) if stands else (None, None)
    hat = find_hat(head_view) if hats else None
    hanging = [shape.garment for shape in (coat, skirt) if shape is not None]
    trousers = find_trousers(view, body, understanding.style, hanging) if stands else None
    footwear = find_footwear(fit, understanding, body)
    if trousers is not None and trousers.hem > _OVER_SHOES and not wears_sandals(understanding.style):
        footwear = replace(footwear, closed=True)  # of their toes labels see too little
    if trousers is not None:
        footwear = _reach_into_legs(footwear, hem_height(trousers, view.rest, body))
        if footwear.shod and footwear.closed and not (footwear.shaft or footwear.low_cut):
            trousers = lower_hem(trousers, _ON_SHOES_M, view.rest, body)
    tail = find_tail(head_view, understanding.style) if hat is None else None
    hair = find_hair(head_view, body, None if hat is None else hat.pixels) if tail is None else None
    knots = find_knots(head_view, is_tied(understanding.style)) if hat is None else ()
    covered = bool(knots) or any(worn is not None for worn in (hair, hat, tail))
    return LooseGarments(
        view=view,
        head_view=head_view,
        skirt=skirt,
        coat=coat,
        hat=hat,
        hair=hair,
        knots=knots,
        bun=find_bun(head_view, understanding.style, body) if not covered else None,
        footwear=footwear,
        trousers=trousers,
        shorts=find_shorts(view, body) if stands and skirt is None and trousers is None else None,
        top_hem=find_top_hem(view, body) if stands and coat is None and skirt is None else None,
        tail=tail,
        collar=find_collar(view, body),
        ankles=(body.roles["left_ankle"], body.roles["right_ankle"]),
    )


def _reach_into_legs(footwear: Footwear, hem: float) -> Footwear:
    """Boots whose shafts go on inside of trouser legs that end on them, at `hem` metres above the ground.

    Low shoes have no shaft, though hems may lie on the ground beside them.
    """
    if not footwear.shaft or not hem - _BELOW_HEM_M < footwear.shaft < _OVER_LEGS_M:
        return footwear
    return replace(footwear, shaft=max(footwear.shaft, hem + _INTO_LEGS_M), covered=True)


def _find_below_waist(
    view: GarmentView, body: BodyModel, style: StyleEstimate | None
) -> tuple[CoatShape | None, SkirtShape | None]:
    """A coat, and the skirt beneath it or without it."""
    coat = find_coat(view, body)
    if coat is None or (coat.label == OUTER and _wears_no_coat(coat, view, body, style)):
        return None, find_skirt(view, body, style)
    if coat.label != OUTER and (skirt := find_skirt(view, body, style)) is not None:
        return None, skirt  # a dress, in parts taken for a shirt
    return coat, find_skirt(replace(view, cover=view.cover | coat.garment), body, style)


def _wears_no_coat(coat: CoatShape, view: GarmentView, body: BodyModel, style: StyleEstimate | None) -> bool:
    """Whether what the labels call a coat is a dress or a shirt, or a bag before the hip."""
    rows, trunk = bare_trunk(view, coat.waist, body)
    on_trunk = float((view.labels[OUTER, rows][trunk] > 0.5).float().mean())  # not a number where no row lies between
    return style_chance(style, "outer", "none") > (_DOUBTED if on_trunk < _ON_TRUNK else _NO_COAT)
