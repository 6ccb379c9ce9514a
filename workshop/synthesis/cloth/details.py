"""What is sewn or printed on the front of clothes alone: lettering, logos, button plackets, zips, pockets, flies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import grid_sample

from workshop.synthesis.cloth.palette import Cloth
from workshop.synthesis.cloth.patterns import Texels
from workshop.synthesis.cloth.prints import motif

_SIZE = (96, 384)  # pixels of the lettering's mask
_LETTER_PIXELS = 72
_BUTTON_M = 0.0055  # radius


def add_details(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """Colours n×3 with the cloth's details drawn over them, in order."""
    for name in cloth.details:
        colour = _DRAWN[name](colour, texels, cloth)
    return colour


def _place(texels: Texels) -> tuple[Tensor, Tensor, Tensor]:
    """Metres to the left of the middle, metres below the neck, and 1 on the front of the torso (0 elsewhere)."""
    x, down = texels.position[:, 0], texels.neck - texels.position[:, 1]
    return x, down, ((texels.limb == 0) & (texels.forward > 0)).to(x)


def _blend(colour: Tensor, coverage: Tensor, tone: Tensor) -> Tensor:
    return colour + coverage[:, None] * (tone - colour)


def _box(x: Tensor, y: Tensor, half_width: float, half_height: float, soft: float) -> Tensor:
    """(n,) 1 within a rectangle about the origin."""
    inside = torch.minimum(half_width - x.abs(), half_height - y.abs())
    return (inside / soft + 0.5).clamp(0, 1)


def _outline(x: Tensor, y: Tensor, half_width: float, half_height: float, texels: Texels) -> Tensor:
    """(n,) 1 on the edge of a rectangle, two texels wide at least."""
    wide = max(0.002, texels.texel_m)
    soft = texels.texel_m
    return _box(x, y, half_width, half_height, soft) - _box(x, y, half_width - wide, half_height - wide, soft)


def _ink(cloth: Cloth, colour: Tensor) -> Tensor:
    return colour.new_tensor(cloth.colours[1])


