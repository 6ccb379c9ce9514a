"""Clothing: offsets that carry the bare body's outline to the mask's.

Every pixel of the drawn outline says how far it must move along the outline's normal. Those wishes are linear in the
offsets along the surface normal: each round solves one sparse least-squares problem of wishes, smoothness over the
mesh, and restraint. What normals cannot reach comes before: cloth that spans folds, heels (`drape.py`), and skirts
(`skirt.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sparse
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import apply_clothing, subtree_weight
from bodydouble.clothing.bare_arms import cap_bare_arms
from bodydouble.clothing.drape import drape
from bodydouble.clothing.footwear import Footwear, foot_frame, untilt_ankles
from bodydouble.clothing.skirt import find_hem, skirt
from bodydouble.fitting.outline import MaskView, OutlineErrors, leave_out, mask_view, outline_errors
from bodydouble.geometry.camera import clip_from_world, to_camera
from bodydouble.geometry.linear_systems import factor_symmetric
from bodydouble.geometry.mesh import unique_edges, vertex_normals
from bodydouble.person.landmarks import SIDES
from bodydouble.progress import Progress
from bodydouble.raster import Fragments, rasteriser
from bodydouble.surface.regions import anatomy, height_above_hairline
from bodydouble.values import FACE_LANDMARKS, BodyFit, Clothing, Person, RestBody, Understanding

# Metres that hair stands off at the forehead's hairline, and for each metre above it: an outline that is seen from
# below the head pulled one row of vertices out by two centimetres there.
_HAIRLINE_M, _HAIR_SLOPE = 0.003, 0.45
_AHEAD = (0.25, 0.55)  # cosines to straight ahead, between which that begins to hold
_SCALP_STIFF = 6.0  # smoothness of hair against cloth's: at 1 a single vertex on top met the outline, and stood out
_FOOT_SLENDER = 2.5  # a foot's length by its width: outwards means sideways on most of its outline


@dataclass(frozen=True, kw_only=True)
class ClotheConfig:
    """Deep settings of the clothing offsets."""

    view_px: int = 512  # side of the square view in which outlines are compared
    rounds: int = 8
    reach: float = 0.12  # farthest an outline pixel looks for the mask's edge, fraction of the view
    smoothness: float = 80.0  # weight of an offset's change over one average edge, against one pixel of outline error
    restraint: float = 0.15  # weight of the offset itself
    inward_cap_m: float = 0.03  # largest offset into the body


def remove_clothing(fit: BodyFit) -> BodyFit:
    """The same fit of the bare body."""
    clothing = Clothing(
        offsets=torch.zeros_like(fit.clothing.offsets), leg_blend=torch.zeros_like(fit.clothing.leg_blend)
    )
    return replace(fit, clothing=clothing)


def clothe(
    fit: BodyFit,
    person: Person,
    body: BodyModel,
    config: ClotheConfig | None = None,
    progress: Progress | None = None,
    footwear: Footwear | None = None,
    loose: Tensor | None = None,
    join_legs: bool = True,
    understanding: Understanding | None = None,
) -> BodyFit:
    """The fit with `clothing` such that its silhouette covers the person's mask; zero on face and hands.

    Where shoes have heels, these tilt the feet in the rest pose, and the fit's ankles turn back by as much.

    Args:
        footwear: tells how far heels tilt the feet; None: they stand flat.
        loose: S×S, bool, pixels of the person's square view (`outline.mask_view`) that are covered by what hangs off
            the body and is a surface of its own: their outline says nothing about the body. None: nothing does.
        join_legs: where the gap between the legs is filled, the legs themselves become a skirt.
        understanding: what each pixel is, which tells bare arms; None: no parser was asked.
    """
    config = config or ClotheConfig()
    footwear = footwear or Footwear()
    if footwear.pitch:
        fit = untilt_ankles(fit, footwear.pitch, body)
    view = mask_view(person, fit.camera, config.view_px)
    if loose is not None:
        view = leave_out(view, loose)
    rest = body.rest(fit.shape)
    base = Clothing(offsets=drape(rest, body, footwear), leg_blend=torch.zeros(len(rest.vertices)))
    hem = None
    if join_legs:
        posed = body.pose(apply_clothing(rest, base, body.mirror_joints), fit.pose).vertices
        hem = find_hem(*_compare(posed, body, view, config), rest, body)
    if hem is not None:
        tube = skirt(rest, body, hem)
        inside = tube.leg_blend > 0
        base = Clothing(offsets=torch.where(inside[:, None], tube.offsets, base.offsets), leg_blend=tube.leg_blend)
    directions = offset_directions(rest, base, body)
    cap = cap_bare_arms(offset_caps(rest, body), fit, rest, understanding, body)
    stiffness = _stiffness(rest, body, cap, config)
    offset = torch.zeros(len(rest.vertices))
    for done in range(config.rounds):
        worn = apply_clothing(rest, _worn(base, offset, directions), body.mirror_joints)
        offset = gauss_newton_step(offset, directions, worn, fit, body, view, stiffness, config)
        offset = offset.clamp(-cap.clamp(max=config.inward_cap_m), cap)
        if progress:
            progress("clothing", (done + 1) / config.rounds)
    return replace(fit, clothing=_worn(base, offset, directions))


def _worn(base: Clothing, offset: Tensor, directions: Tensor) -> Clothing:
    return replace(base, offsets=base.offsets + offset[:, None] * directions)


def offset_directions(rest: RestBody, base: Clothing, body: BodyModel) -> Tensor:
    """V×3, unit: the normals; on feet level, and away from the foot's middle, so that soles stay flat and whole."""
    dressed = rest.vertices + base.offsets
    directions = vertex_normals(dressed, body.faces)
    for side in SIDES:
        frame = foot_frame(rest, body, side)
        away = dressed - dressed[frame.inside].mean(0)
        level = functional.normalize(away * torch.tensor([_FOOT_SLENDER, 0.0, 1.0]), dim=1)
        directions = torch.lerp(directions, level, frame.weight[:, None])
    return functional.normalize(directions, dim=1)


