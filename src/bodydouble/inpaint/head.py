"""The head's unseen texels: what covers each of them first, and then its colour.

Skin has the colour of the face's other side where that was seen, else the skin's around. Hair has the tone of the hair
that was seen, in strands of its contrast. A hat goes on around.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, fill_seams, resize_nearest
from bodydouble.inpaint.detail import solid_texels
from bodydouble.inpaint.ear_folds import draw_ear_folds
from bodydouble.inpaint.eyewear_arms import draw_arms
from bodydouble.inpaint.head_labels import HEAD_LABELS, complete_head_labels, select_head
from bodydouble.inpaint.head_skin import FEATURES_M, mirror_skin
from bodydouble.inpaint.nape import nape_texels, nape_thinness
from bodydouble.inpaint.near_and_usual import median_colour
from bodydouble.inpaint.photo_colour import FEW, TONE, photo_colour, take_off_sky
from bodydouble.inpaint.repaint import labelled_by_hand
from bodydouble.inpaint.scalp_strands import draw_scalp_sheen, draw_scalp_strands, is_cropped
from bodydouble.inpaint.scalp_tint import CONTRAST, tint_scalp
from bodydouble.parsing.hats import wears_hat
from bodydouble.parsing.labels import CLOTH, EYES, FACIAL_HAIR, HAIR, HAT, SKIN
from bodydouble.progress import Progress
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceGraph, mean_surface_graph
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.covered_ears import draw_covered_ears, find_covered_ears
from bodydouble.values import FittedView, Texture

_HAIR_ROW, _SKIN_ROW, _BEARD_ROW = (HEAD_LABELS.index(label) for label in (HAIR, SKIN, FACIAL_HAIR))
SIZE = 256  # texels a side of the texture in which labels and colours spread
_SEEN = 30.0  # weight of a colour that was seen frontally, against one between neighbours
_RIM_LABEL = 0.03  # how sure a label is whose colour is not believed: like one neighbour, so that specks are lost
_TYPICAL = 0.01  # of a label's usual colour: it takes over some 4 cm beyond what was seen
_BARE = 0.2  # difference of colour between a head's skin and a neck that is bare
_FEW_HAIR = 40  # and of hair: those near the forehead alone are mixed with it
_BRIM = 0.03  # share of a head's seen texels that the edge of a hat's brim may have
_SHORN = 0.05  # share of a head's seen texels that are hair: of a shaven crown 0.03, of hair combed back 0.08 or more
_STUBBLE = 0.6  # of the skin's colour: the lightest that shorn hair is
_DARK = 0.4  # brightness of hair that no photo shows, of the face's
_SHARP, _SOFT = 14.0, 8.0  # how fast one label takes over from another, against their chances' difference
_FRAYED, _WISPY = 0.04, 0.05  # of a chance, by which strands cross the hairline
_COVERS = 0.4  # by how much strands at the nape are denser than between them; at 1 it ended in a comb
_RIM = 0.004  # of the texture's side: the rim of what lies beneath the nape
_NEAR_SIGMA = 0.01  # of the texture's side: beside what was seen the first of each pair holds, elsewhere the second
_FADES = 0.02  # weight by which a step to what was seen fades, over some 3 cm
_GREATEST_STEP = 0.3  # of a channel; more is a lock's or an earring's


@dataclass(frozen=True, kw_only=True)
class _Head:
    """The head's H texels of the small texture."""

    graph: SurfaceGraph
    rows: Tensor  # (H,) int64, of the graph's surface
    edges: Edges
    rgb: Tensor  # H×3
    confidence: Tensor  # (H,); 0 on the rim of what was seen
    labels: Tensor  # (H,) int64
    labelled: Tensor  # (H,) in [0, 1], how sure labels are; on the rim of what was seen they are, and colours are not
    by_hand: Tensor  # (H,) bool: the label was painted
    cloth: Tensor | None  # (3,), usual colour of the body's seen cloth; None: nothing was painted


