"""LPIPS, the paper's perceptual distance, of weights that the user has.

Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", 2018, with AlexNet, as version
0.1 of the authors' package computes it. No weights ship. Where that package is installed, it gives them so:

    from lpips import LPIPS
    from safetensors.torch import save_file
    save_file({name: each.clone() for name, each in LPIPS(net="alex").state_dict().items()}, "lpips.safetensors")
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from bodydouble.errors import InputError

_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)  # of pictures in [-1, 1]: ImageNet's, in the package
_LAYERS = (  # AlexNet's convolutions: name in the package, output channels, input channels, side, stride, padding, pool
    ("net.slice1.0", 64, 3, 11, 4, 2, False),
    ("net.slice2.3", 192, 64, 5, 1, 2, True),
    ("net.slice3.6", 384, 192, 3, 1, 1, True),
    ("net.slice4.8", 256, 384, 3, 1, 1, False),
    ("net.slice5.10", 256, 256, 3, 1, 1, False),
)


class Lpips(nn.Module):
    """See `PerceptualDistance`."""

    weight = 1.0  # the paper's

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        """Take the weights by the names of the authors' package; see `read_lpips`, which checks them."""
        super().__init__()
        self._tensors = tensors

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """The mean over the images."""
        total = image.new_zeros(())
        with torch.no_grad():
            goals = self._features(target)
        for number, (tap, goal) in enumerate(zip(self._features(image), goals, strict=True)):
            difference = (_unit(tap) - _unit(goal)).square()
            total = total + functional.conv2d(difference, self._tensors[f"lin{number}.model.1.weight"]).mean()
        return total

    def _features(self, image: Tensor) -> list[Tensor]:
        shift, scale = (image.new_tensor(values)[:, None, None] for values in (_SHIFT, _SCALE))
        value, taps = (2 * image - 1 - shift) / scale, []
        for name, _, _, _, stride, padding, pool in _LAYERS:
            value = functional.max_pool2d(value, 3, 2) if pool else value
            weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
            value = functional.relu(functional.conv2d(value, weight, bias, stride, padding))
            taps.append(value)
        return taps


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Of each tensor of the file."""
    shapes: dict[str, tuple[int, ...]] = {}
    for number, (name, outputs, inputs, side, *_) in enumerate(_LAYERS):
        shapes[f"{name}.weight"], shapes[f"{name}.bias"] = (outputs, inputs, side, side), (outputs,)
        shapes[f"lin{number}.model.1.weight"] = (1, outputs, 1, 1)
    return shapes


def read_lpips(path: Path) -> Lpips:
    """LPIPS of a .safetensors file.

    Raises:
        InputError: no such file, or it lacks a tensor, or one has another shape.
    """
    if not path.is_file():
        raise InputError(f"the LPIPS weights {path} do not exist; the docs say how to make that file")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(f"the LPIPS weights {path} are no safetensors file: {error}") from error
    for name, shape in expected_shapes().items():
        if name not in tensors or tuple(tensors[name].shape) != shape:
            raise InputError(
                f"the LPIPS weights {path} lack {name} of {'×'.join(map(str, shape))}; AlexNet's are needed"
            )
    return Lpips({name: tensors[name].float() for name in expected_shapes()})


def _unit(features: Tensor) -> Tensor:
    # The root of 0 has no gradient, and where all is dark no feature need be.
    return features / (features.square().sum(1, keepdim=True) + 1e-20).sqrt()
