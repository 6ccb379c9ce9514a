"""What was found to hang off the body, hung on the skeleton, and the body tucked in beneath it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest, joint_transforms
from bodydouble.clothing import hair_sheet, tube
from bodydouble.clothing.bun import bun_points
from bodydouble.clothing.coat_surface import CoatShape
from bodydouble.clothing.fall import FRONT, fill_hollows, measure_fall, meet_tube
from bodydouble.clothing.hair_chains import hang_hair
from bodydouble.clothing.hair_surface import hair_alpha, hair_weights
from bodydouble.clothing.hang import arms, submesh, to_rest, tuck_in, unproject
from bodydouble.clothing.hat_form import hat_points
from bodydouble.clothing.hatted_head import tuck_hair, tuck_head
from bodydouble.clothing.heel import heel_offsets
from bodydouble.clothing.hem_step import tell_sides
from bodydouble.clothing.knot import knot_points
from bodydouble.clothing.loose import LooseGarments
from bodydouble.clothing.panels import free_share, hang_panels
from bodydouble.clothing.ring_grid import ring_faces, ring_layout
from bodydouble.clothing.row_spans import RowSpans
from bodydouble.clothing.shod_foot import tuck_feet
from bodydouble.clothing.shoe_style import choose_style
from bodydouble.clothing.shoe_surface import fit_shafts, shoe_surface
from bodydouble.clothing.shorts import hem_shorts, split_shorts
from bodydouble.clothing.skirt_in_coat import tuck_skirt
from bodydouble.clothing.skirt_surface import SkirtShape, skirt_weights
from bodydouble.clothing.tail import tail_points
from bodydouble.clothing.top_hem import hem_top, split_top
from bodydouble.clothing.trouser_legs import open_trousers, split_trousers
from bodydouble.clothing.tube_top import begin_on, draw_down
from bodydouble.clothing.turned_hair import find_free_face
from bodydouble.geometry.camera import project
from bodydouble.values import BodyFit, Mesh, Pose, RestBody, Surface, SurfaceKind, Texture, UvLayout

TUBES = (SurfaceKind.SKIRT, SurfaceKind.COAT)
TEXTURE_SIZE = 512  # texels a side
_LONGEST_M = 0.09  # of a face's edge; longer ones bridge what lies before and behind a shoulder


def hang_loose(garments: LooseGarments, fit: BodyFit, body: BodyModel, curl: float = 0.0) -> tuple[Surface, ...]:
    """Surfaces without a texture yet, of what was found.

    Args:
        fit: in whose pose it was found.
        curl: of the hair, 0 straight to 1 curly.
    """
    surfaces = []
    if garments.skirt is not None:
        surfaces.append(_hang_tube("skirt", SurfaceKind.SKIRT, garments.skirt, None, garments, fit, body))
    if garments.coat is not None:
        coat = _hang_tube("coat", SurfaceKind.COAT, garments.coat, garments.coat.opening, garments, fit, body)
        labels = torch.full((TEXTURE_SIZE, TEXTURE_SIZE), garments.coat.label, dtype=torch.uint8)
        surfaces.append(replace(coat, texture=replace(coat.texture, labels=labels)))
    if garments.hair is not None:
        view = garments.head_view
        points = hair_sheet.hair_points(garments.hair, view)
        world = hair_sheet.add_curls(unproject(points, view.camera), curl)
        weights = hair_weights(points.view(-1, 3), garments.hair.chin, view, body)
        other_half = find_free_face(points, view, fit, body)
        alpha = hair_alpha(points, garments.hair, view, TEXTURE_SIZE, curl, other_half)
        whole = _surface("hair", SurfaceKind.HAIR, world, weights, garments, fit, alpha)
        surfaces.append(_without_bridges(whole, world))
    if garments.tail is not None:
        world = tail_points(garments.tail, garments.head_view)
        seen = project(world.view(-1, 3), garments.head_view.camera)
        weights = hair_weights(seen, garments.tail.chin, garments.head_view, body)
        surfaces.append(_surface("tail", SurfaceKind.HAIR, world, weights, garments, fit))
    for knot, name in zip(garments.knots, ("knot", "other knot"), strict=False):
        points = knot_points(knot, garments.head_view)
        surfaces.append(_put_on_head(name, SurfaceKind.HAIR, points, garments, fit, body))
    if garments.bun is not None:
        points = bun_points(garments.bun)
        weights = _head_weights(points, garments, body)
        surfaces.append(_bind("bun", SurfaceKind.HAIR, points, weights))
    if garments.hat is not None:
        points = hat_points(garments.hat, garments.head_view)
        surfaces.append(_put_on_head("hat", SurfaceKind.HAT, points, garments, fit, body))
    if garments.footwear.shod:
        footwear = garments.footwear
        surfaces.append(shoe_surface(garments.view.rest, body, footwear, choose_style(footwear)))
    return tuple(surfaces)


def _put_on_head(
    name: str, kind: SurfaceKind, points: Tensor, garments: LooseGarments, fit: BodyFit, body: BodyModel
) -> Surface:
    """What moves with the head alone, of points (R×C×3) of the head's view."""
    world = unproject(points, garments.head_view.camera)
    return _surface(name, kind, world, _head_weights(points, garments, body), garments, fit)


