"""Light told from material: how much more or less of it than usual falls on each of a person's pixels.

pixel = albedo · shade. Whatever is worn, one light falls on all of it, so that three things tell the two apart:

    what follows the normals             one light's spherical harmonics, fitted to all labels at once, each with an
                                         albedo of its own; prints are outliers                     `harmonic_light`
    what else is smooth within a label   sun patches, shadows of trees: its mean over a hand's breadth, of what has the
                                         label's tint
    where luminance alone changes        Retinex (Land and McCann, 1971; Horn, 1974): a weak step without a change of
                                         tint is shade, a strong or coloured one is a print's edge, and where there are
                                         many there is a pattern. Put together again by least squares, over all labels.

The numbers were chosen on 40 drawn people, whose albedo is known.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy import sparse
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from bodydouble.geometry.harmonics import harmonic_basis
from bodydouble.geometry.lengths import normalise
from bodydouble.geometry.linear_systems import factor_symmetric
from bodydouble.geometry.window import Window
from bodydouble.parsing.harmonic_light import fit_light
from bodydouble.parsing.labels import BACKGROUND, EYES, FACIAL_HAIR, HAIR, THING
from bodydouble.values import Person, Photo, Shade, Understanding

GAMMA = 2.2  # of sRGB, nearly: what divides a colour's light divides its values by that to the power of 1 / GAMMA
BOUNDS = (0.4, 2.5)  # least and most of the usual light that is told; beyond it noise and burnt colours would be spread
_SIZE = 192  # of the square that is looked at: a cell is about a centimetre of a person
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear red, green and blue (Rec. 709)
_DARKEST = 2e-3  # linear; below, a camera tells noise
_GREY = 4e-3  # linear, added before tints are compared
_SPECIAL = (HAIR, FACIAL_HAIR, EYES, THING)  # hair shines and has no normals; these keep their light
_BREADTH = 3.5  # cells, standard deviation of the mean of what is smooth
_TINT, _UNLIKE = 0.15, 1.0  # differences, of logarithms, from the label's tint and luminance at which half counts
_DOUBT = 0.05  # weight of there being nothing, against that of all cells
_EDGE_TINT, _EDGE = 0.08, 0.25  # differences between neighbours, of logarithms, as they begin to be no shade
_BUSY, _MOST_BUSY, _AROUND = 0.5, 9.0, 4.0  # how much edges around count, the most that one does, within so many cells
_FLAT = 0.01  # variance of the shade's logarithm up to which its tint is not told
_MOST_TINTED = 0.5  # of the shade's logarithm, in red, green or blue
_REACH = 8.0  # cells beyond what is known
_SMOOTH = 0.02  # weight of the shade's being as smooth as it was thought, against a step's that is surely shade
_ANCHOR = 1 / 800  # of its being what it was thought


def measure_shade(photo: Photo, person: Person, understanding: Understanding) -> Shade:
    """The light on each pixel, over what is usual on this person; 1 on hair, eyes and things, and off the person.

    A fifth of a second. Nothing but 1 where hardly anything of the person is in the photo.
    """
    cells = _take_cells(photo, person, understanding)
    gain = np.ones((3, _SIZE, _SIZE), np.float32)
    special = np.isin(cells.labels, _SPECIAL)
    plain = cells.inside & ~special
    if int(plain.sum()) > _SIZE:
        level = _join_steps(cells, _guess_level(cells, plain))
        level = (level - np.median(level[plain])).clip(*np.log(BOUNDS))
        gain = _spread(np.exp(level * (1 + _fit_tint(cells, level, plain))), plain, special)
    return Shade(gain=torch.from_numpy(gain), left=understanding.left, top=understanding.top, side=understanding.side)


@dataclass(frozen=True, kw_only=True)
class _Cells:
    """The understanding's square, of S×S cells."""

    level: np.ndarray  # S×S, logarithm of the linear luminance
    tint: np.ndarray  # 3×S×S, logarithms of red, green and blue over the luminance
    labels: np.ndarray  # S×S
    basis: np.ndarray  # S×S×9, harmonics of the normals
    weight: np.ndarray  # S×S, [0, 1], how sure label, normal and luminance are
    inside: np.ndarray  # S×S, bool, the person without its edge


def _take_cells(photo: Photo, person: Person, understanding: Understanding) -> _Cells:
    window = Window(understanding.left, understanding.top, understanding.side)
    view = np.stack([window.view(plane.numpy(), _SIZE) for plane in photo.rgb]).clip(0, 1) ** GAMMA
    planes = torch.cat([understanding.labels, understanding.normals])
    chances, normals = interpolate(planes[None], (_SIZE, _SIZE), mode="area")[0].split([len(understanding.labels), 3])
    sure, labels = chances.max(0)
    person_cells = ((labels != BACKGROUND).numpy() & (window.view(person.mask.numpy(), _SIZE) > 0.5)).astype(np.uint8)
    inside = cv2.erode(person_cells, np.ones((3, 3), np.uint8)) > 0  # at the edge the background is mixed in
    luminance = np.tensordot(LUMINANCE, view, 1)
    return _Cells(
        level=np.log(luminance.clip(_DARKEST)),
        tint=np.log((view + _GREY) / (luminance + _GREY)),
        labels=labels.numpy(),
        basis=harmonic_basis(normalise(normals, 0).permute(1, 2, 0)).numpy(),
        weight=inside * (luminance > 2 * _DARKEST) * sure.numpy(),
        inside=inside,
    )


