"""The losses of DINAR's section 4.1, with their weights, and those of the VQGAN and the denoiser.

The paper's perceptual loss is LPIPS. Where its weights are not on the machine a substitute stands in, and is named in
the run and in the model card: differences of neighbouring pixels at several scales, and of our own discriminator's
features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from workshop.measures.pretrained import PretrainedNetworks
from workshop.training.discriminator import Discriminator
from workshop.training.frames import crop_squares

_CROP = 256  # pixels a side of the crop that LPIPS sees
_FACE = 64  # pixels a side of a compared face
_SCALES = 4  # of the pixel differences: 1, 2, 4 and 8 pixels
_LEVELS = 4  # of the discriminator's features, from the full resolution down


@dataclass(frozen=True, kw_only=True)
class LossWeights:
    """What each loss counts. The defaults are the paper's; those it does not give are 1."""

    l2: float = 2.2
    perceptual: float = 1.0
    face: float = 0.1  # of both again, on the face
    dice: float = 1.0
    adversarial: float = 0.01
    r1: float = 0.1
    r1_every: int = 16  # steps
    texture: float = 1.0  # ‖T − T_res‖²
    codebook: float = 1.0


class Perceptual:
    """How different two pictures look."""

    def __init__(self, device: torch.device, pretrained: PretrainedNetworks | None = None) -> None:
        """Take LPIPS where its weights are found, else the substitute; `name` says which."""
        pretrained = pretrained or PretrainedNetworks()
        self._network: nn.Module | None = None
        self.name = "gradients and discriminator features"
        if pretrained.missing("lpips") is None:
            self._network = pretrained.lpips.to(device).requires_grad_(False)
            self.name = "LPIPS (AlexNet)"

    def __call__(self, fake: Tensor, real: Tensor, judge: Discriminator | None) -> Tensor:
        """Scalar, of B×3×H×W pictures in about [0, 1]. Without a discriminator its features do not count."""
        if self._network is not None:
            return self._network(*_same_crop(fake.clamp(0, 1), real), normalize=True).mean()
        loss = gradient_difference(fake, real)
        return loss if judge is None else loss + feature_difference(judge, fake, real)


def gradient_difference(fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of the differences of neighbouring pixels, summed over scales."""
    loss = fake.new_zeros(())
    difference = fake - real
    for _ in range(_SCALES):
        loss = loss + difference.diff(dim=-1).abs().mean() + difference.diff(dim=-2).abs().mean()
        if min(difference.shape[-2:]) < 4:
            break
        difference = functional.avg_pool2d(difference, 2)
    return loss


def feature_difference(judge: Discriminator, fake: Tensor, real: Tensor) -> Tensor:
    """Mean absolute difference of the discriminator's features, relative to their size, over the finer levels."""
    with torch.no_grad():
        real_features = judge.trunk(real * 2 - 1)[:_LEVELS]
    fake_features = judge.trunk(fake * 2 - 1)[:_LEVELS]
    pairs = zip(fake_features, real_features, strict=True)
    return torch.stack([(a - b).abs().mean() / b.abs().mean().clamp_min(1e-3) for a, b in pairs]).mean()


def dice(predicted: Tensor, true: Tensor) -> Tensor:
    """1 less twice the overlap of two B×1×H×W masks over their sum (Sudre et al. 2017)."""
    both, total = (predicted * true).sum((1, 2, 3)), (predicted + true).sum((1, 2, 3))
    return (1 - 2 * both / total.clamp_min(1e-6)).mean()


def picture_losses(
    fake: Tensor, real: Tensor, face: Tensor, perceptual: Perceptual, judge: Discriminator | None
) -> dict[str, Tensor]:
    """`l2`, `perceptual` and both on the face together, `face`, not yet weighted against each other but for that.

    Args:
        fake, real: B×3×H×W.
        face: B×4 squares, width 0 where there is none.
    """
    losses = {"l2": functional.mse_loss(fake, real), "perceptual": perceptual(fake, real, judge)}
    visible = (face[:, 2] > 0).nonzero()[:, 0]
    if len(visible):
        fake_face, real_face = (crop_squares(image[visible], face[visible], _FACE) for image in (fake, real))
        losses["face_l2"] = functional.mse_loss(fake_face, real_face)
        losses["face_perceptual"] = gradient_difference(fake_face, real_face)
    return losses


def weight_of(name: str, weights: LossWeights) -> float:
    """What the loss of that name counts; "face_l2" is a share of "l2"."""
    if name.startswith("face_"):
        return weights.face * getattr(weights, name.removeprefix("face_"))
    return getattr(weights, name, 1.0)


def generator_loss(score: Tensor) -> Tensor:
    """The non-saturating loss of what wants to be taken for real (Goodfellow et al. 2014)."""
    return functional.softplus(-score).mean()


def discriminator_loss(judge: Discriminator, fake: Tensor, real: Tensor) -> Tensor:
    """What the discriminator learns from: B×3×H×W pictures in [0, 1]."""
    fake_score, real_score = judge(fake * 2 - 1).score, judge(real * 2 - 1).score
    return functional.softplus(fake_score).mean() + functional.softplus(-real_score).mean()


def gradient_penalty(judge: Discriminator, real: Tensor) -> Tensor:
    """R1 (Mescheder et al. 2018): half the squared slope of the score on real pictures."""
    real = (real * 2 - 1).detach().requires_grad_()
    score = judge(real).score
    (slope,) = torch.autograd.grad(score.sum(), real, create_graph=True)
    return slope.square().sum((1, 2, 3)).mean() / 2


def _same_crop(*images: Tensor) -> Sequence[Tensor]:
    """The same random square of all of them."""
    height, width = images[0].shape[-2:]
    side = min(_CROP, height, width)
    top = int(torch.randint(height - side + 1, ()))
    left = int(torch.randint(width - side + 1, ()))
    return [image[..., top : top + side, left : left + side] for image in images]
