"""What the parser makes of the side that is turned away, and of the body's shape: further heads on its encoder.

Far side: encoder's features, what was made of the near side, the fitted body's far side
          -> a pyramid of its own -> what to change about a first guess
First guess: the near side's labels, the body's normals, and of each label the colour that it has near by.

Normals of a back from the picture of a front: Saito et al. 2020 (PIFuHD). Pyramid: as in `network`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, normalize, pixel_shuffle, relu

from bodydouble.parsing.far_body import CHANNELS as BODY_CHANNELS
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS, SKIN
from bodydouble.parsing.network import SHUFFLE, TAP_CHANNELS
from bodydouble.parsing.shape import TRAITS

_PYRAMID = 96  # channels
_CONTEXT = len(LABELS) + 3 + 3 + BODY_CHANNELS  # near labels, near normals, colours, body
_DEEP = 2  # further convolutions at stride 32, where each looks across a person
_LEAST_CHANCE = 1e-3  # of a near label, before its logarithm is taken
_COARSE = 8  # pixels of the near side, of which a label's colours are a mean; twice as many around it count, too
_FAINT = 1e-3  # weight of a label's mean colour where it is not near by; a tenth of it has the person's
_PRESENT, _ABSENT = 0.004, 0.02  # share of the near side from which a label is there; how much one counts that is not
_HIDDEN = 64  # channels of the shape's head
_SHAPE_TAPS = (2, 3)  # features that it takes: strides 16 and 32


class NearSide(NamedTuple):
    """What an image shows and what the parser made of it, all of one size: half the image's."""

    image: Tensor  # B×3×h×w, [0, 1]
    labels: Tensor  # B×L×h×w, probabilities
    normals: Tensor  # B×3×h×w, unit, camera axes


class FarPlanes(NamedTuple):
    """What the network makes of the far side, at half the image's size."""

    logits: Tensor  # B×L×h×w, of the labels; of no meaning where the near side is background
    normals: Tensor  # B×3×h×w, unit, camera axes
    colour: Tensor  # B×3×h×w, smooth, about [0, 1]
    front_only: Tensor  # B×h×w, logits of what is seen here being on the near side alone


class FarNetwork(nn.Module):
    """The far side of every pixel. With the heads at 0, as they begin, it gives the first guess."""

    def __init__(self) -> None:
        super().__init__()
        levels = len(TAP_CHANNELS)
        self.lateral = nn.ModuleList([nn.Conv2d(width, _PYRAMID, 1) for width in TAP_CHANNELS])
        self.context = nn.ModuleList([nn.Conv2d(_CONTEXT, _PYRAMID, 3, 1, 1, bias=False) for _ in range(levels)])
        self.smooth = nn.ModuleList([nn.Conv2d(_PYRAMID, _PYRAMID, 3, 1, 1) for _ in range(levels)])
        self.deep = nn.ModuleList([nn.Conv2d(_PYRAMID, _PYRAMID, 3, 1, 1) for _ in range(_DEEP)])
        self.labels = nn.Conv2d(_PYRAMID, len(LABELS) * SHUFFLE**2, 1)
        self.normals = nn.Conv2d(_PYRAMID, 3 * SHUFFLE**2, 1)
        self.front_only = nn.Conv2d(_PYRAMID, SHUFFLE**2, 1)
        self.colour = nn.Conv2d(_PYRAMID, 3, 1)
        for head in (self.labels, self.normals, self.front_only, self.colour):
            nn.init.zeros_(head.weight)
            assert head.bias is not None
            nn.init.zeros_(head.bias)

    def forward(self, taps: Sequence[Tensor], near: NearSide, body: Tensor) -> FarPlanes:
        """The far side at half the image's size.

        Args:
            taps: the encoder's features of the image, see `network.Encoder`.
            near: the near side.
            body: B×5×h×w, see `far_body.draw_far_body`.
        """
        features = self._pyramid(taps, torch.cat([near.labels, near.normals, near.image, body], 1))
        change = pixel_shuffle(self.labels(features), SHUFFLE).float()
        logits = change + near.labels.clamp_min(_LEAST_CHANCE).log()
        normals = pixel_shuffle(self.normals(features), SHUFFLE).float() + _first_normals(near.normals, body)
        front_only = pixel_shuffle(self.front_only(features), SHUFFLE)[:, 0].float()
        palette = label_colours(near, front_only.detach().sigmoid())
        chances = logits.index_fill(1, torch.tensor([BACKGROUND], device=logits.device), -30.0).softmax(1)
        mixed = torch.einsum("blhw,blchw->bchw", avg_pool2d(chances, 2), palette)
        colour = interpolate(mixed + self.colour(features).float(), scale_factor=2.0, mode="bilinear")
        return FarPlanes(logits, normalize(normals, dim=1), colour, front_only)

    def _pyramid(self, taps: Sequence[Tensor], context: Tensor) -> Tensor:
        """B×C×h/2×w/2 features."""
        contexts = [avg_pool2d(context, 2)]
        for _ in range(len(taps) - 1):
            contexts.append(avg_pool2d(contexts[-1], 2))
        pyramid: Tensor | None = None
        for row in reversed(range(len(taps))):
            level = self.lateral[row](taps[row]) + self.context[row](contexts[row])
            if pyramid is not None:
                level = level + interpolate(pyramid, scale_factor=2.0, mode="nearest")
            pyramid = relu(self.smooth[row](relu(level)))
            if row == len(taps) - 1:
                for deep in self.deep:
                    pyramid = pyramid + relu(deep(pyramid))
        assert pyramid is not None
        return pyramid


