"""How a top falls: straight from the shoulder blades to its hem, or to the seat, and from the chest likewise.

What is a sheet of its own below the waist, a coat or a skirt, the trunk meets on a straight line, too. An outline says
how wide a garment is, not how deep; without this every shirt follows the hollow of the back like a leotard. The surface
moves forwards and backwards alone, so that the photo's own side stays as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.interpolate import LinearNDInterpolator, RegularGridInterpolator
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, pose_fit, subtree_weight
from bodydouble.clothing.garment_view import GarmentView, bare_trunk
from bodydouble.geometry.camera import project
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.at_photo import labels_at
from bodydouble.parsing.labels import DRESS, OUTER, UPPER
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit, RestBody, Understanding

# Share of the straight line that each top is brought to, set by eye on 12 photographs: jackets fall, shirts and dresses
# keep some of the waist. How far they stand off the flanks tells nothing: the fit widens the body itself.
_FALL = {UPPER: 0.6, OUTER: 1.0, DRESS: 0.5}
_FEW = 60  # vertices of the trunk that show a top; with fewer there is none
FRONT = 0.5  # share of the fall that is believed in front, where belts and plackets hold cloth
_COLUMNS, _ROWS = 32, 64  # of the grid on which profiles are straightened
_SIGMA = (1.5, 1.5)  # of its smoothing, in cells
_SEAT_LINE_M = 0.2  # of a coat or skirt below its tube's top, to which the trunk falls straight: down to the seat
_LEAST_STEP_M = 1e-4  # downwards from a coat's ring to the next
_STRAY = 0.03  # share of the vertices that show a top and lie beyond its hem


def let_fall(fit: BodyFit, understanding: Understanding | None, body: BodyModel) -> BodyFit:
    """The clothed fit whose top falls straight; the same where none was seen."""
    if understanding is None:
        return fit
    rest = body.rest(fit.shape)
    normals = vertex_normals(rest.vertices, body.faces)
    trunk = _trunk(rest, body)
    pixel = project(pose_fit(fit, body).vertices, fit.camera)
    label = labels_at(understanding, pixel[:, 0], pixel[:, 1])
    counts = {top: int((trunk & (label == top)).sum()) for top in _FALL}
    count = sum(counts.values())
    if count < _FEW:
        return fit
    falls = sum(_FALL[top] * counts[top] for top in _FALL) / count
    shown = trunk & torch.isin(label, torch.tensor(list(_FALL)))
    hem, neck = rest.vertices[shown, 1].quantile(torch.tensor([_STRAY, 1 - _STRAY])).tolist()
    dressed, depth = rest.vertices + fit.clothing.offsets, torch.zeros(len(label))
    for side, share in ((-1, 1.0), (1, FRONT)):
        facing = (side * normals[:, 2]).clamp(0, 1) * trunk
        fill = straighten(dressed, facing > 0.1, side, (hem, neck))
        depth += side * share * falls * fill * facing.sqrt()
    offsets = fit.clothing.offsets.clone()
    offsets[:, 2] += depth
    return replace(fit, clothing=replace(fit.clothing, offsets=offsets))


def measure_fall(view: GarmentView, waist: float, body: BodyModel) -> float:
    """Share of the straight line to a skirt below it, [0, 1], that the top above the waist is brought to.

    Args:
        waist: the row of the view at which the skirt begins.
    """
    rows, trunk = bare_trunk(view, waist, body)
    counts = {top: int((view.labels[top, rows][trunk] > 0.5).sum()) for top in _FALL}
    # A dress falls as far as `let_fall` lets it: it goes on below the waist.
    return sum(_FALL[top] * counts[top] for top in (UPPER, OUTER)) / max(1, sum(counts.values()))


def meet_tube(vertices: Tensor, tube: Tensor, falls: tuple[float, float], rest: RestBody, body: BodyModel) -> Tensor:
    """V×3: clothed body vertices at rest, whose trunk falls straight to the coat or skirt below the waist.

    Args:
        vertices: V×3, metres.
        tube: RINGS×COLUMNS×3, metres, at rest.
        falls: shares of the straight line, [0, 1], to which the trunk is brought behind and before.
        rest: the bare body.
    """
    top = float(tube[0, :, 1].mean())
    line = tube[tube[..., 1] > top - _SEAT_LINE_M]
    middle = line[:, 2].mean()
    normals = vertex_normals(vertices, body.faces)
    trunk = _trunk(rest, body)
    rows = (float(line[:, 1].min()), float(rest.joints[body.roles["neck"], 1]))
    moved = vertices.clone()
    for side, share in zip((-1, 1), falls, strict=True):
        if share == 0:
            continue
        facing = (side * normals[:, 2]).clamp(0, 1) * trunk
        # Below its top the tube is what cloth falls to, and beside it the body comes out as far: the tube begins on it.
        cloth = torch.cat([vertices[(facing > 0.1) & (vertices[:, 1] > top)], line[side * (line[:, 2] - middle) > 0]])
        fill = straighten(vertices, facing > 0.1, side, rows, cloth)
        moved[:, 2] += side * share * fill * facing.sqrt()
    return moved


def _trunk(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,) bool: what neither arm, neck nor leg moves most."""
    legs = sum(subtree_weight(rest, body.roles[f"{side}_hip"]) for side in SIDES)
    return arm_weight(rest, body) + subtree_weight(rest, body.roles["neck"]) + legs < 0.5


