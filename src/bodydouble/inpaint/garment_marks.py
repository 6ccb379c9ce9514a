"""What lies before a garment in its label, a bag, a scarf, a hand or a shadow, and what of it goes on around.

What was not seen of a garment is of its main cloth: the colour that most of its sides have, the left, the right and
either sleeve. Any other goes on behind only where it is seen to cross the front and to leave it at both sides: a
band, a block of colour or a stripe at those heights. What is seen on one side alone, or in the middle, lies before it.
So does a shadow: the same tint, and darker.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bodydouble.inpaint.label_borders import average_neighbours
from bodydouble.parsing.labels import CLOTH
from bodydouble.surface.graph import Edges, SurfaceGraph
from bodydouble.surface.regions import Region

_STEPS = 12  # of averaging with neighbours, about 2 cm around a limb: prints and weaves become one colour
_FEW = 60  # seen texels of a garment; fewer tell no colour
_DARK = 0.1  # that is added to colours before their logarithm: in the dark small steps are faint
_TINT, _LIGHT = 0.2, 0.4  # differences of the logarithms' tint and lightness that count alike: 1
_SAME, _UNLIKE = 1.0, 1.4  # of that, up to which points have one colour, and from which on they are no main cloth
_SHADOW_TINT = 0.9  # the same of tint alone, up to which what is darker is the main cloth in the shade
_SAMPLES = 400  # points of a garment that are compared with each other
_OF_PART = 0.2  # share of trunk and legs, or of the sleeves, that its main colour has at least
_BIN_M, _FEW_IN_BIN = 0.03, 3
_FLANK = 0.7  # of the way from a garment's middle to its side, from where on its flank begins
_MANY = 5  # times the few; with fewer points a garment's part has no bands
_BAND = 0.6  # share of what was seen of either flank at a height that a band has
_ACROSS = 0.4  # the same of the middle, where the garment shows there: two panels in front are no band
_CORE = 0.25  # of the way from a garment's middle to its side, up to where above a neckline there is neck
_PATTERN = 0.15  # share of each flank's and the middle's upper and lower half that what is all over a garment has


@dataclass(frozen=True, kw_only=True)
class GarmentPoints:
    """N points of one garment."""

    tone: Tensor  # N×4, as `measure_tones` has them, where `seen`
    x: Tensor  # (N,), metres to the left of the body's middle
    along: Tensor  # (N,), metres down the sleeve, else up
    sleeve: Tensor  # (N,) bool
    seen: Tensor  # (N,) bool


def find_marks(rgb: Tensor, seen: Tensor, label: Tensor, graph: SurfaceGraph) -> tuple[Tensor, Tensor]:
    """What of each garment spreads nowhere, and what goes on as a band, another cloth than the rest: (N,) bool each.

    A pattern's other colours spread nowhere, too: what goes on of it are its motifs, and between two of its colours
    there would be a glow that no cloth has.

    Args:
        rgb: N×3, sRGB in [0, 1], where `seen`, (N,) bool.
        label: (N,) int64, of all texels.
    """
    surface = graph.surface
    tone = measure_tones((average_within(rgb, seen, label, graph.edges) + _DARK).log())
    along = torch.where(surface.arm, surface.along, surface.position[:, 1])
    lone, banded = torch.zeros_like(seen), torch.zeros_like(seen)
    for number in CLOTH:
        garment = (surface.region == Region.BODY) & (label == number)
        points = GarmentPoints(
            tone=tone[garment],
            x=surface.position[garment, 0],
            along=along[garment],
            sleeve=surface.arm[garment],
            seen=seen[garment],
        )
        lone[garment], banded[garment] = find_lone(points, _FEW, of_patterns=True)
    return lone, banded


def measure_tones(level: Tensor) -> Tensor:
    """N×4: tint and, last, lightness of N×3 colours' logarithms, in steps of which 1 is another colour."""
    light = level.mean(1, keepdim=True)
    return torch.cat([(level - light) / _TINT, light / _LIGHT], 1)


def find_lone(points: GarmentPoints, few: int, of_patterns: bool = False) -> tuple[Tensor, Tensor]:
    """(N,) bool each: seen points that do not go on around, and points, seen or not, of a band that does.

    Args:
        few: points that tell no colour.
        of_patterns: so are those of a pattern's other colours; else these are none.
    """
    lone, banded = torch.zeros_like(points.seen), torch.zeros_like(points.seen)
    for part in (~points.sleeve, points.sleeve):
        if int((part & points.seen).sum()) < few:
            continue
        main = find_main(points, part)
        unlike = part & points.seen & ((points.tone - main).norm(dim=1) > _UNLIKE)
        bands = _find_bands(unlike & ~_find_shadow(points.tone, main), part, points, few)
        if bands is None:
            lone |= unlike & of_patterns
        else:
            banded |= part & bands & (unlike | ~points.seen)
            lone |= unlike & ~bands
    return lone, banded


