"""Textures and photos under even light, and back: colours divided by the shade that `parsing.shade` told.

What is copied to where nothing was seen is taken from colours under even light: a sun patch, or a leg's shadow side,
does not come again elsewhere. What was seen stays as it was seen, and its shade fades beyond its border to what is
usual of the same label, so that no step shows there and a jacket in the sun is as bright behind.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.nn.functional import avg_pool2d

from bodydouble.body import BodyModel
from bodydouble.geometry.uv import enlarge, fill_seams, resize_nearest
from bodydouble.geometry.window import Window
from bodydouble.parsing.shade import GAMMA
from bodydouble.surface.diffusion import diffuse
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.values import FittedView, Photo, Shade, Surface, SurfaceKind, Texture

_SIZE = 256  # texels a side of the texture over which the shade goes on
_SEEN = 30.0  # weight of a seen texel's shade, against one between neighbours
_FADE = 0.01  # of its label's usual shade: it fades over ten texels, a hand's breadth on the trunk
_FADE_SHEET = 0.04  # of the side of the texture of what hangs off the body, over which it fades there
_DOUBT = 0.05  # weight of the usual shade, there
_FEW = 2e-4  # of a texture's texels, that must be seen of a label to tell its usual shade


def divide_shade(rgb: Tensor, gain: Tensor) -> Tensor:
    """sRGB colours without the gain (of their shape) of their light."""
    return (rgb * gain.pow(-1 / GAMMA)).clamp(0, 1)


def multiply_shade(rgb: Tensor, gain: Tensor) -> Tensor:
    """sRGB colours under light of that gain (of their shape)."""
    return (rgb * gain.pow(1 / GAMMA)).clamp(0, 1)


def even_texture(texture: Texture) -> Texture:
    """The texture under even light; as it is where nothing is told of its light."""
    if texture.shade is None:
        return texture
    gain = texture.shade
    if gain.shape != texture.rgb.shape:
        gain = enlarge(gain.log(), texture.rgb.shape[-1]).exp()
    return replace(texture, rgb=divide_shade(texture.rgb, gain), shade=torch.ones_like(texture.shade))


def even_photo(photo: Photo, shade: Shade) -> Photo:
    """The photo under even light."""
    window, rgb = Window(shade.left, shade.top, shade.side), photo.rgb.clone()
    for channel, gain in enumerate(shade.gain - 1):  # one at a time: a phone's photo is large
        beyond = torch.from_numpy(window.paste(np.ascontiguousarray(gain.numpy()), photo.size))
        rgb[channel] = divide_shade(rgb[channel], beyond + 1)
    return replace(photo, rgb=rgb)


def even_view(view: FittedView) -> FittedView:
    """The view with its photo under even light, of which nothing more is to be told."""
    if view.shade is None:
        return view
    return replace(view, photo=even_photo(view.photo, view.shade), shade=None)


def without_shade(texture: Texture) -> Texture:
    """The texture as it is, of whose light nothing is told."""
    return replace(texture, shade=None)


def restore_light(completed: Texture, seen: Surface, body: BodyModel, sky: Tensor) -> Texture:
    """A texture that was completed under even light, in the light of its photo; as it is if none was told.

    What the photo's light has beyond an overcast sky's fades away from what was seen; the sky's is all around.

    Args:
        seen: its surface, with the partial texture, whose texels come back to the last bit.
        sky: S×S, logarithm of an overcast sky's light on each texel (`texture.sky_light`).
    """
    partial = seen.texture
    if partial.shade is None:
        return completed
    beyond = replace(partial, shade=partial.shade * (-sky).exp())
    usual = measure_usual_shade(beyond, completed.labels)
    extended = (
        extend_over_body(beyond, usual, body) if seen.kind == SurfaceKind.BODY else extend_over_sheet(beyond, usual)
    )
    gain = torch.where(partial.confidence > 0, partial.shade, extended * sky.exp())
    rgb = torch.where(partial.confidence > 0, partial.rgb, multiply_shade(completed.rgb, gain))
    return replace(completed, rgb=rgb, shade=gain)


def measure_usual_shade(partial: Texture, labels: Tensor | None) -> Tensor:
    """3×S×S, logarithms of gains: the median of each texel's label where it was seen; 0 where too little of it was.

    Args:
        labels: S×S, of all texels; None: they are not told apart.
    """
    assert partial.shade is not None
    seen, level = partial.confidence > 0, torch.zeros_like(partial.rgb)
    kinds = torch.zeros_like(seen, dtype=torch.uint8) if labels is None else labels
    for kind in kinds[seen].unique():
        here = kinds == kind
        shown = partial.shade[:, here & seen]
        if shown.shape[1] > _FEW * seen.numel():
            level[:, here] = shown.log().median(1).values[:, None]
    return level


def extend_over_body(partial: Texture, usual: Tensor, body: BodyModel) -> Tensor:
    """3×S×S: the gain of each of the body's texels, that of seen ones faded to the usual over the surface around them.

    Args:
        usual: see `measure_usual_shade`.
    """
    assert partial.shade is not None
    graph, size = mean_surface_graph(body, _SIZE), partial.rgb.shape[-1]
    seen = partial.confidence > 0
    planes = torch.cat([torch.where(seen, partial.shade.log(), usual), seen[None].float()])
    values = graph.surface.take(resize_nearest(planes, _SIZE))
    known = torch.where(values[:, 3] > 0, _SEEN, _FADE)
    level = diffuse(graph.edges, known, values[:, :3])
    drawn = enlarge(fill_seams(graph.surface.put(level), graph.surface.covered), size)
    return torch.where(seen, partial.shade, drawn.exp())


def extend_over_sheet(partial: Texture, usual: Tensor) -> Tensor:
    """3×S×S: the same of what hangs off the body, in its texture."""
    assert partial.shade is not None
    size, seen = partial.rgb.shape[-1], partial.confidence > 0
    step = max(1, size // _SIZE)
    beyond = (partial.shade.log() - usual) * seen
    planes = avg_pool2d(torch.cat([beyond, seen[None].float()])[None], step)[0]
    sigma = _FADE_SHEET * planes.shape[-1]
    blurred = torch.from_numpy(gaussian_filter(planes.numpy(), (0, sigma, sigma), mode="nearest"))
    drawn = enlarge(blurred[:3] / (blurred[3:] + _DOUBT), size) + usual
    return torch.where(seen, partial.shade, drawn.exp())
