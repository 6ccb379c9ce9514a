"""Dressing: a posed body and everything it wears become layers to draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body.skinning import skin
from bodydouble.geometry.mesh import vertex_normals
from bodydouble.values import Pose, RestBody, to_device
from workshop.synthesis.body import BASE_VERTICES, EYEBALLS, PackedBody
from workshop.synthesis.garments.folds import COARSE_M, Folds, edge_length, fold_cloth, refine
from workshop.synthesis.garments.hair import press_under_hat
from workshop.synthesis.garments.wardrobe import Garment, garment_on_vertices, hang
from workshop.synthesis.layers import Layer

_CLEARANCE = 0.002  # metres cloth keeps from the skin that is seen beside it
_DEEPEST = 0.03  # metres; what lies deeper in the body, or farther from it, is left alone
_SINK = 0.006  # metres by which skin at the edge of what cloth hides draws back from it
_GAP_RINGS = 2  # edges; gaps up to twice as wide between two garments are covered as by an undershirt
_SINK_RINGS = (1.0, 1.0, 0.5)  # how much of that by edges away from hidden skin
_TUCK = 0.006  # metres cloth keeps below what is worn over it
_TUCK_DEPTH = 0.06  # metres; what stands out farther belongs there, a collar for one
_TUCK_WIDTH = 0.06  # metres beside the outer cloth's vertices up to which it covers
CLOTH = ("upper", "lower", "whole", "under", "outer")
_IN_THE_FACE = ("eyes", "brows", "facial hair")
_SEE_THROUGH = ("hair", "brows", "facial hair")
_OVERCLOTH = 0.014  # metres hair keeps from the cloth it lies on
_REACH_M = 0.08  # cloth farther from hair than this does not lift it


@dataclass(frozen=True, kw_only=True)
class Worn:
    """A garment with the texture it is worn in."""

    garment: Garment
    kind: str  # one of `layers.KINDS`
    texture: Tensor  # 4×H×W, [0, 1]
    loose: bool = False  # lies over all cloth, as hair, scarves and straps do; listed after it
    upright: bool = False  # hangs plumb from the hand that holds it, however that is turned


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A person's clothes hung on their body at rest: made once a person, posed as often as is wanted."""

    rest: RestBody  # of the body, base vertices
    skin_texture: Tensor  # 4×H×W, [0, 1], in `PackedBody.skin_layout`
    skin_faces: Tensor  # (F,), bool: faces of the body that no garment hides
    sunk: Tensor  # (19158,), metres that skin draws back, so that it does not show through cloth at its borders
    items: tuple[tuple[Worn, RestBody, Tensor, Tensor], ...]  # with rest geometry, faces kept, nearest skin vertex
    folds: Folds | None = None  # None: cloth is smooth


def fit_clothes(
    body: PackedBody, rest: RestBody, skin_texture: Tensor, worn: Sequence[Worn], folds: Folds | None = None
) -> Fitted:
    """Hang clothes on a body, leaving out what is hidden: skin under cloth, and cloth under what is worn over it.

    Args:
        rest: from `PackedBody.base_rest`.
        worn: from the outside inwards.
        folds: of the cloth; smooth by default.
    """
    device = body.device
    hidden, covered = (torch.zeros(BASE_VERTICES, dtype=torch.bool, device=device) for _ in range(2))
    items: list[tuple[Worn, RestBody, Tensor, Tensor]] = []
    outermost: list[tuple[Worn, RestBody]] = []
    for item in worn:
        garment = to_device(item.garment, device)
        hidden |= garment.hides
        if item.kind == "eyes":
            hidden[EYEBALLS] = True
        # Some outfits list vertices of the head as hidden, too: only clothes obey.
        obeys = item.kind not in (*_SEE_THROUGH, "eyes", "hat", "thing") and not item.loose
        under = covered[garment.anchors].all(1) & obeys
        visible = ~under[garment.faces].all(1)
        covered = covered | garment.hides
        if not bool(visible.any()):  # shoes under an outfit that has its own
            continue
        hung = hang(garment, rest)
        hung = _settle(item, hung, outermost, [(each, over) for each, over, *_ in items if each.kind == "hat"])
        candidates = body.near_skin[garment.anchors]
        nearest = (rest.vertices[candidates] - hung.vertices[:, None]).norm(dim=-1).argmin(1, keepdim=True)
        worn_here = replace(item, garment=garment, texture=item.texture.to(device))
        if item.kind in (*CLOTH, "shoes") and not item.loose:
            outermost.append((worn_here, hung))
        items.append((worn_here, hung, visible, candidates.gather(1, nearest)[:, 0]))
    strip = _narrow_gaps(hidden, body.base_faces)
    filler = _fill_gaps(body, rest, hidden, strip, [item for item, *_ in items])
    if filler:
        items += filler
        hidden |= strip
    bare = ~hidden[body.base_faces].any(1)
    return Fitted(
        rest=rest,
        skin_texture=skin_texture.to(device),
        skin_faces=bare,
        sunk=_SINK * _hidden_nearness(hidden, body.base_faces),
        items=tuple(items if folds is None else [_fine_cloth(*item) for item in items]),
        folds=folds,
    )


