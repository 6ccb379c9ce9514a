"""One cloth has one name: a person wears few garments, and what has one colour and lies together is one of them.

Names are told pixel by pixel, and waver within a garment: a skirt of which a part is a jacket's, a coat's front that is
a jumpsuit's. Here the cloth is cut into small cells (SLIC, Achanta et al. 2012), whose names spread to the cells around
that look alike: the random walks of Grady 2006, in which every cell holds on to its own name as much as it is sure.
Two garments of one colour that are worn together, a black coat and black trousers, keep their border: there colours
tell nothing.
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
from bodydouble.parsing.thing_regions import find_superpixels
from bodydouble.parsing.usual_colours import find_usual_colours

_SHRINK = 2  # pixels of the square, along a side, that are one here
_CELL_PX, _COMPACT, _SLIC_ROUNDS = 10, 10.0, 4  # side of a cell, how much place counts beside colour, SLIC's rounds
_COLOURS, _SAMPLES = 24, 2000  # in which cells are described, and pixels of which these are learned
_COLOUR_SIGMA = 8.0  # CIELAB, within which two colours are one; folds of white cloth differ by about 10
# Chosen on 20 photographs with labels that no network was trained on, of whose cloth .639 was named rightly before and
# .649 is after; tried were `_LIGHTNESS` from .5 to 1, `_UNLIKE` from .25 to .5, `_SPREAD` from 8 to 50, `_SURE` from
# 1.5 to 4.
_LIGHTNESS = 0.8  # how much it counts beside hue: folds and shade change it alone
_UNLIKE = 0.35  # distance of two cells' colours, at which little of a name goes from one to the other
_SPREAD = 20.0  # weight of two alike neighbours against a cell's own name
_SURE = 3.0  # power of the chance of a cell's likeliest name, by which it holds on to that
_ROUNDS = 3  # of learning each garment's colours and naming by them
_OTHER_COLOUR = 0.05  # share of a garment's cloth that may have a colour that it was not seen in
# Without these two .654 of the same photographs' cloth was named rightly, but on two of ten others a coat over trousers
# of its colour was lost.
_ALIKE_POWER = 3  # of the cosine between two garments' colours: how much they are of one
_CONFLICT = 8.0  # how fast what passes between two cells falls with the chance that they are two such garments
_FEW = 4  # cells; with fewer nothing spreads
_LEAST = 1e-3  # chance of a name, for ratios, and share of the cloth of a garment that is there at all
_NOTHING = 1e-6  # for quotients of what may be nothing, and how firmly a cell that is sure of nothing keeps its name
# What is worn together, each pair once; of others one is there, and names that waver between them are of one garment.
_WITH = {
    "outer": ("upper", "scarf", "dress", "skirt", "trousers", "shorts", "tights"),
    "scarf": ("upper", "dress", "jumpsuit", "skirt", "trousers", "shorts", "tights"),
    "tights": ("upper", "dress", "skirt", "shorts"),
    "upper": ("skirt", "trousers", "shorts"),
}
_PAIRS = {frozenset((garment, other)) for garment, others in _WITH.items() for other in others}
_TOGETHER = np.array([[float(frozenset((one, other)) in _PAIRS) for other in GARMENTS] for one in GARMENTS])


def join_names(labels: Tensor, garments: Tensor, image: np.ndarray) -> Tensor:
    """G×S×S chances of `GARMENTS` where there is cloth, alike within what is one cloth in the picture.

    Args:
        labels: L×S×S, chances of `LABELS`.
        garments: G×S×S, chances that sum to 1.
        image: S×S×3, uint8, sRGB: the same square.
    """
    cloth = (labels[list(CLOTH)].sum(0) > 0.5).numpy()
    small = cv2.resize(image, None, fx=1 / _SHRINK, fy=1 / _SHRINK, interpolation=cv2.INTER_AREA)
    cells = _cut_cells(small, cloth[::_SHRINK, ::_SHRINK])
    count = int(cells.max()) + 1
    if count < _FEW:
        return garments
    inside = cells >= 0
    place = cells[inside]
    area = np.bincount(place, minlength=count).astype(float)
    chances = garments[:, ::_SHRINK, ::_SHRINK].numpy()[:, inside]
    own = np.stack([np.bincount(place, plane, count) for plane in chances], 1) / area[:, None]
    colours = _describe_cells(small, cells, count)
    names = _spread_names(own, area, colours, _relate_cells(cells, colours))
    factor = torch.from_numpy((names + _LEAST) / (own + _LEAST)).float()
    planes = torch.ones(len(GARMENTS), *cells.shape)
    planes[:, torch.from_numpy(inside)] = factor[torch.from_numpy(place)].T
    planes = torch.nn.functional.interpolate(planes[None], garments.shape[1:], mode="nearest")[0]
    product = garments * planes
    return product / product.sum(0).clamp_min(_NOTHING)


def _cut_cells(image: np.ndarray, cloth: np.ndarray) -> np.ndarray:
    """s×s int: the number of the cell that each pixel lies in; -1 where there is no cloth.

    Args:
        image: s×s×3, uint8, sRGB.
        cloth: s×s, bool.
    """
    lab = cv2.cvtColor(cv2.GaussianBlur(image, (3, 3), 0), cv2.COLOR_RGB2LAB)
    cells = find_superpixels(lab, _CELL_PX, _COMPACT, _SLIC_ROUNDS)
    numbers = np.full(cells.shape, -1)
    numbers[cloth] = np.unique(cells[cloth], return_inverse=True)[1]
    return numbers


def _describe_cells(image: np.ndarray, cells: np.ndarray, count: int) -> np.ndarray:
    """count×K: each cell's colours; products of two rows say how much two cells have in common, at most 1.

    They are histograms of the picture's usual colours, in which near colours count as nearly the same.
    """
    inside = cells >= 0
    colours = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[inside] * (_LIGHTNESS, 1, 1)
    colours = colours.astype(np.float32)
    usual = find_usual_colours(colours, _COLOURS, _SAMPLES)
    nearest = np.linalg.norm(colours[:, None] - usual, axis=2).argmin(1)
    histogram = np.zeros((count, len(usual)))
    np.add.at(histogram, (cells[inside], nearest), 1)
    histogram /= histogram.sum(1, keepdims=True)
    away = np.linalg.norm(usual[:, None] - usual, axis=2)
    values, vectors = np.linalg.eigh(np.exp(-((away / _COLOUR_SIGMA) ** 2) / 2))
    return np.asarray(histogram @ vectors * np.sqrt(values.clip(0)))


def _relate_cells(cells: np.ndarray, colours: np.ndarray) -> sparse.csr_array:
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
    """count×G: names, each cell's own and those of the cells that it is related to.

    Args:
        own: count×G, chances.
        area: (count,), pixels.
        colours: count×K, see `_describe_cells`.
        weights: count×count, see `_relate_cells`.
    """
    names = own
    for _ in range(_ROUNDS):
        amount = area[:, None] * names
        of_garment = (amount.T @ colours) / amount.sum(0)[:, None].clip(_LEAST)
        chances = own * (colours @ of_garment.T + _OTHER_COLOUR).clip(_OTHER_COLOUR)
        chances /= chances.sum(1, keepdims=True).clip(_NOTHING)
        present = amount.sum(0) > _LEAST * area.sum()
        flow = _keep_borders(weights, chances, _compare_colours(of_garment) * present[:, None] * present)
        laplacian = sparse.diags_array(np.asarray(flow.sum(1)).ravel()) - flow
        hold = area / area.mean() * chances.max(1) ** _SURE
        system = sparse.csc_array(sparse.diags_array(hold + _NOTHING) + laplacian)
        names = np.asarray(spsolve(system, hold[:, None] * chances))
    return names


def _compare_colours(of_garment: np.ndarray) -> np.ndarray:
    """G×G, [0, 1]: how much two garments have one colour, of each one's colours, G×K."""
    unit = of_garment / np.linalg.norm(of_garment, axis=1, keepdims=True).clip(_LEAST)
    return np.asarray((unit @ unit.T).clip(0, 1) ** _ALIKE_POWER)


def _keep_borders(weights: sparse.csr_array, names: np.ndarray, alike: np.ndarray) -> sparse.csr_array:
    """Weights, count×count, of which those between two garments that colours cannot tell apart are small.

    Args:
        weights: see `_relate_cells`.
        names: count×G, chances.
        alike: G×G, see `_compare_colours`.
    """
    edges = weights.tocoo()
    conflict = ((names @ (alike * _TOGETHER))[edges.row] * names[edges.col]).sum(1)
    flow = edges.data * np.exp(-_CONFLICT * conflict)
    return sparse.csr_array(sparse.coo_array((flow, (edges.row, edges.col)), weights.shape))
