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
from bodydouble.inpaint.cloth_layer import DARK, ClothLayer
from bodydouble.inpaint.cloth_quilt import quilt_garment
from bodydouble.inpaint.cloth_structure import measure_structure
from bodydouble.parsing.labels import CLOTH, LOWER, SHOES, TOPS
from bodydouble.progress import Progress
from bodydouble.values import RestBody, Texture

_LEAST = 0.002  # part of the texture's texels; of less cloth nothing is carried on
_FEW = 0.0003  # the same of what is missing on a limb
_ALIKE = 0.08  # distance of usual colours up to which two labels are taken for one cloth
_LITTLE, _ALIKE_IN_SHADE = 0.02, 0.3  # part of the texels; the same distance where a label has less
_WELL = 0.45  # cosine to the camera from which a texel is not stretched
_HOLE = np.ones((7, 7), np.uint8)  # pixels of a hole in what may come again that is closed


def carry_cloth(
    partial: Texture,
    base: Tensor,
    labels: Tensor,
    sources: Tensor,
    rest: RestBody,
    body: BodyModel,
    progress: Progress | None = None,
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
    planes, shown = (labels, observed, well), torch.where(observed, partial.rgb, base)
    canvases = [
        (canvas, [*(canvas.draw(plane) for plane in planes), canvas.average(shown)])
        for canvas in lay_flat(labels, observed, rest, body)
    ]
    mean = body.rest(body.mean_shape())
    stature = float(rest.vertices[:, 1].max() / mean.vertices[:, 1].max())
    colours = _usual_colours(partial.rgb, labels, well)
    for number, label in enumerate(colours):
        if progress:
            progress("inpaint", number / len(colours))
        alike = _alike_labels(label, colours, labels, well)
        in_shade = [each for each in alike if float((colours[each] - colours[label]).norm()) >= _ALIKE]
        if in_shade and (printed := _is_printed(canvases, label, stature)) is not None:
            # A checked dress lends a dark coat nothing, nor that the dress.
            alike = [
                each
                for each in alike
                if each not in in_shade or _is_printed(canvases, each, stature) in (printed, None)
            ]
        laid = _lay_all(canvases, label, alike, stature)
        if not laid:  # on hands, feet and head alone
            continue
        missing = (labels == label) & ~observed
        carried = quilt_garment([cloth for _, cloth in laid], few=_FEW * labels.numel())
        for (canvas, _), images in zip(laid, carried, strict=True):
            if images is None:
                continue
            target = missing.flatten()[canvas.texel]
            smooth, fine = (canvas.sample(image, target.numpy()) for image in images)
            texel = torch.from_numpy(canvas.texel)[target]
            rgb.view(3, -1)[:, texel] = (smooth + fine * (smooth.mean(0) + DARK)).clamp(0, 1)
            chosen.view(-1)[texel] = True
    return rgb, chosen


def _usual_colours(rgb: Tensor, labels: Tensor, well: Tensor) -> dict[int, Tensor]:
    """The usual colour, (3,), of each label of cloth, and of boots' shafts, of which enough was observed."""
    chosen = {label: well & (labels == label) for label in (*CLOTH, SHOES)}
    least = _LEAST * labels.numel()
    return {label: rgb[:, here].median(1).values for label, here in chosen.items() if int(here.sum()) >= least}


def _alike_labels(label: int, colours: dict[int, Tensor], labels: Tensor, well: Tensor) -> list[int]:
    """Labels of the same cloth, itself among them: where little was observed, even one of another brightness.

    Tops lend to tops and to what is worn on legs; the pattern of blue trousers is none of a blue jacket.
    """
    if label == SHOES:
        return [label]
    little = label != LOWER and int((well & (labels == label)).sum()) < _LITTLE * labels.numel()
    most = _ALIKE_IN_SHADE if little else _ALIKE
    lenders = [other for other in (TOPS if label in TOPS else CLOTH) if other in colours]
    return [other for other in lenders if float((colours[other] - colours[label]).norm()) < most]


def _is_printed(canvases: Sequence[tuple[Canvas, list[np.ndarray]]], label: int, stature: float) -> bool | None:
    """Whether what was observed of one label shows a print; None: it is too little to tell."""
    structure = measure_structure([cloth for _, cloth in _lay_all(canvases, label, [label], stature)])
    return structure.printed if structure.told else None


def _lay_all(
    canvases: Sequence[tuple[Canvas, list[np.ndarray]]], label: int, alike: list[int], stature: float
) -> list[tuple[Canvas, ClothLayer]]:
    """A garment on each canvas that has some of it; see `_lay`."""
    laid = [(canvas, _lay(canvas, drawn, label, alike, stature)) for canvas, drawn in canvases]
    return [(canvas, cloth) for canvas, cloth in laid if cloth.observed.any() or cloth.gaps.any()]


def _lay(canvas: Canvas, drawn: list[np.ndarray], label: int, alike: list[int], stature: float) -> ClothLayer:
    """A garment of that label on a canvas; what has one of the labels alike is of the same cloth.

    Args:
        drawn: H×W labels; H×W bool, observed, and well enough to come again; H×W×3 colours.
    """
    labels, observed, well, rgb = drawn
    garment = np.isin(labels, alike) & (canvas.nearest >= 0)
    closed = cv2.morphologyEx((garment & well).astype(np.uint8), cv2.MORPH_CLOSE, _HOLE) > 0
    return ClothLayer(
        limb=canvas.limb,
        top=canvas.top,
        scale=canvas.scale,
        observed=garment & observed,
        gaps=garment & ~observed & (labels == label),
        source=garment & observed & closed,
        rgb=rgb,
        behind=canvas.behind,
        stature=stature,
    )
