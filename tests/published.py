"""Weights and inputs that come from a tensor's name, so that the published modules could be given the very same."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

from bodydouble.dinar.denoiser import DenoiserConfig
from bodydouble.dinar.encoder import EncoderConfig
from bodydouble.dinar.generator import GeneratorConfig
from bodydouble.dinar.networks import NetworksConfig
from bodydouble.dinar.published_names import library_names
from bodydouble.dinar.renderer import RendererConfig
from bodydouble.dinar.vqgan import VqganConfig

# Networks of the paper's structure that take milliseconds.
SMALL = NetworksConfig(
    encoder=EncoderConfig(resolution=16, latent_dim=8, channel_max=128, channel_base=2048),
    generator=GeneratorConfig(resolution=16, latent_dim=8, channel_max=128, channel_base=2048),
    vqgan=VqganConfig(width=16, codes=32),
    renderer=RendererConfig(widths=(4, 8, 16, 32)),
    denoiser=DenoiserConfig(width=32),
)


def listed_names(shared: Path) -> list[str]:
    """Names of all tensors in the published checkpoint."""
    lines = (shared / "papers" / "dinar-checkpoint-keys.tsv").read_text().splitlines()
    return [line.split("\t")[0] for line in lines[1:]]


def small_checkpoint(names: Iterable[str], expected: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Published tensors for networks of other sizes: those of `names` that have a place among the `expected` ones.

    Args:
        expected: tensors of the networks by their names here; only their shapes matter.
    """
    result = {}
    for name in names:
        places = library_names(name)
        if places and places[0] in expected:
            shape = tuple(expected[places[0]].shape)
            result[name] = weight(name, (len(places) * shape[0], *shape[1:]) if len(places) > 1 else shape)
            if name.endswith("kernel"):  # fixed, and there already
                result[name] = expected[places[0]].clone()
    return result


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
