"""Skirts, dresses and coats below the waist: whether the photo shows one, and how far it reaches.

Trousers part between the legs, a skirt does not. Where the legs stand too close together for the gap to tell, the
garment's flare, its label and where it ends decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.ndimage import binary_fill_holes
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.clothing.garment_view import GarmentView
from bodydouble.clothing.hang import arms, nearest_weights
from bodydouble.clothing.hem import is_level, shows_hem, spans_legs, trim_hem
from bodydouble.clothing.kinds import BRIDGING, bridged_odds, parted_rows
from bodydouble.clothing.ring_grid import ring_angles
from bodydouble.clothing.row_spans import RowSpans, main_parts, measure_hem, measure_spans, row_runs
from bodydouble.clothing.tube import COLUMNS, RINGS
from bodydouble.parsing.labels import BACKGROUND, CLOTH, DRESS, LOWER, OUTER, SKIN, TOPS
from bodydouble.values import StyleEstimate, style_chance

_SHORTEST_M = 0.1  # below the crotch; less is a shirt's or a jacket's hem
_SHORT_M = 0.04  # the same where the style says that it is a skirt, or thighs are shown below a hem that shows
_WAIST_M = 0.1  # from the hip joints up to where the tube begins
_ANKLE_M = 0.06  # below the ankle joints; no hem is looked for farther down
_GAP_M = 0.015  # between two legs or trouser legs; narrower ones tell nothing
_PATIENCE_M = 0.03  # of rows without a skirt; then it has ended
_START_M = 0.1  # the same before the first row of one: a bag or a hand may hide that
_AHEAD_M = 0.15  # of rows that tell a coat over trousers, which ends where those begin, from a jacket over a skirt
# Of the legs' width, that a garment takes up at least; of a sure one, of what a coat or a bag leaves of it.
_ACROSS = 0.5
_FLARE = 1.35  # of the legs' width: as wide a garment is no pair of trousers on them
_SHOWN_LEG_M = 0.12  # of leg below the hem
_MORE = 0.3  # of the legs below the hem in cloth: it was no hem, but where two trouser legs part
_TROUSERS = 0.5  # chance of "lower" in the last third above a hem, with more of the same below: these are trousers
# Of the style's log odds beside the other evidence, and what is taken off where there is a style: a logistic regression
# on 37 photographs, with the odds of classifiers that had not seen them, then set by counting errors on them.
_STYLE_WEIGHT, _STYLE_DOUBT = 0.8, 1.0
_MINI_WEIGHT = 1.5  # of the chance that what ends in a hem ends on the thighs: who wears shorts has odds against skirts
_MINI = 0.7  # that chance, from which on legs below are no trousers' continuation, whatever their label
_SURE = 1.5  # log odds from which a skirt is looked for longer
_LEVEL_WEIGHT = 1.5  # of a level hem below the knees; with it one of 127 people is judged otherwise, and rightly
_BRIDGED = 0.1  # of the rows above such a hem, in which cloth visibly bridges the legs
_BESIDE = 0.5  # of a row's cloth, up to which a coat in it hangs behind a skirt
_HIDING = 0.5  # of a row's legs that are not bare, from which on a coat hides what they wear
_PARTED = 0.6  # of a row's cloth, from which on it is a top's, or what is worn below one
_NO_COAT = 0.5  # chance that no coat is worn, from which one piece of cloth is taken for one skirt
_SIDE_OWN = 0.4  # how much of its own leg's motion a skirt keeps at its side
_WEIGHT_ROUNDS = 12  # of evening skin weights, each reaching one vertex farther


@dataclass(frozen=True, kw_only=True)
class SkirtShape:
    """Where a skirt lies in its view."""

    garment: Tensor  # S×S, bool, its pixels
    spans: RowSpans  # from the waist to the hem
    waist: float  # pixels, the height at which the tube begins
    hip: int  # the row of the hip joints
    hem: Tensor  # (H,), pixels, the hem's height at even steps from the left border to the right one


def find_skirt(view: GarmentView, body: BodyModel, style: StyleEstimate | None = None) -> SkirtShape | None:
    """The skirt that the photo shows; None where the legs wear no such thing."""
    hip, knee, ankle = (view.joint_height(name, body) for name in ("hip", "knee", "ankle"))
    crotch, waist = round(hip + 0.2 * (knee - hip)), round(hip - view.pixels(_WAIST_M))
    lowest = min(round(ankle + view.pixels(_ANKLE_M)), len(view.near))
    if not 0 < waist < crotch < lowest:
        return None
    legs = torch.isfinite(view.near)
    cloth = view.labels[list(CLOTH)].sum(0) > 0.5
    worn = cloth & ~view.cover & ~_find_coat_behind(view, cloth)
    garment = fill_holes(main_parts(worn, legs), view)
    odds = bridged_odds(view, style, slice(round(hip), round(knee)))
    rows = slice(crotch, lowest)
    sure = odds is not None and odds > _SURE
    votes = _vote(garment, legs, view.cover, rows, view.pixels(_GAP_M), sure)
    one_piece = sure and style_chance(style, "outer", "none") > _NO_COAT
    end = _find_hem(garment, votes, rows, view, sure, one_piece)
    mini = style_chance(style, "length", "thigh") if shows_hem(garment, end, view) else 0.0
    if end - crotch < view.pixels(_SHORT_M if sure or mini > _MINI else _SHORTEST_M):
        return None
    below = slice(end + 2, round(ankle))
    more = garment if (bridging := view.worn(*BRIDGING)) is None else garment & (bridging > 0.5)
    goes_on = mini < _MINI and float(more[below][legs[below]].float().mean()) > _MORE
    shown_leg = ankle - end > view.pixels(_SHOWN_LEG_M) and not goes_on
    seam = slice((crotch + 2 * end) // 3, end)
    if goes_on and (odds or 0.0) < _SURE and float(view.labels[LOWER, seam][garment[seam]].mean()) > _TROUSERS:
        return None
    dress = None if view.garments is not None else view.labels[DRESS, crotch:end][garment[crotch:end]]
    wide = bool((votes[: end - crotch] > 0).mean() > _BRIDGED) or spans_legs(garment, end, view)
    level = end > knee and wide and is_level(garment, end, view)
    if not _is_skirt(votes[: end - crotch], dress, shown_leg, level, odds, mini):
        return None
    garment[:waist] = False
    garment, end = trim_hem(garment, end, view)
    spans = measure_spans(garment, view, waist, end)
    return SkirtShape(
        garment=garment,
        spans=spans,
        waist=float(waist),
        hip=round(hip),
        hem=measure_hem(garment, view.cover, spans, end),
    )


def fill_holes(garment: Tensor, view: GarmentView) -> Tensor:
    """S×S, bool: with what of the person lies within it: a patch of its pattern that was taken for something else."""
    filled = torch.from_numpy(binary_fill_holes((garment | view.cover).numpy()))
    return garment | (filled & view.person & ~view.cover & (view.labels[BACKGROUND] < 0.5))


def _find_coat_behind(view: GarmentView, cloth: Tensor) -> Tensor:
    """S×S, bool: a coat in rows of cloth, S×S bool, mostly something else: it hangs behind a skirt, no part of it."""
    coat = view.labels[OUTER] > 0.5
    return coat & (coat.sum(1) < _BESIDE * cloth.sum(1))[:, None]


def _find_hem(garment: Tensor, votes: np.ndarray, rows: slice, view: GarmentView, sure: bool, one_piece: bool) -> int:
    """The row below a skirt's last one, by its outline and by what the cloth in its rows is called; the first: none.

    Args:
        garment: S×S, bool.
        votes: (R,), see `_vote`, of `rows`, which begin at the crotch.
        sure, one_piece: see `find_end`.
    """
    hidden = _count_hidden(votes, view, rows)
    votes, shown = votes[hidden:], slice(rows.start + hidden, rows.stop)
    single, undoubted = (parted_rows(view, garment, each) for each in (False, True))
    if single is None or undoubted is None:
        parted = parted_by_labels(votes, view.labels[:, shown], garment[shown], view, one_piece)
        length = find_end(votes, parted, view, sure, one_piece)
    else:
        length = find_end(votes, single[shown], view, sure, one_piece)
        if not length or not shows_hem(garment, shown.start + length, view):
            length = find_end(votes, undoubted[shown], view, sure, one_piece)  # names that waver end nothing
    return shown.start + length if length else rows.start


def _count_hidden(votes: np.ndarray, view: GarmentView, rows: slice) -> int:
    """How many of the first rows show neither the legs' garment nor legs: a coat hides them down to there."""
    legs, bare = torch.isfinite(view.near)[rows], view.labels[[SKIN, BACKGROUND]].sum(0)[rows] > 0.5
    covered = (legs & ~bare).sum(1).numpy() > _HIDING * legs.sum(1).numpy()
    shown = ~(np.isnan(votes) & covered)
    return int(shown.argmax()) if shown.any() else 0


