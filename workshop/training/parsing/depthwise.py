"""Depthwise convolutions in bfloat16 for training on a CPU: PyTorch's gradients of them are its slowest part.

`depthwise.c` is compiled once, into the user's cache; where there is no compiler, or the CPU has no AVX-512, the
network trains as it is. The plain `Conv2d` is the oracle.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn

from bodydouble.files import whole_file
from bodydouble.parsing.network import ParserNetwork

_SOURCE = Path(__file__).with_name("depthwise.c")
_FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")


class FastDepthwise(nn.Conv2d):
    """A depthwise convolution whose bfloat16 inputs go through the compiled library; others as ever."""

    library: ctypes.CDLL

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W to B×C×H/s×W/s, channels last."""
        if features.dtype != torch.bfloat16:
            return super().forward(features)
        result: Tensor = _Depthwise.apply(features, self.weight, self.bias, self.stride[0], self.library)  # type: ignore[no-untyped-call]
        return result


def speed_up(network: ParserNetwork) -> bool:
    """Have the network's depthwise convolutions compiled, in place; whether that can be done here."""
    library = _compiled()
    if library is None:
        return False
    for module in network.modules():
        if isinstance(module, nn.Conv2d) and module.groups == module.in_channels > 1:
            module.__class__ = FastDepthwise
            cast(FastDepthwise, module).library = library
    return True


class _Depthwise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, bias: Tensor, stride: int, library: ctypes.CDLL) -> Tensor:
        features = features.contiguous(memory_format=torch.channels_last)
        batch, channels, height, width = features.shape
        kernel = weight.shape[-1]
        rows, columns = (height - 1) // stride + 1, (width - 1) // stride + 1
        taps = weight.detach().reshape(channels, kernel * kernel).t().contiguous()
        result = torch.empty((batch, channels, rows, columns), dtype=features.dtype, memory_format=torch.channels_last)
        shape = (batch, height, width, channels, kernel, stride, rows, columns)
        library.forward(_at(features), _at(taps), _at(bias.detach()), _at(result), *map(ctypes.c_int, shape))
        ctx.save_for_backward(features, taps)
        ctx.shape, ctx.library = shape, library
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        features, taps = ctx.saved_tensors
        gradient = gradients[0].contiguous(memory_format=torch.channels_last)
        numbers = [ctypes.c_int(number) for number in ctx.shape]
        channels, kernel, stride = ctx.shape[3:6]
        of_features, of_taps = torch.empty_like(features), torch.empty_like(taps)
        of_bias = taps.new_empty(channels)
        if stride == 1:  # the same convolution with its weights turned around
            turned = taps.flip(0).contiguous()
            ctx.library.forward(_at(gradient), _at(turned), ctypes.c_void_p(), _at(of_features), *numbers)
        else:
            ctx.library.backward_input(_at(gradient), _at(taps), _at(of_features), *numbers)
        ctx.library.backward_weight(_at(gradient), _at(features), _at(of_taps), _at(of_bias), *numbers)
        weight = of_taps.t().reshape(channels, 1, kernel, kernel).contiguous()
        return of_features, weight, of_bias, None, None


def _at(tensor: Tensor) -> ctypes.c_void_p:
    return ctypes.c_void_p(tensor.data_ptr())


def _compiled() -> ctypes.CDLL | None:
    """The library of `depthwise.c`; None where it cannot be made."""
    compiler = shutil.which("cc")
    if compiler is None or not torch.backends.cpu.get_cpu_capability().startswith("AVX512"):
        return None
    version = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:16]
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bodydouble"
    path = folder / f"depthwise-{version}.so"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(path) as temporary:
            subprocess.run([compiler, *_FLAGS, str(_SOURCE), "-o", str(temporary)], check=True)
    return ctypes.CDLL(str(path))
