"""What a camera, a street and the light may do to a picture of a person: everything but the person changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from workshop.training.parsing.behind import furnish, place_behind
from workshop.training.parsing.crop import GREY, View

_EXCHANGED = 0.25  # share of photographs whose background is exchanged
_FRAMED = 0.5  # share of drawn pictures that end where their person's picture does
_SHADED, _ON_PERSON = 0.45, 0.5  # share of pictures with cast shadows or sun patches; of these, on the person alone
_COVERED, _CUT_OFF = 0.22, 0.12  # shares of pictures with something pasted before the person, and with grey at edges
_BLURRED, _REDUCED, _NOISY, _COMPRESSED, _GREYED = 0.3, 0.15, 0.3, 0.4, 0.04


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One square to learn from."""

    image: np.ndarray  # S×S×3, uint8
    labels: np.ndarray  # S/2×S/2, uint8
    normals: np.ndarray  # S/2×S/2×3, float32; 0 where unknown
    drawn: bool
    tone: Tone  # what the camera did to colours


@dataclass(frozen=True, kw_only=True)
class Tone:
    """Light and colour of a picture as a camera gives them."""

    curves: np.ndarray  # 1×256×3, uint8: what becomes of each value
    saturation: float

    def apply(self, image: np.ndarray) -> np.ndarray:
        """H×W×3, uint8."""
        image = cv2.LUT(image, self.curves)
        grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        return cv2.addWeighted(image, self.saturation, grey, 1 - self.saturation, 0)


def augmented(view: View, backgrounds: Sequence[np.ndarray], rng: np.random.Generator) -> Sample:
    """The view in another place, light and camera.

    Args:
        backgrounds: H×W×3, uint8; at least one.
    """
    labels, image = view.labels.copy(), placed(view, backgrounds, rng, furnished=True)
    normals = np.zeros((*labels.shape, 3), np.float32) if view.normals is None else view.normals.copy()
    if rng.random() < _SHADED:
        image = _shaded(image, _coverage(view), rng)
    if rng.random() < _COVERED:
        image = _covered(image, labels, backgrounds, rng)
    if rng.random() < _CUT_OFF:
        _cut_off(image, labels, rng)
    normals[labels == 0] = 0
    tone = _sample_tone(rng)
    image = _through_camera(tone.apply(image), rng)
    return Sample(image=image, labels=labels, normals=normals, drawn=view.normals is not None, tone=tone)


def _coverage(view: View) -> np.ndarray:
    """S×S float32 in [0, 1]: the person."""
    if view.image.shape[2] == 4:
        return view.image[..., 3].astype(np.float32) / 255
    size = view.image.shape[1::-1]
    return cv2.resize((view.labels > 0).astype(np.float32), size, interpolation=cv2.INTER_LINEAR)