class ShapeHead(nn.Module):
    """Shape coefficients of the person in a picture of the whole body; untrained, all of them are possible."""

    def __init__(self) -> None:
        super().__init__()
        width = sum(TAP_CHANNELS[tap] for tap in _SHAPE_TAPS)
        self.hidden = nn.Linear(width, _HIDDEN)
        self.traits = nn.Linear(_HIDDEN, 2 * len(TRAITS))
        nn.init.zeros_(self.traits.weight)
        with torch.no_grad():
            self.traits.bias.copy_(torch.tensor([0.5, 0.0]).repeat_interleave(len(TRAITS)))

    def forward(self, taps: Sequence[Tensor], person: Tensor) -> tuple[Tensor, Tensor]:
        """Means and logarithms of variances, B×6 each, of `shape.TRAITS`.

        Args:
            taps: the encoder's features, see `network.Encoder`.
            person: B×1×h×w, how likely each pixel is the person's.
        """
        return self.predict(pool_person(taps, person))

    def predict(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """The same of pooled features, B×C."""
        mean, log_variance = self.traits(relu(self.hidden(pooled))).chunk(2, 1)
        return mean, log_variance


def pool_person(taps: Sequence[Tensor], person: Tensor) -> Tensor:
    """B×C: means over the person of the features that the shape's head takes; arguments as it takes them."""
    pooled = []
    for tap in _SHAPE_TAPS:
        weight = interpolate(person.float(), taps[tap].shape[-2:], mode="area") + 1e-3
        pooled.append((taps[tap].float() * weight).sum((2, 3)) / weight.sum((2, 3)))
    return torch.cat(pooled, 1)


def label_chances(logits: Tensor, near: Tensor) -> Tensor:
    """B×L×h×w probabilities of the far side's labels, background left out.

    What the near side shows nothing of is hardly ever behind: no hat, no second garment. Hair and skin may be.

    Args:
        logits: B×L×h×w, see `FarPlanes`.
        near: B×L×h×w, probabilities of the near side's labels.
    """
    winners = torch.nn.functional.one_hot(near.argmax(1), len(LABELS)).float()
    area = winners.mean((1, 2))
    area = area / (1 - area[:, BACKGROUND, None]).clamp_min(1e-6)
    presence = (area / _PRESENT).clamp(_ABSENT, 1)
    presence[:, [SKIN, HAIR]] = 1
    presence[:, BACKGROUND] = 0
    chances = logits.softmax(1) * presence[:, :, None, None]
    return chances / chances.sum(1, keepdim=True).clamp_min(1e-9)


def _first_normals(near: Tensor, body: Tensor) -> Tensor:
    """B×3×h×w: the body's far normals; where it is not, the near ones as in a mirror behind the person."""
    covered = body[:, :1]
    flipped = near * near.new_tensor([1, 1, -1])[:, None, None]
    return covered * body[:, 1:4] + (1 - covered) * flipped


def label_colours(near: NearSide, front_only: Tensor) -> Tensor:
    """B×L×3×h/2×w/2: the colour that each label has on the near side, near by rather than far away.

    Args:
        front_only: B×h×w in [0, 1]: what does not count, as it is not on the far side.
    """
    size = near.image.shape[-1] // 2
    # Squared: a face that is hair with a chance of 3 in 100 does not colour the hair.
    chances = near.labels.float().square() * (1 - front_only)[:, None] + 1e-6
    weight = avg_pool2d(chances, _COARSE)
    painted = avg_pool2d((chances[:, :, None] * near.image.float()[:, None]).flatten(1, 2), _COARSE)
    for _ in range(2):  # a box twice is a tent
        weight, painted = (avg_pool2d(planes, 3, 1, 1, count_include_pad=False) for planes in (weight, painted))
    painted = painted.unflatten(1, (len(LABELS), 3))
    total = weight.mean((2, 3))[..., None] + 1e-9
    mean = painted.mean((3, 4)) / total  # B×L×3
    person = (mean * total)[:, BACKGROUND + 1 :].sum(1, keepdim=True) / total[:, BACKGROUND + 1 :].sum(1, keepdim=True)
    trust = total / (total + _FAINT / 10)
    fallback = trust * mean + (1 - trust) * person
    coarse = (painted + _FAINT * fallback[..., None, None]) / (weight + _FAINT)[:, :, None]
    return interpolate(coarse.flatten(1, 2), (size, size), mode="bilinear").unflatten(1, (len(LABELS), 3))
