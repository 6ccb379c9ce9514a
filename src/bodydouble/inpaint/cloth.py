"""Cloth goes on behind as the photo shows it: with its weave, its pattern and its folds, quilted around each limb.

Of what was observed the shade is taken off first, and the far side's is put on instead: so a piece from the front fits
behind. How coarse a pattern may be and still is one, and how strong, is what the garment has everywhere: a pocket or a
print lies in one place, and does not come again.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.inpaint.canvas import Canvas, lay_flat
from bodydouble.inpaint.cloth_layer import DARK, ClothLayer, reduced_blur
from bodydouble.inpaint.cloth_structure import ClothStructure, extract_detail, leave_out_odd, measure_structure
from bodydouble.inpaint.quilt import Quilt, Sources
from bodydouble.parsing.labels import CLOTH
from bodydouble.surface.around import TRUNK
from bodydouble.values import RestBody, Texture

_LEAST = 0.002  # part of the texture's texels; of less cloth nothing is carried on
_FEW = 0.0003  # the same of what is missing on a limb
_ALIKE = 0.08  # distance of usual colours up to which two labels are taken for one cloth
_WELL = 0.45  # cosine to the camera from which a texel is not stretched
_HOLE = np.ones((7, 7), np.uint8)  # pixels of a hole in what may come again that is closed
_SIDES = (0.3, 0.18, 0.12)  # of the girth: side of a piece, of the next where none fits
_REACHES = (0.4, 0.8, 4.0)  # of the side: how far up or down such a piece may come from
_BLENDED_M = (0.012, 0.003)  # deviation of the soft edge of a piece, of plain and of patterned cloth
_BUSY = 2.0  # times the usual energy around a pixel, from which on it is odd
_AROUND_M = 0.012  # how far around
_TWIN, _OTHER = 0.2, 1.0  # oddness of cloth from the limb's twin and from any other


def carry_cloth(
    partial: Texture, base: Tensor, labels: Tensor, sources: Tensor, rest: RestBody, body: BodyModel
) -> tuple[Tensor, Tensor]:
    """3×S×S, colours of cloth that was not observed, and S×S, bool, where that is.

    Args:
        partial: what was observed, S×S.
        base: 3×S×S, smooth colours of every texel.
        labels: S×S, of all texels.
        sources: S×S, bool, observed texels that may come again.
        rest: the body at rest.
    """
    observed = partial.confidence > 0
    rgb, chosen = base.clone(), torch.zeros_like(observed)
    well = sources & (partial.confidence > _WELL)
    planes = labels, observed, well, torch.where(observed, partial.rgb, base)
    canvases = [(canvas, [canvas.draw(plane) for plane in planes]) for canvas in lay_flat(labels, observed, rest, body)]
    colours = _usual_colours(partial.rgb, labels, well)
    for label, colour in colours.items():
        alike = [other for other in colours if float((colours[other] - colour).norm()) < _ALIKE]
        cloths = [_lay(canvas, drawn, label, alike) for canvas, drawn in canvases]
        missing = (labels == label) & ~observed
        for cloth, shade, detail in _quilt_garment(cloths, _FEW * labels.numel()):
            target = missing.flatten()[cloth.canvas.texel]
            smooth, fine = (cloth.canvas.sample(image, target.numpy()) for image in (shade, detail))
            texel = torch.from_numpy(cloth.canvas.texel)[target]
            rgb.view(3, -1)[:, texel] = (smooth + fine * (smooth.mean(0) + DARK)).clamp(0, 1)
            chosen.view(-1)[texel] = True
    return rgb, chosen


def _usual_colours(rgb: Tensor, labels: Tensor, well: Tensor) -> dict[int, Tensor]:
    """The usual colour, (3,), of each label of cloth of which enough was observed."""
    chosen = {label: well & (labels == label) for label in CLOTH}
    least = _LEAST * labels.numel()
    return {label: rgb[:, here].median(1).values for label, here in chosen.items() if int(here.sum()) >= least}


def _lay(canvas: Canvas, drawn: list[np.ndarray], label: int, alike: list[int]) -> ClothLayer:
    """A garment of that label on a canvas; what has one of the labels alike is of the same cloth.

    Args:
        drawn: H×W labels; H×W bool, observed, and well enough to come again; H×W×3 colours.
    """
    labels, observed, well, rgb = drawn
    garment = np.isin(labels, alike) & (canvas.nearest >= 0)
    closed = cv2.morphologyEx((garment & well).astype(np.uint8), cv2.MORPH_CLOSE, _HOLE) > 0
    return ClothLayer(
        canvas=canvas,
        observed=garment & observed,
        gaps=garment & ~observed & (labels == label),
        source=garment & observed & closed,
        rgb=rgb.astype(np.float32),
    )


def _quilt_garment(cloths: Sequence[ClothLayer], few: float) -> list[tuple[ClothLayer, np.ndarray, np.ndarray]]:
    """Each layer of a garment with more gaps than `few`; its shade, h×w×3; its detail, H×W×3, 0 where nothing fits."""
    structure = measure_structure(cloths)
    details = [extract_detail(cloth, structure) for cloth in cloths]
    cloths = leave_out_odd(cloths, structure)
    quilted = []
    for cloth, detail in zip(cloths, details, strict=True):
        if cloth.gaps.sum() < few:
            continue
        sources = _gather_sources(cloth, cloths, details)
        fine = detail if sources is None else _quilt(cloth, detail, sources, structure)
        sigma = structure.shade_m * cloth.canvas.scale
        quilted.append((cloth, reduced_blur(cloth.rgb, cloth.observed | cloth.gaps, sigma), fine))
    return quilted


def _quilt(cloth: ClothLayer, detail: np.ndarray, sources: Sources, structure: ClothStructure) -> np.ndarray:
    """H×W×3: the detail of a garment on one canvas, its gaps filled; 0 where nothing fits."""
    blended = np.interp(structure.patterned, (0, 1), _BLENDED_M) * cloth.canvas.scale
    quilt = Quilt(detail, cloth.observed, sources, float(blended))
    for side, reach in zip(_SIDES, _REACHES, strict=True):
        pixels = round(side * cloth.canvas.width)
        quilt.fill(cloth.gaps, pixels, round(reach * pixels * (1 - structure.banded)))
    return quilt.image * quilt.filled[..., None]


def _gather_sources(cloth: ClothLayer, cloths: Sequence[ClothLayer], details: list[np.ndarray]) -> Sources | None:
    """The garment's canvases beside each other, rows at the height of this one's; None where nothing may come again."""
    energies = [
        cv2.GaussianBlur(np.square(detail).sum(2), (0, 0), _AROUND_M * cloth.canvas.scale) for detail in details
    ]
    usual = np.concatenate([energy[other.source] for energy, other in zip(energies, cloths, strict=True)])
    if not len(usual):
        return None
    busy = _BUSY * max(1e-8, float(np.median(usual)))
    columns: list[tuple[np.ndarray, ...]] = []
    for other, detail, energy in zip(cloths, details, energies, strict=True):
        if other.source.any():
            odd = np.log2(energy / busy + 1e-6).clip(0, None) + _foreign(other.canvas.limb, cloth.canvas.limb)
            across = other.source.any(0).nonzero()[0]
            spanned, down = slice(across[0], across[-1] + 1), other.canvas.top - cloth.canvas.top
            planes = detail, other.source, odd
            columns.append(tuple(_moved_down(plane[:, spanned], down, len(cloth.gaps)) for plane in planes))
    image, usable, oddness = (np.hstack(planes) for planes in zip(*columns, strict=True))
    return Sources(image=image, usable=usable, oddness=oddness)


def _foreign(lender: int, limb: int) -> float:
    """Oddness of cloth from another limb."""
    if lender == limb:
        return 0.0
    twins = TRUNK not in (lender, limb) and (lender - 1) // 2 == (limb - 1) // 2
    return _TWIN if twins else _OTHER


def _moved_down(plane: np.ndarray, rows: int, height: int) -> np.ndarray:
    """`height` rows of a plane that begins so many rows farther down; 0 where it has none. A column of 0 ends it."""
    moved = np.zeros((height, plane.shape[1] + 1, *plane.shape[2:]), plane.dtype)
    first, last = max(0, rows), min(height, rows + len(plane))
    if last > first:
        moved[first:last, :-1] = plane[first - rows : last - rows]
    return moved