# Largest offset in metres of what each joint, and all joints below it, move; a later line refines an earlier one.
_CAPS = (
    ("pelvis", 0.1),
    ("hip", 0.035),  # trousers stand off thighs by 3 cm at most on 20 photographs; by more, a coat's tail or a bag does
    ("clavicle", 0.04),
    ("shoulder", 0.06),
    ("wrist", 0.004),
    ("neck", 0.04),
    ("head", 0.1),
    ("ankle", 0.02),
)


def offset_caps(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,) metres: how far cloth or hair may stand off; 0 on face and hands, where an outline shows nothing worn."""
    cap = torch.zeros(len(rest.vertices))
    for role, metres in _CAPS:
        for name in (role, f"left_{role}", f"right_{role}"):
            if name in body.roles:
                cap = torch.lerp(cap, torch.tensor(metres), subtree_weight(rest, body.roles[name]).clamp(0, 1))
    known = body.landmarks.weights[FACE_LANDMARKS].sum(1) > 0
    if known.any():
        face = body.landmarks.points(rest.vertices)[FACE_LANDMARKS][known]
        distance = torch.cdist(rest.vertices, face).min(1).values
        cap = cap * ((distance - 0.012) / 0.03).clamp(0, 1)
        cap = torch.lerp(cap, torch.minimum(cap, _hair_over_forehead(rest, body)), _faces_ahead(rest, body))
    return cap


def _hair_over_forehead(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,) metres: how far hair stands off above the forehead's hairline; steeper, it would be the peak of a cap."""
    return _HAIRLINE_M + _HAIR_SLOPE * height_above_hairline(rest, body).clamp_min(0)


def _faces_ahead(rest: RestBody, body: BodyModel) -> Tensor:
    """(V,) in [0, 1]: 1 where the bare head's surface faces forwards, 0 where it faces elsewhere and below."""
    ahead = vertex_normals(rest.vertices, body.faces)[:, 2]
    of_head = subtree_weight(rest, body.roles["head"]).clamp(0, 1)
    return ((ahead - _AHEAD[0]) / (_AHEAD[1] - _AHEAD[0])).clamp(0, 1) * of_head


