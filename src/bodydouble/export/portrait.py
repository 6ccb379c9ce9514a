"""A small picture of the head, which programs show where an avatar is to be chosen."""

from __future__ import annotations

import io
from collections.abc import Sequence

import torch
from PIL import Image

from bodydouble.body import BodyModel
from bodydouble.body.skinning import subtree_weight
from bodydouble.render.framing import framing_camera, surrounding_rings
from bodydouble.render.image import eight_bits
from bodydouble.render.surfaces import PlainRenderer
from bodydouble.surface.skeleton import rest_mesh
from bodydouble.values import Mesh, PosedSurface, RestBody, Surface, SurfaceKind, Texture

_SIDE = 512  # pixels
_MARGIN = 0.12  # of the picture around head, hair and hat
_BACKGROUND = 0.82  # grey
_QUALITY = 90  # of the JPEG


def draw_portrait(body: BodyModel, rest: RestBody, texture: Texture, attached: Sequence[Surface]) -> bytes:
    """A square JPEG of head, hair and hat from the front, in the light of the photo.

    Args:
        rest, texture, attached: at rest, facing +z, on the CPU.
    """
    shown = [PosedSurface(mesh=Mesh(vertices=rest.vertices, faces=body.faces), layout=body.layout, texture=texture)]
    head = rest.vertices[subtree_weight(rest, body.roles["head"]) > 0.5]
    for surface in attached:
        shown.append(PosedSurface(mesh=rest_mesh(surface), layout=surface.layout, texture=surface.texture))
        if surface.kind in (SurfaceKind.HAIR, SurfaceKind.HAT):
            low = head[:, 1].min()  # long hair leaves the picture below
            head = torch.cat([head, surface.vertices[surface.vertices[:, 1] > low]])
    camera = framing_camera(surrounding_rings(head), (_SIDE, _SIDE), 0.0, margin=_MARGIN)
    with torch.no_grad():
        rgba = PlainRenderer()(shown, camera)
    rgb = rgba[:3] * rgba[3] + _BACKGROUND * (1 - rgba[3])
    encoded = io.BytesIO()
    Image.fromarray(eight_bits(rgb)).save(encoded, "JPEG", quality=_QUALITY)
    return encoded.getvalue()
