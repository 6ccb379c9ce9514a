"""Patterns of cloth as functions of where a point lies on a limb; around it every one repeats a whole number of times.

One function for each kind: texels and a cloth in, n×3 sRGB colours out. Edges are as soft as a texel is wide.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, pad

from bodydouble.geometry.smoothstep import smoothstep
from workshop.synthesis.cloth.palette import Cloth


@dataclass(frozen=True, kw_only=True)
class Texels:
    """Where the n texels of a garment lie on the body at rest."""

    position: Tensor  # n×3, metres
    limb: Tensor  # (n,), int64, row of LIMBS
    along: Tensor  # (n,), metres down the limb
    around: Tensor  # (n,), [0, 1), 0.5 in the middle of the front
    forward: Tensor  # (n,), −1 back to 1 front
    edge: Tensor  # (n,), metres to the garment's nearest border
    girth: Tensor  # (8,), metres around each of LIMBS
    neck: float  # height of the neck, metres
    waist: float  # height of the waist, metres
    top: float  # height of the garment's highest point, metres
    bottom: float  # height of the lowest
    texel_m: float  # metres a texel is wide


Pattern = Callable[[Texels, Cloth], Tensor]


def cloth_colour(cloth: Cloth, number: int, like: Tensor) -> Tensor:
    return like.new_tensor(cloth.colours[number])


def mix(fraction: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """n×3: `first` where the share (n,) is 0, `second` where it is 1."""
    return first + fraction[:, None] * (second - first)


def cloth_random(cloth: Cloth, *size: int) -> Tensor:
    """Uniform numbers that are the cloth's own, on the CPU: the same for every device."""
    generator = torch.Generator().manual_seed(cloth.seed % (1 << 62))
    return torch.rand(*size, generator=generator)


def cycles(texels: Texels, period: float, even: bool = False) -> tuple[Tensor, Tensor, Tensor]:
    """Repeats around the limb and along it (n,), and how many there are around it (n,); `even`: an even number."""
    repeats = (texels.girth / period).round().clamp_min(1)
    if even:
        repeats = (repeats / 2).round().clamp_min(1) * 2
    count = repeats[texels.limb]
    return texels.around * count, texels.along / period, count


def _stripe(phase: Tensor, duty: float, soft: float) -> Tensor:
    """(n,) 1 on the `share` of each cycle in its middle, with edges `soft` cycles wide."""
    inside = duty / 2 - (phase - phase.floor() - 0.5).abs()
    return (inside / max(soft, 1e-4) + 0.5).clamp(0, 1)


def noise(position: Tensor, size: float, cloth: Cloth, stretch: tuple[float, float, float] = (1, 1, 1)) -> Tensor:
    """(n,) smooth noise in about [-1, 1] with features `size` metres large, longer along stretched axes."""
    cells = 24
    volume = cloth_random(cloth, cells, cells, cells).to(position)
    volume = pad(volume[None, None], (0, 1, 0, 1, 0, 1), mode="circular")
    place = position / (size * position.new_tensor(stretch)) / cells
    # Torch samples at corners with -1 and 1 when they are aligned: the circle closes there.
    grid = (place - place.floor()) * 2 - 1
    return 3 * (grid_sample(volume, grid[None, None, None], align_corners=True)[0, 0, 0, 0] - 0.5)


def _grain(texels: Texels, cloth: Cloth) -> Tensor:
    """(n,) normal noise, another at every texel."""
    generator = torch.Generator().manual_seed(cloth.seed % (1 << 62) + 1)
    return torch.randn(len(texels.along), generator=generator).to(texels.along)


def solid(texels: Texels, cloth: Cloth) -> Tensor:
    """One colour."""
    return cloth_colour(cloth, 0, texels.along).expand(len(texels.along), 3)