def _head_weights(points: Tensor, garments: LooseGarments, body: BodyModel) -> Tensor:
    """(R·C)×J skin weights of R×C points that move with the head alone."""
    weights = torch.zeros(points[..., 0].numel(), garments.view.rest.skin_weights.shape[1])
    weights[:, body.roles["head"]] = 1
    return weights


def _hang_tube(
    name: str,
    kind: SurfaceKind,
    shape: SkirtShape | CoatShape,
    opening: RowSpans | None,
    garments: LooseGarments,
    fit: BodyFit,
    body: BodyModel,
) -> Surface:
    """A tube from the waist down; where it hangs open, without the faces between its front edges."""
    falls = kind == SurfaceKind.COAT
    points = tube.tube_points(garments.view, shape.spans, shape.waist, shape.hem, opening, falls)
    world = unproject(points, garments.view.camera)
    hip = float(joint_transforms(garments.view.rest, fit.pose)[1][body.roles["left_hip"], 1])
    free = free_share(world[..., 1], hip).repeat_interleave(tube.COLUMNS)[:, None]
    weights = skirt_weights(world, garments.view, body)
    pelvis = torch.zeros_like(weights)
    pelvis[:, body.roles["pelvis"]] = 1
    surface = _surface(name, kind, world, torch.lerp(weights, pelvis, free), garments, fit)
    if opening is None:
        return surface
    kept = torch.arange(len(surface.faces)) // 2 % tube.COLUMNS != tube.COLUMNS // 2
    layout = replace(surface.layout, faces=surface.layout.faces[kept])
    return replace(surface, faces=surface.faces[kept], layout=layout)


def _surface(
    name: str,
    kind: SurfaceKind,
    world: Tensor,
    weights: Tensor,
    garments: LooseGarments,
    fit: BodyFit,
    alpha: Tensor | None = None,
) -> Surface:
    at_rest = to_rest(world.view(-1, 3), weights, garments.view.rest, fit.pose)
    return _bind(name, kind, at_rest.view_as(world), weights, alpha)


def _bind(name: str, kind: SurfaceKind, points: Tensor, weights: Tensor, alpha: Tensor | None = None) -> Surface:
    """The surface of rings of points at rest, R×C×3."""
    rings, columns = points.shape[:2]
    empty = torch.zeros(TEXTURE_SIZE, TEXTURE_SIZE)
    return Surface(
        name=name,
        kind=kind,
        vertices=points.reshape(-1, 3),
        faces=ring_faces(rings, columns),
        layout=ring_layout(rings, columns),
        texture=Texture(rgb=empty.expand(3, -1, -1).clone(), confidence=empty.clone(), alpha=alpha),
        skin_weights=weights,
    )


def _without_bridges(surface: Surface, world: Tensor) -> Surface:
    """The surface without faces that bridge what does not belong together, and without those that nobody sees."""
    assert surface.texture.alpha is not None
    corners = world.view(-1, 3)[surface.faces]
    longest = (corners - corners.roll(1, 1)).norm(dim=2).amax(1)
    uv = surface.layout.uv[surface.layout.faces].mean(1)
    around = torch.nn.functional.max_pool2d(surface.texture.alpha[None, None], 17, 1, 8)
    visible = torch.nn.functional.grid_sample(around, (uv * 2 - 1)[None, None], align_corners=False)[0, 0, 0] > 0
    kept = visible & (longest < _LONGEST_M)
    used, faces = surface.faces[kept].unique(return_inverse=True)
    return replace(
        surface,
        vertices=surface.vertices[used],
        skin_weights=surface.skin_weights[used],
        faces=faces,
        layout=UvLayout(uv=surface.layout.uv, faces=surface.layout.faces[kept], mirrored=False),
    )


def tuck_body(
    fit: BodyFit,
    surfaces: Sequence[Surface],
    body: BodyModel,
    garments: LooseGarments | None = None,
    measured: BodyFit | None = None,
) -> tuple[BodyFit, tuple[Surface, ...]]:
    """The clothed body and what hangs off it, fitted to each other.

    Args:
        surfaces: of `hang_loose`.
        garments: which tell how wide loose trousers are, where shorts and tops end, and how feet stand; None: nothing.
        measured: in whose pose trousers and tops were measured; None: in that of `fit`.

    Returns:
        The fit whose clothing, head and feet lie inside of the skirt, the hat and the shoes that cover them; and the
        surfaces, skirts and coats beginning on the body, hair within its hat and a skirt within its coat, with the
        chains on which they swing.
    """
    rest = body.rest(fit.shape)
    vertices = dress_rest(fit, body).vertices
    standing = vertices if garments is None else rest.vertices + heel_offsets(rest, body, garments.footwear)
    worn: list[Surface] = []
    for surface in surfaces:
        if surface.kind in TUBES:
            vertices, surface = _fit_tube(vertices, surface, rest, garments, body)
            if surface.kind == SurfaceKind.COAT:
                worn = [_tuck_skirt(each, surface) for each in worn]
        if surface.kind == SurfaceKind.HAT:
            vertices = tuck_head(vertices, rest, surface, body)
        if surface.kind == SurfaceKind.SHOES:
            legs = vertices
            if garments is not None and garments.trousers is not None and garments.footwear.covered:
                below = split_trousers(rest, garments.trousers, body)[1]
                legs, vertices = standing, torch.where(below[:, None], standing, vertices)
            surface = fit_shafts(surface, legs, rest, body)
            vertices = tuck_feet(vertices, standing, rest, surface, body)
        worn.append(surface)
    vertices, hems = _end_in_hems(vertices, measured or fit, rest, garments, body)
    hats = [surface for surface in worn if surface.kind == SurfaceKind.HAT]
    worn = [tuck_hair(each, hats[0]) if hats and each.kind == SurfaceKind.HAIR else each for each in worn]
    clothing = replace(fit.clothing, offsets=vertices - rest.vertices, hems=hems)
    tucked = replace(fit, clothing=clothing)
    clothed = dress_rest(tucked, body)
    return tucked, tuple(_swinging(surface, body, clothed, fit.pose) for surface in worn)


