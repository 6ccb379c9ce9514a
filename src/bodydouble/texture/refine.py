"""RGB refinement: the seen texels move until the rendered picture is the photo (DINAR section 3.5 and supplement B).

The paper descends through its neural renderer. Drawing a textured mesh is linear in the texels, so here the same
least-squares problem is solved by SIRT (simultaneous iterative reconstruction): every texel moves by the mean error of
the pixels it takes part in, weighted by its λ, so that only visible, frontal texels move.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel
from bodydouble.body.skinning import pose_fit
from bodydouble.geometry.camera import clip_from_world, cropped, resized
from bodydouble.geometry.window import mask_box
from bodydouble.progress import Progress
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.values import FittedView, Texture

_SUPERSAMPLE = 2  # as pictures are rendered
_SEEN = 0.99  # share of seen texels in each sample of a pixel that moves them


def refine_texture(
    texture: Texture, view: FittedView, body: BodyModel, rounds: int = 6, progress: Progress | None = None
) -> Texture:
    """The texture whose picture from the photo's camera is nearest to the photo; texels with `confidence` 0 stay."""
    if rounds == 0 or _shows_every_texel(view, texture):
        return texture
    mesh = pose_fit(view.fit, body)
    left, top, right, bottom = mask_box(view.person.mask)
    size = (bottom - top, right - left)
    camera = cropped(view.fit.camera, left, top, size)
    fine = (size[0] * _SUPERSAMPLE, size[1] * _SUPERSAMPLE)
    fragments = rasteriser()(clip_from_world(mesh.vertices, resized(camera, fine))[None], mesh.faces, fine)
    uv = interpolate(fragments, body.layout.faces, body.layout.uv)
    covered = functional.avg_pool2d((fragments.face >= 0).float()[:, None], _SUPERSAMPLE)
    valid = (covered[0, 0] == 1) & (view.person.mask[top:bottom, left:right] > 0.99)
    # 1×2×N×4: of the N pixels that count, and of no other. For what a pixel shows of texels that were not seen, which
    # have no colour yet, the seen ones beside them would make up: they came out black or white, as a dotted line.
    uv = _group_samples(uv[0], _SUPERSAMPLE)[:, valid][None]
    whole = sample_texture((texture.confidence > 0)[None].float(), uv)[0, 0].amin(-1) > _SEEN
    if not bool(whole.any()):
        return texture
    uv, wanted = uv[:, :, whole], view.photo.rgb[:, top:bottom, left:right][:, valid][:, whole]

    def drawn(rgb: Tensor) -> Tensor:
        return sample_texture(rgb, uv)[0].mean(-1)

    rgb = texture.rgb.clone().requires_grad_()
    touched = torch.autograd.grad(drawn(rgb).sum(), rgb)[0][:1]
    gain = texture.confidence.clamp(0, 1).sqrt() / touched.clamp_min(1e-3) * (touched > 1e-3)
    for done in range(rounds):
        if progress:
            progress("refine", (done + 1) / (rounds + 1))
        picture = drawn(rgb)
        residual = (wanted - picture).detach()
        (step,) = torch.autograd.grad((picture * residual).sum(), rgb)
        rgb = (rgb + gain * step).detach().clamp(0, 1).requires_grad_()
    return replace(texture, rgb=torch.where(texture.confidence > 0, rgb.detach(), texture.rgb))


def _group_samples(image: Tensor, count: int) -> Tensor:
    """C×(count·H)×(count·W) to C×H×W×count²: each pixel's samples."""
    channels, height, width = image.shape
    grid = image.view(channels, height // count, count, width // count, count)
    return grid.transpose(2, 3).flatten(3)


def _shows_every_texel(view: FittedView, texture: Texture) -> bool:
    """Whether a large photo has a pixel and more for each texel: then the projection is as good as the picture of it
    can be, and the rounds, which cost the most there, would change nothing that is seen."""
    pixels, texels = int((view.person.mask > 0.5).sum()), int((texture.confidence > 0).sum())
    return view.photo.window is not None and pixels >= texels
