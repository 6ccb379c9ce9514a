"""From a drawn person and a background to what a camera would have recorded."""

from __future__ import annotations

import io
import math

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad

from bodydouble.geometry.camera import project, resized
from bodydouble.values import Camera
from workshop.synthesis.draw import to_linear, to_srgb
from workshop.synthesis.scene.light import Lights
from workshop.synthesis.scene.scenes import Scene

_SHADOW_STEP = 4  # pixels of the picture for one of the shadow's
_CASTING_M = 1.3  # what is higher throws its shadow too far to be told where it falls
_CONTACT_M = 0.05


def photograph(
    rgba: Tensor,
    background: Tensor,
    scene: Scene,
    rng: np.random.Generator,
    shadow: Tensor | None = None,
    jpeg: bool = False,
) -> Tensor:
    """3×H×W in [0, 1], sRGB, on the device of `rgba`.

    Args:
        rgba: 4×H×W, straight alpha, sRGB, from `draw`.
        background: 3×H×W in [0, 1], sRGB.
        shadow: H×W in [0, 1], the light left on the ground, from `ground_shadow`.
        jpeg: compress and read again, on the CPU.
    """
    device, size = rgba.device, (rgba.shape[1], rgba.shape[2])
    behind = to_linear(background)
    if shadow is not None:
        behind = behind * shadow
    light = torch.lerp(behind, to_linear(rgba[:3]), rgba[3:])
    light = light * (2.0**scene.exposure * scene.white_balance.to(device).view(3, 1, 1))
    light = blur(light * _vignette(scene.vignette, size, device), scene.blur * size[0] / 512)
    light = _add_noise(light, scene.noise, rng)
    # Contrast bends the curve around mid grey, 0.18 of full scale.
    picture = to_srgb(0.18 * (light.clamp_min(0) / 0.18) ** scene.contrast)
    return _compress_jpeg(picture, scene.jpeg_quality) if jpeg else picture


def ground_shadow(vertices: Tensor, lights: Lights, camera: Camera) -> Tensor:
    """H×W in [0, 1]: the share of light left on the ground at y = 0, where a body's vertices stand in the way.

    Splats, not surfaces: coarse and soft, as shadows mostly are. Above the horizon it means nothing but is 1.
    """
    height, width = camera.size
    small = resized(camera, (max(height // _SHADOW_STEP, 1), max(width // _SHADOW_STEP, 1)))
    casting = vertices[vertices[:, 1] < _CASTING_M]
    directions, colours = lights.directions.to(vertices.device), lights.colours.to(vertices.device)
    irradiance = colours.mean(1) * directions[:, 1].clamp_min(0)
    fractions = irradiance / (irradiance.sum() + lights.ambient.to(vertices.device).mean())
    remaining = torch.ones(small.size, device=vertices.device)
    for direction, fraction in zip(directions, fractions, strict=True):
        if direction[1] < 0.15:
            continue
        ground = casting - casting[:, 1:2] / direction[1] * direction
        remaining = remaining - fraction * blur(_splat(ground, small)[None], 1.0)[0]
    contact = vertices[vertices[:, 1] < _CONTACT_M] * torch.tensor([1.0, 0.0, 1.0], device=vertices.device)
    remaining = remaining * (1 - 0.6 * blur(_splat(contact, small)[None], 0.012 * height / _SHADOW_STEP)[0])
    smooth = blur(remaining[None], 0.004 * height / _SHADOW_STEP)
    return interpolate(smooth[None], camera.size, mode="bilinear", align_corners=False)[0, 0].clamp(0, 1)


def blur(image: Tensor, sigma: float) -> Tensor:
    """C×H×W through a Gaussian of that many pixels, edges repeated; too little to see is left alone."""
    if sigma < 0.2:
        return image
    reach = min(math.ceil(2.5 * sigma), image.shape[1] - 1, image.shape[2] - 1)
    place = torch.arange(-reach, reach + 1, dtype=torch.float64)
    kernel = torch.exp(-place.square() / (2 * sigma * sigma))
    weights = (kernel / kernel.sum()).tolist()
    # Sums of shifted copies: five times faster on a CPU than a convolution with one channel.
    height, width = image.shape[1:]
    wide = pad(image, (reach, reach, 0, 0), mode="replicate")
    across = sum(weight * wide[:, :, n : n + width] for n, weight in enumerate(weights))
    tall = pad(across, (0, 0, reach, reach), mode="replicate")
    return sum(weight * tall[:, n : n + height] for n, weight in enumerate(weights))


def _splat(points: Tensor, camera: Camera) -> Tensor:
    """H×W, 1 where points fall, 0 elsewhere."""
    height, width = camera.size
    place = project(points, camera)
    column, row = place[:, 0].floor().long(), place[:, 1].floor().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (place[:, 2] > 0.1)
    mask = torch.zeros(height * width, device=points.device)
    mask[(row * width + column)[inside]] = 1
    # Vertices are sparser than pixels: close the gaps between them.
    grown = torch.nn.functional.max_pool2d(mask.view(1, 1, height, width), 3, stride=1, padding=1)
    return (-torch.nn.functional.max_pool2d(-grown, 3, stride=1, padding=1))[0, 0]


def _vignette(strength: float, size: tuple[int, int], device: torch.device) -> Tensor:
    """H×W: 1 in the middle, 1 - strength in the corners."""
    y = torch.linspace(-1, 1, size[0], device=device)[:, None]
    x = torch.linspace(-1, 1, size[1], device=device)[None]
    return 1 - strength * ((x * x + y * y) / 2).square()


def _add_noise(light: Tensor, strength: float, rng: np.random.Generator) -> Tensor:
    """Shot noise, which grows with the light's root, and a third as much that is always there.

    `strength` is the standard deviation at mid grey, 0.18 of full scale.
    """
    generator = torch.Generator(light.device).manual_seed(int(rng.integers(2**62)))
    deviation = strength * (0.89 * light.clamp_min(0) / 0.18 + 0.11).sqrt()
    # Linear light is steeper near black; a standard deviation told in sRGB is smaller there by its slope, about 0.4.
    white = torch.randn(light.shape, generator=generator, device=light.device)
    return light + 0.4 * deviation * white


def _compress_jpeg(picture: Tensor, quality: int) -> Tensor:
    pixels = (picture.permute(1, 2, 0).cpu() * 255).round().to(torch.uint8).numpy()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    read = np.array(Image.open(file))
    return torch.from_numpy(read).permute(2, 0, 1).float().to(picture.device) / 255
