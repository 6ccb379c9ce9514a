"""Weights and inputs that come from a tensor's name, so that the published modules could be given the very same."""

from zlib import crc32

import numpy as np
import torch
from torch import Tensor


def drawn(name: str, shape: tuple[int, ...]) -> Tensor:
    """Normal numbers that depend on the name alone; float32."""
    values = np.random.RandomState(crc32(name.encode())).standard_normal(shape)
    return torch.from_numpy(np.asarray(values, dtype=np.float32))


def weight(name: str, shape: tuple[int, ...]) -> Tensor:
    """A tensor of the published checkpoint, of the size that keeps signals in bounds and statistics positive."""
    values = drawn(name, shape)
    if name.endswith("running_var"):
        return 1 + 0.3 * values.tanh()
    if name.endswith("num_batches_tracked"):
        return torch.zeros(shape, dtype=torch.int64)
    if name.endswith(("running_mean", "bias")) or name.endswith("noise.weight"):
        return 0.2 * values
    if ".noises." in name or "embedding" in name or name.endswith("input.input"):
        return values
    if len(shape) == 1:
        return 1 + 0.2 * values
    if name.startswith("first_stage.encoder."):
        return 100 * values
    if name.startswith(("first_stage.generator.", "first_stage.renderer.")):
        return values
    return values / float(np.prod(shape[1:])) ** 0.5
