"""Where a jacket, a jumper or a shirt that is not tucked in ends on the hips, and its hem, which stands off all around.

What hangs farther down is a coat with a surface of its own (`coat_surface.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, pose_fit, subtree_weight
from bodydouble.clothing.drape import onto_hull
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hem_step import step_hem
from bodydouble.clothing.row_spans import last_rows
from bodydouble.geometry.camera import project
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.parsing.labels import LOWER, OUTER, UPPER
from bodydouble.person.landmarks import SIDES
from bodydouble.values import BodyFit, RestBody

_HIGHEST_M = {OUTER: 0.16, UPPER: 0.02}  # above the hip joints; shirts that end higher are tucked in
_LOWEST_M = 0.12  # below them; what reaches farther down is a coat
_BELOW_M = 0.05  # of trousers that must show below a hem
_PURE = 0.7  # share of what is seen above and below a hem that has its label
_BESIDE_M = 0.03  # beside columns in which a hem shows, to where it goes on
_LOW = 0.7  # share of the columns whose hem is higher than what counts
_LEVEL_M = 0.03  # by which a column's hem may lie off that
_LEAST = {OUTER: 0.12, UPPER: 0.3}  # of the body's columns, in which it must show; an open jacket hides few
_GAP_M = {OUTER: 0.014, UPPER: 0.009}  # by which a hem stands off
_SPANS_M = 0.1  # above the hip joints, from where on down a top spans what lies between the legs
_STEEPEST = 0.5  # of the planes between them: steeper ones close the hem
_FEW = 12  # vertices; fewer span nothing
_TUCKED = 0.5  # of the way from skin to outline, to which what lies below a hem comes in
_DOWN = (0.0, -1.0, 0.0)


@dataclass(frozen=True, kw_only=True)
class TopHem:
    """A top's hem at the hips."""

    label: int  # OUTER or UPPER
    height: float  # metres at rest
    columns: Tensor  # (S,), bool, columns of the view in which it shows
    view: GarmentView  # in which it was found


def find_top_hem(view: GarmentView, body: BodyModel) -> TopHem | None:
    """The hem of the outermost top over trousers; None where none shows, or it is tucked in."""
    for label in (OUTER, UPPER):
        found = _find_hem(view, label, body)
        if found is not None:
            return found
    return None


def _find_hem(view: GarmentView, label: int, body: BodyModel) -> TopHem | None:
    sides = [body.roles[f"{side}_hip"] for side in SIDES]
    hip, horizon = float(view.joints[sides, 1].mean()), float(view.camera.intrinsics[1, 2])
    first, last = (round(hip + view.pixels(metres)) for metres in (-_HIGHEST_M[label], _LOWEST_M))
    below = round(view.pixels(_BELOW_M))
    if not 0 < first - below < last < len(view.near) - below:
        return None
    trunk = torch.isfinite(view.near) & ~view.cover
    top, lower = (trunk & (each > 0.5) for each in (view.as_top(label), view.labels[LOWER]))
    ends = last_rows(top) + 1
    columns = (ends > first) & (ends < last)
    columns &= _share(top, ends - below, ~view.cover, below) > _PURE
    columns &= _share(lower, ends + 2, ~view.cover, below) > _PURE
    if not bool(columns.any()):
        return None
    middle = float(ends[columns].float().quantile(_LOW))
    columns &= (ends - middle).abs() < view.pixels(_LEVEL_M)  # the fronts of a jacket are cut away
    width = int(torch.isfinite(view.near[round(hip)]).sum())
    if int(columns.sum()) < max(1.0, _LEAST[label] * width):
        return None
    # A hem before the body is seen farther from the horizon than the joints, which lie in its middle.
    depth = float(view.joints[sides, 2].mean())
    near = float(view.near[ends[columns] - 1, columns.nonzero()[:, 0]].median())
    row = horizon + (middle - horizon) * near / depth
    height = float(view.rest.joints[sides, 1].mean()) - (row - hip) / view.pixels(1.0)
    return TopHem(label=label, height=height, columns=columns, view=view)