def find_main(points: GarmentPoints, part: Tensor) -> Tensor:
    """(4,): the tone that most sides of a garment have, of those that its part, (N,) bool, has."""
    shown = points.seen.nonzero()[:, 0]
    step = -(-len(shown) // _SAMPLES)
    shown = shown[::step]
    tone, part = points.tone[shown], part[shown]
    side = (2 * points.sleeve + (points.x > 0))[shown]
    near = (torch.cdist(tone, tone) < _SAME).float()
    # A side has a say by the root of what was seen of it: one of four, but for a sleeve of which little was seen.
    weight = torch.bincount(side, minlength=4).clamp_min(1).float().rsqrt()[side]
    share = near[:, part].mean(1)
    score = near @ weight * (share >= min(_OF_PART, float(share.max())))
    alike = near[score.argmax()] > 0
    return tone[alike & part if bool((alike & part).any()) else alike].median(0).values


def _find_shadow(tone: Tensor, main: Tensor) -> Tensor:
    """(N,) bool: tones, N×4, of the main one's cloth, (4,), in the shade: as light as that, they have its tint."""
    colour, light = (
        ((each[..., :3] * _TINT + each[..., 3:] * _LIGHT).exp() - _DARK).clamp_min(0.01) for each in (tone, main)
    )
    lit = colour * (light.mean() / colour.mean(1, keepdim=True))
    tint = measure_tones((lit + _DARK).log())[:, :3]
    return (tone[:, 3] < main[3]) & ((tint - main[:3]).norm(dim=1) < _SHADOW_TINT)


def _find_bands(unlike: Tensor, part: Tensor, points: GarmentPoints, few: int) -> Tensor | None:
    """(N,) bool: points at heights at which unlike ones leave the front at both sides; None where these are all over.

    Args:
        unlike: (N,) bool, seen points of the `part`, (N,) bool.
    """
    bins = ((points.along - points.along[part].min()) / _BIN_M).long().clamp_min(0)
    count = int(bins[part].max()) + 1
    bins, seen = bins.clamp(max=count - 1), part & points.seen
    width = torch.zeros(count).scatter_reduce(0, bins[part], points.x[part].abs(), "amax")
    aside = points.sleeve | (points.x.abs() > _FLANK * width[bins])
    lower = bins < bins[seen].median()
    shares, tones, zones = [], [], []
    flanks = aside & (points.x > 0), aside & (points.x < 0), ~aside
    for flank in flanks:
        shown, odd = (torch.bincount(bins[each & flank], minlength=count) for each in (seen, unlike))
        shares.append(torch.where(shown < _FEW_IN_BIN, torch.nan, odd / shown))
        total = torch.zeros(count, 4).index_add_(0, bins[unlike & flank], points.tone[unlike & flank])
        tones.append(total / odd.clamp_min(1)[:, None])
        halves = [seen & flank & half for half in (lower, ~lower)]
        zones += [float(unlike[half].float().mean()) for half in halves if int(half.sum()) >= few]
    if len(zones) > 1 and min(zones) > _PATTERN:
        return None
    if int(seen.sum()) < _MANY * few:
        return torch.zeros_like(seen)
    sides = torch.stack(shares[:2])
    of_one_colour = (tones[0] - tones[1]).norm(dim=1) < _UNLIKE
    hidden = [int((seen & flank).sum()) < few for flank in flanks[:2]]
    if any(hidden):  # the photo shows one side of a garment: that tells of the other
        sides, of_one_colour = sides.flip(0).where(torch.tensor(hidden)[:, None], sides), torch.tensor(True)
    sides = sides.nan_to_num(0).amin(0)
    across = shares[2].nan_to_num(1) > _ACROSS
    core = points.x.abs() < _CORE * width[bins]
    shown, odd = (torch.bincount(bins[each & core & ~points.sleeve], minlength=count) for each in (seen, unlike))
    below_neck = (shown >= _FEW_IN_BIN).nonzero()[:, 0]
    if len(below_neck):  # on both shoulders there may be flowers: only what crosses below the neck goes on above
        top = int(below_neck[-1])
        across[top + 1 :] &= odd[top] > _ACROSS * shown[top]
    return ((sides > _BAND) & across & of_one_colour)[bins]


def find_unlike(rgb: Tensor, usual: Tensor) -> Tensor:
    """(N,) bool: colours, N×3, that are another than usual, N×3, and not that in the shade.

    What lies at the edge of a mark is averaged with what is beside it, and is found by its own colour alone.
    """
    tone, main = (measure_tones((colour + _DARK).log()) for colour in (rgb, usual))
    away = tone - main
    return (away.norm(dim=1) > _UNLIKE) & ((away[:, 3] > 0) | (away[:, :3].norm(dim=1) > _SHADOW_TINT))


def average_within(rgb: Tensor, seen: Tensor, label: Tensor, edges: Edges) -> Tensor:
    """N×3: each seen texel's colour, averaged with the seen ones of its label around it."""
    same = (label[edges.first] == label[edges.second]) & seen[edges.first] & seen[edges.second]
    around = average_neighbours(len(label), Edges(edges.first[same], edges.second[same], edges.conductance[same]))
    soft = rgb.numpy()
    for _ in range(_STEPS):
        soft = around @ soft
    return torch.from_numpy(soft)