def _settle(
    item: Worn, hung: RestBody, cloth: Sequence[tuple[Worn, RestBody]], hats: Sequence[tuple[Worn, RestBody]]
) -> RestBody:
    """What is worn, under the cloth that was hung before it, or over it where it is loose; hair under hats."""
    points = hung.vertices
    if item.kind in CLOTH and not item.loose:
        for outer, over in cloth:
            points = tuck_under(points, over.vertices, outer.garment.faces)
    if item.kind == "hair":
        for hat, over in hats:
            points = press_under_hat(points, over.vertices[hat.garment.faces.unique()])
    if item.loose:
        for outer, over in reversed(cloth):
            points = lift_over(points, over.vertices, outer.garment.faces)
    return replace(hung, vertices=points)


def _fill_gaps(
    body: PackedBody, rest: RestBody, hidden: Tensor, strip: Tensor, worn: Sequence[Worn]
) -> list[tuple[Worn, RestBody, Tensor, Tensor]]:
    """An item of `Fitted` over a `strip` (19158,) of skin between garments, of the colour of the innermost top."""
    tops = [item for item in worn if item.kind in ("upper", "whole", "outer") and not item.loose]
    gap = strip[body.base_faces].any(1) & (strip | hidden)[body.base_faces].all(1)
    if not tops or not bool(gap.any()):
        return []
    colour = tops[-1].texture[:, ::8, ::8].flatten(1).mean(1)
    kind = "whole" if tops[-1].kind == "whole" else "under"
    filler, nearest = _undershirt(body.base_faces[gap], colour, kind)
    visible = torch.ones(len(filler.garment.faces), dtype=torch.bool, device=hidden.device)
    return [(filler, hang(filler.garment, rest), visible, nearest)]


def _fine_cloth(item: Worn, hung: RestBody, visible: Tensor, nearest: Tensor) -> tuple[Worn, RestBody, Tensor, Tensor]:
    """An item of `Fitted` whose cloth is fine enough for folds."""
    if item.kind not in CLOTH or edge_length(item.garment, hung) < COARSE_M:
        return item, hung, visible, nearest
    garment, finer, kept, edges = refine(item.garment, hung, visible)
    return replace(item, garment=garment), finer, kept, torch.cat([nearest, nearest[edges[:, 0]]])


def _narrow_gaps(hidden: Tensor, faces: Tensor) -> Tensor:
    """(V,) bool: skin in gaps between hidden parts that are few edges wide (a morphological closing)."""
    grown = hidden
    for _ in range(_GAP_RINGS):
        grown = _dilate(grown, faces)
    open_ = ~grown
    for _ in range(_GAP_RINGS):
        open_ = _dilate(open_, faces)
    return ~open_ & ~hidden


def _dilate(mask: Tensor, faces: Tensor) -> Tensor:
    """The mask (V,) and all vertices that share a face with it."""
    wider = mask.clone()
    wider[faces[mask[faces].any(1)].flatten()] = True
    return wider


def _undershirt(faces: Tensor, colour: Tensor, kind: str) -> tuple[Worn, Tensor]:
    """Cloth of one colour (4,) right on some faces (of the base) of the skin, and its nearest skin vertices."""
    used, renumbered = faces.unique(return_inverse=True)
    middle = torch.full((1, 2), 0.5, device=used.device)
    garment = garment_on_vertices("undershirt", used, renumbered, middle, torch.zeros_like(renumbered))
    return Worn(garment=garment, kind=kind, texture=colour[:, None, None].expand(4, 2, 2)), used


def _hidden_nearness(hidden: Tensor, faces: Tensor) -> Tensor:
    """(V,) in [0, 1]: 1 for what is hidden, less with each edge away from it."""
    nearness, reached = hidden.float(), hidden
    for amount in _SINK_RINGS:
        wider = _dilate(reached, faces)
        nearness = torch.where(wider & ~reached, amount, nearness)
        reached = wider
    return nearness