def complete_head(
    base: Tensor,
    partial: Texture,
    body: BodyModel,
    curl: float = 0.0,
    seed: int = 0,
    view: FittedView | None = None,
    progress: Progress | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Colours of every texel, in which the head's unseen ones are completed, and what they are.

    Args:
        base: 3×S×S, completed colours.
        partial: what was seen, S×S; without labels nothing changes.
        curl: of the hair, 0 straight to 1 curly.
        view: the first photo, whose hair tells the usual colour; None: what was seen on the body does.

    Returns:
        3×S×S, and S×S, int64, labels of the head's texels, -1 elsewhere; None where none were seen.
    """
    if partial.labels is None:
        return base, None
    solid = solid_texels(partial.confidence, texel_map(body.layout, base.shape[-1]).face[0] >= 0)
    head = _take_head(partial, solid, body)
    if not bool((head.confidence > 0).any()):
        return base, None
    hatted = _hides_hair(head, view)
    surface = head.graph.surface
    ears = torch.zeros(len(surface), dtype=torch.bool) if view is None else find_covered_ears(view, body, SIZE)
    chances = complete_head_labels(head.labels, head.labelled, head.rows, head.edges, surface, hatted, ears[head.rows])
    tell = progress or (lambda what, done: None)
    tell("inpaint", 0.2)
    neck = _take_neck(base, head)
    colours = [_spread_label(head, chances, number, view, neck) for number in range(len(HEAD_LABELS))]
    tell("inpaint", 0.5)
    style = None if view is None or view.understanding is None else view.understanding.style
    strands = draw_scalp_strands(body, base.shape[-1], curl, seed, is_cropped(style))
    tell("inpaint", 0.65)
    folds = draw_ear_folds(body, base.shape[-1])
    tell("inpaint", 0.8)
    drawn = _enlarge(torch.cat([chances, *colours], 1), head, base.shape[-1])
    # The little hair that shows below a hat has no thin ends: these would be streaks of skin up to the hat.
    near = torch.ones_like(partial.confidence) if hatted else _nearness(partial.confidence > 0)
    logits = _fray_hairline(drawn[: len(HEAD_LABELS)], strands, near)
    colour = drawn[len(HEAD_LABELS) :].unflatten(0, (len(HEAD_LABELS), 3)).clone()
    made = mirror_skin(base, colour[_SKIN_ROW], partial, solid, body)
    colour[_SKIN_ROW] = made + _enlarge(_measure_step(head, made, chances), head, base.shape[-1])
    colour[_SKIN_ROW] *= torch.where(partial.confidence > 0, 1.0, folds)
    sheen = draw_scalp_sheen(body, base.shape[-1])
    colour[_HAIR_ROW] *= tint_scalp(strands, sheen, partial, solid, body, curl, view)
    if bool(head.by_hand.any()):
        colour[_BEARD_ROW] *= 1 + strands * CONTRAST[1]
    # Hair over an ear is no nape, though the ear lies as low.
    full = near.maximum(draw_covered_ears(ears, surface, len(near)).float())
    weights = _thin_out(torch.softmax(logits, 0), strands, full, body)
    mixed = (weights[:, None] * colour).sum(0).clamp(0, 1)
    label = torch.tensor(HEAD_LABELS)[logits.max(0).indices]
    # Where skin was seen, nothing is left for its twin to add: that has its colour already.
    mixed = torch.where((partial.confidence > 0) & (label != HAIR), partial.rgb, mixed)
    mixed = draw_arms(mixed, label == SKIN, partial, body)
    of_head, beside = _select_head(body, base.shape[-1])
    # Hair's colour has run out over the nape's border.
    coloured = of_head | (beside & (nape_thinness(body, base.shape[-1]) > 0.99) & (partial.confidence == 0))
    return torch.where(coloured, mixed, base), torch.where(of_head, label, -1)


def _fray_hairline(chances: Tensor, strands: Tensor, near: Tensor) -> Tensor:
    """4×S×S logits of chances of the `HEAD_LABELS`: strands cross the hairline.

    Args:
        strands: S×S, mean 0 and deviation 1.
        near: S×S in [0, 1], as `_nearness` tells; there the hairline is as sharp as it was seen.
    """
    frayed = chances.clone()
    frayed[_HAIR_ROW] += torch.lerp(torch.tensor(_WISPY), torch.tensor(_FRAYED), near) * strands.clamp(-2, 2)
    return torch.lerp(torch.tensor(_SOFT), torch.tensor(_SHARP), near) * frayed


def _thin_out(weights: Tensor, strands: Tensor, near: Tensor, body: BodyModel) -> Tensor:
    """4×S×S shares of the `HEAD_LABELS`: at the nape skin shows between strands of hair. Arguments as above."""
    thin = nape_thinness(body, len(near)) * (1 - near)
    bare = weights[_HAIR_ROW] * (thin - _COVERS * thin * (1 - thin) * strands).clamp(0, 1)
    moved = torch.zeros_like(weights)
    moved[_HAIR_ROW], moved[_SKIN_ROW] = -bare, bare
    return weights + moved


def _nearness(seen: Tensor) -> Tensor:
    """S×S in [0, 1]: 1 where it was seen, S×S bool, and beside that, 0 far from it."""
    spread = torch.from_numpy(gaussian_filter(seen.float().numpy(), _NEAR_SIGMA * len(seen), truncate=2))
    return torch.where(seen, 1.0, (4 * spread).clamp(0, 1))


def _hides_hair(head: _Head, view: FittedView | None) -> bool:
    """Whether the person wears a hat that was not painted on the head: it is a surface of its own."""
    worn = view is not None and view.understanding is not None and wears_hat(view.understanding.style)
    seen = head.confidence > 0
    return worn and float(((head.labels == HAT) & seen).sum()) < _BRIM * float(seen.sum())


def _take_head(partial: Texture, solid: Tensor, body: BodyModel) -> _Head:
    """The head of a partial texture, at the small size."""
    assert partial.labels is not None
    graph = mean_surface_graph(body, SIZE)
    rows, edges = select_head(graph)
    by_hand = labelled_by_hand(partial)
    # Sunglasses reach over the temple; what is beneath them there is not known.
    rim = (partial.confidence == 0) & (partial.labels > 0) & (partial.labels != EYES)
    labelled = torch.where(by_hand, 1.0, solid + _RIM_LABEL * rim)
    labels = torch.where(by_hand & torch.isin(partial.labels, torch.tensor(CLOTH)), HAT, partial.labels).float()
    planes = torch.stack([partial.confidence * solid, labels, labelled, by_hand.float()])
    planes = torch.cat([partial.rgb, planes])
    small = resize_nearest(planes, SIZE)
    values = graph.surface.take(small)[rows]
    return _Head(
        graph=graph,
        rows=rows,
        edges=edges,
        rgb=values[:, :3],
        confidence=values[:, 3],
        labels=values[:, 4].long(),
        labelled=values[:, 5],
        by_hand=values[:, 6] > 0,
        cloth=_usual_cloth(partial) if bool(by_hand.any()) else None,
    )


def _usual_cloth(partial: Texture) -> Tensor | None:
    """(3,): the usual colour of the cloth that was seen; None where hardly any was."""
    cloth = torch.isin(partial.labels, torch.tensor(CLOTH)) & (partial.confidence > 0)  # type: ignore[arg-type]
    return median_colour(partial.rgb, cloth, FEW, None)


def _take_neck(base: Tensor, head: _Head) -> Tensor:
    """H×4: the completed colour, 3×S×S, of what lies beside each texel of the head and off it, and 1; 0 elsewhere."""
    surface, edges = head.graph.surface, head.graph.edges
    colours = surface.take(resize_nearest(base, SIZE))
    of_head = torch.zeros(len(surface), dtype=torch.bool)
    of_head[head.rows] = True
    beside, count = torch.zeros(len(surface), 3), torch.zeros(len(surface), 1)
    for inner, outer in ((edges.first, edges.second), (edges.second, edges.first)):
        crosses = of_head[inner] & ~of_head[outer] & (surface.region[outer] == Region.BODY)
        beside.index_add_(0, inner[crosses], colours[outer[crosses]])
        count.index_add_(0, inner[crosses], torch.ones(int(crosses.sum()), 1))
    return torch.cat([beside / count.clamp_min(1), (count > 0).float()], 1)[head.rows]


def _spread_label(head: _Head, chances: Tensor, number: int, view: FittedView | None, neck: Tensor) -> Tensor:
    """H×3: the colour that one of the `HEAD_LABELS` would have at each texel; `neck`: of `_take_neck`."""
    source = (head.confidence > 0) & (head.labels == HEAD_LABELS[number]) & (chances.argmax(1) == number)
    in_photo = photo_colour(view) if HEAD_LABELS[number] == HAIR else None
    shorn = in_photo is not None and _is_shorn(head)
    if shorn or int(source.sum()) < (FEW if in_photo is None else _FEW_HAIR):
        usual = _usual_colour(head, HEAD_LABELS[number], view) if in_photo is None else in_photo
        return (_darken_shorn(usual, head) if shorn else usual).expand(len(head.rgb), 3)
    tone = TONE if HEAD_LABELS[number] == HAIR else 0.5
    typical = head.rgb[source].quantile(tone, 0) if in_photo is None else in_photo
    weight = torch.where(source, _SEEN * head.confidence.square(), _TYPICAL)
    colours = take_off_sky(head.rgb[source]) if HEAD_LABELS[number] == HAIR else head.rgb[source]
    target = typical.expand(len(head.rgb), 3).clone()
    target[source] = colours
    if number == _SKIN_ROW:  # goes over into the neck without a step, where that is bare
        meets = ~source & (neck[:, 3] > 0) & ((neck[:, :3] - typical).abs().amax(1) < _BARE)
        weight, target = torch.where(meets, 1.0, weight), torch.where(meets[:, None], neck[:, :3], target)
    return diffuse(head.edges, weight, target).clamp(0, 1)


def _is_shorn(head: _Head) -> bool:
    """Whether a head shows some hair, and hardly any: of a shaven crown, or one that is bald above."""
    seen = head.confidence > 0
    hair = float(((head.labels == HAIR) & seen).sum())
    return 0 < hair < _SHORN * float(seen.sum())


def _darken_shorn(colour: Tensor, head: _Head) -> Tensor:
    """(3,): a colour of shorn hair, darker than the head's skin: what shines there is the scalp, not the hair."""
    skin = (head.confidence > 0) & (head.labels == SKIN)
    return colour if int(skin.sum()) < FEW else colour.minimum(_STUBBLE * head.rgb[skin].median(0).values)


def _usual_colour(head: _Head, label: int, view: FittedView | None) -> Tensor:
    """(3,): of what hardly any was seen of. A painted beard is like the hair, a painted hat like the clothes."""
    usual = head.rgb[head.confidence > 0].median(0).values
    if label == HAIR:
        return _DARK * usual
    if label == FACIAL_HAIR and bool(head.by_hand.any()):
        in_photo = photo_colour(view)
        return _DARK * usual if in_photo is None else in_photo
    return head.cloth if label == HAT and head.cloth is not None else usual


def _enlarge(values: Tensor, head: _Head, size: int) -> Tensor:
    """C×S×S of H×C."""
    surface = head.graph.surface
    rows = torch.zeros(len(surface), values.shape[1] + 1)
    rows[head.rows] = torch.cat([values, torch.ones(len(values), 1)], 1)
    drawn = surface.put(rows)
    return enlarge(fill_seams(drawn[:-1], drawn[-1] > 0), size)


def _measure_step(head: _Head, made: Tensor, chances: Tensor) -> Tensor:
    """H×3: by how much made-up skin, 3×S×S, misses what was seen of it; it fades away from there.

    With that added, a face goes over into what is made up without an edge, wherever its colours come from.
    """
    drawn = head.graph.surface.take(resize_nearest(made, SIZE))[head.rows]
    source = (head.confidence > 0) & (head.labels == SKIN) & (chances.argmax(1) == _SKIN_ROW)
    weight = torch.where(source, _SEEN * head.confidence.square(), _FADES)
    step = (head.rgb - drawn).clamp(-_GREATEST_STEP, _GREATEST_STEP) * source[:, None]
    return diffuse(head.edges, weight, step)


def _select_head(body: BodyModel, size: int) -> tuple[Tensor, Tensor]:
    """S×S, bool: texels of face, scalp, nape, and of the ears' folds, which no direction sees; and with their rim."""
    region = anatomy(body).regions(size)
    surface = mean_surface_graph(body, SIZE).surface
    beside = enlarge(surface.put((surface.position[:, :1].abs() > FEATURES_M).float()), size)[0] > 0.5
    covered = (region == Region.SCALP) | (region == Region.FACE) | nape_texels(body, size)
    covered |= (region == Region.INSIDE) & beside
    reach = 2 * round(_RIM * size) + 1
    return covered, torch.from_numpy(
        cv2.dilate(covered.numpy().astype(np.uint8), np.ones((reach, reach), np.uint8))
    ) > 0
