"""Texels that show what is not the body's: a bag's edge or the pavement on trousers, the pocket on a hand; islands."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.lengths import measure_lengths
from bodydouble.geometry.neighbours import have_near
from bodydouble.parsing.labels import BACKGROUND, CLOTH, LOWER, SKIN, THING
from bodydouble.surface.regions import Region
from bodydouble.texture.tint import find_grey, tint_of

_FEW = 200  # texels of a 1024² texture; fewer tell no colour
_BARE = 0.1  # share of what was seen of a hand that is skin, or what it holds, below which it is gloved or hidden
# Of the cloth on a hand, the share that has the colours of the garments, from which on it is theirs; how near colours
# are that are one, so many of them as agree, and how many of them are compared at most.
_WORN, _ONE_COLOUR, _AGREEING, _SAMPLES = 0.5, 0.06, 3, 2000
_GLOVED = 0.7  # share of what was seen of hands that is far greyer than the face, from which on it is gloves
_COVERED = 0.5  # the same of one hand, from which on what it holds hides it
_TINTED = 0.2  # distance of tints from the face's, from which on something is no skin; red and green things have 0.3
_DARK = 0.45  # times the face's brightness, and the other hand's, below which a hand is what hides it: 0.25 of a bag
_SLEEVE = 0.5  # share of what was seen of an arm in the label of trousers, from which on they are its sleeve
_USUAL = 0.15  # distance from the usual colour within which a leg's cloth is of it
_PLAIN = 0.7  # share of such texels from which on a leg's cloth is of one colour
_STRAY = 0.3  # distance from that, from which on something else lies on it
_ISLAND = 3e-4  # of a texture's texels, some 12 cm²; less that is seen amid what is not is a border's crumb
_THIN = 2e-3  # of its side, 4 mm: what is thinner is a line along a chart's edge, or a tooth of a ragged border


def find_stray(
    rgb: Tensor,
    label: Tensor,
    shown: Tensor,
    region: Tensor,
    limb: Tensor,
    left: Tensor,
    pocketed: tuple[bool, bool] = (False, False),
    found: tuple[bool, bool] = (True, True),
) -> Tensor:
    """(N,) bool: texels that are not to be taken from the photo.

    A hand is skin, unless it is in a pocket, which then stays whole, or in a glove. Where no hand was found, what has
    the colours of the garments is no glove: it is a sleeve, or what the hand is behind.
    What lies on a leg's plain cloth and has another colour is none of it; a shirt's print stays.

    Args:
        rgb: 3×N.
        label: (N,) uint8, the parser's.
        shown: (N,) bool, texels that the photo shows.
        region: (N,) of `Region`.
        limb: (N,) as `Anatomy.limbs` tells them.
        left: (N,) bool, of the body's left.
        pocketed: whether the left and the right hand are in pockets.
        found: whether the detector found them.
    """
    stray = (label == BACKGROUND) | _find_held(rgb, label, shown, region, left)
    cloth = torch.isin(label, torch.tensor(CLOTH))
    worn = (region == Region.BODY) & shown & cloth
    for side, covered, detected in zip((left, ~left), pocketed, found, strict=True):
        hand = (region == Region.HAND) & side & shown
        if not (covered or _is_gloved(rgb, label, hand, worn, detected)):
            stray |= hand & cloth
        arm = (region == Region.BODY) & (limb == 1) & side & shown
        behind = arm & (label == LOWER)  # a skirt's or trousers' edge; an overall's sleeve has it all along
        stray |= behind & (not covered and int(behind.sum()) < _SLEEVE * int(arm.sum()))
    leg = (region == Region.BODY) & (limb == 2)
    stray |= leg & (label == THING)
    for number in CLOTH:
        of_cloth = leg & shown & (label == number)
        if int(of_cloth.sum()) >= _FEW:
            colours = rgb[:, of_cloth]
            away = measure_lengths(colours - colours.median(1, keepdim=True).values, 0)
            if float((away < _USUAL).float().mean()) > _PLAIN:
                stray[of_cloth] |= away > _STRAY
    return stray


def _is_gloved(rgb: Tensor, label: Tensor, hand: Tensor, worn: Tensor, detected: bool) -> bool:
    """Whether hardly anything of a hand, (N,) bool, is bare, and it was found, or its cloth has colours of its own.

    Args:
        rgb, label: as those of `find_stray`.
        worn: (N,) bool, seen cloth of garments; that of the same labels is compared with.
    """
    bare = (label == SKIN) | (label == THING)  # what a hand holds is not in a pocket
    if not bool(hand.any()) or float(bare[hand].float().mean()) >= _BARE:
        return False
    if detected:
        return True
    cloth, alike = hand & torch.isin(label, torch.tensor(CLOTH)), 0.0
    for number in label[cloth].unique().tolist():
        colours, garment = (rgb[:, part & (label == number)].T.numpy() for part in (cloth, worn))
        own, others = (each[:: max(1, len(each) // _SAMPLES)] for each in (colours, garment))
        alike += len(colours) * float(have_near(own, others, _AGREEING, _ONE_COLOUR).mean())
    return alike < _WORN * int(cloth.sum())


def _find_held(rgb: Tensor, label: Tensor, shown: Tensor, region: Tensor, left: Tensor) -> Tensor:
    """(N,), bool: what hands hold that was taken for them. None on gloves, in pairs.

    Paper is far greyer than the face, a red purse has another tint, and a bag before a hand is far darker than face and
    other hand.

    Args: as those of `find_stray`.
    """
    skin = shown & (label == SKIN)
    face, hands = skin & (region == Region.FACE), skin & (region == Region.HAND)
    held = torch.zeros_like(shown)
    if int(face.sum()) >= _FEW and bool(hands.any()):
        held[hands] = find_grey(rgb[:, hands].T, rgb[:, face].median(1).values)
        held &= float(held[hands].float().mean()) < _GLOVED
        coloured, bright = _find_coloured(rgb, label, shown & (region == Region.HAND), face, left), rgb.mean(0)
        sides = (hands & left, hands & ~left)
        for hand, other in zip(sides, reversed(sides), strict=True):
            # A pale hand shines in places.
            held[hand] &= bool(hand.any()) and float(held[hand].float().mean()) > _COVERED
            if min(int(hand.sum()), int(other.sum())) >= _FEW:
                tones = [float(bright[part].median()) for part in (face, other)]
                held[hand] |= float(bright[hand].median()) < _DARK * min(tones)
        held |= coloured
    return held


def _find_coloured(rgb: Tensor, label: Tensor, hands: Tensor, face: Tensor, left: Tensor) -> Tensor:
    """(N,), bool: of hands, (N,) bool, skin and things of another tint than the face's, (N,) bool. None on gloves."""
    tint = tint_of(rgb.T)
    bare = hands & ((label == SKIN) | (label == THING))
    coloured = bare & (measure_lengths(tint - tint[face].median(0).values, 1) > _TINTED)
    shares = [float(coloured[bare & side].float().mean()) for side in (left, ~left) if int((bare & side).sum()) >= _FEW]
    return coloured & (len(shares) < 2 or min(shares) < _GLOVED)


def find_islands(shown: Tensor) -> Tensor:
    """S×S, bool: shown texels, S×S bool, that are too few or too thin a piece to be carried on from."""
    size = len(shown)
    width = 2 * round(_THIN * size / 2) + 1
    solid = cv2.morphologyEx(shown.numpy().astype(np.uint8), cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    _, piece, figures, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    small = figures[:, cv2.CC_STAT_AREA] < _ISLAND * size * size
    small[0] = True  # what was too thin
    return shown & torch.from_numpy(small[piece])