def lettering(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """The cloth's word across the chest."""
    x, down, front = _place(texels)
    width = 0.2 + 0.08 * (cloth.seed // 2 % 100) / 100
    middle = 0.2 + 0.06 * (cloth.seed // 200 % 100) / 100 + (0.1 if "logo" in cloth.details else 0)
    mask = word_mask(cloth.word).to(colour)
    # Seen from in front, the person's left is on the right.
    grid = torch.stack([x / (width / 2), (down - middle) / (width / 2 * _SIZE[0] / _SIZE[1])], -1)
    coverage = grid_sample(mask[None, None], grid[None, None], align_corners=False)[0, 0, 0]
    return _blend(colour, coverage * front, _ink(cloth, colour))


def word_mask(word: str) -> Tensor:
    """Height×width coverage in [0, 1] of a word that fills the mask's width or height."""
    image = Image.new("L", (_SIZE[1], _SIZE[0]))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=_LETTER_PIXELS)
    left, top, right, bottom = draw.textbbox((0, 0), word, font=font)
    if right - left > _SIZE[1]:
        font = ImageFont.load_default(size=_LETTER_PIXELS * _SIZE[1] / (right - left) * 0.97)
        left, top, right, bottom = draw.textbbox((0, 0), word, font=font)
    place = ((_SIZE[1] - right - left) / 2, (_SIZE[0] - bottom - top) / 2)
    draw.text(place, word, fill=255, font=font, stroke_width=1)
    return torch.from_numpy(np.asarray(image).copy()).float() / 255


def logo(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """A motif in the middle of the chest, or a small one over the heart."""
    x, down, front = _place(texels)
    small = cloth.seed // 2 % 3 == 0
    size = 0.028 if small else 0.06 + 0.03 * (cloth.seed // 20 % 10) / 10
    x, down = (x - 0.085, down - 0.2) if small else (x, down - 0.2)
    soft = texels.texel_m / size
    shape = motif(cloth.motifs[0], -down / size, x / size, soft)
    colour = _blend(colour, shape * front, _ink(cloth, colour))
    if cloth.seed // 2 % 2:
        radius = torch.hypot(x, down) / size
        ring = ((0.09 - (radius - 1.2).abs()) / soft + 0.5).clamp(0, 1)
        colour = _blend(colour, ring * front, colour.new_tensor(cloth.colours[2]))
    return colour


def placket(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """A strip with buttons down the middle."""
    x, down, front = _place(texels)
    soft = texels.texel_m
    seam = ((0.0015 - ((x - 0.002).abs() - 0.016).abs()) / soft + 0.5).clamp(0, 1) * front
    colour = colour * (1 - 0.35 * seam[:, None])
    beside = down - 0.09 * (down / 0.09).round()
    button = ((_BUTTON_M - torch.hypot(x, beside)) / soft + 0.5).clamp(0, 1) * front * (down > 0.05)
    dark = 0.3 * colour.new_tensor(cloth.colours[1])
    tone = dark if cloth.seed // 2 % 3 == 0 else 0.6 * _ink(cloth, colour) + 0.4
    return _blend(colour, button, tone)


def zip_fastener(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """Teeth down the middle between two seams."""
    x, down, front = _place(texels)
    soft = texels.texel_m
    seam = ((0.002 - (x.abs() - 0.011).abs()) / soft + 0.5).clamp(0, 1) * front
    teeth = ((0.0035 - x.abs()) / soft + 0.5).clamp(0, 1) * front
    metal = colour.new_tensor([0.6, 0.6, 0.62]) if cloth.seed // 2 % 2 else 0.5 * _ink(cloth, colour)
    return _blend(colour * (1 - 0.3 * seam[:, None]), teeth, metal)


def chest_pocket(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """A patch pocket over the heart."""
    x, down, front = _place(texels)
    x, down = x - 0.08, down - 0.24
    edge = _outline(x, down, 0.05, 0.058, texels)
    top = _box(x, down + 0.046, 0.05, 0.002, texels.texel_m)
    return colour * (1 - 0.35 * (torch.maximum(edge, top) * front)[:, None])


def front_pocket(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """The pouch of a hooded pullover."""
    x, down, front = _place(texels)
    down = down - (texels.neck - texels.waist) + 0.02
    half = 0.12 - 0.5 * (-0.01 - down).clamp(0, 0.08)  # narrower at the top
    inside = torch.minimum((half - x.abs()) * 0.9, 0.075 - down.abs())
    edge = ((0.002 - inside.abs()) / texels.texel_m + 0.5).clamp(0, 1)
    return colour * (1 - 0.3 * (edge * front)[:, None])


def fly(colour: Tensor, texels: Texels, cloth: Cloth) -> Tensor:
    """Trousers' fly, waistband, front pockets, a button, and patch pockets behind."""
    position, soft = texels.position, texels.texel_m
    x, below = position[:, 0], texels.top - position[:, 1]
    front = (texels.forward > 0).to(x)
    band = ((0.0018 - (below - 0.04).abs()) / soft + 0.5).clamp(0, 1)
    line = ((0.0018 - (x - 0.02 - 0.04 * (below - 0.12).clamp_min(0)).abs()) / soft + 0.5).clamp(0, 1)
    line = torch.maximum(line, ((0.0015 - x.abs()) / soft + 0.5).clamp(0, 1))
    line = line * front * (below > 0.04) * (below < 0.15)
    pocket = torch.hypot((x.abs() - 0.17) / 0.075, (below - 0.04) / 0.085)
    curve = ((0.025 - (pocket - 1).abs()) / (soft / 0.08) + 0.5).clamp(0, 1) * front * (below > 0.04)
    behind = _outline(x.abs() - 0.085, below - 0.15, 0.06, 0.065, texels) * (1 - front)
    dark = torch.stack([band, line, curve, behind]).amax(0)
    colour = colour * (1 - 0.4 * dark[:, None])
    button = ((0.007 - torch.hypot(x, below - 0.022)) / soft + 0.5).clamp(0, 1) * front
    return _blend(colour, button, colour.new_tensor([0.5, 0.42, 0.32]))


_DRAWN: dict[str, Callable[[Tensor, Texels, Cloth], Tensor]] = {
    "lettering": lettering,
    "logo": logo,
    "placket": placket,
    "zip": zip_fastener,
    "chest_pocket": chest_pocket,
    "front_pocket": front_pocket,
    "fly": fly,
}
