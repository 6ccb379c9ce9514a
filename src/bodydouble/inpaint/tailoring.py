"""Cloth that was not seen gets what tailors give it: seams, hems, waistbands, belts and seat pockets.

Where they lie is the body's anatomy (`seam_lines`) and the labels' borders (`garment_edges`), how they look is soft
relief (`seam_relief`), and what the photo shows all along an edge goes on around (`edge_bands`). What a garment may
have or not, a hood, a logo, a yoke on a shirt, is not made up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, resize_nearest
from bodydouble.inpaint.cloth_texels import ClothTexels, mean_cloth_texels
from bodydouble.inpaint.edge_bands import find_band
from bodydouble.inpaint.garment_edges import Edge, EdgeTexels, find_borders, measure_edges
from bodydouble.inpaint.seam_lines import Seam, find_seam
from bodydouble.inpaint.seam_relief import draw_cast, draw_hem, draw_patch, draw_seam, measure_away
from bodydouble.parsing.garments import GARMENTS
from bodydouble.parsing.labels import DRESS, LOWER, OUTER, UNDER, UPPER
from bodydouble.values import Texture, Understanding, style_chance

SEWN_SIZE = 1024  # texels a side at which it is drawn: 1.7 mm of cloth; coarser, a seam is a row of squares
_LEAST_SIZE = 512  # of a texture; in coarser ones nothing of it would be seen
_WELL = 0.35  # cosine to the camera from which a texel's colour tells of bands
_FEW = 500  # texels of a garment; of fewer nothing is told, and nothing is drawn on them
_TUCKED_M = 0.05  # of the waist above the hip's joint, from which on it is trousers' own edge, and no hem lies over it
_SHORT_SLEEVE_M = 0.3  # metres down the arm, up to which a sleeve is short
_BLUE = 0.04  # by which denim's blue is above its red
_SURE = 0.5  # chance of a kind of garment from which on it is drawn as that kind
_WAISTBAND_M = 0.036
# Depths of grooves and valleys, shares of brightness.
_SEAMS = {Seam.ARMHOLE: (0.09, 0.05), Seam.SIDE: (0.06, 0.02), Seam.SEAT: (0.12, 0.05), Seam.OUTSEAM: (0.07, 0.02)}
_SEAMS |= {Seam.INSEAM: (0.07, 0.02), Seam.YOKE: (0.11, 0.0), Seam.POCKET: (0.13, 0.0), Seam.WELT: (0.12, 0.0)}
# Metres from the edge to its seam, and depth: of necklines, long and short sleeves, hems, and trouser legs.
_NECK, _COLLAR, _LONG, _SHORT = (0.022, 0.1), (0.045, 0.1), (0.055, 0.09), (0.02, 0.09)
_HEM, _LEG, _WAIST = (0.022, 0.09), (0.02, 0.09), (_WAISTBAND_M, 0.13)


@dataclass(frozen=True, kw_only=True)
class _LegWear:
    """What a lower garment is."""

    legs: float  # chance that it has legs
    trousers: float | None = None  # chance that it is trousers or shorts, and no tights; None: no parser tells


@dataclass(kw_only=True, eq=False)
class _Drawing:
    """What is drawn on N texels."""

    texels: ClothTexels
    body: BodyModel
    labels: Tensor  # (N,), int64
    borders: Tensor  # 2×P, see `find_borders`
    hangs: bool  # what ends at the waist ends beneath something
    rgb: Tensor  # N×3
    seen: Tensor  # (N,), bool, well enough to tell a colour
    gain: Tensor  # (N,), of what is drawn
    change: Tensor  # N×3, added before

    def sew(self, seam: Seam, label: int) -> None:
        """A seam, where the label is."""
        lines = find_seam(self.body, self.texels.size, seam)
        here = self.labels[lines.number] == label
        number, offset = lines.number[here], lines.offset[here]
        depth, valley = _SEAMS[seam]
        point = self.texels.position[number]
        drawn = draw_patch(offset, point, depth) if seam == Seam.POCKET else draw_seam(offset, point, depth, valley)
        self.gain[number] *= 1 + lines.weight[here] * drawn

    def measure_edges(self, label: int) -> dict[Edge, EdgeTexels]:
        """The edges of a label that are to be seen."""
        edges = measure_edges(self.labels, label, self.borders, self.texels)
        return {edge: texels for edge, texels in edges.items() if not (self.hangs and edge in (Edge.HEM, Edge.WAIST))}

    def hem(self, edge: EdgeTexels, seam: tuple[float, float]) -> None:
        """A seam along an edge."""
        self.gain[edge.number] *= 1 + draw_hem(edge.distance, self.texels.position[edge.number], *seam)

    def band(self, edge: EdgeTexels, usual: Tensor) -> None:
        """What runs along an edge."""
        there = edge.beyond[self.seen[edge.beyond]]
        if not len(there):
            return
        beyond = self.rgb[self.seen & (self.labels == self.labels[there].mode().values)].median(0).values
        band = find_band(self.rgb, self.seen, usual, edge, beyond)
        if band is not None:
            self.change[edge.number] += band.level[:, None] * band.change


def tailor_cloth(
    whole: Texture, understanding: Understanding | None, body: BodyModel, *, hangs: bool = False
) -> Texture:
    """A completed texture, S×S, on whose unseen cloth seams are drawn; as it is without labels.

    Args:
        whole: the body's, of even light; texels of confidence 0 were not seen.
        understanding: of the first photo, which tells the kind of garment.
        hangs: a skirt or a coat hangs over the body from the waist on, and what ends there ends beneath it.
    """
    if whole.labels is None or len(whole.labels) < _LEAST_SIZE:
        return whole
    size = min(SEWN_SIZE, len(whole.labels))
    texels = mean_cloth_texels(body, size)
    values = texels.take(resize_nearest(torch.cat([whole.rgb, whole.confidence[None]]), size))
    labels = texels.take(resize_nearest(whole.labels[None].float(), size)[0]).long()
    drawing = _Drawing(
        texels=texels,
        body=body,
        labels=labels,
        borders=find_borders(labels, texels),
        hangs=hangs,
        rgb=values[:, :3],
        seen=values[:, 3] > _WELL,
        gain=torch.ones(len(texels)),
        change=torch.zeros(len(texels), 3),
    )
    tucked = _draw_trousers(drawing, _estimate_leg_wear(understanding))
    for label in (UPPER, DRESS, OUTER, UNDER):
        _draw_top(drawing, label, tucked)
    away = measure_away(texels.put(values[:, 3:])[0] > 0)
    drawn = texels.put(torch.cat([drawing.gain[:, None] - 1, drawing.change], 1)) * away
    drawn = drawn if size == len(whole.labels) else enlarge(drawn, len(whole.labels))
    rgb = ((whole.rgb + drawn[1:]) * (1 + drawn[:1])).clamp(0, 1)
    return replace(whole, rgb=torch.where(whole.confidence > 0, whole.rgb, rgb))


def _estimate_leg_wear(understanding: Understanding | None) -> _LegWear:
    """What the legs wear; without a parser's garments nothing tells trousers from leggings."""
    if understanding is None:
        return _LegWear(legs=0.0)
    if understanding.garments is None:
        return _LegWear(legs=style_chance(understanding.style, "legs", "apart"))
    lower = understanding.labels[LOWER]
    names = ("skirt", "trousers", "shorts", "tights")
    shares = [float((understanding.garments[GARMENTS.index(name)] * lower).sum()) for name in names]
    skirt, trousers, shorts, _ = (share / max(1e-6, sum(shares)) for share in shares)
    return _LegWear(legs=1 - skirt, trousers=trousers + shorts)


