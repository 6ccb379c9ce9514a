"""The gaps of a garment filled by quilting, on all of its canvases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from bodydouble.geometry.lengths import square_lengths
from bodydouble.inpaint.cloth_layer import ClothLayer, blur_around, reduced_blur, take_off_shade
from bodydouble.inpaint.cloth_print import extract_print, measure_usual, select_own_sources
from bodydouble.inpaint.cloth_structure import (
    ClothStructure,
    extract_detail,
    leave_out_odd,
    level_weave,
    measure_structure,
)
from bodydouble.inpaint.folds import draw_folds
from bodydouble.inpaint.mirror import has_open_front, mirror_around, take_from_twin
from bodydouble.inpaint.quilt import Quilt, Sources
from bodydouble.inpaint.turned_around import TWINS, turn_limbs
from bodydouble.inpaint.turned_edge import turn_at_edge
from bodydouble.inpaint.weave import draw_weave, measure_weave
from bodydouble.surface.around import TRUNK
from bodydouble.surface.regions import LIMBS

_SIDES = (0.3, 0.18, 0.12, 0.07, 0.07)  # of the girth: side of a piece, of the next where none fits
_REACHES = (0.4, 0.8, 6.0, 6.0, 12.0)  # of the side: how far up or down such a piece may come from
_COVERED = (0.9, 0.9, 0.9, 0.9, 0.6)  # part of what is missing in its place that it must fill
_PANEL = 0.22  # of the girth: width of a piece from top to hem of what hangs free
_LEVEL_M = 0.02  # how far up or down it may be moved: what runs around it slants
_PANEL_COVERED = 0.7  # part of what is missing in its place that it must fill: hands and bags make holes in it
_BOLD = 0.6  # how far its folds go on as a pattern does: they are larger and stronger than those of what fits
_LARGE = 3  # of these sizes, the first ones, show a print; where none fits it is plain
_BLENDED_M = (0.012, 0.003)  # deviation of the soft edge of a piece, of plain and of patterned cloth
_BUSY = 2.0  # times the usual energy around a pixel, from which on it is odd
_AROUND_M = 0.012  # how far around
_FINE_M = 0.004  # deviation of the blur that levels plain cloth's weave; coarser, it looks woolly
_EDGE_M = 0.02  # deviation of the blur by which what was quilted fades where no piece fits
_LONG_M = 0.06  # deviation of the blur along the folds of what hangs free
_NEW_FOLDS, _NEW_RANGE = 1.5, (0.02, 0.1)  # times the deviation of the garment's folds; relative brightness
_TURNED = 3.0  # times that deviation, which what goes on past the edge approaches: a shadow or a mark is no fold
_TWIN, _OTHER = 0.2, 1.0  # oddness of cloth from the limb's twin and from any other


def quilt_garment(
    cloths: Sequence[ClothLayer], hangs: bool = False, few: float = 0.0
) -> list[tuple[np.ndarray, np.ndarray] | None]:
    """Of each layer of a garment the shade, h×w×3, and the detail with its gaps filled, H×W×3, 0 where nothing fits.

    A print is turned over at its flanks. In plain cloth folds go on around (`turn_limbs`); beyond, the
    front's fade away into calm weave with few long ones (`_continue_plain`): cut up and laid side by side they are a
    pattern that no cloth has.

    Args:
        hangs: it hangs free, with folds from its top to its hem.
        few: pixels; a layer with fewer gaps stays as it is, and gives None.
    """
    structure = measure_structure(cloths)
    if structure.printed:
        is_open = any(has_open_front(cloth.source) for cloth in cloths if cloth.limb == TRUNK)
        cloths = [replace(cloth, source=own) for cloth, own in zip(cloths, select_own_sources(cloths), strict=True)]
        if not is_open:
            return _carry_print(cloths, structure, hangs, few)
    plain, printed = structure.plain, structure.printed
    if hangs:
        structure = replace(structure, patterned=max(_BOLD, structure.patterned))
    details = [extract_detail(cloth, structure) for cloth in cloths]
    cloths = leave_out_odd(cloths, structure)
    weave = _measure_weave(cloths, details) if plain > 0 else None
    # A print's own bright and dark places are no folds.
    around = turn_limbs(cloths, structure.deviation, hangs) if plain > 0 and not printed else {}
    quilted: list[tuple[np.ndarray, np.ndarray] | None] = []
    for cloth, detail in zip(cloths, details, strict=True):
        if cloth.gaps.sum() <= few:
            quilted.append(None)
            continue
        fine = detail
        if plain < 1 or hangs:
            sources = _gather_sources(cloth, cloths, details)
            fine = detail if sources is None else _quilt(cloth, detail, sources, structure, hangs)
        if plain > 0:
            calm = _continue_plain(cloth, fine, weave, around.get(cloth.limb), structure, hangs)
            fine = fine + (plain * cloth.gaps)[..., None] * (calm - fine)
        sigma = structure.shade_m * cloth.scale
        quilted.append((reduced_blur(cloth.rgb, cloth.observed | cloth.gaps, sigma), fine.astype(np.float32)))
    return quilted


def _continue_plain(
    cloth: ClothLayer,
    quilted: np.ndarray,
    weave: np.ndarray | None,
    around: tuple[np.ndarray, np.ndarray] | None,
    structure: ClothStructure,
    hangs: bool,
) -> np.ndarray:
    """H×W×3: detail of plain cloth, what was seen turned over at its edge, and beyond that calm weave with few folds.

    Args:
        quilted: H×W×3, from which what hangs free has its folds.
        weave: as `measure_weave` has it.
        around: folds that go on around a limb, as `turn_limbs` has them.
    """
    seed = int(cloth.observed.sum())  # another garment has its folds in other places
    calm = _lengthen(cloth, quilted) if hangs else _draw_folds(cloth, structure.deviation, seed)
    strongest = max(1e-3, _TURNED * structure.deviation)
    shown = strongest * np.tanh(take_off_shade(cloth, structure.shade_m) / strongest)
    turned, left = turn_at_edge(cloth, shown)
    if around is not None:
        folds, known = around
        left = left * (1 - known * (1 - np.square(left)))  # right beside it, what was seen goes on unmoved
        calm = known[..., None] * folds[..., None] + np.sqrt(1 - np.square(known))[..., None] * calm
    if weave is not None:
        calm = calm + draw_weave(weave, cloth.gaps.shape, seed)
    # The squares of both weights sum to 1: so the deviation of what is unlike stays the same on the way.
    return turned * left[..., None] + calm * np.sqrt(1 - np.square(left))[..., None]


def _carry_print(
    cloths: Sequence[ClothLayer], structure: ClothStructure, hangs: bool, few: float
) -> list[tuple[np.ndarray, np.ndarray] | None]:
    """What `quilt_garment` gives, of cloth with a print; its shade is one colour, 1×1×3.

    It is turned over at its flanks, in its own colours; only holes in it are quilted.

    Args:
        cloths: whose sources are the print's own.
    """
    usual = measure_usual(cloths)
    details = [extract_print(cloth, usual) for cloth in cloths]
    turned = _turn_print(cloths, details)
    carried: list[tuple[np.ndarray, np.ndarray] | None] = []
    for cloth, (fine, filled) in zip(cloths, turned, strict=True):
        if cloth.gaps.sum() <= few:
            carried.append(None)
            continue
        holes = replace(cloth, observed=cloth.observed | filled, gaps=cloth.gaps & ~filled)
        # A shirt's plain sleeves lend its checked trunk nothing, where that has enough of its own.
        own = (cloth.limb, TWINS.get(cloth.limb)) if filled.any() else range(len(LIMBS) + 1)
        pairs = [pair for pair in zip(cloths, details, strict=True) if pair[0].limb in own]
        sources = _gather_sources(cloth, [each for each, _ in pairs], [detail for _, detail in pairs])
        whole = fine if sources is None else _quilt(holes, fine, sources, structure, hangs, _LARGE)
        carried.append((np.broadcast_to(usual, (1, 1, 3)), whole))
    return carried


def _turn_print(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """H×W×3 of each layer of a garment, its print turned over at its flanks, and H×W bool, which gaps that fills.

    A limb of which too little was seen for that has what its twin has.
    """
    turned = {}
    for cloth, detail in zip(cloths, details, strict=True):
        fine = detail.copy()
        turned[cloth.limb] = fine, mirror_around(fine, cloth.source, cloth.gaps, cloth.scale)
    layers = {cloth.limb: cloth for cloth in cloths}
    for limb, (fine, filled) in turned.items():
        twin = TWINS.get(limb)
        if twin in layers and not filled.any() and turned[twin][1].any():
            lent, known = take_from_twin(
                layers[limb], layers[twin], turned[twin][0], turned[twin][1] | layers[twin].source
            )
            filled |= layers[limb].gaps & known
            fine[filled] = lent[filled]
    return list(turned.values())


def _measure_weave(cloths: Sequence[ClothLayer], details: Sequence[np.ndarray]) -> np.ndarray | None:
    """What `measure_weave` gives, of what of a garment's detail is finer than folds."""
    weaves = [detail - level_weave(detail, cloth, _FINE_M) for cloth, detail in zip(cloths, details, strict=True)]
    return measure_weave(cloths, weaves)


