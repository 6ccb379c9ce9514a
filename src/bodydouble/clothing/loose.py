"""What hangs off the body and is no part of its skin: found in the photo, then hung on the skeleton.

bare fit ── find_loose ──▶ LooseGarments ──▶ clothe, which lets their outline shape nothing
                                    └── hang_loose ──▶ surfaces, and the body tucked in beneath them
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.skinning import dress_rest, joint_transforms
from bodydouble.clothing import hair_sheet, tube
from bodydouble.clothing.coat_surface import CoatShape, find_coat
from bodydouble.clothing.footwear import Footwear, find_footwear
from bodydouble.clothing.garment_view import GarmentView, body_camera, dilate, garment_view, head_camera, move_mask
from bodydouble.clothing.hair_chains import hang_hair
from bodydouble.clothing.hair_surface import HairShape, find_hair, hair_alpha, hair_weights
from bodydouble.clothing.hang import arms, submesh, to_rest, tuck_in, unproject
from bodydouble.clothing.hat_form import hat_points
from bodydouble.clothing.hat_surface import HatShape, find_hat
from bodydouble.clothing.hatted_head import tuck_hair, tuck_head
from bodydouble.clothing.knot import KnotShape, find_knot, knot_points
from bodydouble.clothing.panels import free_share, hang_panels
from bodydouble.clothing.ring_grid import ring_faces, ring_layout
from bodydouble.clothing.row_spans import RowSpans
from bodydouble.clothing.shod_foot import tuck_feet
from bodydouble.clothing.shoe_style import choose_style
from bodydouble.clothing.shoe_surface import shoe_surface
from bodydouble.clothing.skirt_surface import SkirtShape, find_skirt, skirt_weights
from bodydouble.parsing.labels import OUTER, SHOES
from bodydouble.values import (
    BodyFit,
    Camera,
    Mesh,
    Person,
    Photo,
    Pose,
    RestBody,
    StyleEstimate,
    Surface,
    SurfaceKind,
    Texture,
    Understanding,
    UvLayout,
)

TUBES = (SurfaceKind.SKIRT, SurfaceKind.COAT)
TEXTURE_SIZE = 512  # texels a side
_ROOM_M = 0.02  # around a loose garment, where its outline is not looked for
_RIM_PX = 1.5  # pixels of the view around a coat or a hat that are half theirs
_LONGEST_M = 0.09  # of a face's edge; longer ones bridge what lies before and behind a shoulder
_ANKLE_M = 0.05  # above the ankle joints; what is shoe below it shapes no foot
_NO_COAT = 0.9  # chance of no coat from which labels are not believed: 3 of 195 photographs with more had one
_BENT = 0.8  # radians by which both thighs are bent; on who sits no skirt hangs


@dataclass(frozen=True, kw_only=True)
class LooseGarments:
    """What a photo shows of them."""

    view: GarmentView  # of the whole person, in which the skirt was found
    head_view: GarmentView  # in which the hair was found
    skirt: SkirtShape | None
    coat: CoatShape | None
    hat: HatShape | None
    hair: HairShape | None
    knot: KnotShape | None
    footwear: Footwear
    ankles: tuple[int, int]  # joints of the body

    @property
    def pixels(self) -> Tensor:
        """S×S, bool: where they are in the view of the whole person, with some room around."""
        covered = torch.zeros_like(self.view.person)
        for tube_shape in (self.skirt, self.coat):
            if tube_shape is not None:
                covered |= tube_shape.garment
        on_head = [worn.pixels for worn in (self.hat, self.knot) if worn is not None]
        if self.hair is not None:
            on_head.append(self.hair.hair)
        for pixels in on_head:
            covered |= move_mask(pixels, self.head_view.camera, self.view.camera)
        if self.footwear.shod:
            covered |= self._shoe_pixels()
        return dilate(covered, self.view.pixels(_ROOM_M)) if bool(covered.any()) else covered

    def _shoe_pixels(self) -> Tensor:
        """S×S, bool: the shoes; of boots the feet alone, because the legs are as wide as the shafts on them."""
        shoes = self.view.labels[SHOES] > 0.5
        highest = self.view.joints[self.ankles, 1].min() - self.view.pixels(_ANKLE_M)
        return shoes & (torch.arange(len(shoes)) > highest)[:, None]

    def hiding_pixels(self, camera: Camera) -> Tensor | None:
        """H×W, bool: where a coat hangs before the legs and a hat before the head, in the photo's camera; or None."""
        hidden = torch.zeros(camera.size, dtype=torch.bool)
        if self.coat is not None:
            around = dilate(self.coat.garment, _RIM_PX)
            around[: self.coat.hip] = False  # the trunk stays in the coat's cloth
            hidden |= move_mask(around, self.view.camera, camera)
        if self.hat is not None:
            hidden |= move_mask(dilate(self.hat.pixels, _RIM_PX), self.head_view.camera, camera)
        return hidden if bool(hidden.any()) else None


