"""A fit as named tensors, and back: as `.double` files and kept fits hold it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from bodydouble.values import BodyFit, BodyShape, Camera, Clothing, Pose


def fit_to_tensors(fit: BodyFit) -> dict[str, Tensor]:
    """All of a fit, by the names that `docs/tour.md` lists; those that count are int32, all others are as they are."""
    faces = {} if fit.faces is None else {"body.faces": fit.faces.int()}
    return {
        "shape.coefficients": fit.shape.coefficients,
        "pose.joints": fit.pose.joints,
        "pose.root_rotation": fit.pose.root_rotation,
        "pose.root_translation": fit.pose.root_translation,
        "pose.expression": fit.pose.expression,
        "clothing.offsets": fit.clothing.offsets,
        "clothing.leg_blend": fit.clothing.leg_blend,
        "camera.intrinsics": fit.camera.intrinsics,
        "camera.camera_from_world": fit.camera.camera_from_world,
        "camera.size": torch.tensor(fit.camera.size, dtype=torch.int32),
        **faces,
    }


def fit_from_tensors(tensors: Mapping[str, Tensor]) -> BodyFit:
    """The fit of `fit_to_tensors`; tensors of other names are left alone. Raises KeyError where one is missing."""
    height, width = tensors["camera.size"].tolist()
    faces = tensors.get("body.faces")
    return BodyFit(
        shape=BodyShape(coefficients=tensors["shape.coefficients"]),
        pose=Pose(
            joints=tensors["pose.joints"],
            root_rotation=tensors["pose.root_rotation"],
            root_translation=tensors["pose.root_translation"],
            expression=tensors["pose.expression"],
        ),
        camera=Camera(
            intrinsics=tensors["camera.intrinsics"],
            camera_from_world=tensors["camera.camera_from_world"],
            size=(height, width),
        ),
        clothing=Clothing(offsets=tensors["clothing.offsets"], leg_blend=tensors["clothing.leg_blend"]),
        faces=None if faces is None else faces.long(),
    )
