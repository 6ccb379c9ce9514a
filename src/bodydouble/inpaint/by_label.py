"""What is unseen gets a label first, and then the colour of its label.

Labels spread over the surface from what was seen, around limbs farther than along them; what the parser sees through
the person tells those of the far side. Colours then spread within their label alone: no shirt runs into trousers, no
hair onto a back, and a hand is skin.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy import sparse
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import clip_from_world, project, resized
from bodydouble.geometry.mesh import view_cosine
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.parsing.labels import BACKGROUND, CLOTH, EYES, FACIAL_HAIR, HAIR, HAT, LABELS, OUTER, SKIN, THING, UPPER
from bodydouble.progress import Progress
from bodydouble.raster.depth import depth_range
from bodydouble.raster.shade import interpolate
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import Edges, SurfaceGraph, SurfaceTexels, mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FittedView, Texture

SIZE = 256  # texels a side of the texture whose labels are completed
_SEEN = 30.0  # weight of a label that was seen, against one between neighbours
_THROUGH = 0.3  # of one that the parser sees through the person
_USUAL = 0.02  # of what a region usually is: a hand is skin
_DRAWN_PX = 512  # longer side at which the farthest surface is drawn
_FARTHEST_M = 0.02  # of it counts as it: what lies before is hidden by a hand or an arm
_AWAY = 0.1  # cosine from the camera at which a texel lies on the far side
_LEAK = 1e-4  # conductance that is left between two labels
_TYPICAL = 1e-2  # weight of a label's typical colour: decides where none of it was seen near by
_FEW = 12  # seen texels; fewer tell no colour
_FRONT_M = 0.06  # how far beside a far texel, seen from the front, what lies before it was seen
_HIDDEN = 0.3  # chance of hair on the body, from which on what the parser sees behind is hair that hangs there
_OTHER = 0.15  # how likely something else lies behind than before, against what the parser makes of it
_HEM_M = 0.02  # beyond where a label was seen to end
_HAND = 0.04  # share of a limb's seen texels
_STRAY = 0.005  # share of its texels on either side that may be mistaken
_ROUNDS = 10  # each of which straightens an edge by up to one texel
_OPEN = 0.12  # share of a jacket in what was seen of the trunk, from which on it counts as worn
_RARE = 0.004  # share of the seen texels; a label that was seen less is not behind either
_UNUSUAL = [BACKGROUND, EYES, FACIAL_HAIR, THING]


def recolour_by_label(
    base: Tensor,
    partial: Texture,
    views: Sequence[FittedView],
    body: BodyModel,
    progress: Progress | None = None,
) -> tuple[Tensor, Tensor | None]:
    """Colours of every texel, in which unseen texels of trunk, limbs, hands and feet have those of their label.

    Args:
        base: 3×S×S, completed colours.
        partial: what was seen, S×S; without labels nothing changes.
        views: of which the first tells what lies on the far side.

    Returns:
        3×S×S, and S×S, uint8, the labels of all texels; None where none were seen.
    """
    if partial.labels is None:
        return base, None
    graph, size = mean_surface_graph(body, SIZE), base.shape[-1]
    surface = graph.surface
    shown = torch.cat([partial.rgb, partial.confidence[None], partial.labels[None].float()])
    texels = surface.take(_nearest(shown, SIZE))
    rgb, seen, labels = texels[:, :3], texels[:, 3] > 0, texels[:, 4].long()
    tell = progress or (lambda what, done: None)
    through = _see_through(views[0], surface, body)
    tell("inpaint", 0.2)
    label = complete_labels(labels, seen, through, graph)
    tell("inpaint", 0.6)
    colour = _spread_within(rgb, seen & (labels == label), label, graph)
    chosen = torch.isin(surface.region, torch.tensor([int(Region.BODY), int(Region.HAND), int(Region.FOOT)]))
    chosen |= (surface.region == Region.SCALP) & (label == HAIR)
    small = surface.put(torch.cat([colour, torch.ones(len(surface), 1)], 1) * chosen[:, None])
    covered = surface.put(torch.ones(len(surface), 1))[0] > 0
    drawn = enlarge(fill_seams(small, covered), size)
    weight = drawn[3:]
    recoloured = torch.lerp(base, drawn[:3] / weight.clamp_min(1e-3), ((weight - 0.5) * 4 + 0.5).clamp(0, 1))
    drawn_labels = _nearest(surface.put(label[:, None].float()), size)[0].to(torch.uint8)
    return recoloured, torch.where(partial.confidence > 0, partial.labels, drawn_labels)


def _nearest(image: Tensor, size: int) -> Tensor:
    """C×size×size: the nearest texel of C×S×S."""
    return functional.interpolate(image[None], (size, size), mode="nearest-exact")[0]


def complete_labels(labels: Tensor, seen: Tensor, through: tuple[Tensor, Tensor], graph: SurfaceGraph) -> Tensor:
    """(N,) int64: a label of every texel of the graph.

    Args:
        labels: (N,) int64, where `seen`, (N,) bool.
        through: N×L probabilities of what lies on the far side, and (N,) how much each texel lies there, [0, 1].
    """
    surface = graph.surface
    chances, away = through
    onehot = functional.one_hot(labels, len(LABELS)).float()
    usable = seen & ~torch.isin(labels, torch.tensor(_UNUSUAL))
    # Hair on shoulders and back hangs before them.
    usable &= (labels != HAIR) | torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.FACE)]))
    rare = functional.one_hot(labels[usable], len(LABELS)).sum(0) < _RARE * int(usable.sum())
    # Hair behind neck and shoulders does not say what it hides.
    hidden = (chances[:, HAIR] > _HIDDEN) & (surface.region == Region.BODY)
    allowed = _within_hems(labels, usable, surface)
    chances = chances * _like_front(labels, usable, surface) * allowed * ~rare
    known, value = torch.where(usable, _SEEN, 0.0), onehot
    guessed = ~usable & ~hidden & (away > 0) & (chances.sum(1) > 0)
    known = torch.where(guessed, _THROUGH * away, known)
    value = torch.where(guessed[:, None], chances / chances.sum(1, keepdim=True).clamp_min(1e-6), value)
    hand = ~usable & ~guessed & (surface.region == Region.HAND)
    known = torch.where(hand, _USUAL, known) + 1e-6
    value = torch.where(hand[:, None], functional.one_hot(torch.tensor(SKIN), len(LABELS)).float(), value)
    spread = diffuse(graph.edges, known, value)
    spread = spread * allowed
    spread[:, _UNUSUAL] = 0
    body = ~torch.isin(surface.region, torch.tensor([int(Region.SCALP), int(Region.FACE)]))
    spread[body, HAIR] = 0
    if int((usable & body & (labels == HAT)).sum()) < _FEW:
        spread[body, HAT] = 0  # a hat ends above the neck, a scarf does not
    return _even_borders(torch.where(usable, labels, spread.argmax(1)), usable, graph.edges)


def _even_borders(label: Tensor, usable: Tensor, edges: Edges) -> Tensor:
    """(N,) labels in which each that was not seen is the commonest around it, `_ROUNDS` times over: no ragged edges."""
    count = len(label)
    rows = torch.cat([edges.first, edges.second]).numpy(), torch.cat([edges.second, edges.first]).numpy()
    around = sparse.csr_matrix((np.tile(edges.conductance.numpy(), 2), rows), shape=(count, count))
    for _ in range(_ROUNDS):
        votes = torch.from_numpy(around @ functional.one_hot(label, len(LABELS)).float().numpy())
        label = torch.where(usable, label, votes.argmax(1))
    return label


def _within_hems(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """N×L, bool: what each texel may be. Hems, waists and sleeves end behind where they end in front.

    On trunk and legs heights count, on arms the way down the arm; a label that was not seen there may lie anywhere,
    but skin only where skin was seen.
    """
    allowed = torch.ones(len(surface), len(LABELS), dtype=torch.bool)
    of_body = surface.region == Region.BODY
    leg, height = ~surface.arm & ~surface.trunk, surface.position[:, 1]
    for limb, along in ((surface.trunk, height), (leg, height), (surface.arm, surface.along)):
        part = of_body & limb
        for label in (SKIN, *CLOTH):
            shown = along[part & usable & (labels == label)]
            # A little skin on a leg is a hand before it.
            few = max(_FEW, _HAND * int((part & usable).sum())) if label == SKIN else _FEW
            if len(shown) >= few:
                low, high = shown.quantile(torch.tensor([_STRAY, 1 - _STRAY])).tolist()
                if label == SKIN and limb is surface.trunk:
                    high = float("inf")  # a neck goes on behind, up to the hair
                outside = (along < low - _HEM_M) | (along > high + _HEM_M)
                allowed[part & outside, label] = False
            elif label == SKIN:
                allowed[part, label] = False
    nothing = ~allowed[:, [SKIN, *CLOTH]].any(1)
    allowed[nothing] = True
    return allowed


def _like_front(labels: Tensor, usable: Tensor, surface: SurfaceTexels) -> Tensor:
    """N×L factors: behind lies mostly what lies before it on the same limb, or on the trunk."""
    limb = torch.stack([surface.arm, surface.trunk], 1) * 1.0  # farther apart, in metres, than a body is wide
    place = torch.cat([surface.position[:, :2], limb], 1)
    if not bool(usable.any()):
        return torch.ones(len(surface), len(LABELS))
    distance, nearest = cKDTree(place[usable].numpy()).query(place.numpy())
    front = functional.one_hot(labels[usable][torch.from_numpy(nearest)], len(LABELS))
    near = torch.from_numpy(distance < _FRONT_M)[:, None]
    factors = torch.where(near, torch.where(front == 1, 1.0, _OTHER), 1.0)
    # Nobody is bare behind who is dressed in front: it is a hand, which lies farther away there.
    factors[:, SKIN] = torch.where(near[:, 0] & (front[:, SKIN] == 0), 0.0, factors[:, SKIN])
    if float((labels[usable & surface.trunk] == OUTER).float().mean()) > _OPEN:
        # A jacket that is open in front is closed behind.
        factors[:, OUTER] = 1.0
        factors[surface.trunk, UPPER] = _OTHER
    return factors


def _see_through(view: FittedView, surface: SurfaceTexels, body: BodyModel) -> tuple[Tensor, Tensor]:
    """N×L and (N,): what the parser sees on the far side at each texel, and how much the texel lies there."""
    count = len(surface)
    if view.far is None:
        return torch.zeros(count, len(LABELS)), torch.zeros(count)
    mesh, camera = pose_fit(view.fit, body), view.fit.camera
    values = torch.cat([mesh.vertices, view_cosine(mesh.vertices, mesh.faces, camera)], 1)
    height, width = camera.size
    scale = _DRAWN_PX / max(height, width)
    small = resized(camera, (round(height * scale), round(width * scale)))
    far = depth_range(clip_from_world(mesh.vertices, small), mesh.faces, small.size)[1]
    drawn = surface.take(interpolate(texel_map(body.layout, surface.size), body.faces, values)[0])
    pixel = project(drawn[:, :3], camera)
    place = pixel[:, :2] - torch.tensor([view.far.left, view.far.top])
    grid = (place * 2 / view.far.side - 1)[None, None]
    chances = functional.grid_sample(view.far.labels[None], grid, align_corners=False)[0, :, 0].T
    row = (pixel[:, 1] * scale).long().clamp(0, small.size[0] - 1)
    column = (pixel[:, 0] * scale).long().clamp(0, small.size[1] - 1)
    away = ((-drawn[:, 3] - _AWAY) / 0.3).clamp(0, 1) * (1 - chances[:, BACKGROUND]).clamp(0, 1)
    away = away * (pixel[:, 2] > far[row, column] - _FARTHEST_M)
    chances = chances.clone()
    chances[:, _UNUSUAL] = 0
    return chances / chances.sum(1, keepdim=True).clamp_min(1e-3), away


def _spread_within(rgb: Tensor, seen: Tensor, label: Tensor, graph: SurfaceGraph) -> Tensor:
    """N×3: colours that spread from the seen texels, (N,) bool, within each label."""
    edges = graph.edges
    same = label[edges.first] == label[edges.second]
    within = Edges(edges.first, edges.second, edges.conductance * torch.where(same, 1.0, _LEAK))
    typical, known = torch.zeros_like(rgb), torch.where(seen, _SEEN, 0.0)
    for number in label.unique().tolist():
        of_label = label == number
        # What the parser takes for skin on a leg may be beige cloth: each limb has its own.
        for part in (
            torch.ones_like(seen),
            graph.surface.trunk,
            graph.surface.arm,
            ~graph.surface.arm & ~graph.surface.trunk,
        ):
            chosen = seen & of_label & part
            if int(chosen.sum()) >= _FEW:
                typical[of_label & part] = rgb[chosen].median(0).values
                known[of_label & part & ~seen] = _TYPICAL
    known = known + 1e-6
    return diffuse(within, known, torch.where(seen[:, None], rgb, typical)).clamp(0, 1)