def heather(texels: Texels, cloth: Cloth) -> Tensor:
    """Yarn of two shades, streaky across."""
    streaks = 0.5 * _grain(texels, cloth) + 0.5 * noise(texels.position, 0.008, cloth, (4, 1, 4))
    return solid(texels, cloth) * (1 + 0.11 * streaks[:, None]) + 0.03


def stripes(texels: Texels, cloth: Cloth) -> Tensor:
    """Horizontal bands, with a thin third colour on half of the cloths."""
    random = cloth_random(cloth, 3)
    phase = texels.along / cloth.scale
    soft = texels.texel_m / cloth.scale
    mixed = mix(
        _stripe(phase, 0.25 + 0.3 * float(random[0]), soft), *(cloth_colour(cloth, n, texels.along) for n in (0, 1))
    )
    if random[1] < 0.5:
        mixed = mixed + _stripe(phase + 0.5, 0.12, soft)[:, None] * (cloth_colour(cloth, 2, texels.along) - mixed)
    return mixed


def vertical_stripes(texels: Texels, cloth: Cloth) -> Tensor:
    """Stripes down the limb."""
    phase, _, _ = cycles(texels, cloth.scale)
    duty = 0.2 + 0.3 * float(cloth_random(cloth, 1))
    line = _stripe(phase, duty, texels.texel_m / cloth.scale)
    return mix(line, cloth_colour(cloth, 0, line), cloth_colour(cloth, 1, line))


def pinstripe(texels: Texels, cloth: Cloth) -> Tensor:
    """Faint thin stripes down the limb."""
    phase, _, _ = cycles(texels, cloth.scale)
    line = 0.45 * _stripe(phase, 0.08, 1.5 * texels.texel_m / cloth.scale)
    return mix(line, cloth_colour(cloth, 0, line), cloth_colour(cloth, 1, line))


def windowpane(texels: Texels, cloth: Cloth) -> Tensor:
    """Thin lines both ways."""
    u, v, _ = cycles(texels, cloth.scale)
    soft = texels.texel_m / cloth.scale
    line = torch.maximum(_stripe(u, 0.08, soft), _stripe(v, 0.08, soft))
    return mix(0.8 * line, cloth_colour(cloth, 0, line), cloth_colour(cloth, 1, line))


def gingham(texels: Texels, cloth: Cloth) -> Tensor:
    """Equal bands both ways on white, half-toned where one crosses the ground."""
    u, v, _ = cycles(texels, cloth.scale)
    soft = texels.texel_m / cloth.scale
    tone = (_stripe(u, 0.5, soft) + _stripe(v, 0.5, soft)) / 2
    lighter = torch.maximum(cloth_colour(cloth, 1, tone), tone.new_tensor(0.9))
    return mix(tone, lighter, cloth_colour(cloth, 0, tone))


def plaid(texels: Texels, cloth: Cloth) -> Tensor:
    """A tartan: the same sequence of bands in warp and weft, mixed."""
    u, v, _ = cycles(texels, cloth.scale)
    random = cloth_random(cloth, 4, 3)
    soft = texels.texel_m / cloth.scale

    def threads(phase: Tensor) -> Tensor:
        colour = solid(texels, cloth)
        for number, (place, width, which) in enumerate(random.tolist()):
            band = _stripe(phase + place, (0.3, 0.18, 0.05, 0.04)[number] * (0.7 + 0.6 * width), soft)
            accent = cloth_colour(cloth, 1 + int(which > 0.5), phase)
            colour = colour + band[:, None] * (accent - colour)
        return colour

    return (threads(u) + threads(v)) / 2


def houndstooth(texels: Texels, cloth: Cloth) -> Tensor:
    """Gingham whose half-toned fields are diagonal stripes."""
    u, v, _ = cycles(texels, cloth.scale)
    soft = texels.texel_m / cloth.scale
    warp, weft = _stripe(u, 0.5, soft), _stripe(v, 0.5, soft)
    diagonal = _stripe(2 * (u + v), 0.5, 2 * soft)
    dark = warp * weft + (warp * (1 - weft) + weft * (1 - warp)) * diagonal
    return mix(dark, cloth_colour(cloth, 1, dark), cloth_colour(cloth, 0, dark))


