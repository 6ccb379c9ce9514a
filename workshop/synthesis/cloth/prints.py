"""Motifs scattered over cloth: dots, prints and flowers, on a staggered lattice that closes around every limb."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from workshop.synthesis.cloth.palette import Cloth
from workshop.synthesis.cloth.patterns import PATTERNS, Pattern, Texels, cloth_colour, cloth_random, cycles, mix, solid

_TABLE = 4096  # random numbers that cells of a pattern choose from

# Outline of each motif: radius as a function of the angle, in units of the motif's size.
MOTIFS: dict[str, Callable[[Tensor], Tensor]] = {
    "dot": lambda a: torch.ones_like(a),
    "flower5": lambda a: 0.72 + 0.28 * torch.cos(5 * a),
    "flower6": lambda a: 0.65 + 0.35 * torch.cos(3 * a).abs(),
    "star5": lambda a: (
        0.45 / torch.cos((a % (2 * math.pi / 5)) - math.pi / 5).clamp_min(0.3) * (1 + 0.45 * torch.cos(5 * a))
    ),
    "star4": lambda a: 0.28 + 0.72 * torch.cos(2 * a).abs() ** 3,
    "triangle": lambda a: 0.5 / torch.cos((a % (2 * math.pi / 3)) - math.pi / 3),
    "square": lambda a: 0.65 / torch.cos((a % (math.pi / 2)) - math.pi / 4),
    "leaf": lambda a: 0.3 / (a.sin().abs() + 0.3 * a.cos().abs()) * (1 + 0.35 * (2 * a).sin().abs()),
    "cross": lambda a: 0.35 + 0.65 * (torch.cos(2 * a) ** 2 > 0.75).float(),
    "drop": lambda a: 0.5 + 0.5 * ((1 + torch.cos(a)) / 2) ** 4,
    "ring": lambda a: torch.ones_like(a),
    "crescent": lambda a: torch.ones_like(a),
}


def motif(name: str, x: Tensor, y: Tensor, soft: float) -> Tensor:
    """(n,) 1 inside a motif of size 1 about the origin, edges `soft` wide."""
    radius, angle = torch.hypot(x, y), torch.atan2(y, x)
    inside = ((MOTIFS[name](angle) - radius) / soft + 0.5).clamp(0, 1)
    if name == "ring":
        return inside * ((radius - 0.6) / soft + 0.5).clamp(0, 1)
    if name == "crescent":
        return inside * ((torch.hypot(x - 0.45, y) - 0.8) / soft + 0.5).clamp(0, 1)
    return inside


def _cells(texels: Texels, cloth: Cloth, period: float, layer: int) -> tuple[Tensor, Tensor, Tensor]:
    """Place in the cell of a staggered lattice (n,), (n,), −0.5 to 0.5, and the cell's row in a random table."""
    u, v, count = cycles(texels, period)
    row = v.floor()
    u = u + 0.5 * (row % 2)
    column = u.floor() % count  # the last cell around the limb is the first
    code = (column.long() * 7349 + (row.long() + 512) * 9151 + texels.limb * 3571 + layer * 1237) % _TABLE
    return u - u.floor() - 0.5, v - row - 0.5, code


def dots(texels: Texels, cloth: Cloth) -> Tensor:
    """Dots on a staggered lattice."""
    x, y, _ = _cells(texels, cloth, cloth.scale, 0)
    size = 0.16 + 0.14 * float(cloth_random(cloth, 1))
    dot = motif("dot", x / size, y / size, texels.texel_m / cloth.scale / size)
    return mix(dot, cloth_colour(cloth, 0, dot), cloth_colour(cloth, 1, dot))


def _scatter_motifs(
    texels: Texels, cloth: Cloth, colour: Tensor, period: float, layer: int, names: tuple[str, ...]
) -> Tensor:
    """Colours with one motif drawn in each cell, turned, shifted, sized and coloured by chance."""
    x, y, code = _cells(texels, cloth, period, layer)
    table = cloth_random(cloth, _TABLE, 6).to(colour)[code]
    x, y = x - 0.3 * (table[:, 0] - 0.5), y - 0.3 * (table[:, 1] - 0.5)
    turn, size = 2 * math.pi * table[:, 2], 0.22 + 0.12 * table[:, 3]
    cosine, sine = turn.cos(), turn.sin()
    x, y = (cosine * x - sine * y) / size, (sine * x + cosine * y) / size
    which = (table[:, 4] * len(names)).long()
    soft = texels.texel_m / period / 0.28
    for number, name in enumerate(names):
        coverage = motif(name, x, y, soft) * (which == number)
        tone = torch.where(table[:, 5:] < 0.65, cloth_colour(cloth, 1, x), cloth_colour(cloth, 2, x))
        colour = colour + coverage[:, None] * (tone - colour)
    if names[0].startswith("flower"):
        heart = motif("dot", x / 0.3, y / 0.3, soft / 0.3)
        colour = colour + heart[:, None] * (cloth_colour(cloth, 0, x) * 0.5 + 0.4 - colour) * (which == 0)[:, None]
    return colour


def scattered_motifs(texels: Texels, cloth: Cloth) -> Tensor:
    """Scattered motifs."""
    return _scatter_motifs(texels, cloth, solid(texels, cloth), cloth.scale, 0, cloth.motifs)


def floral(texels: Texels, cloth: Cloth) -> Tensor:
    """Flowers over leaves over small flowers."""
    colour = _scatter_motifs(texels, cloth, solid(texels, cloth), cloth.scale * 0.45, 2, ("flower5",))
    colour = _scatter_motifs(texels, cloth, colour, cloth.scale * 0.7, 1, ("leaf",)) * 0.5 + colour * 0.5
    return _scatter_motifs(texels, cloth, colour, cloth.scale, 0, ("flower5",))


ALL_PATTERNS: dict[str, Pattern] = {**PATTERNS, "dots": dots, "print": scattered_motifs, "floral": floral}