def placed(
    view: View, backgrounds: Sequence[np.ndarray], rng: np.random.Generator, *, furnished: bool = False
) -> np.ndarray:
    """S×S×3, uint8: drawn people, and some of the others, before another background, with furniture if asked for."""
    drawn = view.image.shape[2] == 4
    if not drawn and rng.random() >= _EXCHANGED:
        return view.image.copy()
    behind = place_behind(backgrounds, len(view.image), rng)
    alpha, person = _coverage(view), view.image[..., :3]
    if furnished:
        behind = furnish(behind, person, alpha, backgrounds, rng)
    if not drawn:
        alpha = cv2.GaussianBlur(alpha, (0, 0), rng.uniform(0.4, 1.5))
    mixed = behind * (1 - alpha[..., None])
    if drawn:  # premultiplied
        mixed += person
    else:
        mixed += person * alpha[..., None]
    if not drawn or rng.random() < _FRAMED:
        mixed[view.inside == 0] = GREY
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _outline(size: int, rng: np.random.Generator, reach: tuple[float, float]) -> np.ndarray:
    """size×size, uint8: 255 in a random polygon whose corners lie `reach` shares of the side from its middle."""
    mask = np.zeros((size, size), np.uint8)
    corners = int(rng.integers(3, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = size * rng.uniform(*reach) * rng.uniform(0.5, 1.0, corners)
    stretch = np.exp(rng.normal(0, 0.5))
    middle = rng.uniform(0.15, 0.85, 2) * size
    points = middle + np.column_stack([np.cos(angles) * radii * stretch, np.sin(angles) * radii / stretch])
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    return mask


def _shaded(image: np.ndarray, person: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Patches of shade or of sun with soft or hard edges."""
    size = len(image)
    mask = np.zeros((size, size), np.uint8)
    for _ in range(int(rng.integers(1, 5))):
        mask = np.maximum(mask, _outline(size, rng, (0.05, 0.45)))
    soft = mask.astype(np.float32) / 255
    if rng.random() < 0.7:
        soft = cv2.GaussianBlur(soft, (0, 0), size * np.exp(rng.uniform(np.log(0.003), np.log(0.04))))
    if rng.random() < _ON_PERSON:
        soft = soft * person
    strength, tint = rng.uniform(0.3, 0.85), rng.normal(0, 0.05)
    gain = np.array([1 - tint, 1, 1 + tint], np.float32) * strength  # shade is bluer, by the sky
    if rng.random() < 0.4:  # sun on a person in the shade: brighter and yellower
        gain = 1 / np.maximum(gain, 0.45)
    return np.clip(image * (1 + soft[..., None] * (gain - 1)), 0, 255).astype(np.uint8)


def _covered(
    image: np.ndarray, labels: np.ndarray, backgrounds: Sequence[np.ndarray], rng: np.random.Generator
) -> np.ndarray:
    """Something pasted before the person; `labels` change in place."""
    size = len(image)
    mask = _outline(size, rng, (0.05, 0.28))
    labels[mask[::2, ::2] > 127] = 0
    cloth = np.full_like(image, rng.integers(0, 256, 3)) if rng.random() < 0.3 else place_behind(backgrounds, size, rng)
    edge = cv2.GaussianBlur(mask, (0, 0), 0.7).astype(np.float32)[..., None] / 255
    return (image * (1 - edge) + cloth * edge).astype(np.uint8)


def _cut_off(image: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> None:
    """Grey from some edges inwards, as where a photo ends, in place."""
    size = len(image)
    for quarter in rng.permutation(4)[: int(rng.integers(1, 3))]:
        depth = int(size * rng.uniform(0.02, 0.3)) // 2 * 2
        np.rot90(image, quarter)[:depth] = GREY
        np.rot90(labels, quarter)[: depth // 2] = 0


def _sample_tone(rng: np.random.Generator) -> Tone:
    values = np.linspace(0, 1, 256)
    gamma, contrast = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.2))
    gains = np.exp(rng.normal(0, 0.08, 3)) * np.exp(rng.normal(0, 0.12))
    curves = np.clip(((values**gamma)[:, None] * gains - 0.5) * contrast + 0.5, 0, 1)
    saturation = 0.0 if rng.random() < _GREYED else float(np.exp(rng.normal(0, 0.3)))
    return Tone(curves=(curves * 255).round().astype(np.uint8)[None], saturation=saturation)


def _through_camera(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Lens, sensor and compression."""
    size = len(image)
    if rng.random() < _REDUCED:
        small = int(size * rng.uniform(0.35, 0.9))
        image = cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA), (size, size))
    if rng.random() < _BLURRED:
        image = cv2.GaussianBlur(image, (0, 0), size / 256 * rng.uniform(0.3, 1.5))
    if rng.random() < _NOISY:
        noise = rng.standard_normal(image.shape, np.float32) * rng.uniform(2, 14)
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < _COMPRESSED:
        image = through_jpeg(image, int(rng.integers(25, 95)))
    return image


def through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """H×W×3 uint8, compressed and read again."""
    data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(data, cv2.IMREAD_COLOR_RGB)
