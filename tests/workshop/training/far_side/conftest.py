"""A few views with both sides that are quick to make: hair behind where the face is in front."""

import cv2
import numpy as np
import pytest

from bodydouble.parsing.labels import LABELS
from workshop.training.far_side.pictures import FarPicture
from workshop.training.parsing.pictures import new_picture

ROWS = (("hair", 10, 40), ("upper", 40, 70), ("lower", 70, 116))


@pytest.fixture(scope="session")
def picture() -> FarPicture:
    """96×128, in front of nothing: a face and a buckle in front, hair behind, a body that faces away."""
    cv2.setNumThreads(1)
    far = np.zeros((128, 96), np.uint8)
    for name, top, bottom in ROWS:
        far[top:bottom, 36:60] = LABELS.index(name)
    near = far.copy()
    near[18:34, 40:56] = LABELS.index("skin")
    colours = np.zeros((128, 96, 3), np.uint8)
    for row in range(1, len(LABELS)):
        colours[near == row] = (20 * row, 250 - 18 * row, 40 + 15 * row)
    normals = np.zeros((128, 96, 3), np.uint8)
    normals[far > 0] = (127, 127, 254)
    packed = np.dstack([normals, (far > 0).astype(np.uint8) * 127])[::2, ::2]
    rgba = np.dstack([colours, (near > 0).astype(np.uint8) * 255])
    return FarPicture(
        near=new_picture(rgba, near, normals, name="0/0"),
        labels=far,
        colour=np.where(far[..., None] > 0, 120, 0).astype(np.uint8).repeat(3, 2),
        front_only=((near != far) & (near > 0)).astype(np.uint8),
        body=np.ascontiguousarray(packed),
        traits=np.full(6, 0.5, np.float32),
    )
