"""The view in which garments are measured: what each pixel is, and where the bare body lies beneath it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import arm_weight, joint_transforms
from bodydouble.fitting.outline import mask_view
from bodydouble.geometry.camera import clip_from_world, cropped, move_pixels, project, resized
from bodydouble.geometry.distance import rough_distance_to
from bodydouble.parsing.garments import GARMENTS, cloth_chance
from bodydouble.parsing.labels import OUTER
from bodydouble.person.landmarks import SIDES
from bodydouble.raster.depth import depth_range
from bodydouble.values import BodyFit, Camera, Mesh, Person, Photo, RestBody, Understanding

VIEW_PX = 384  # side of a view; a pixel of the whole person's is about 6 mm of one who stands
_COVERED = 0.3  # of a pixel; thin strands and hems count
_ARM_REACH_M = 0.025  # around a fitted arm, where its sleeve may be


@dataclass(frozen=True, kw_only=True)
class GarmentView:
    """A square view around the person. S is its side in pixels."""

    camera: Camera
    colours: Tensor  # 3×S×S, sRGB, [0, 1], the photo; black outside it
    person: Tensor  # S×S, bool, the mask
    labels: Tensor  # L×S×S, probabilities of `parsing.labels.LABELS`; 0 off the mask
    garments: Tensor | None  # G×S×S, how likely each pixel is each of `GARMENTS`, which sum to cloth; None: not told
    near: Tensor  # S×S, metres, nearest point of trunk, head and legs of the bare body; inf where there is none
    far: Tensor  # S×S, metres, the farthest one; -inf where there is none
    front: Tensor  # S×S, metres, nearest point of the whole body, arms too; inf where there is none
    cover: Tensor  # S×S, bool, what hides garments: arms and hands with a sleeve's room around them, and held things
    joints: Tensor  # J×3, the body's joints: x, y in pixels, depth in metres
    head: int  # row of the head's joint
    mesh: Mesh  # the bare body as it stands in the photo
    rest: RestBody  # the same at rest

    @property
    def skull_top(self) -> int:
        """The first row that shows the bare body."""
        return int(torch.isfinite(self.near).any(1).float().argmax())

    def worn(self, *names: str) -> Tensor | None:
        """S×S, [0, 1]: how likely each pixel is one of these `GARMENTS`; None where the parser tells none."""
        if self.garments is None:
            return None
        return self.garments[[GARMENTS.index(name) for name in names]].sum(0)

    def as_top(self, label: int) -> Tensor:
        """S×S, [0, 1]: how likely each pixel is a label's, of a coat's without the scarf that hangs before it."""
        scarf = self.worn("scarf") if label == OUTER else None
        return self.labels[label] if scarf is None else (self.labels[label] - scarf).clamp_min(0)

    def joint_height(self, name: str, body: BodyModel) -> float:
        """Pixels, the mean height of a left and a right joint, say "knee"."""
        left, right = (self.joints[body.roles[f"{side}_{name}"], 1] for side in SIDES)
        return float((left + right) / 2)

    def pixels(self, metres: float) -> float:
        """How many pixels a length has at the body's root."""
        return metres * float(self.camera.intrinsics[0, 0] / self.joints[0, 2])


def body_camera(person: Person, camera: Camera) -> Camera:
    """The square view of the whole person."""
    return mask_view(person, camera, VIEW_PX).camera


def head_camera(view: GarmentView) -> Camera:
    """The square view of head and trunk, at twice the scale of a view of the whole person."""
    side = VIEW_PX // 2
    top = max(0, int(view.person.any(1).float().argmax()) - side // 10)
    part = cropped(view.camera, round(float(view.joints[view.head, 0])) - side // 2, top, (side, side))
    return resized(part, (VIEW_PX, VIEW_PX))


def garment_view(
    fit: BodyFit, photo: Photo, person: Person, understanding: Understanding, body: BodyModel, camera: Camera
) -> GarmentView:
    """Draw the bare body and what the parser made of the person in one square view.

    Args:
        fit: of the bare body.
        camera: the view's; a part of the fit's, maybe resized.
    """
    rest = body.rest(fit.shape)
    mesh = body.pose(rest, fit.pose)
    of_arm = (arm_weight(rest, body) > 0.5)[mesh.faces].all(1)
    clip = clip_from_world(mesh.vertices, camera)
    near, far = depth_range(clip, mesh.faces[~of_arm], camera.size)
    arms = depth_range(clip, mesh.faces[of_arm], camera.size)[0]
    joints = project(joint_transforms(rest, fit.pose)[1], camera)
    place = photo_places(camera, fit.camera)
    covered = _look_up(person.mask[None], place, (0, 0), fit.camera.size)[0] > _COVERED
    cover = dilate(torch.isfinite(arms), _ARM_REACH_M * float(camera.intrinsics[0, 0] / joints[0, 2]))
    if person.things is not None:
        cover |= _look_up(person.things[None].float(), place, (0, 0), fit.camera.size)[0] > 0.5
    corner, side = (understanding.left, understanding.top), understanding.side
    garments = understanding.garments
    if garments is not None:
        garments = _look_up(garments * cloth_chance(understanding), place, corner, (side, side)) * covered
    return GarmentView(
        camera=camera,
        colours=_look_up(photo.rgb, place, (0, 0), photo.size),
        person=covered,
        labels=_look_up(understanding.labels, place, corner, (side, side)) * covered,
        garments=garments,
        near=near,
        far=far,
        front=torch.minimum(near, arms),
        cover=cover,
        joints=joints,
        head=body.roles["head"],
        mesh=mesh,
        rest=rest,
    )


def dilate(mask: Tensor, reach: float) -> Tensor:
    """S×S, bool: everything within so many pixels of a mask."""
    return rough_distance_to(mask) <= reach


def move_mask(mask: Tensor, view: Camera, other: Camera) -> Tensor:
    """S×S, bool: a mask in one view of a photo, in another one of it; False where the first does not reach."""
    return _look_up(mask[None].float(), photo_places(other, view), (0, 0), view.size)[0] > 0.5


def photo_places(view: Camera, camera: Camera) -> Tensor:
    """S×S×2: where the pixels of a view lie in the photo, x and y in pixels."""
    y, x = torch.meshgrid(*(torch.arange(side) + 0.5 for side in view.size), indexing="ij")
    return torch.stack(move_pixels(x, y, view, camera), -1)


def _look_up(planes: Tensor, place: Tensor, corner: tuple[int, int], size: tuple[int, int]) -> Tensor:
    """C×S×S, bilinear, 0 outside: planes that cover (height, width) pixels of the photo from (left, top)."""
    grid = (place - torch.tensor(corner)) * 2 / torch.tensor(size[::-1]) - 1
    return functional.grid_sample(planes[None], grid[None], align_corners=False)[0]


def bare_trunk(view: GarmentView, waist: float, body: BodyModel) -> tuple[slice, Tensor]:
    """Rows of the view from the shoulders to the waist's, and R×S, bool: where in them nothing is before the trunk."""
    shoulder = int(view.joints[[body.roles["left_shoulder"], body.roles["right_shoulder"]], 1].mean())
    rows = slice(max(0, shoulder), int(waist))
    return rows, torch.isfinite(view.near[rows]) & ~view.cover[rows]