def _quilt(
    cloth: ClothLayer,
    detail: np.ndarray,
    sources: Sources,
    structure: ClothStructure,
    hangs: bool,
    sizes: int = len(_SIDES),
) -> np.ndarray:
    """H×W×3: the detail of a garment on one canvas, its gaps filled by so many sizes of pieces; 0 where none fits."""
    blended = np.interp(structure.patterned, (0, 1), _BLENDED_M) * cloth.scale
    quilt = Quilt(detail, cloth.observed, sources, float(blended))
    height, girth = cloth.gaps.shape
    if hangs:
        quilt.fill(cloth.gaps, (height, round(_PANEL * girth)), round(_LEVEL_M * cloth.scale), _PANEL_COVERED)
    for side, reach, covered in zip(_SIDES[:sizes], _REACHES[:sizes], _COVERED[:sizes], strict=True):
        pixels = round(side * girth)
        quilt.fill(cloth.gaps, (pixels, pixels), round(reach * pixels * (1 - structure.banded)), covered)
    left = (cloth.gaps & ~quilt.filled).astype(np.float32)
    return quilt.image * (1 - _soften(left, _EDGE_M * cloth.scale))[..., None] * quilt.filled[..., None]


def _soften(mask: np.ndarray, sigma: float) -> np.ndarray:
    """H×W, 0 to 1: 1 within a mask, H×W of 0 and 1, and less up to some sigmas, pixels, beside it."""
    return (2 * blur_around(mask, sigma, sigma)).clip(0, 1)


