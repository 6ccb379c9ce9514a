"""The parser's network: EfficientNet-Lite0, a feature pyramid on it, a head for labels and one for normals.

image -> features at strides 4, 8, 16, 32 -> pyramid of 64 channels -> stride 4 -> labels and normals at stride 2

EfficientNet-Lite0: Tan and Le 2019, in the variant without squeeze-and-excitation and with ReLU6 that TensorFlow
published in 2020. Pyramid: Lin et al. 2017. Batch norms are folded into the convolutions before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import interpolate, normalize, pixel_shuffle, relu, relu6

from bodydouble.parsing.labels import LABELS

PYRAMID = 64  # channels
SHUFFLE = 2  # the heads' outputs have this many pixels on each side of one of the pyramid's
STRIDE = 32  # sides of images are multiples of it
# Pixels are (value - 127) / 128 of 8 bits, as ImageNet's weights were trained.
_MIDDLE, _SPAN = 127 / 255, 128 / 255


class Stage(NamedTuple):
    """A row of the encoder's table."""

    expand: int  # channels inside a block, for each of its input's
    kernel: int
    stride: int  # of the first block
    channels: int
    blocks: int


STEM = 32  # channels
STAGES = (
    Stage(1, 3, 1, 16, 1),
    Stage(6, 3, 2, 24, 2),
    Stage(6, 5, 2, 40, 2),
    Stage(6, 3, 2, 80, 3),
    Stage(6, 5, 1, 112, 3),
    Stage(6, 5, 2, 192, 4),
    Stage(6, 3, 1, 320, 1),
)
_TAPS = (1, 2, 4, 6)  # stages whose outputs the pyramid takes: strides 4, 8, 16, 32
TAP_CHANNELS = tuple(STAGES[number].channels for number in _TAPS)


class InvertedResidual(nn.Module):
    """Expand, filter each channel by itself, project; add the input where the shapes allow (Sandler et al. 2018)."""

    def __init__(self, channels: int, stage: Stage, stride: int) -> None:
        super().__init__()
        inner = channels * stage.expand
        self.expand = nn.Conv2d(channels, inner, 1) if stage.expand > 1 else None
        self.depthwise = nn.Conv2d(inner, inner, stage.kernel, stride, stage.kernel // 2, groups=inner)
        self.project = nn.Conv2d(inner, stage.channels, 1)
        self.residual = stride == 1 and channels == stage.channels

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W to B×C'×H/s×W/s."""
        inner = features if self.expand is None else relu6(self.expand(features))
        projected = self.project(relu6(self.depthwise(inner)))
        return features + projected if self.residual else projected


def make_stages(first: int = 0) -> list[nn.Sequential]:
    """The encoder's stages from that one on."""
    stages, channels = [], STAGES[first - 1].channels if first else STEM
    for stage in STAGES[first:]:
        blocks = []
        for number in range(stage.blocks):
            blocks.append(InvertedResidual(channels, stage, 1 if number else stage.stride))
            channels = stage.channels
        stages.append(nn.Sequential(*blocks))
    return stages


class Encoder(nn.Module):
    """EfficientNet-Lite0 up to its last stage, without the classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, STEM, 3, 2, 1)
        self.stages = nn.ModuleList(make_stages())

    def forward(self, image: Tensor, count: int = len(_TAPS)) -> list[Tensor]:
        """B×3×H×W in [0, 1] to features of 24, 40, 112 and 320 channels at strides 4, 8, 16 and 32.

        Args:
            count: of these, how many; the stages behind the last one are not run.
        """
        features = relu6(self.stem((image - _MIDDLE) / _SPAN))
        taps: list[Tensor] = []
        for number, stage in enumerate(self.stages):
            features = stage(features)
            if number in _TAPS:
                taps.append(features)
            if len(taps) == count:
                break
        return taps


class ParserNetwork(nn.Module):
    """What every pixel of an image of one person is, and where its surface faces."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.lateral = nn.ModuleList([nn.Conv2d(width, PYRAMID, 1) for width in TAP_CHANNELS])
        self.smooth = nn.ModuleList(
            [nn.Conv2d(PYRAMID, PYRAMID, 3, 1, 1) for _ in TAP_CHANNELS]
        )  # the last is the heads'
        self.labels = nn.Conv2d(PYRAMID, len(LABELS) * SHUFFLE**2, 1)
        self.normals = nn.Conv2d(PYRAMID, 3 * SHUFFLE**2, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and normals at half the image's size.

        Args:
            image: B×3×H×W in [0, 1], sRGB, H and W multiples of `STRIDE`.

        Returns:
            B×L×H/2×W/2, logits of `LABELS`; B×3×H/2×W/2, unit, camera axes (x right, y down, z forward).
        """
        return self.near_side(self.encoder(image))

    def near_side(self, taps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """The same of the encoder's features."""
        return self.heads(self.pyramid(taps))

    def pyramid(self, taps: Sequence[Tensor]) -> Tensor:
        """B×64×H/4×W/4 of the encoder's features: what the heads take."""
        pyramid: Tensor | None = None
        for lateral, smooth, features in zip(
            reversed(self.lateral), reversed(self.smooth), reversed(taps), strict=True
        ):
            level = lateral(features)
            if pyramid is not None:
                level = level + interpolate(pyramid, scale_factor=2.0, mode="nearest")
            pyramid = relu(smooth(level))
        assert pyramid is not None
        return pyramid

    def heads(self, pyramid: Tensor) -> tuple[Tensor, Tensor]:
        """Logits and normals of the pyramid, as `forward` gives them."""
        logits = pixel_shuffle(self.labels(pyramid), SHUFFLE)
        normals = pixel_shuffle(self.normals(pyramid), SHUFFLE)
        return logits.float(), normalize(normals.float(), dim=1)