def find_loose(
    fit: BodyFit, photo: Photo, person: Person, understanding: Understanding, body: BodyModel, hats: bool = True
) -> LooseGarments:
    """What the person of a bare fit wears that hangs off the body.

    Args:
        hats: hats are surfaces of their own, and not a part of the hair.
    """
    view = garment_view(fit, photo, person, understanding, body, body_camera(person, fit.camera))
    head_view = garment_view(fit, photo, person, understanding, body, head_camera(view))
    thighs = fit.pose.joints[[body.roles["left_hip"], body.roles["right_hip"]]].norm(dim=1)
    stands = float(thighs.min()) < _BENT
    coat, skirt = _find_below_waist(view, body, understanding.style) if stands else (None, None)
    hat = find_hat(head_view) if hats else None
    return LooseGarments(
        view=view,
        head_view=head_view,
        skirt=skirt,
        coat=coat,
        hat=hat,
        hair=find_hair(head_view, body, None if hat is None else hat.pixels),
        knot=find_knot(head_view) if hat is None else None,
        footwear=find_footwear(fit, understanding, body),
        ankles=(body.roles["left_ankle"], body.roles["right_ankle"]),
    )


def _find_below_waist(
    view: GarmentView, body: BodyModel, style: StyleEstimate | None
) -> tuple[CoatShape | None, SkirtShape | None]:
    """A coat, and the skirt beneath it or without it."""
    coat = find_coat(view, body)
    if coat is None or (coat.label == OUTER and _wears_no_coat(style)):
        return None, find_skirt(view, body, style)
    if coat.label != OUTER and (skirt := find_skirt(view, body, style)) is not None:
        return None, skirt  # a dress, in parts taken for a shirt
    return coat, find_skirt(replace(view, cover=view.cover | coat.garment), body, style)


def _wears_no_coat(style: StyleEstimate | None) -> bool:
    """Whether what the labels call a coat is a dress or a shirt."""
    bare = style.chance("outer", "none") if style is not None else None
    return bare is not None and bare > _NO_COAT


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
        weights = hair_weights(points.view(-1, 3), garments.hair, view, body)
        alpha = hair_alpha(points, garments.hair, view, TEXTURE_SIZE)
        whole = _surface("hair", SurfaceKind.HAIR, world, weights, garments, fit, alpha)
        surfaces.append(_without_bridges(whole, world))
    if garments.knot is not None:
        points = knot_points(garments.knot, garments.head_view)
        surfaces.append(_put_on_head("knot", SurfaceKind.HAIR, points, garments, fit, body))
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
    weights = torch.zeros(world[..., 0].numel(), garments.view.rest.skin_weights.shape[1])
    weights[:, body.roles["head"]] = 1
    return _surface(name, kind, world, weights, garments, fit)


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
    rings, columns = world.shape[:2]
    empty = torch.zeros(TEXTURE_SIZE, TEXTURE_SIZE)
    return Surface(
        name=name,
        kind=kind,
        vertices=to_rest(world.view(-1, 3), weights, garments.view.rest, fit.pose),
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
    place = (uv * 2 - 1)[None, None]
    around = torch.nn.functional.max_pool2d(surface.texture.alpha[None, None], 17, 1, 8)
    visible = torch.nn.functional.grid_sample(around, place, align_corners=False)[0, 0, 0] > 0
    kept = visible & (longest < _LONGEST_M)
    used, faces = surface.faces[kept].unique(return_inverse=True)
    return replace(
        surface,
        vertices=surface.vertices[used],
        skin_weights=surface.skin_weights[used],
        faces=faces,
        layout=UvLayout(uv=surface.layout.uv, faces=surface.layout.faces[kept], mirrored=False),
    )


def tuck_body(fit: BodyFit, surfaces: Sequence[Surface], body: BodyModel) -> tuple[BodyFit, tuple[Surface, ...]]:
    """The fit whose clothing lies inside of the skirt that covers it, and the skirt, which begins on the body."""
    rest = body.rest(fit.shape)
    vertices = dress_rest(fit, body).vertices
    trunk = ~arms(rest, body)
    worn = []
    for surface in surfaces:
        if surface.kind in TUBES:
            laid = tube.fit_waist(
                surface.vertices, submesh(vertices, body.faces, trunk), surface.kind == SurfaceKind.COAT
            )
            rim = torch.zeros(tube.RINGS, tube.COLUMNS, dtype=torch.bool)
            rim[0] = rim[-1] = True
            if len(surface.faces) < 2 * (tube.RINGS - 1) * tube.COLUMNS:  # it hangs open
                rim[:, tube.COLUMNS // 2 : tube.COLUMNS // 2 + 2] = True
            vertices = tuck_in(vertices, Mesh(vertices=laid, faces=surface.faces), trunk, rim.view(-1))
            surface = replace(surface, vertices=laid)
        if surface.kind == SurfaceKind.HAT:
            vertices = tuck_head(vertices, rest, surface, body)
        if surface.kind == SurfaceKind.SHOES:
            vertices = tuck_feet(vertices, rest, surface, body)
        worn.append(surface)
    hats = [surface for surface in worn if surface.kind == SurfaceKind.HAT]
    worn = [tuck_hair(each, hats[0]) if hats and each.kind == SurfaceKind.HAIR else each for each in worn]
    clothing = replace(fit.clothing, offsets=vertices - rest.vertices)
    tucked = replace(fit, clothing=clothing)
    clothed = dress_rest(tucked, body)
    return tucked, tuple(_swinging(surface, body, clothed, fit.pose) for surface in worn)


def _swinging(surface: Surface, body: BodyModel, rest: RestBody, pose: Pose) -> Surface:
    """The surface with the chains that it hangs on; what has none, as it is."""
    if surface.kind in TUBES:
        return hang_panels(surface, body, rest, pose)
    return hang_hair(surface, body, rest, pose) if surface.kind == SurfaceKind.HAIR else surface