def _share(worn: Tensor, first: Tensor, shown: Tensor, count: int) -> Tensor:
    """(S,) share of what is shown of the next `count` rows of each column, from row `first` (S,) on, that is worn."""
    rows = (first + torch.arange(count)[:, None]).clamp(0, len(worn) - 1)
    worn, shown = (plane.gather(0, rows) for plane in (worn & shown, shown))
    return worn.sum(0) / shown.sum(0).clamp_min(2)


def hem_top(vertices: Tensor, fit: BodyFit, rest: RestBody, hem: TopHem, body: BodyModel) -> Tensor:
    """V×3: clothed body vertices at rest, whose top ends in a level hem that stands off what is below it.

    Args:
        vertices: V×3, metres.
        fit: in whose pose the hem was found.
        rest: the bare body.
    """
    limb = _find_ending(fit, rest, hem, body)
    hip = float(rest.joints[body.roles["left_hip"], 1])
    above = _span_legs(vertices, limb & (rest.vertices[:, 1] > hem.height), hip)
    below = torch.lerp(rest.vertices, vertices, _TUCKED)
    down = torch.tensor(_DOWN)
    return step_hem(above, below, rest.vertices @ down, -hem.height, down, limb, _GAP_M[hem.label], body.faces)


def split_top(fit: BodyFit, rest: RestBody, hem: TopHem, body: BodyModel) -> tuple[Tensor, Tensor]:
    """(V,), bool, each: what a top's hem ends above and below. Arguments as of `hem_top`."""
    limb, above = _find_ending(fit, rest, hem, body), rest.vertices[:, 1] > hem.height
    return limb & above, limb & ~above


def _find_ending(fit: BodyFit, rest: RestBody, hem: TopHem, body: BodyModel) -> Tensor:
    """(V,), bool: trunk and legs where a top ends in its hem, all around but between the fronts of an open jacket."""
    trunk = (arm_weight(rest, body) < 0.3) & (subtree_weight(rest, body.roles["neck"]) < 0.5)
    pixel = project(pose_fit(fit, body).vertices, hem.view.camera)
    normals = vertex_normals(body.pose(rest, fit.pose).vertices, body.faces)
    towards = (normals @ hem.view.camera.camera_from_world[2, :3]) < 0
    column = pixel[:, 0].long().clamp(0, len(hem.columns) - 1)
    middle = round(float(hem.view.joints[[body.roles[f"{side}_hip"] for side in SIDES], 0].mean()))
    return trunk & (~towards | _widen(hem.columns, hem.view, middle)[column])


def _span_legs(vertices: Tensor, cloth: Tensor, hip: float) -> Tensor:
    """V×3: vertices whose cloth, (V,) bool, spans what lies between both cheeks and thighs.

    Args:
        hip: metres, height of the hip joints.
    """
    share = (cloth * (hip + _SPANS_M - vertices[:, 1]) / _SPANS_M).clamp(0, 1)
    part = share > 0
    if int(part.sum()) < _FEW:
        return vertices
    hull = onto_hull(vertices[part], vertices[part], _STEEPEST)
    return vertices.index_put((part,), torch.lerp(vertices[part], hull, share[part, None]))


def _widen(columns: Tensor, view: GarmentView, middle: int) -> Tensor:
    """(S,), bool: columns within a few centimetres of those, likewise on the body's other side, and outside of both."""
    reach = round(view.pixels(_BESIDE_M))
    wide = torch.nn.functional.max_pool1d(columns[None].float(), 2 * reach + 1, 1, reach)[0] > 0
    wide |= wide[(2 * middle - torch.arange(len(wide))).clamp(0, len(wide) - 1)]
    known = wide.nonzero()[:, 0]
    wide[: int(known[0])] = True
    wide[int(known[-1]) :] = True
    return wide