def _vote(garment: Tensor, legs: Tensor, cover: Tensor, rows: slice, gap_px: float, sure: bool) -> np.ndarray:
    """Of each row: 1 a skirt, -1 trousers, 0 either, nan no garment. What lies beneath a cover may be either."""
    votes = np.full(rows.stop - rows.start, np.nan)
    for row in range(rows.start, rows.stop):
        pieces, limbs = row_runs(garment[row], gap_px), row_runs(legs[row], 1.0)
        if not pieces or not limbs:
            continue
        width, limb_width = pieces[-1][1] - pieces[0][0], limbs[-1][1] - limbs[0][0]
        gaps = [(left[1], right[0]) for left, right in zip(limbs, limbs[1:], strict=False)]
        gap = max(gaps, key=lambda between: between[1] - between[0], default=(0, 0))
        beside = int((legs & cover)[row].sum()) if sure else 0
        if width < _ACROSS * max(limb_width - beside, limb_width / 2):
            continue
        between = slice(pieces[0][1], pieces[-1][0])
        if len(pieces) > 1 and len(row_runs((~garment & ~cover)[row, between], gap_px)) > 0:
            votes[row - rows.start] = -1
        elif gap[1] - gap[0] >= gap_px:
            filled = float((garment | cover)[row, gap[0] : gap[1]].float().mean())
            votes[row - rows.start] = 1 if filled > 0.8 else -1 if filled < 0.5 else 0
        else:
            votes[row - rows.start] = 1 if width > _FLARE * limb_width else 0
    return votes