def _draw_trousers(drawing: _Drawing, wear: _LegWear) -> bool:
    """Draw what trousers have; whether what is worn above is tucked into them."""
    usual = _usual_colour(drawing, LOWER)
    if usual is None:
        return False
    edges = drawing.measure_edges(LOWER)
    tucked = _draw_waist(drawing, edges, usual)
    if wear.legs < _SURE:
        return tucked
    if Edge.LEG in edges:
        drawing.hem(edges[Edge.LEG], _LEG)
    for seam in (Seam.SEAT, Seam.OUTSEAM, Seam.INSEAM):
        drawing.sew(seam, LOWER)
    jeans = float(usual[2] - usual[0]) > _BLUE
    # Where no parser tells trousers from leggings blue ones are jeans: blue leggings are rare.
    if jeans if wear.trousers is None else wear.trousers > _SURE:
        for seam in (Seam.YOKE, Seam.POCKET) if jeans else (Seam.WELT,):
            drawing.sew(seam, LOWER)
    return tucked


def _draw_waist(drawing: _Drawing, edges: Mapping[Edge, EdgeTexels], usual: Tensor) -> bool:
    """Draw waistband and belt, or the shade of the hem that lies over them; whether there is none."""
    if Edge.WAIST not in edges:
        return False
    edge = edges[Edge.WAIST]
    if edge.height < drawing.texels.joints["left_hip"][1] + _TUCKED_M:
        drawing.gain[edge.number] *= 1 + draw_cast(edge.distance)
        return False
    drawing.band(edge, usual)
    drawing.hem(edge, _WAIST)
    return True


def _draw_top(drawing: _Drawing, label: int, tucked: bool) -> None:
    """Draw what a top or a dress of that label has."""
    usual = _usual_colour(drawing, label)
    if usual is None:
        return
    edges = drawing.measure_edges(label)
    if Edge.NECK in edges:
        drawing.hem(edges[Edge.NECK], _COLLAR if label == OUTER else _NECK)
    if Edge.CUFF in edges:
        drawing.hem(edges[Edge.CUFF], _SHORT if edges[Edge.CUFF].height < _SHORT_SLEEVE_M else _LONG)
    if Edge.HEM in edges:
        drawing.band(edges[Edge.HEM], usual)
        if not tucked:
            drawing.hem(edges[Edge.HEM], _HEM)
    drawing.sew(Seam.ARMHOLE, label)
    drawing.sew(Seam.SIDE, label)


def _usual_colour(drawing: _Drawing, label: int) -> Tensor | None:
    """(3,), of what was seen of a label; None of too little."""
    here = (drawing.labels == label) & drawing.seen
    return drawing.rgb[here].median(0).values if int(here.sum()) >= _FEW else None
