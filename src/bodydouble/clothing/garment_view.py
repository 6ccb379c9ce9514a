"""The view in which garments are measured: what each pixel is, and where the bare body lies beneath it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import joint_transforms, subtree_weight
from bodydouble.fitting.outline import mask_view
from bodydouble.geometry.camera import clip_from_world, move_pixels, project
from bodydouble.raster.torch import all_surfaces
from bodydouble.values import BodyFit, Camera, Mesh, Person, RestBody, Understanding

VIEW_PX = 384  # side of the square view; a pixel is about 6 mm of a standing person
_ARM_REACH_M = 0.025  # around a fitted arm, where its sleeve may be


@dataclass(frozen=True, kw_only=True)
class GarmentView:
    """A square view around the person. S is its side in pixels."""

    camera: Camera
    labels: Tensor  # L×S×S, probabilities of `parsing.labels.LABELS`, 0 but for the background off the mask
    near: Tensor  # S×S, metres, nearest point of trunk, head and legs of the bare body; inf where there is none
    far: Tensor  # S×S, metres, the farthest one; -inf where there is none
    arms: Tensor  # S×S, bool, arms and hands with a sleeve's room around them
    joints: Tensor  # J×3, the body's joints: x, y in pixels, depth in metres
    head: int  # row of the head's joint
    mesh: Mesh  # the bare body as it stands in the photo
    rest: RestBody  # the same at rest

    def pixels(self, metres: float) -> float:
        """How many pixels a length has at the body's root."""
        return metres * float(self.camera.intrinsics[0, 0] / self.joints[0, 2])


def garment_view(fit: BodyFit, person: Person, understanding: Understanding, body: BodyModel) -> GarmentView:
    """Draw the bare body and what the parser made of the person in one square view."""
    view = mask_view(person, fit.camera, VIEW_PX)
    rest = body.rest(fit.shape)
    mesh = body.pose(rest, fit.pose)
    arm = subtree_weight(rest, body.roles["left_shoulder"]) + subtree_weight(rest, body.roles["right_shoulder"])
    of_arm = (arm > 0.5)[mesh.faces].all(1)
    near, far = _depth_range(mesh.vertices, mesh.faces[~of_arm], view.camera)
    arms = torch.isfinite(_depth_range(mesh.vertices, mesh.faces[of_arm], view.camera)[0])
    joints = project(joint_transforms(rest, fit.pose)[1], view.camera)
    reach = _ARM_REACH_M * float(view.camera.intrinsics[0, 0] / joints[0, 2])
    return GarmentView(
        camera=view.camera,
        labels=_labels(understanding, fit.camera, view.camera) * (view.mask > 0.3),
        near=near,
        far=far,
        arms=dilate(arms, reach),
        joints=joints,
        head=body.roles["head"],
        mesh=mesh,
        rest=rest,
    )


def dilate(mask: Tensor, reach: float) -> Tensor:
    """S×S, bool: everything within so many pixels of a mask."""
    distance = cv2.distanceTransform((~mask).numpy().astype(np.uint8), cv2.DIST_L2, 5)
    return torch.from_numpy(distance <= reach)


def _depth_range(vertices: Tensor, faces: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """S×S each: the least and the greatest depth of a mesh at every pixel."""
    hits = all_surfaces(clip_from_world(vertices, camera)[None], faces, camera.size)
    count = camera.size[0] * camera.size[1]
    near = torch.full((count,), torch.inf).scatter_reduce(0, hits.pixel, hits.depth, "amin")
    far = torch.full((count,), -torch.inf).scatter_reduce(0, hits.pixel, hits.depth, "amax")
    return near.view(camera.size), far.view(camera.size)


def _labels(understanding: Understanding, camera: Camera, view: Camera) -> Tensor:
    """L×S×S: the parser's probabilities at the pixels of `view`, a part of the photo of `camera`."""
    height, width = view.size
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    x, y = move_pixels(x, y, view, camera)
    corner = torch.tensor([understanding.left, understanding.top])
    place = (torch.stack([x, y], -1) - corner) * 2 / understanding.side - 1
    return functional.grid_sample(understanding.labels[None], place[None], align_corners=False)[0]