def _compare(
    vertices: Tensor, body: BodyModel, view: MaskView, config: ClotheConfig
) -> tuple[OutlineErrors, Fragments]:
    """Draw the clothed body, posed, V×3, in the view and compare its outline with the mask's."""
    clip = clip_from_world(vertices, view.camera)[None]
    fragments = rasteriser()(clip, body.faces, view.camera.size)
    return outline_errors(fragments.face[0] >= 0, view, round(config.reach * config.view_px)), fragments


def gauss_newton_step(
    offset: Tensor,
    directions: Tensor,
    worn: RestBody,
    fit: BodyFit,
    body: BodyModel,
    view: MaskView,
    stiffness: sparse.csc_matrix,
    config: ClotheConfig,
) -> Tensor:
    """One Gauss-Newton step: the offsets (V,) along `directions` (V×3, rest pose) that meet the wishes best."""
    vertices = body.pose(worn, fit.pose).vertices
    errors, fragments = _compare(vertices, body, view, config)
    turned = body.pose(replace(worn, vertices=worn.vertices + directions), fit.pose).vertices - vertices
    wishes, gain = linearise_outline(errors, fragments, vertices, turned, view, body.faces)
    target = wishes @ offset.numpy() + gain
    factors = factor_symmetric(wishes.T @ wishes + stiffness)
    return torch.from_numpy(factors.solve(wishes.T @ target).astype(np.float32))


def linearise_outline(
    errors: OutlineErrors, fragments: Fragments, vertices: Tensor, turned: Tensor, view: MaskView, faces: Tensor
) -> tuple[sparse.csr_matrix, np.ndarray]:
    """Linearise: (N×V matrix of pixels along the outline's normal per metre of offset, (N,) pixels to go)."""
    corners = faces[fragments.face[0, errors.y, errors.x]]
    weight = fragments.barycentric[0, errors.y, errors.x]
    local = to_camera(vertices, view.camera)[corners]
    axes = turned[corners] @ view.camera.camera_from_world[:3, :3].T
    focal = view.camera.intrinsics[0, 0]
    depth = local[..., 2:]
    motion = focal * (axes[..., :2] - local[..., :2] / depth * axes[..., 2:]) / depth
    entries = (motion * errors.normal[:, None]).sum(-1) * weight
    rows = torch.arange(len(corners))[:, None].expand_as(corners)
    matrix = sparse.csr_matrix(
        (entries.double().flatten().numpy(), (rows.flatten().numpy(), corners.flatten().numpy())),
        shape=(len(corners), len(vertices)),
    )
    return matrix, errors.distance.double().numpy()


def _stiffness(rest: RestBody, body: BodyModel, cap: Tensor, config: ClotheConfig) -> sparse.csc_matrix:
    """Smoothness and restraint as a V×V quadratic form, in pixels² per metre²."""
    adjacency = _adjacency(rest, body)
    laplacian = sparse.diags(np.asarray(adjacency.sum(1)).ravel()) - adjacency
    tight = 1 / (cap / cap.max()).double().numpy().clip(0.02) ** 2
    return (config.smoothness**2 * laplacian + config.restraint**2 * 1e4 * sparse.diags(tight)).tocsc()


def _adjacency(rest: RestBody, body: BodyModel) -> sparse.csr_matrix:
    """V×V, symmetric: for every edge the mean edge length divided by its own; hair bends less than cloth."""
    edges = unique_edges(body.faces)
    length = (rest.vertices[edges[:, 0]] - rest.vertices[edges[:, 1]]).norm(dim=1).clamp_min(1e-4)
    scalp = anatomy(body).scalp[edges].any(1)
    weight = (length.mean() / length * torch.where(scalp, _SCALP_STIFF, 1.0)).double().numpy()
    one_way = sparse.coo_matrix((weight, edges.T.numpy()), shape=(len(rest.vertices),) * 2).tocsr()
    return one_way + one_way.T
