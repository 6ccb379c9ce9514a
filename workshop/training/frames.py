"""What the networks learn from: photographs of people with the body behind each pixel, and batches of them.

source of people -> PersonFrames (small integers) -> Pool -> Batch (floats, on the training device) -> stage
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from workshop.synthesis.draw import to_linear, to_srgb

_NOWHERE = -32768  # uv where the body is not
_STEPS = 65534  # of uv from 0 to 1


@dataclass(frozen=True, kw_only=True)
class PersonFrames:
    """N photographs of one person in the same clothes, stored in few bytes: 17 for a pixel."""

    photo: Tensor  # N×3×H×W, uint8, sRGB: with its background
    rgba: Tensor  # N×4×H×W, uint8: the person alone in the photo's colours, straight alpha
    uv: Tensor  # N×2×H×W, int16, by `pack_uv`: of the true body
    cosine: Tensor  # N×H×W, uint8, λ from 0 to 255
    fitted_uv: Tensor  # N×2×H×W, int16: of the body as it would be fitted
    fitted_cosine: Tensor  # N×H×W, uint8
    face: Tensor  # N×4, float32: left, top, width, height in pixels of a square around the face; width 0: not seen

    def __len__(self) -> int:
        return len(self.photo)

    def to(self, device: torch.device | str) -> PersonFrames:
        """A copy on `device`."""
        return PersonFrames(**{each.name: getattr(self, each.name).to(device) for each in fields(self)})

    def arrays(self) -> dict[str, np.ndarray]:
        """As plain arrays, to be sent from process to process."""
        return {each.name: getattr(self, each.name).cpu().numpy() for each in fields(self)}

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return sum(getattr(self, each.name).nbytes for each in fields(self))


@dataclass(frozen=True, kw_only=True)
class Batch:
    """B people with N photographs each, on the training device; floats."""

    photo: Tensor  # B×N×3×H×W, [0, 1], sRGB
    mask: Tensor  # B×N×H×W, [0, 1]: the person, as a detector would see it
    target: Tensor  # B×N×4×H×W, [0, 1]: the person alone, straight alpha
    uv: Tensor  # B×N×2×H×W, [0, 1], -1 beside the body: what the photo is sampled with
    cosine: Tensor  # B×N×H×W, λ
    target_uv: Tensor  # B×N×2×H×W: what the double is drawn with
    target_cosine: Tensor  # B×N×H×W, its λ
    face: Tensor  # B×N×4, as in `PersonFrames`


def pack_uv(uv: Tensor) -> Tensor:
    """…×2×H×W uv in [0, 1], below 0 beside the body, as int16."""
    inside = (uv >= 0).all(-3, keepdim=True)
    return torch.where(inside, (uv * _STEPS).round() - _STEPS / 2, _NOWHERE).to(torch.int16)


def unpack_uv(packed: Tensor) -> Tensor:
    """The other way: [0, 1], and -1 beside the body."""
    return torch.where(packed == _NOWHERE, -1.0, (packed.float() + _STEPS / 2) / _STEPS)


def to_bytes(image: Tensor) -> Tensor:
    """[0, 1] to 0…255, uint8."""
    return (image.clamp(0, 1) * 255).round().to(torch.uint8)


def sample_batch(
    people: Sequence[PersonFrames],
    count: int,
    rng: np.random.Generator,
    device: torch.device,
    fitted: float = 0.7,
    fitted_targets: float = 0.25,
) -> Batch:
    """`count` different photographs of each person, in random order.

    Args:
        fitted: share of photographs that are sampled through the fitted body instead of the true one.
        fitted_targets: share of pictures that are drawn on the fitted body.
    """
    picked: dict[str, list[Tensor]] = {each.name: [] for each in fields(Batch)}
    for person in people:
        # With fewer photographs than are wanted, some come twice.
        rows = torch.from_numpy(np.resize(rng.permutation(len(person)), count)).to(person.photo.device)
        sampled = torch.from_numpy(rng.random(count) < fitted).to(device)
        drawn_on_fit = torch.from_numpy(rng.random(count) < fitted_targets).to(device)
        rgba = person.rgba[rows].to(device).float() / 255
        true, fit = (unpack_uv(each[rows].to(device)) for each in (person.uv, person.fitted_uv))
        cosine, fit_cosine = (each[rows].to(device).float() / 255 for each in (person.cosine, person.fitted_cosine))
        picked["photo"].append(person.photo[rows].to(device).float() / 255)
        picked["mask"].append(rgba[:, 3])
        picked["target"].append(rgba)
        picked["uv"].append(torch.where(sampled[:, None, None, None], fit, true))
        picked["cosine"].append(torch.where(sampled[:, None, None], fit_cosine, cosine))
        picked["target_uv"].append(torch.where(drawn_on_fit[:, None, None, None], fit, true))
        picked["target_cosine"].append(torch.where(drawn_on_fit[:, None, None], fit_cosine, cosine))
        picked["face"].append(person.face[rows].to(device))
    return Batch(**{name: torch.stack(values) for name, values in picked.items()})


def face_square(labels: Tensor, head: int) -> Tensor:
    """N×4: left, top, width, height of the smallest square around the pixels (N×H×W) labelled `head`; 0 for none."""
    squares = []
    for image in labels:
        row, column = (image == head).nonzero(as_tuple=True)
        if not len(row):
            squares.append(labels.new_zeros(4, dtype=torch.float32))
            continue
        left, top = column.min(), row.min()
        width, height = column.max() + 1 - left, row.max() + 1 - top
        side = torch.maximum(width, height)
        squares.append(torch.stack([left - (side - width) / 2, top - (side - height) / 2, side, side]).float())
    return torch.stack(squares)


def crop_squares(images: Tensor, squares: Tensor, side: int) -> Tensor:
    """B×C×side×side: a square of each of B×C×H×W images, by B×4 left, top, width, height; outside is 0."""
    height, width = images.shape[-2:]
    place = (torch.arange(side, device=images.device) + 0.5) / side
    x = (squares[:, :1] + place * squares[:, 2:3]) * 2 / width - 1
    y = (squares[:, 1:2] + place * squares[:, 3:]) * 2 / height - 1
    grid = torch.stack([x[:, None].expand(-1, side, -1), y[:, :, None].expand(-1, -1, side)], -1)
    return functional.grid_sample(images, grid.to(images.dtype), align_corners=False)


def match_tone(rgba: Tensor, photo: Tensor) -> Tensor:
    """The drawn person (N×4×H×W, as lit) in the colours that lens and sensor gave the photo (N×3×H×W).

    Exposure, white balance and contrast are one line for each channel in the logarithm of linear light, the same in
    all photos of a scene: found by least squares over solid pixels that are neither dark nor burnt.
    """
    solid = (rgba[:, 3:] > 0.999).expand_as(photo) & (photo > 0.08) & (photo < 0.95) & (rgba[:, :3] > 0.05)
    solid &= rgba[:, :3] < 0.97
    rendered, recorded = to_linear(rgba[:, :3]), to_linear(photo)
    toned = []
    for channel in range(3):
        chosen = solid[:, channel]
        x, y = rendered[:, channel][chosen].log2(), recorded[:, channel][chosen].log2()
        slope, offset = _fit_line(x, y)
        toned.append(torch.exp2(slope * rendered[:, channel].clamp_min(1e-6).log2() + offset))
    return torch.cat([to_srgb(torch.stack(toned, 1)), rgba[:, 3:]], 1)


def _fit_line(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and offset of the line through points; slope 1 where there are too few, or they are all alike."""
    if len(x) < 16:
        return x.new_ones(()), x.new_zeros(())
    spread = x.var()
    slope = ((x - x.mean()) * (y - y.mean())).mean() / spread if float(spread) > 0.05 else x.new_ones(())
    slope = slope.clamp(0.6, 1.5)
    return slope, y.mean() - slope * x.mean()
