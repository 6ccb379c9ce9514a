"""One cloth has one name: a person wears few garments, and what has one colour and lies together is one of them.

Names are told pixel by pixel, and waver within a garment: a skirt of which a part is a jacket's, a coat's front that is
a jumpsuit's. Here the cloth is cut into small cells (SLIC, Achanta et al. 2012), whose names spread to the cells around
that look alike: the random walks of Grady 2006, in which every cell holds on to its own name as much as it is sure.
"""

from __future__ import annotations

import cv2
import numpy as np
import scipy.sparse as sparse
import torch
from scipy.sparse.linalg import spsolve
from torch import Tensor

from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import CLOTH

_SHRINK = 2  # pixels of the square, along a side, that are one here
_CELL_PX = 10  # side of a cell
_COMPACT = 10.0  # of SLIC: how much place counts beside colour
_COLOURS = 24  # in which cells are described
_SAMPLES = 2000  # pixels of which these are learned
_LIGHTNESS = 1.0  # how much it counts beside hue: folds and shade change it alone
_COLOUR_SIGMA = 8.0  # CIELAB, within which two colours are one
_UNLIKE = 0.3  # distance of two cells' colours, at which little of a name goes from one to the other
_SPREAD = 20.0  # weight of two alike neighbours against a cell's own name
_ROUNDS = 3  # of learning each garment's colours and naming by them
_PALETTE = 1.0  # how much they count
_OTHER_COLOUR = 0.05  # density of colours that a garment was not seen in
_SURE_POWER = 3.0  # of the chance of a cell's likeliest name: how much it holds on to that
_FEW = 4  # cells; with fewer nothing spreads
_LEAST = 1e-3


def join_names(labels: Tensor, garments: Tensor, image: np.ndarray) -> Tensor:
    """G×S×S chances of `GARMENTS` where there is cloth, alike within what is one cloth in the picture.

    Args:
        labels: L×S×S, chances of `LABELS`.
        garments: G×S×S, chances that sum to 1.
        image: S×S×3, uint8, sRGB: the same square.
    """
    cloth = (labels[list(CLOTH)].sum(0) > 0.5).numpy()
    cells = _cut_cells(image, cloth)
    count = int(cells.max()) + 1
    if count < _FEW:
        return garments
    inside = cells >= 0
    place = cells[inside]
    area = np.bincount(place, minlength=count).astype(float)
    small = garments[:, ::_SHRINK, ::_SHRINK].numpy()[:, inside]
    own = np.stack([np.bincount(place, plane, count) for plane in small], 1) / area[:, None]
    colours = _describe(image, cells, count)
    joined = _spread_names(own, area, colours, _relate(cells, colours))
    factor = torch.from_numpy((joined + _LEAST) / (own + _LEAST)).float()
    planes = torch.ones(len(GARMENTS), *cells.shape)
    planes[:, torch.from_numpy(inside)] = factor[torch.from_numpy(place)].T
    planes = torch.nn.functional.interpolate(planes[None], garments.shape[1:], mode="nearest")[0]
    named = garments * planes
    return named / named.sum(0).clamp_min(1e-6)


def _cut_cells(image: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """s×s int: the number of the cell that each pixel of the reduced picture lies in; -1 where there is no cloth."""
    reduced = cv2.resize(image, None, fx=1 / _SHRINK, fy=1 / _SHRINK, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(cv2.GaussianBlur(reduced, (3, 3), 0), cv2.COLOR_RGB2LAB)
    slic = cv2.ximgproc.createSuperpixelSLIC(lab, cv2.ximgproc.SLIC, _CELL_PX, _COMPACT)
    slic.iterate(4)
    slic.enforceLabelConnectivity(25)
    cells = np.asarray(slic.getLabels())
    numbers = np.full(cells.shape, -1)
    shown = cloth[::_SHRINK, ::_SHRINK]
    numbers[shown] = np.unique(cells[shown], return_inverse=True)[1]
    return numbers


def _describe(image: np.ndarray, cells: np.ndarray, count: int) -> np.ndarray:
    """count×K: each cell's colours, so that their distance, at most about 1.4, says how unlike two cells are."""
    reduced = cv2.resize(image, None, fx=1 / _SHRINK, fy=1 / _SHRINK, interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(reduced.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lab[..., 0] *= _LIGHTNESS
    inside = cells >= 0
    colours = lab[inside]
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)
    samples = colours[:: max(1, len(colours) // _SAMPLES)]
    words = cv2.kmeans(samples, min(_COLOURS, len(samples)), None, criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    nearest = np.linalg.norm(colours[:, None] - words, axis=2).argmin(1)
    histogram = np.zeros((count, len(words)))
    np.add.at(histogram, (cells[inside], nearest), 1)
    histogram /= histogram.sum(1, keepdims=True)
    away = np.linalg.norm(words[:, None] - words, axis=2)
    values, vectors = np.linalg.eigh(np.exp(-((away / _COLOUR_SIGMA) ** 2) / 2))
    return histogram @ vectors * np.sqrt(values.clip(0))


def _relate(cells: np.ndarray, colours: np.ndarray) -> sparse.csr_array:
    """count×count symmetric weights between neighbours, by how alike they are and how long their border is."""
    pairs = []
    for first, second in ((cells[:, :-1], cells[:, 1:]), (cells[:-1], cells[1:])):
        border = (first != second) & (first >= 0) & (second >= 0)
        pairs.append(np.stack([first[border], second[border]], 1))
    one, other = np.concatenate(pairs).T
    unlike = np.linalg.norm(colours[one] - colours[other], axis=1)
    weight = _SPREAD / _CELL_PX * np.exp(-((unlike / _UNLIKE) ** 2))
    weights = sparse.coo_array((weight, (one, other)), (len(colours), len(colours)))
    return sparse.csr_array(weights + weights.T)


def _spread_names(own: np.ndarray, area: np.ndarray, colours: np.ndarray, weights: sparse.csr_array) -> np.ndarray:
    """count×G: names, each cell's own and those of the cells that it is related to."""
    laplacian = sparse.diags_array(np.asarray(weights.sum(1)).ravel()) - weights
    names = own
    for _ in range(_ROUNDS):
        mass = area[:, None] * names
        usual = (mass.T @ colours) / mass.sum(0)[:, None].clip(1e-6)
        likely = own * (colours @ usual.T + _OTHER_COLOUR).clip(_OTHER_COLOUR) ** _PALETTE
        likely /= likely.sum(1, keepdims=True).clip(1e-9)
        held = area / area.mean() * likely.max(1) ** _SURE_POWER
        system = sparse.csc_array(sparse.diags_array(held + 1e-6) + laplacian)
        names = np.asarray(spsolve(system, held[:, None] * likely))
    return names
