"""A body model of which a part of the surface is left out."""

from __future__ import annotations

import copy
from dataclasses import replace

from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.errors import InputError


def cut_body(body: BodyModel, faces: Tensor | None) -> BodyModel:
    """The body model with these faces alone; joints, vertices and all that counts them stay. None: as it is.

    Args:
        faces: F×2×3, int64: rows of vertices, and of the layout's uv, as `values.BodyFit.faces`.

    Raises:
        InputError: a face has a corner that the body does not have.
    """
    if faces is None:
        return body
    vertices, corners = (rows.contiguous() for rows in faces.unbind(1))
    limits = (int(body.faces.max()), len(body.layout.uv) - 1)
    if not len(faces) or int(faces.min()) < 0 or int(vertices.max()) > limits[0] or int(corners.max()) > limits[1]:
        raise InputError(f"a body that is cut off has faces with corners that the body {body.name} does not have")
    remaining = copy.copy(body)
    remaining.faces, remaining.layout = vertices, replace(body.layout, faces=corners)
    return remaining
