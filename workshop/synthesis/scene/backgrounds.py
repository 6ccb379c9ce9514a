"""What may be seen behind a person: studios, walls, rooms, streets, greenery and clutter, all made of shapes and noise.

Pictures are thought of as 2.4 m high where the person stands; walls and floors take their patterns' sizes from that.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from workshop.synthesis.scene.wall_patterns import FLOORS, WALLS, PatternPainter, grown_noise

_HEIGHT_M = 2.4  # of the picture, where the wall is
_SHARP = 0.2  # share of backgrounds drawn at full size; others at half, as if out of focus


def background(
    rng: np.random.Generator, size: tuple[int, int], device: torch.device | str = "cpu", floor: float | None = None
) -> Tensor:
    """3×H×W in [0, 1], sRGB: something behind a person, different every time.

    Args:
        size: (height, width) in pixels.
        floor: where the floor meets the wall or the ground the sky, as a share of the height from the top; may lie
            outside [0, 1]. Random by default.
    """
    kind = _KINDS[rng.choice(len(_KINDS), p=[chance for _, chance in _KINDS])][0]
    scale = 1 if rng.random() < _SHARP else 2
    small = (max(size[0] // scale, 8), max(size[1] // scale, 8))
    line = rng.uniform(0.55, 0.92) if floor is None else floor
    rows = int(np.clip(round(line * small[0]), 0, small[0]))
    picture = kind(rng, small, rows, torch.device(device))
    picture = picture * _uneven_light(rng, small, picture.device)
    if scale > 1 or rng.random() < 0.3:
        picture = _out_of_focus(rng, picture)
    if picture.shape[1:] != size:
        picture = interpolate(picture[None], size, mode="bilinear", align_corners=False)[0]
    return picture.clamp(0, 1)


def colour(rng: np.random.Generator, saturation: float, low: float, high: float) -> Tensor:
    """(3, 1, 1) a random colour of at most that saturation, its brightest channel between low and high."""
    hue, strength = rng.random(), saturation * rng.beta(1.2, 2)
    channels = 1 - strength * np.abs((hue * 6 + np.array([0.0, 2.0, 4.0])) % 6 - 3).clip(1, 2) + strength
    return torch.from_numpy(channels / channels.max() * rng.uniform(low, high)).float().view(3, 1, 1)


def _studio(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """A backdrop of one colour that runs into the floor, brighter in one place."""
    base = colour(rng, 0.5 if rng.random() < 0.4 else 0.06, 0.15 if rng.random() < 0.25 else 0.55, 1.0).to(device)
    picture = base.expand(3, *size).clone()
    y, x = _grid(size, device)
    middle, wide = rng.uniform(-0.5, 0.5), rng.uniform(0.6, 1.6)
    spot = torch.exp(-((x - middle).square() + (y + rng.uniform(0, 0.7)).square()) / wide)
    picture *= 1 + rng.uniform(0, 0.35) * (spot - 0.6)
    edge = torch.sigmoid((y - (2 * rows / size[0] - 1)) * rng.uniform(4, 40))
    return picture * (1 - rng.uniform(-0.1, 0.25) * edge)


def _gradient(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """Two to four colours running into each other."""
    corners = torch.cat([colour(rng, 0.8, 0.1, 1.0) for _ in range(4)], 2).view(1, 3, 2, 2).to(device)
    return interpolate(corners, size, mode="bilinear", align_corners=True)[0]


def _wall(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """A patterned wall and a floor, sometimes with a skirting board."""
    picture = torch.empty(3, *size, device=device)
    painter = PatternPainter(rng, device)
    _paint_wall(rng, painter, picture, rows, WALLS[rng.integers(len(WALLS))])
    _paint_floor(rng, painter, picture, rows, FLOORS[rng.integers(len(FLOORS))])
    if rng.random() < 0.4:
        picture[:, max(rows - size[0] // 40, 0) : rows] = colour(rng, 0.2, 0.2, 1.0).to(device)
    return picture


def _room(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """A wall with doors, windows and pictures, furniture before it."""
    picture = _wall(rng, size, rows, device)
    height, width = size
    for _ in range(rng.integers(1, 5)):  # on the wall
        _draw_frame(rng, picture, _box(rng, width, (0.1, 0.35)), (int(rng.uniform(-0.1, 0.35) * rows), int(0.7 * rows)))
    if rng.random() < 0.4:  # a door
        _draw_frame(rng, picture, _box(rng, width, (0.2, 0.3)), (int(rng.uniform(0.05, 0.2) * rows), rows))
    for _ in range(rng.integers(0, 5)):  # on the floor
        left, right = _box(rng, width, (0.08, 0.5))
        top, bottom = int(rows * rng.uniform(0.4, 0.9)), int(rows + rng.uniform(0, 0.12) * height)
        picture[:, top:bottom, left:right] = colour(rng, 0.7, 0.1, 0.9).to(device)
        seat = top + int(rng.uniform(0.2, 0.8) * max(bottom - top, 1))
        picture[:, seat:bottom, left:right] *= rng.uniform(0.5, 0.95)
    return picture


def _street(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """Sky, houses with windows, trees, and a road."""
    height, width = size
    picture = torch.empty(3, *size, device=device)
    sky = torch.stack([colour(rng, 0.1, 0.85, 1.0), torch.tensor([0.45, 0.65, 0.9]).view(3, 1, 1)]).mean(0)
    clouds = grown_noise(rng, size, 4, device)
    picture[:] = torch.lerp(sky.to(device), torch.ones(3, 1, 1, device=device), clouds * rng.uniform(0, 1))
    for _ in range(rng.integers(2, 7)):
        left, right = _box(rng, width, (0.15, 0.5))
        top = int(rows * rng.uniform(-0.2, 0.75))
        _draw_house(rng, picture[:, max(top, 0) : rows, left:right])
    for _ in range(rng.integers(0, 4)):
        _draw_tree(rng, picture, rows)
    _paint_floor(rng, PatternPainter(rng, device), picture, rows, "asphalt" if rng.random() < 0.6 else "slabs")
    for _ in range(rng.integers(0, 3)):  # cars, or what looks like one from afar
        left, right = _box(rng, width, (0.2, 0.5))
        top = int(rows - rng.uniform(0.05, 0.16) * height)
        picture[:, max(top, 0) : rows + height // 50, left:right] = colour(rng, 0.9, 0.1, 0.9).to(device)
        picture[:, max(rows, 0) : rows + height // 50, left:right] *= 0.3
    return picture


def _green(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """A meadow or a path before bushes and trees."""
    picture = torch.empty(3, *size, device=device)
    leaves = grown_noise(rng, size, int(rng.integers(8, 40)), device)
    dark = torch.tensor([0.08, 0.16, 0.05], device=device).view(3, 1, 1) * rng.uniform(0.6, 1.5)
    light = torch.tensor([0.55, 0.68, 0.28], device=device).view(3, 1, 1) * rng.uniform(0.7, 1.3)
    picture[:] = torch.lerp(dark, light, (leaves * 1.6 - 0.3).clamp(0, 1))
    if rng.random() < 0.6:  # sky above the trees
        top = int(rows * rng.uniform(0.2, 0.8))
        edge = grown_noise(rng, size, 6, device)
        above = (torch.arange(size[0], device=device)[:, None] + edge * 0.3 * size[0]) < top + 0.1 * size[0]
        picture = torch.where(above, colour(rng, 0.3, 0.8, 1.0).to(device), picture)
    for _ in range(rng.integers(0, 5)):
        _draw_tree(rng, picture, rows)
    _paint_floor(rng, PatternPainter(rng, device), picture, rows, "grass" if rng.random() < 0.75 else "gravel")
    return picture


def _clutter(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """Shapes of all colours, those of skin and of cloth among them."""
    picture = _gradient(rng, size, rows, device)
    y, x = _grid(size, device)
    for _ in range(rng.integers(6, 18)):
        skin = torch.tensor([0.85, 0.62, 0.5]).view(3, 1, 1) * rng.uniform(0.4, 1.1)
        paint = (skin if rng.random() < 0.25 else colour(rng, 1.0, 0.05, 1.0)).to(device)
        if rng.random() < 0.6:
            left, right = _box(rng, size[1], (0.04, 0.5))
            top, bottom = _box(rng, size[0], (0.04, 0.6))
            picture[:, top:bottom, left:right] = paint
        else:
            a, b = rng.uniform(0.04, 0.4, 2)
            inside = ((x - rng.uniform(-1, 1)) / a).square() + ((y - rng.uniform(-1, 1)) / b).square() < 1
            picture = torch.where(inside, paint, picture)
    return picture


def _noise(rng: np.random.Generator, size: tuple[int, int], rows: int, device: torch.device) -> Tensor:
    """Clouds of two or three colours."""
    first, second, third = (colour(rng, 0.9, 0.05, 1.0).to(device) for _ in range(3))
    cells = int(rng.integers(2, 30))
    picture = torch.lerp(first, second, grown_noise(rng, size, cells, device))
    return torch.lerp(picture, third, (grown_noise(rng, size, cells, device) * 3 - 1).clamp(0, 1))


_Kind = Callable[[np.random.Generator, tuple[int, int], int, torch.device], Tensor]
_KINDS: tuple[tuple[_Kind, float], ...] = (  # and how often
    (_studio, 0.2),
    (_gradient, 0.05),
    (_wall, 0.2),
    (_room, 0.2),
    (_street, 0.13),
    (_green, 0.12),
    (_clutter, 0.06),
    (_noise, 0.04),
)


def _grid(size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """H×1 and 1×W from -1 to 1."""
    return torch.linspace(-1, 1, size[0], device=device)[:, None], torch.linspace(-1, 1, size[1], device=device)[None]


def _box(rng: np.random.Generator, length: int, extent: tuple[float, float]) -> tuple[int, int]:
    """A stretch of `length` that may begin or end outside; first and last, within."""
    wide = rng.uniform(*extent)
    start = rng.uniform(-wide / 2, 1 - wide / 2)
    return max(int(start * length), 0), max(int((start + wide) * length), 1)


def _paint_wall(rng: np.random.Generator, painter: PatternPainter, picture: Tensor, rows: int, pattern: str) -> None:
    if rows <= 0:
        return
    metre = picture.shape[1] / _HEIGHT_M * rng.uniform(0.6, 1.3)
    v = torch.arange(rows, device=picture.device)[:, None] / metre + rng.uniform(0, 9)
    u = torch.arange(picture.shape[2], device=picture.device)[None] / metre + rng.uniform(0, 9)
    picture[:, :rows] = painter.paint(pattern, u.expand(rows, -1), v.expand(-1, picture.shape[2]))


def _paint_floor(rng: np.random.Generator, painter: PatternPainter, picture: Tensor, rows: int, pattern: str) -> None:
    """Patterned ground in perspective, its horizon somewhere above where it begins."""
    height, width = picture.shape[1:]
    if rows >= height:
        return
    horizon = rows - rng.uniform(0.08, 0.5) * height
    row = torch.arange(rows, height, device=picture.device)[:, None] + 0.5
    depth = rng.uniform(1.2, 2.0) * height / (row - horizon)  # of ground seen at that row, metres
    u = (torch.arange(width, device=picture.device)[None] - width / 2) / height * depth * 1.2
    v = (depth * 1.5).expand(-1, width)
    if rng.random() < 0.5:  # laid across
        angle = rng.uniform(-1, 1)
        u, v = u * np.cos(angle) - v * np.sin(angle), u * np.sin(angle) + v * np.cos(angle)
    picture[:, rows:] = painter.paint(pattern, u + 50, v + 50)


def _draw_frame(rng: np.random.Generator, picture: Tensor, across: tuple[int, int], down: tuple[int, int]) -> None:
    """A window, door or picture with its frame."""
    (left, right), (top, bottom) = across, (max(down[0], 0), max(down[1], 0))
    picture[:, top:bottom, left:right] = colour(rng, 0.4, 0.1, 1.0).to(picture.device)
    rim = max(int(picture.shape[1] * rng.uniform(0.005, 0.025)), 1)
    inside = picture[:, top + rim : bottom - rim, left + rim : right - rim]
    if 0 in inside.shape:
        return
    colours = torch.cat([colour(rng, 0.6, 0.1, 1.0) for _ in range(4)], 2).view(1, 3, 2, 2).to(picture.device)
    inside[:] = interpolate(colours, inside.shape[1:], mode="bilinear", align_corners=True)[0]
    if rng.random() < 0.4:  # a cross of bars
        inside[:, :, inside.shape[2] // 2 : inside.shape[2] // 2 + rim] = picture[:, top, left, None, None]


def _draw_house(rng: np.random.Generator, front: Tensor) -> None:
    """Fill a part of a picture with a house front."""
    _, height, width = front.shape
    if height < 4 or width < 4:
        return
    front[:] = colour(rng, 0.4, 0.3, 0.95).to(front.device)
    across, down = rng.integers(6, 20, 2)
    window = (torch.arange(width, device=front.device) % int(across) < 0.55 * across)[None]
    window = window & (torch.arange(height, device=front.device) % int(down + 4) < 0.6 * down)[:, None]
    front[:] = torch.where(window, colour(rng, 0.3, 0.1, 0.7).to(front.device), front)


def _draw_tree(rng: np.random.Generator, picture: Tensor, rows: int) -> None:
    height, width = picture.shape[1:]
    y = torch.arange(height, device=picture.device)[:, None]
    x = torch.arange(width, device=picture.device)[None]
    middle, radius = rng.uniform(0, width), rng.uniform(0.06, 0.25) * height
    top = rows - rng.uniform(0.25, 0.8) * height
    left = max(int(middle - 0.1 * radius), 0)
    picture[:, max(int(top), 0) : rows, left : left + max(int(0.2 * radius), 1)] = torch.tensor(
        [0.3, 0.22, 0.16], device=picture.device
    ).view(3, 1, 1) * rng.uniform(0.5, 1.3)
    noise = grown_noise(rng, (height, width), 24, picture.device)
    crown = ((x - middle) / radius).square() + ((y - top) / radius).square() < 0.5 + noise
    leaf = torch.tensor([0.25, 0.4, 0.15], device=picture.device).view(3, 1, 1) * rng.uniform(0.5, 1.6)
    picture[:] = torch.where(crown, leaf * (0.4 + noise), picture)


def _uneven_light(rng: np.random.Generator, size: tuple[int, int], device: torch.device) -> Tensor:
    """H×W around 1: light falls off towards some side."""
    coarse = torch.from_numpy(1 + rng.uniform(0, 0.25) * rng.standard_normal((1, 1, 3, 3))).float().clamp(0.5, 1.3)
    return interpolate(coarse.to(device), size, mode="bicubic", align_corners=True)[0, 0]


def _out_of_focus(rng: np.random.Generator, picture: Tensor) -> Tensor:
    """Blurred by shrinking and growing: by a little or by a lot."""
    size = picture.shape[1:]
    factor = float(np.exp(rng.uniform(0, np.log(8))))
    small = (max(round(size[0] / factor), 4), max(round(size[1] / factor), 4))
    shrunk = interpolate(picture[None], small, mode="area")
    return interpolate(shrunk, size, mode="bicubic", align_corners=False)[0]