def argyle(texels: Texels, cloth: Cloth) -> Tensor:
    """Diamonds in two colours with thin lines across."""
    u, v, _ = cycles(texels, cloth.scale, even=True)
    v, soft = v / 1.5, texels.texel_m / cloth.scale
    column = u.floor() + v.floor()
    inside = 0.5 - soft / 2 - (u - u.floor() - 0.5).abs() - (v - v.floor() - 0.5).abs()
    diamond = (inside / soft + 0.5).clamp(0, 1)
    odd = (column % 2)[:, None]
    tone = odd * cloth_colour(cloth, 1, u) + (1 - odd) * cloth_colour(cloth, 2, u)
    lines = torch.maximum(_stripe(u + v, 0.04, 1.5 * soft), _stripe(u - v, 0.04, 1.5 * soft))
    colour = solid(texels, cloth) + diamond[:, None] * (tone - solid(texels, cloth))
    return colour + 0.5 * lines[:, None] * (cloth_colour(cloth, 2, u) - colour)


def zigzag(texels: Texels, cloth: Cloth) -> Tensor:
    """Bands that go up and down around the limb."""
    u, v, _ = cycles(texels, cloth.scale)
    line = _stripe(v + 0.8 * (u - u.floor() - 0.5).abs(), 0.45, texels.texel_m / cloth.scale)
    return mix(line, cloth_colour(cloth, 0, line), cloth_colour(cloth, 1, line))


def camouflage(texels: Texels, cloth: Cloth) -> Tensor:
    """Blots of four muted shades."""
    grey = texels.along.new_tensor([0.36, 0.35, 0.27])
    colour = (solid(texels, cloth) + 2 * grey) / 3
    for number, (level, shade) in enumerate(((0.25, 0.6), (0.4, 1.35), (0.55, 0.3))):
        shift = texels.position + 3.7 * number
        blot = noise(shift, cloth.scale / 3, cloth, (1.6, 1, 1.6)) + 0.4 * noise(shift, cloth.scale / 9, cloth)
        coverage = ((blot - level) / 0.08 + 0.5).clamp(0, 1)
        tone = (grey * shade + 0.25 * cloth_colour(cloth, number % 3, grey) * shade).clamp(0, 1)
        colour = colour + coverage[:, None] * (tone - colour)
    return colour


def knit(texels: Texels, cloth: Cloth) -> Tensor:
    """Ribs down the limb, broader ones on half of the cloths."""
    phase, _, _ = cycles(texels, cloth.scale * (1 if cloth.seed % 4 < 2 else 2))
    rib = torch.cos(2 * math.pi * phase) * min(1.0, 0.5 * cloth.scale / texels.texel_m)
    return solid(texels, cloth) * (0.95 + 0.1 * rib + 0.04 * _grain(texels, cloth))[:, None]


def denim(texels: Texels, cloth: Cloth) -> Tensor:
    """Twill with streaks down the limb, faded thighs, dark seams with stitching at the sides."""
    streak = 0.6 * noise(texels.position, 0.004, cloth, (1, 8, 1)) + 0.5 * _grain(texels, cloth)
    colour = solid(texels, cloth) * (1 + 0.09 * streak[:, None])
    leg = (texels.limb >= 3) & (texels.limb < 5)
    strength = 0.5 * float(cloth_random(cloth, 1))
    thigh = torch.exp(-(((texels.along - 0.25) / 0.16) ** 2)) + 0.7 * torch.exp(-(((texels.along - 0.47) / 0.06) ** 2))
    worn = strength * thigh * leg * texels.forward.clamp_min(0) ** 2 * (1 + 0.3 * noise(texels.position, 0.03, cloth))
    colour = colour + worn.clamp(0, 0.7)[:, None] * (0.82 - colour) * 0.8
    side = (0.25 - (texels.around - 0.5).abs()).abs() * texels.girth[texels.limb]
    seam = (1 - side / 0.005).clamp(0, 1) * leg
    stitch = (1 - (side - 0.009).abs() / 0.003).clamp(0, 1) * leg * _stripe(texels.along / 0.012, 0.6, 0.3)
    colour = colour * (1 - 0.35 * seam[:, None])
    thread = colour.new_tensor([0.72, 0.5, 0.25])
    return colour + 0.5 * stitch[:, None] * (thread - colour)


