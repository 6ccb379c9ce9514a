"""How good a layout is: overlaps, coverage, density, distortion."""

from __future__ import annotations

import numpy as np

from workshop.layout.regions import CHARTS
from workshop.layout.surface import LayoutMesh

INNER = ("eye_socket", "eyeball_front", "eyeball_back", "mouth", "tongue")  # parts of the head that lie inside it


def signed_areas(uv: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(F,) area of each triangle in the square; negative: counter-clockwise as seen, for v points down."""
    a, b, c = np.moveaxis(uv.astype(np.float64)[faces], 1, 0)
    return np.cross(b - a, c - a) / 2


def cover_counts(uv: np.ndarray, faces: np.ndarray, size: int) -> np.ndarray:
    """size×size: how many triangles each texel's centre lies in."""
    counts = np.zeros((size, size), np.uint8)
    for triangle in uv.astype(np.float64)[faces] * size - 0.5:
        low = np.maximum(np.ceil(triangle.min(0)).astype(int), 0)
        high = np.minimum(np.floor(triangle.max(0)).astype(int), size - 1)
        if (low > high).any():
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        inside = np.ones(x.shape, bool)
        for start, end in zip(triangle, np.roll(triangle, -1, axis=0), strict=True):
            side = (end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0])
            inside &= side < -1e-9
        counts[low[1] : high[1] + 1, low[0] : high[0] + 1] += inside
    return counts


def stretches(surface: LayoutMesh, uv: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """F×2: largest and smallest stretch of each triangle, from metres to the square."""
    a, b, c = np.moveaxis(surface.vertices[surface.faces], 1, 0)
    x = (b - a) / np.linalg.norm(b - a, axis=1, keepdims=True)
    y = np.cross(surface.normals, x)
    source = np.stack([np.stack([((p - a) * axis).sum(1) for p in (b, c)], 1) for axis in (x, y)], 1)
    corners = uv.astype(np.float64)[faces]
    target = np.moveaxis(corners[:, 1:] - corners[:, :1], 1, 2)
    return np.linalg.svd(target @ np.linalg.inv(source), compute_uv=False)


def report(surface: LayoutMesh, chart: np.ndarray, uv: np.ndarray, faces: np.ndarray) -> None:
    """Print the figures."""
    areas = -signed_areas(uv, faces)
    counts = cover_counts(uv, faces, 2048)
    density = areas / surface.areas
    head = chart == CHARTS.index("head")
    elsewhere = ~head & ~np.isin(chart, [CHARTS.index(name) for name in INNER])
    print(f"coordinates {len(uv)}, flipped {int((areas <= 0).sum())}, texels covered twice {int((counts > 1).sum())}")
    print(f"covered {areas.sum():.3f} (texels {(counts > 0).mean():.3f}), head {areas[head].sum() / areas.sum():.3f}")
    low, high = np.quantile(density[elsewhere], [0.05, 0.95])
    print(f"density of 90 % of the triangles elsewhere within a factor of {high / low:.2f}")
    stretch = stretches(surface, uv, faces)
    for n, name in enumerate(CHARTS):
        inside = chart == n
        low, middle, high = np.sqrt(np.quantile(density[inside], [0.05, 0.5, 0.95])) * 1024
        ratio = np.average(stretch[inside, 0] / stretch[inside, 1], weights=surface.areas[inside])
        worst = np.quantile(stretch[inside, 0] / stretch[inside, 1], 0.95)
        print(
            f"{name:14} {low:5.0f} {middle:5.0f} {high:5.0f} texels/m at 1024  stretch ratio {ratio:.2f}, {worst:.2f}"
        )