def _fit_tube(
    vertices: Tensor, surface: Surface, rest: RestBody, garments: LooseGarments | None, body: BodyModel
) -> tuple[Tensor, Surface]:
    """The body, V×3 at rest, inside of a skirt or a coat; and that, beginning on it."""
    trunk, is_open = ~arms(rest, body), _open_columns(surface)
    rings = surface.vertices.view(tube.RINGS, tube.COLUMNS, 3)
    vertices = meet_tube(vertices, rings, _tube_falls(surface, bool(is_open.any()), garments, body), rest, body)
    rings = tube.fit_waist(surface.vertices, submesh(vertices, body.faces, trunk)).view_as(rings)
    if surface.kind == SurfaceKind.COAT:
        rings = fill_hollows(rings)
    rim = is_open.repeat(tube.RINGS, 1)
    rim[[0, -1]] = True
    vertices, line = draw_down(vertices, rings, trunk, body.faces)
    laid = begin_on(rings, vertices, line).view(-1, 3)
    vertices = tuck_in(vertices, Mesh(vertices=laid, faces=surface.faces), trunk & ~line, rim.view(-1))
    return vertices, replace(surface, vertices=laid)


def _open_columns(surface: Surface) -> Tensor:
    """(C,), bool: columns at which a skirt or a coat is open in front."""
    is_open = torch.zeros(tube.COLUMNS, dtype=torch.bool)
    if len(surface.faces) < 2 * (tube.RINGS - 1) * tube.COLUMNS:
        is_open[tube.COLUMNS // 2 : tube.COLUMNS // 2 + 2] = True
    return is_open


def _tuck_skirt(surface: Surface, coat: Surface) -> Surface:
    """A skirt within the coat over it; what is no skirt, as it is."""
    hem = _open_columns(coat).repeat(tube.RINGS, 1)
    hem[-1] = True
    return tuck_skirt(surface, Mesh(vertices=coat.vertices, faces=coat.faces), hem)


def _end_in_hems(
    vertices: Tensor, fit: BodyFit, rest: RestBody, garments: LooseGarments | None, body: BodyModel
) -> tuple[Tensor, Tensor | None]:
    """V×3: clothed vertices at rest, with the hems of trousers, shorts and tops that are part of the body's surface.

    And these hems, as `Clothing.hems`; None where there are none.
    """
    parts: list[tuple[Tensor, Tensor]] = []
    if garments is None:
        return vertices, None
    if garments.trousers is not None:
        vertices = open_trousers(vertices, fit, rest, garments.trousers, garments.footwear, body)
        parts.append(split_trousers(rest, garments.trousers, body))
    if garments.shorts is not None:
        vertices = hem_shorts(vertices, rest, garments.shorts, body)
        parts.append(split_shorts(rest, garments.shorts, body))
    if garments.top_hem is not None:
        vertices = hem_top(vertices, fit, rest, garments.top_hem, body)
        parts.append(split_top(fit, rest, garments.top_hem, body))
    hems = [tell_sides(rest.vertices, *part, body.faces) for part in parts]
    return vertices, torch.stack(hems) if hems else None


def _tube_falls(
    surface: Surface, is_open: bool, garments: LooseGarments | None, body: BodyModel
) -> tuple[float, float]:
    """Shares of the straight line to a coat or a skirt, to which the trunk above it is brought behind and before."""
    if surface.kind == SurfaceKind.COAT:
        return 1.0, float(not is_open)  # in front of an open one the trunk wears something else
    if garments is None or garments.skirt is None:
        return 0.0, 0.0
    fall = measure_fall(garments.view, garments.skirt.waist, body)
    return fall, FRONT * fall


def _swinging(surface: Surface, body: BodyModel, rest: RestBody, pose: Pose) -> Surface:
    """The surface with the chains that it hangs on; what has none, as it is."""
    if surface.kind in TUBES:
        return hang_panels(surface, body, rest, pose)
    return hang_hair(surface, body, rest, pose) if surface.kind == SurfaceKind.HAIR else surface