def leather(texels: Texels, cloth: Cloth) -> Tensor:
    """Broad soft highlights and fine creases."""
    sheen = noise(texels.position, 0.025, cloth, (1, 4, 1)).clamp(-1, 1)
    crease = (1 - noise(texels.position, 0.02, cloth).abs() / 0.12).clamp(0, 1)
    colour = solid(texels, cloth)
    return colour * (1 + 0.08 * sheen - 0.12 * crease)[:, None] + 0.03 * sheen.clamp_min(0)[:, None] ** 2


def colour_block(texels: Texels, cloth: Cloth) -> Tensor:
    """Fields of colour with level borders, and sleeves in one of them."""
    random = cloth_random(cloth, 2)
    height = (texels.position[:, 1] - texels.bottom) / (texels.top - texels.bottom)
    soft = texels.texel_m / (texels.top - texels.bottom)
    upper = ((height - 0.45 - 0.25 * float(random[0])) / soft + 0.5).clamp(0, 1)
    colour = mix(upper, cloth_colour(cloth, 0, height), cloth_colour(cloth, 1, height))
    if random[1] < 0.5:
        band = ((0.06 - (height - 0.4 - 0.25 * float(random[0])).abs()) / soft + 0.5).clamp(0, 1)
        colour = colour + band[:, None] * (cloth_colour(cloth, 2, height) - colour)
    sleeve = ((texels.limb == 1) | (texels.limb == 2))[:, None]
    return torch.where(sleeve, cloth_colour(cloth, 1 if random[1] < 0.7 else 0, height), colour)


def raglan(texels: Texels, cloth: Cloth) -> Tensor:
    """Sleeves up to the neck in another colour."""
    across = texels.position[:, 0].abs() - 0.09 - 0.45 * (texels.neck - 0.02 - texels.position[:, 1]).clamp_min(0)
    sleeve = ((texels.limb == 1) | (texels.limb == 2)).float()
    coverage = torch.maximum(sleeve, (across / texels.texel_m + 0.5).clamp(0, 1) * (texels.along < 0.25))
    return mix(coverage, cloth_colour(cloth, 0, across), cloth_colour(cloth, 1, across))


def gradient(texels: Texels, cloth: Cloth) -> Tensor:
    """One colour running into another downwards."""
    height = ((texels.position[:, 1] - texels.bottom) / (texels.top - texels.bottom)).clamp(0, 1)
    fraction = ((height - 0.5) * 1.6 + 0.5).clamp(0, 1)
    first, second = (cloth_colour(cloth, number, fraction) for number in (0, 1))
    return mix(smoothstep(fraction), first, second)


PATTERNS: dict[str, Pattern] = {
    "solid": solid,
    "heather": heather,
    "stripes": stripes,
    "vertical_stripes": vertical_stripes,
    "pinstripe": pinstripe,
    "windowpane": windowpane,
    "gingham": gingham,
    "plaid": plaid,
    "knit": knit,
    "denim": denim,
    "leather": leather,
    "colour_block": colour_block,
    "gradient": gradient,
    "houndstooth": houndstooth,
    "argyle": argyle,
    "camouflage": camouflage,
    "zigzag": zigzag,
    "raglan": raglan,
}
