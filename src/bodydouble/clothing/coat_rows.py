"""Where a coat, a shirt or a tunic ends over the legs, if it reaches so far: what its rows are called and look like."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.garment_view import GarmentView, bare_trunk
from bodydouble.clothing.hem_choice import choose_end, drop_below, hem_band
from bodydouble.parsing.labels import DRESS, LOWER, OUTER, SHOES, SKIN, UPPER
from bodydouble.parsing.usual_colours import find_usual_colours

SHORTEST_M = 0.08  # below the hip joints; less is a hem at the hip, which the body's own surface shows
_WAIST_M = 0.1  # from the hip joints up to where a coat's surface begins
_SHORT_M = 0.1  # below them, over which a hem may be a jacket's
_USUAL, _SAMPLES = 5, 1500  # colours of a top that are told apart, and pixels of which they are learned
_COLOUR_SIGMA = 10.0  # CIELAB, within which two colours are one
_SEEN = 0.1  # of a row, from which on it is not hidden
_COVERING = 0.07  # of a row, that a wide open coat covers at least with both its fronts
_FEW = 40  # pixels of a top; fewer tell no colour

# Learned by `workshop/training/coats.py` on 74 street photographs whose cloth people had named. In folds 62 of them are
# judged rightly; 6 are wrong in kind, 6 hems are more than 7 cm off. Of rows they count as means from the hips to the
# ankles.
_WEIGHTS = {
    "visible": -5.55, "outer": 2.18, "upper": 2.48, "dress": -5.03, "legwear": -5.54, "bare": -1.93, "beyond": 2.26,
    "like": 4.21, "covers": 10.32, "renames": 1.26, "unlike": 1.40, "short": -0.69, "one": -3.55, "trunk": 0.10,
}  # fmt: skip


def leg_rows(view: GarmentView, body: BodyModel) -> tuple[int, slice] | None:
    """The row at which a coat's surface begins, and those from hips to ankles; None where the view ends above."""
    hip, ankle = (view.joint_height(name, body) for name in ("hip", "ankle"))
    waist, rows = round(hip - view.pixels(_WAIST_M)), slice(round(hip), min(round(ankle), len(view.near)))
    return (waist, rows) if 0 < waist < rows.start < rows.stop else None


def tell_tops(view: GarmentView) -> dict[int, Tensor]:
    """S×S, bool, by label: pixels that are more likely some top than not, each of the likeliest one."""
    labels = (OUTER, UPPER, DRESS)
    chances = torch.stack([view.as_top(label) for label in labels])
    most, worn = chances.argmax(0), chances.sum(0) > 0.5
    return {label: worn & (most == number) for number, label in enumerate(labels)}


def choose_coat_hem(view: GarmentView, tops: dict[int, Tensor], waist: int, rows: slice, body: BodyModel) -> int | None:
    """The row below a coat's last one; None where no top is seen to reach past the hips.

    Args:
        tops: S×S, bool, by label: what is mostly a coat's, a shirt's and a dress's.
        waist: the row at which a coat's surface begins.
        rows: from the hips down.
    """
    if not any(bool(top[rows].any()) for top in tops.values()):
        return None  # where legs are hidden no row speaks against a coat
    of_rows, of_hems = measure_coat(view, tops, waist, rows, body)
    shortest = round(view.pixels(SHORTEST_M))
    end = choose_end(of_rows, of_hems, _WEIGHTS, shortest)
    if end is None:
        return None
    # Behind a bag any row may be the last one; a coat that was not seen to go on ends above it.
    seen = (of_rows["visible"][:end] > _SEEN).nonzero()
    last = rows.start + int(seen[-1]) + 1 if len(seen) else rows.start
    return None if last < rows.start + shortest else last


def measure_coat(
    view: GarmentView, tops: dict[int, Tensor], waist: int, rows: slice, body: BodyModel
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """(R,) each, by name: what every row shows, and what speaks for a hem below it; arguments of `choose_coat_hem`."""
    of_rows = measure_coat_rows(view, tops, waist, rows, body)
    return of_rows, measure_coat_hems(view, tops, waist, rows, body, of_rows)


def measure_coat_rows(
    view: GarmentView, tops: dict[int, Tensor], waist: int, rows: slice, body: BodyModel
) -> dict[str, Tensor]:
    """(R,) each, what every row of the legs shows, as shares of it; what is hidden counts for nothing."""
    legs, shown = torch.isfinite(view.near), view.person & ~view.cover
    region, width = (legs & shown)[rows], legs[rows].sum(1).clamp_min(1)
    count = region.sum(1)

    def share(plane: Tensor) -> Tensor:
        return (plane[rows] * region).sum(1) / count.clamp_min(1) * (count / width)

    every_top = torch.stack(list(tops.values())).any(0)
    legwear, jumpsuit, outer = view.labels[LOWER], view.worn("jumpsuit"), share(tops[OUTER])
    return {
        "visible": count / width,
        "outer": outer,
        "upper": share(tops[UPPER]),
        "dress": share(tops[DRESS]),
        "legwear": share(legwear if jumpsuit is None else legwear + jumpsuit),
        "bare": share(view.labels[[SKIN, SHOES]].sum(0)),
        "beyond": ((every_top & shown & ~legs)[rows].sum(1) / width).clamp(max=1),
        "like": share(_like_trunk(view, tops, waist, body)),
        "covers": count / width * (outer > _COVERING),
    }


def _like_trunk(view: GarmentView, tops: dict[int, Tensor], waist: int, body: BodyModel) -> Tensor:
    """S×S, [0, 1]: how much each pixel has a colour that the outermost top has on the trunk; 0 where none shows."""
    rows, trunk = bare_trunk(view, waist, body)
    outer, other = tops[OUTER][rows] & trunk, (tops[UPPER] | tops[DRESS])[rows] & trunk
    worn = outer if int(outer.sum()) > _FEW else other
    lab = cv2.cvtColor(view.colours.permute(1, 2, 0).clamp(0, 1).contiguous().numpy(), cv2.COLOR_RGB2LAB)
    colours = lab[rows][worn.numpy()].astype(np.float32)
    if len(colours) <= _FEW:
        return torch.zeros_like(view.near)
    usual = find_usual_colours(colours, _USUAL, _SAMPLES)
    away = np.linalg.norm(lab[:, :, None] - usual, axis=3).min(2)
    return torch.from_numpy(np.exp(-((away / _COLOUR_SIGMA) ** 2) / 2)).float()


def measure_coat_hems(
    view: GarmentView,
    tops: dict[int, Tensor],
    waist: int,
    rows: slice,
    body: BodyModel,
    of_rows: dict[str, Tensor],
) -> dict[str, Tensor]:
    """(R,) each: what speaks for a hem below each row; see `choose_coat_hem`."""
    band = 2 * hem_band(view)
    trunk_rows, trunk = bare_trunk(view, waist, body)
    on_trunk = float((tops[OUTER][trunk_rows] & trunk).sum()) / max(1, int(trunk.sum()))
    one = torch.ones(rows.stop - rows.start)
    down = torch.arange(len(one)) + 1.0
    return {
        "renames": drop_below(of_rows["outer"] + of_rows["upper"] + of_rows["dress"], band),
        "unlike": drop_below(of_rows["like"], band),
        "short": (-down / view.pixels(_SHORT_M)).exp(),
        "one": one,
        "trunk": one * on_trunk,
    }
