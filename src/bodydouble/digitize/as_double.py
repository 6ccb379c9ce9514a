"""A digitised person as a double: kept in a `.double` file, posed, animated and exported as every other."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.cut import cut_body
from bodydouble.digitize.solid import signed_distance
from bodydouble.double import Double
from bodydouble.metadata import Metadata
from bodydouble.surface.skeleton import rest_mesh
from bodydouble.values import BodyFit, RestBody, Surface, Texture

_BODY_TEXELS = 16  # a side, of the texture of what is left of the body, which nobody sees


def make_double(surface: Surface, body: BodyModel, fit: BodyFit, rest: RestBody, metadata: Metadata) -> Double:
    """A double whose body is all but left out, as below a bust, and on whose skeleton the mesh hangs.

    The one face that stays, for a body has to have some, is the one that lies deepest inside the mesh.

    Args:
        surface: the digitised mesh at rest, on the body's joints.
        fit, rest, metadata: of the double that it was made of.
    """
    faces = _deepest_face(surface, body, rest)
    nothing = torch.zeros(_BODY_TEXELS, _BODY_TEXELS)
    return Double(
        fit=replace(fit, faces=faces),
        texture=Texture(rgb=torch.full((3, _BODY_TEXELS, _BODY_TEXELS), 0.5), confidence=nothing),
        body=cut_body(body, faces),
        metadata=metadata,
        attached=(surface,),
    )


def _deepest_face(surface: Surface, body: BodyModel, rest: RestBody) -> Tensor:
    """1×2×3, as `BodyFit.faces`."""
    middles = rest.vertices[body.faces].mean(1).double().numpy()
    deepest = int(signed_distance(rest_mesh(surface), middles).argmin())
    return torch.stack([body.faces[deepest], body.layout.faces[deepest]])[None]
