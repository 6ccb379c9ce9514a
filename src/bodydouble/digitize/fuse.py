"""Fusion, Human-SGD section 3.4: one texture whose pictures are the views, found by inverse rendering.

    Σ_i D(render_i, I_i) + 10 · L1(render_i, I_i),   Adam, learning rate 0.1, betas (0.9, 0.999)

The geometry is fixed, so that what each pixel looks up is drawn once. Every step renders all views; D, which costs the
most, is taken on one random crop a step, of a view whose turn it is. The paper's D is LPIPS (`lpips.py`); where
nobody has its weights, it is the parser distance (`perceptual.py`).

Left open by the paper and chosen here: the number of steps; the learning rate falls to zero over them; Adam's ε is
large and L1 is round at its foot, for otherwise every texel, however right, goes 0.1 up or down at once, and those that
no pixel tells from their neighbours never come back (15 dB at the photo, with 60 steps). In L1 a pixel counts as the
view shows it: by the cosine to its camera, cubed, a photo's many times, so that what was photographed stays as it was
and a view that sees it flat does not blur it; together, the pixels of each texel count 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.digitize.perceptual import PerceptualDistance
from bodydouble.digitize.views import SupportView, see_texels, warp
from bodydouble.digitize.work_folder import WorkFolder
from bodydouble.nn.adam import Adam
from bodydouble.progress import Progress
from bodydouble.raster.shade import interpolate, sample_texture
from bodydouble.values import Mesh, Surface, UvLayout

L1_WEIGHT = 10.0
LEARNING_RATE = 0.1
BETAS = (0.9, 0.999)
ADAM_EPSILON = 3.0  # as large as the gradient of a texel that is wrong
STEPS = 40
CROP_PX = 256
_ROUND = 0.05  # difference below which L1 is a parabola: a step of 13 in 255
PHOTO_COUNTS = 60.0  # of a photo's pixel in L1, beside a synthesised one's: more than all of them that see it
FURTHER_COUNTS = 10.0  # the same of further photos, in which the body stands less exactly than in the first
_COSINE_POWER = 3.0
_KEPT_EVERY = 10  # steps, after which the work folder keeps how far it came
_STEP = "fusion"  # its name there
_TOUCHED = 0.3  # of a pixel's weight in L1, from which on a texel has the photo's colour by fusion
_PHOTO_FLATTEST = 0.45  # cosine that a photo's pixel has at least in this: at 0 the outline is others' (28 to 31 dB)


@dataclass(frozen=True, kw_only=True)
class FusedView:
    """A view as fusion compares it."""

    view: SupportView
    counts: float = 1.0  # of its pixels in L1; `PHOTO_COUNTS` of the photo, of which nothing is invented

    @property
    def photo(self) -> bool:
        """Whether nothing of it is invented."""
        return self.counts > 1


def pixel_weights(view: FusedView) -> Tensor:
    """H×W, at least 0: how much each pixel counts in L1."""
    cosine = view.view.geometry.cosine.clamp(_PHOTO_FLATTEST if view.photo else 0.0, 1)
    return view.view.valid * cosine**_COSINE_POWER * view.counts


def fuse_views(
    rgb: Tensor,
    layout: UvLayout,
    views: Sequence[FusedView],
    steps: int = STEPS,
    seed: int = 0,
    distance: PerceptualDistance | None = None,
    work: WorkFolder | None = None,
    progress: Progress | None = None,
) -> Tensor:
    """3×S×S, [0, 1]: the texture whose pictures are most like the views.

    Args:
        rgb: 3×S×S, where it begins; texels that no view shows stay so.
        distance: D; None: L1 alone.
        seed: of the crops.
        work: where the state is kept every few steps, and found again.
    """
    places = [interpolate(one.view.geometry.fragments, layout.faces, layout.uv) for one in views]
    weights = [pixel_weights(one) for one in views]
    shown = [weight > 0 for weight in weights]
    uv = torch.cat([place[0][:, mask] for place, mask in zip(places, shown, strict=True)], 1)[None, :, :, None]
    wanted = torch.cat([one.view.rgb[:, mask] for one, mask in zip(views, shown, strict=True)], 1)
    weight = torch.cat([value[mask] for value, mask in zip(weights, shown, strict=True)])
    weight = normalise_weights(weight, uv, rgb.shape[-1])
    texture = rgb.clone().requires_grad_()
    adam = Adam({"texture": texture}, BETAS, ADAM_EPSILON)
    random = torch.Generator().manual_seed(seed)
    first = _read_state(work, texture, adam, random)
    for step in range(first, steps):
        if progress:
            progress("fusion", step / steps)
        picture = sample_texture(texture, uv)[0, :, :, 0]
        error = functional.smooth_l1_loss(picture, wanted, reduction="none", beta=_ROUND)
        loss = L1_WEIGHT * (error * weight).sum()
        if distance is not None:
            number = step % len(views)
            crop = random_crop(views[number].view, random)
            image = sample_texture(texture, places[number][(..., *crop)])
            mask = views[number].view.valid[crop]
            goal = views[number].view.rgb[(slice(None), *crop)] * mask
            loss = loss + distance.weight * int(mask.sum()) * distance(image * mask, goal[None])
        adam.step(loss, {"texture": LEARNING_RATE * (1 + math.cos(math.pi * step / steps)) / 2})
        if work is not None and (step + 1) % _KEPT_EVERY == 0:
            state = {**adam.state(), "texture": texture.detach(), "random": random.get_state()}
            work.write(_STEP, {**state, "steps": torch.tensor(step + 1)})
    return texture.detach().clamp(0, 1)


def lay_between(rgb: Tensor, surface: Surface, posed: Mesh, photo: SupportView) -> Tensor:
    """3×S×S, [0, 1]: the fused texture with the photo's colour in the texels that lie between its pixels.

    Where the surface turns away from the camera, pixels of the photo are farther apart than texels. Those between would
    be the other views': along the outline they made a row of dashes.

    Args:
        rgb: 3×S×S, fused.
        posed: the surface as it stands in the photo.
        photo: valid where its pixels are the surface's.
    """
    seen = warp(photo, see_texels(surface, posed, photo.geometry.camera))
    place = interpolate(photo.geometry.fragments, surface.layout.faces, surface.layout.uv)[0]
    touched = _touch(place[:, photo.valid][None, :, :, None], rgb.shape[-1])
    return torch.where(seen.visible & (touched < _TOUCHED), seen.rgb, rgb)


def _touch(uv: Tensor, size: int, weight: Tensor | float = 1.0) -> Tensor:
    """S×S: how much of the weights of N pixels, which look up a texture at 1×2×N×1 uv, each texel gets."""
    nothing = torch.zeros(1, size, size, requires_grad=True)
    (total,) = torch.autograd.grad((sample_texture(nothing, uv)[0, 0, :, 0] * weight).sum(), nothing)
    return total[0]


def _read_state(work: WorkFolder | None, texture: Tensor, adam: Adam, random: torch.Generator) -> int:
    """Put back what the work folder keeps, and return how many steps were done."""
    state = None if work is None else work.read(_STEP)
    if state is None:
        return 0
    texture.data.copy_(state.pop("texture"))
    random.set_state(state.pop("random"))
    done = int(state.pop("steps"))
    adam.restore(state, done)
    return done


def normalise_weights(weight: Tensor, uv: Tensor, size: int) -> Tensor:
    """(N,): the weights of N pixels, so that those of the pixels that look up one texel sum to about 1.

    Args:
        uv: 1×2×N×1, where they look.
        size: texels a side.
    """
    total = _touch(uv, size, weight)
    return weight / sample_texture(total[None], uv)[0, 0, :, 0].clamp_min(1e-6)


def random_crop(view: SupportView, random: torch.Generator, side: int = CROP_PX) -> tuple[slice, slice]:
    """Rows and columns of a square around a random pixel that the view shows; smaller only where the view is."""
    shown = view.valid.nonzero()
    middle = shown[int(torch.randint(len(shown), (1,), generator=random))] if len(shown) else shown.new_zeros(2)
    crop = []
    for place, limit in zip(middle.tolist(), view.valid.shape, strict=True):
        length = min(side, limit // 32 * 32)
        first = min(max(place - length // 2, 0), limit - length)
        crop.append(slice(first, first + length))
    return crop[0], crop[1]