def pose_layers(body: PackedBody, fitted: Fitted, pose: Pose, limb_of_joint: Tensor | None = None) -> list[Layer]:
    """The posed body and everything it wears; the first layer is the skin, on base vertices.

    Args:
        limb_of_joint: (J,) number of the body part each joint moves; layers then know theirs.
    """
    vertices = skin(fitted.rest, pose)
    faces = body.base_faces[fitted.skin_faces]
    normals = vertex_normals(vertices, faces)
    vertices = vertices - fitted.sunk[:, None] * normals
    bare = torch.zeros(BASE_VERTICES, dtype=torch.bool, device=vertices.device)
    bare[faces.flatten()] = True
    layers = [
        Layer(
            vertices=vertices,
            faces=faces,
            uv=body.skin_layout.uv,
            uv_faces=body.skin_layout.faces[fitted.skin_faces],
            texture=fitted.skin_texture,
            transparent=False,
            kind="skin",
            limb=_limb_of_vertex(fitted.rest.skin_weights, limb_of_joint),
        )
    ]
    for item, hung, visible, nearest in fitted.items:
        points = skin(hung, pose)
        if item.upright:
            anchors, weights = item.garment.anchors[0], item.garment.weights[0, :, None]
            points = hung.vertices + ((vertices - fitted.rest.vertices)[anchors] * weights).sum(0)
        elif item.kind not in _IN_THE_FACE:
            points = lift_from_skin(points, vertices[nearest], normals[nearest], bare[nearest])
        if fitted.folds is not None and item.kind in CLOTH:
            apart = (hung.vertices - fitted.rest.vertices[nearest]).norm(dim=1)
            points = fold_cloth(points, item.garment.faces, hung, apart, fitted.folds, body.roles, pose)
        layers.append(
            Layer(
                vertices=points,
                faces=item.garment.faces[visible],
                uv=item.garment.uv,
                uv_faces=item.garment.uv_faces[visible],
                texture=item.texture,
                transparent=item.kind in _SEE_THROUGH,
                kind=item.kind,
                limb=_limb_of_vertex(hung.skin_weights, limb_of_joint),
            )
        )
    return layers


def lift_from_skin(points: Tensor, skin_points: Tensor, normals: Tensor, bare: Tensor) -> Tensor:
    """Points (N×3) sunk a little into skin that is seen are lifted out along its normal; others stay.

    Args:
        skin_points: N×3, the nearest skin vertex of each.
        normals: N×3, the skin's there.
        bare: (N,), bool, whether that skin is drawn.
    """
    apart = points - skin_points
    height = (apart * normals).sum(-1)
    close = bare & (apart.norm(dim=-1) < _DEEPEST) & (height > -_DEEPEST)
    return points + ((_CLEARANCE - height).clamp_min(0) * close)[:, None] * normals


def tuck_under(points: Tensor, outer: Tensor, faces: Tensor) -> Tensor:
    """Points (N×3) of cloth that stand out through cloth worn over them are pushed under it; others stay.

    Args:
        outer: V×3, the vertices of what is worn over them, with F×3 `faces`.
    """
    normals = vertex_normals(outer, faces)
    distance, nearest = torch.cdist(points, outer).min(1)
    apart = points - outer[nearest]
    height = (apart * normals[nearest]).sum(-1)
    beside = (distance.square() - height.square()).clamp_min(0).sqrt()
    reach = ((_TUCK_WIDTH - beside) / (_TUCK_WIDTH / 2)).clamp(0, 1) * (height < _TUCK_DEPTH)
    return points - (reach * (height + _TUCK).clamp_min(0))[:, None] * normals[nearest]


def lift_over(points: Tensor, cloth: Tensor, faces: Tensor) -> Tensor:
    """Points (N×3) of hair within or close above cloth (V×3 vertices, F×3 faces) are lifted over it; others stay."""
    low = (points[:, 1] < cloth[:, 1].max() + _REACH_M).nonzero()[:, 0]
    if not len(low):
        return points
    normals = vertex_normals(cloth, faces)
    distance, nearest = torch.cdist(points[low], cloth).min(1)
    height = ((points[low] - cloth[nearest]) * normals[nearest]).sum(-1)
    rise = (_OVERCLOTH - height).clamp_min(0) * (distance < _REACH_M)
    return points.index_add(0, low, rise[:, None] * normals[nearest])


def _limb_of_vertex(skin_weights: Tensor, limb_of_joint: Tensor | None) -> Tensor | None:
    return None if limb_of_joint is None else limb_of_joint[skin_weights.argmax(1)]
