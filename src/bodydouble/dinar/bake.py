"""What the neural renderer draws, put back into the texture, for viewers that have no neural renderer.

The body at rest is drawn from all around, with and without the network. What the network changes is carried to the
texture (Algorithm 1), merged over the views by λ (Eq. 5), and added to the fine colours: these keep their detail, and a
network that changes nothing changes nothing here.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from bodydouble.dinar.view import NeuralLook, render_neural
from bodydouble.geometry.camera import clip_from_world
from bodydouble.geometry.mesh import view_cosine
from bodydouble.geometry.uv import enlarge, fill_seams
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.render.framing import framing_camera
from bodydouble.render.image import render_mesh
from bodydouble.texture.merge import merge_textures
from bodydouble.texture.scatter import ScatteredTexture, scatter_pixels
from bodydouble.values import Camera, Mesh, Texture, UvLayout, to_device

_SIZE = (512, 512)  # pixels of each view
_TEXELS = 256  # a side, of the change
_REACH = 12  # texels by which the change goes on beyond what any view showed
# Azimuth and elevation in degrees: eight around, and four each from above and below for what these see flat.
_VIEWS = [(45.0 * step, 0.0) for step in range(8)]
_VIEWS += [(90.0 * step + 45 * up, 50.0 * (2 * up - 1)) for up in (0, 1) for step in range(4)]


@torch.no_grad()
def bake_texture(mesh: Mesh, layout: UvLayout, look: NeuralLook, texture: Texture) -> Texture:
    """The texture in the colours that the renderer gives it.

    Args:
        mesh: the clothed body, limbs apart; on the texture's device, as `layout`.

    Returns:
        On the CPU; `neural` is None, `confidence` as it was.
    """
    views = [_change(mesh, layout, look, framing_camera(mesh.vertices, _SIZE, *view)) for view in _VIEWS]
    filled = torch.stack([view.filled for view in views])
    change = merge_textures(
        torch.stack([view.rgb for view in views]), torch.stack([view.cosine for view in views]), filled
    )
    # Beyond the charts' borders, and into what no view showed, the change goes on a little.
    change = fill_seams(change, filled.any(0), radius=_REACH)
    texture = to_device(texture, "cpu")
    fine = enlarge(change, texture.rgb.shape[-1])
    return replace(texture, rgb=(texture.rgb + fine).clamp(0, 1), neural=None)


def _change(mesh: Mesh, layout: UvLayout, look: NeuralLook, camera: Camera) -> ScatteredTexture:
    """What the network changes in one view, carried to the texture; colours here run from -1 to 1."""
    change, solid = _difference(mesh, layout, look, camera)
    fragments = rasteriser()(clip_from_world(mesh.vertices, camera)[None], mesh.faces, camera.size)
    uv = torch.where(fragments.face[0] >= 0, interpolate(fragments, layout.faces, layout.uv)[0], -1.0)
    cosine = interpolate(fragments, mesh.faces, view_cosine(mesh.vertices, mesh.faces, camera))[0, 0].clamp(0, 1)
    return scatter_pixels(change.cpu(), uv.cpu(), solid.cpu(), cosine.cpu(), _TEXELS)


def _difference(mesh: Mesh, layout: UvLayout, look: NeuralLook, camera: Camera) -> tuple[Tensor, Tensor]:
    """3×H×W in [-1, 1], and H×W: where both pictures are the person's alone."""
    drawn = render_neural(mesh, layout, look, camera)
    plain = render_mesh(mesh, layout, look.rgb, camera)
    solid = (drawn[3] > 0.99) & (plain[3] > 0.99)
    return (drawn[:3] - plain[:3]) * solid, solid.float()
