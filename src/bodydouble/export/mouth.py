"""A mouth that can open: lips that close, teeth, and a tongue with a colour.

In most photos mouths are shut, so teeth and tongue are made up.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.body import BodyModel
from bodydouble.body.anny import AnnyBody
from bodydouble.body.anny_mouth import COLUMNS, ROWS, Teeth, place_teeth, tongue_faces
from bodydouble.export.eyes import match_eyes
from bodydouble.export.lids import paint_lids
from bodydouble.geometry.uv import fill_seams
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import FACE_LANDMARKS, RestBody, Surface, SurfaceKind, Texture, UvLayout

_UPPER_LIP, _LOWER_LIP = 13, 14  # MediaPipe's face mesh: the middle of the lips' inner edges
_MOST_CLOSING = 0.15  # coefficient of mouthClose: lips that it would bring together from farther are open

_TEXELS = 256  # a side
_IVORY = torch.tensor([1.0, 0.96, 0.88])  # of the white of the eyes
_GUMS = torch.tensor([0.74, 0.42, 0.42])  # likewise
_TONGUE = torch.tensor([0.78, 0.43, 0.42])
_THROAT = 0.25  # of its tip's brightness the tongue has at its root
_SEEN = 0.2  # of the tongue's texels: photos show less by mistake, between the lips
_SEAM = 2.0  # texels around the tongue's charts, which nothing else uses
_IN_SHADE = 0.25  # of its brightness is what the hindmost tooth has, in the shade of the cheeks
_GAP = 0.3  # of the brightness is lost between two teeth


def open_mouth(body: BodyModel, rest: RestBody, texture: Texture) -> tuple[RestBody, Texture, tuple[Surface, ...]]:
    """The clothed body and its texture with eyes that match, lips that close and a tongue, and both rows of teeth.

    Body models of which no teeth are known stay as they are.

    Args:
        rest, texture: on the CPU.
    """
    if not isinstance(body, AnnyBody):
        return rest, texture, ()
    texture, white = match_eyes(body, rest, paint_lids(body, rest, texture))
    painted = _paint_teeth(white)
    teeth = tuple(_make_surface(row, body, rest, painted) for row in place_teeth(body, rest))
    return _close_lips(body, rest), _paint_tongue(body, rest, texture, white), teeth


def _close_lips(body: BodyModel, rest: RestBody) -> RestBody:
    """Anny's lips at rest are some millimetres apart, which nothing shows until there are teeth behind them."""
    shape = rest.expressions[body.expression_names.index("mouthClose")]
    gap, closing = (
        body.landmarks.points(vertices)[FACE_LANDMARKS][[_UPPER_LIP, _LOWER_LIP], 1]
        for vertices in (rest.vertices, shape)
    )
    # Rounded, as sums depend in their last bit on where in memory tensors begin, and files are to be the same.
    coefficient = round(float((gap[0] - gap[1]) / (closing[1] - closing[0])), 4)
    if not 0 < coefficient < _MOST_CLOSING:
        return rest
    return replace(rest, vertices=rest.vertices + coefficient * shape)


def _paint_tongue(body: AnnyBody, rest: RestBody, texture: Texture, white: Tensor) -> Texture:
    """The texture with a tongue that grows dark towards the throat, unless the photo shows one."""
    tongue = tongue_faces(body)
    if not bool(tongue.any()):
        return texture
    faces = body.faces[tongue]
    depth = rest.vertices[:, 2:]
    back, front = depth[faces.unique()].aminmax()
    texels = texel_map(replace(body.layout, faces=body.layout.faces[tongue]), texture.rgb.shape[-1])
    forward = interpolate(texels, faces, (depth - back) / (front - back))[0]
    rgb = torch.lerp(torch.tensor(_THROAT), torch.tensor(1.0), forward) * (_TONGUE * white)[:, None, None]
    covered = texels.face[0] >= 0
    if float((texture.confidence[covered] > 0).float().mean()) > _SEEN:
        return texture
    painted = fill_seams(torch.where(covered, rgb, texture.rgb), covered, radius=_SEAM)
    return replace(texture, rgb=painted)


def _make_surface(teeth: Teeth, body: BodyModel, rest: RestBody, texture: Texture) -> Surface:
    """A row of teeth, bound to the head; the lower jaw is moved by the body's own expressions."""
    weights = torch.zeros(len(teeth.vertices), len(rest.parents))
    weights[:, body.roles["head"]] = 1.0
    shapes = torch.zeros(len(body.expression_names), *teeth.vertices.shape)
    for name, shape in teeth.shapes.items():
        shapes[body.expression_names.index(name)] = shape
    column, row = torch.meshgrid(torch.arange(COLUMNS - 1), torch.arange(ROWS - 1), indexing="ij")
    first = (column * ROWS + row).reshape(-1)
    quads = torch.stack([first, first + ROWS, first + ROWS + 1, first + 1], 1)
    if teeth.jaw == "upper":  # whose gums are above, so that the same order is seen from the other side
        quads = quads.flip(1)
    faces = torch.cat([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    u, v = torch.meshgrid(torch.linspace(0, 1, COLUMNS), torch.linspace(0, 1, ROWS), indexing="ij")
    return Surface(
        name=f"{teeth.jaw}_teeth",
        kind=SurfaceKind.TEETH,
        vertices=teeth.vertices,
        faces=faces,
        layout=UvLayout(uv=torch.stack([u, v], 2).reshape(-1, 2), faces=faces, mirrored=False),
        texture=texture,
        skin_weights=weights,
        blendshapes=shapes if teeth.shapes else None,
    )


def _paint_teeth(white: Tensor) -> Texture:
    """Gums, crowns and their backs from top to bottom; a tooth is as wide as a column of the mesh.

    Args:
        white: (3,), of the eyes.
    """
    place = (torch.arange(_TEXELS) + 0.5) / _TEXELS
    within = (place * (COLUMNS - 1)) % 1  # of a tooth, from its right edge to its left
    edge = (2 * (within - 0.5).abs()) ** 6  # 1 between two teeth
    shade = 1 - (1 - _IN_SHADE) * (2 * place - 1).abs() ** 1.2
    height = place[:, None] * (ROWS - 1)
    neck = 0.8 + 0.35 * edge  # where a crown begins: gums reach down between two
    gums = ((neck - height) * 12 + 0.5).clamp(0, 1)
    rgb = torch.lerp(_IVORY[:, None, None], _GUMS[:, None, None], gums)
    rgb = rgb * (1 - _GAP * edge * (1 - gums)) * shade * white[:, None, None]
    return Texture(rgb=rgb.clamp(0, 1), confidence=torch.zeros(_TEXELS, _TEXELS))