def _draw_folds(cloth: ClothLayer, deviation: float, seed: int) -> np.ndarray:
    """H×W×1: new folds, as strong as a garment of that deviation of brightness has them."""
    return draw_folds(cloth, float(np.clip(_NEW_FOLDS * deviation, *_NEW_RANGE)), seed)[..., None]


def _lengthen(cloth: ClothLayer, quilted: np.ndarray) -> np.ndarray:
    """H×W×3: what of quilted detail runs from top to hem."""
    return blur_around(quilted, _FINE_M * cloth.scale, _LONG_M * cloth.scale)


def _gather_sources(cloth: ClothLayer, cloths: Sequence[ClothLayer], details: list[np.ndarray]) -> Sources | None:
    """The garment's canvases beside each other, rows at the height of this one's; None where nothing may come again."""
    energies = [cv2.GaussianBlur(square_lengths(detail), (0, 0), _AROUND_M * cloth.scale) for detail in details]
    usual = np.concatenate([energy[other.source] for energy, other in zip(energies, cloths, strict=True)])
    if not len(usual):
        return None
    busy = _BUSY * max(1e-8, float(np.median(usual)))
    columns: list[tuple[np.ndarray, ...]] = []
    for other, detail, energy in zip(cloths, details, energies, strict=True):
        if other.source.any():
            odd = np.log2(energy / busy + 1e-6).clip(0, None) + _foreign(other.limb, cloth.limb)
            across = other.source.any(0).nonzero()[0]
            spanned, down = slice(across[0], across[-1] + 1), other.top - cloth.top
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