def _guess_level(cells: _Cells, plain: np.ndarray) -> np.ndarray:
    """S×S: logarithm of the shade, from the normals and from what is smooth within each label; 0 off the person."""
    of_normals, residual = fit_light(cells.level[plain], cells.basis[plain], cells.labels[plain], cells.weight[plain])
    level, rest = np.zeros_like(cells.level), np.zeros_like(cells.level)
    level[plain], rest[plain] = of_normals, residual
    for label in np.unique(cells.labels[plain]):
        here = plain & (cells.labels == label)
        away = np.linalg.norm(cells.tint[:, here] - np.median(cells.tint[:, here], 1)[:, None], axis=0)
        weight = here.astype(np.float32)
        weight[here] /= (1 + (away / _TINT) ** 2) * (1 + (rest[here] / _UNLIKE) ** 2)
        mean = _blur(weight * rest, _BREADTH) / (_blur(weight, _BREADTH) + _DOUBT * _blur(plain, _BREADTH) + 1e-4)
        level[here] += mean[here]
    return level


def _join_steps(cells: _Cells, guess: np.ndarray) -> np.ndarray:
    """S×S: the shade's logarithm whose steps from cell to cell are those of luminance where that is no material's."""
    count = int(cells.inside.sum())
    number = np.full(cells.inside.shape, -1)
    number[cells.inside] = np.arange(count)
    system, target = sparse.diags(np.full(count, _ANCHOR)), _ANCHOR * guess[cells.inside].astype(np.float64)
    for axis in (0, 1):
        first, second = (np.take(number, range(at, _SIZE - 1 + at), axis) for at in (0, 1))
        both = (first >= 0) & (second >= 0)
        step, guessed = np.diff(cells.level, axis=axis), np.diff(guess, axis=axis)
        trust = _trust_steps(np.diff(cells.tint, axis=axis + 1), step - guessed, both)
        weight = (trust + _SMOOTH)[both]
        wanted = (trust * step + _SMOOTH * guessed)[both]
        row, column = first[both], second[both]
        ones = np.tile(np.array([1.0, 1.0, -1.0, -1.0])[:, None], len(row)) * weight
        places = np.concatenate([row, column, row, column]), np.concatenate([row, column, column, row])
        system = system + sparse.csr_matrix((ones.ravel(), places), (count, count))
        target += np.bincount(column, wanted, count) - np.bincount(row, wanted, count)
    level = guess.copy()
    level[cells.inside] = factor_symmetric(system).solve(target)
    return level


def _trust_steps(tint: np.ndarray, surprise: np.ndarray, both: np.ndarray) -> np.ndarray:
    """[0, 1], of steps between neighbours: how surely each is shade.

    Args:
        tint: 3×…, steps of the tint.
        surprise: what a step of luminance has beyond what was guessed of the shade.
        both: bool, steps within the person.
    """
    amount = (tint**2).sum(0) / _EDGE_TINT**2 + (surprise / _EDGE) ** 2
    around = _blur(amount.clip(max=_MOST_BUSY) * both, _AROUND) / _blur(both, _AROUND).clip(1e-3)
    return both / (1 + amount) ** 2 / (1 + (_BUSY * around) ** 2)


def _fit_tint(cells: _Cells, level: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """3×S×S: how much more, or less, of red, green and blue changes with the shade: skies are blue, shaded skin is red.

    Of each label by itself; what has another tint than that is a print, and hardly counts.
    """
    slope = np.zeros_like(cells.tint)
    for label in np.unique(cells.labels[plain]):
        here = plain & (cells.labels == label)
        tint = cells.tint[:, here] - np.median(cells.tint[:, here], 1)[:, None]
        shade = level[here] - np.median(level[here])
        weight = cells.weight[here] / (1 + (tint**2).sum(0) / _TINT**2)
        fitted = (weight * shade * tint).sum(1) / ((weight * shade**2).sum() + _FLAT * weight.sum() + 1e-6)
        slope[:, here] = fitted.clip(-_MOST_TINTED, _MOST_TINTED)[:, None]
    return slope


def _spread(gain: np.ndarray, known: np.ndarray, other: np.ndarray) -> np.ndarray:
    """3×S×S float32: the gain where it is known, and of the nearest such cell as far as a fit may miss it; then 1.

    Args:
        other: S×S, bool, cells that keep their light.
    """
    distance, nearest = distance_transform_edt(~known, return_indices=True)
    return np.where((distance <= _REACH) & ~other, gain[:, nearest[0], nearest[1]], 1.0).astype(np.float32)


def _blur(image: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(image.astype(np.float32), (0, 0), sigma)


def shade_at(shade: Shade, x: Tensor, y: Tensor) -> Tensor:
    """3×N: the gain at N places, pixels of the photo; 1 outside the square."""
    place = torch.stack([x - shade.left, y - shade.top], -1) * 2 / shade.side - 1
    return grid_sample(shade.gain[None] - 1, place[None, None], align_corners=False)[0, :, 0] + 1