def straighten(
    dressed: Tensor, facing: Tensor, side: int, rows: tuple[float, float], cloth: Tensor | None = None
) -> Tensor:
    """(V,) metres, by which each vertex lies within the straight line over its own column.

    Args:
        dressed: V×3, the clothed body at rest.
        facing: (V,) bool, what faces `side`: -1 backwards, 1 forwards.
        rows: the heights between which cloth hangs.
        cloth: N×3, what the line spans; None: what faces `side` itself.
    """
    points = dressed[facing].double().numpy()
    across = np.linspace(points[:, 0].min(), points[:, 0].max(), _COLUMNS)
    up = np.linspace(*rows, _ROWS)
    grid = np.stack(np.meshgrid(up, across, indexing="ij"), -1)
    reach = _measure_reach(points, side, grid)
    spanned = reach if cloth is None else _measure_reach(cloth.double().numpy(), side, grid)
    fill = np.zeros_like(reach)
    for column in range(_COLUMNS):
        inside = np.flatnonzero(np.isfinite(spanned[:, column]))
        if len(inside) > 2:
            hull = _hull(up[inside], spanned[inside, column])
            fill[inside, column] = np.nan_to_num(hull - reach[inside, column]).clip(0)
    smooth = gaussian_filter(fill, _SIGMA)
    look_up = RegularGridInterpolator((up, across), smooth, bounds_error=False, fill_value=0.0)
    return torch.from_numpy(look_up(dressed[:, [1, 0]].double().numpy())).float().clamp_min(0)


def _measure_reach(points: np.ndarray, side: int, grid: np.ndarray) -> np.ndarray:
    """R×C metres, how far points, N×3, reach to a side at R×C×2 heights and places across; nan beyond them."""
    return np.asarray(LinearNDInterpolator(points[:, [1, 0]], side * points[:, 2])(grid))


def fill_hollows(rings: Tensor) -> Tensor:
    """R×C×3 metres: rings of a coat at rest, from the top down, that fall straight over what they had gone in behind.

    They begin on the trunk and clear the seat and the belly; between these no cloth follows the body.
    """
    depth, step = rings[..., 2], -rings[..., 1].double().diff(dim=0)
    down = torch.cat([step[:1] * 0, step.clamp_min(_LEAST_STEP_M).cumsum(0)]).numpy()
    middle = depth.mean(1, keepdim=True)
    side = torch.where(depth.mean(0) > middle.mean(), 1.0, -1.0)
    profile = (side * depth).double().numpy()
    hull = np.stack([_hull(*line) for line in zip(down.T, profile.T, strict=True)], 1)
    fill = torch.from_numpy(gaussian_filter(hull - profile, 1.0, mode=("nearest", "wrap"))).float()
    away = (depth - middle).abs()
    moved = rings.clone()
    moved[..., 2] += side * fill * (away / away.amax(1, keepdim=True).clamp_min(1e-6)).sqrt()
    return moved


def _hull(place: np.ndarray, height: np.ndarray) -> np.ndarray:
    """(N,): the upper convex hull of a profile, at its own places, which rise."""
    corners: list[int] = []
    for point in range(len(place)):
        while len(corners) > 1:
            first, last = corners[-2:]
            rise = (height[point] - height[first]) * (place[last] - place[first])
            if (height[last] - height[first]) * (place[point] - place[first]) > rise:
                break
            corners.pop()
        corners.append(point)
    return np.interp(place, place[corners], height[corners])