def parted_by_labels(votes: np.ndarray, labels: Tensor, garment: Tensor, view: GarmentView, one_piece: bool) -> Tensor:
    """(R,), bool: rows below a top, in which trousers begin; for a parser that tells no garments.

    Args:
        votes: (R,) of `_vote`.
        labels, garment: L×R×S, R×S bool: these rows of the view's labels and of the cloth.
    """
    count = garment.sum(1).clamp_min(1)
    top, lower = ((labels[rows].sum(0) * garment).sum(1) / count for rows in (list(TOPS), [LOWER]))
    started_as_top = (top > _PARTED).int().cumsum(0) > 0
    return started_as_top & (lower > _PARTED) & ~torch.from_numpy(_skirt_follows(votes, view)) & (not one_piece)


def _skirt_follows(votes: np.ndarray, view: GarmentView) -> np.ndarray:
    """(R,), bool: rows below which, not far, cloth visibly bridges the legs."""
    ahead = round(view.pixels(_AHEAD_M))
    return np.array([bool((votes[row : row + ahead] > 0).any()) for row in range(len(votes))], dtype=bool)


def find_end(votes: np.ndarray, parted: Tensor, view: GarmentView, sure: bool, one_piece: bool) -> int:
    """Rows from the crotch down to the hem: where trousers, tights or skin begin.

    Args:
        votes: (R,) of `_vote`.
        parted: (R,), bool, rows whose cloth is that of single legs.
        sure: there is a skirt.
        one_piece: and no coat over it, so that labels which change on the way down are the parser's doubt.
    """
    patience, start = max(2, round(view.pixels(_PATIENCE_M))), round(view.pixels(_START_M))
    longer, start = start, 2 * start if sure else start
    misses, end, follows = 0, 0, _skirt_follows(votes, view)
    for row, vote in enumerate(votes):
        skirt_follows = bool(follows[row])
        misses = misses + 1 if bool(parted[row]) or not vote >= 0 else 0
        # A skirt that goes on below a bag bridges the legs there again; tights below a hem do not.
        hidden = bool(np.isnan(votes[row + 1 - misses : row + 1]).all())
        patient = longer if (sure and skirt_follows) or (one_piece and hidden) else patience
        if misses >= (patient if end else start):
            break
        if not misses:
            end = row + 1
    return end


def _is_skirt(
    votes: np.ndarray, dress: Tensor | None, shown_leg: bool, level: bool, odds: float | None, mini: float
) -> bool:
    """Weighs what speaks for a skirt; the weights were set on some 40 street photographs.

    Args:
        votes: of the rows between crotch and hem.
        dress: how likely each of their pixels is a dress, as labels have most skirts; None: the odds know what it is.
        level: it ends below the knees, at one height all across, and is wider than the legs.
        odds: the logarithm of those that the parser gives a skirt; None: it says nothing.
        mini: chance that it ends on the thighs, [0, 1]; 0 where no hem shows.
    """
    gap = float((votes > 0).mean() - 2 * (votes < 0).mean())
    by_style = 0.0 if odds is None else _STYLE_WEIGHT * odds - _STYLE_DOUBT
    level = level and not (votes < 0).any()
    by_hem = 0.8 * shown_leg + _MINI_WEIGHT * mini + _LEVEL_WEIGHT * level
    by_label = 0.0 if dress is None else 4 * (float(dress.mean()) - 0.3)
    return 3 * gap + by_label + by_hem + by_style > 0


def skirt_weights(points: Tensor, view: GarmentView, body: BodyModel) -> Tensor:
    """RINGS·COLUMNS×J: skin weights of a skirt: the body's around each point, shared between the legs."""
    near = nearest_weights(points.reshape(-1, 3), view, ~arms(view.rest, body))
    mirrored = near[:, list(body.mirror_joints)]
    shared = (1 - _SIDE_OWN * ring_angles(COLUMNS).sin().abs()).expand(RINGS, COLUMNS).reshape(-1, 1)
    weights = torch.lerp(near, (near + mirrored) / 2, shared).view(RINGS, COLUMNS, -1)
    for _ in range(_WEIGHT_ROUNDS):
        around = (weights.roll(1, 1) + weights.roll(-1, 1)) / 2
        along = (torch.cat([weights[:1], weights[:-1]]) + torch.cat([weights[1:], weights[-1:]])) / 2
        weights = (weights + around + along) / 3
    return weights.view(RINGS * COLUMNS, -1)
