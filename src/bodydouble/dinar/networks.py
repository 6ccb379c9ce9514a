"""DINAR's networks as one value: their sizes, a file that holds them, and reading it.

A file of networks is one safetensors file. Tensor names begin with the network's name; the header's "bodydouble" entry
is JSON with the preset and where the weights come from. Weights may be float16; they are float32 in memory.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bodydouble.dinar.denoiser import Denoiser, DenoiserConfig
from bodydouble.dinar.encoder import Encoder, EncoderConfig
from bodydouble.dinar.generator import Generator, GeneratorConfig
from bodydouble.dinar.renderer import NeuralRenderer, RendererConfig
from bodydouble.dinar.vqgan import VQGAN, VqganConfig
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.inpaint.exemplar.attention import AttentionConfig, ContextualAttention
from bodydouble.weights import find_weights

FORMAT_VERSION = 1
_KEY = "bodydouble"
_DTYPES = ("F16", "BF16", "F32", "I64")


@dataclass(frozen=True, kw_only=True)
class NetworksConfig:
    """Sizes of all networks. The defaults are the paper's."""

    encoder: EncoderConfig = EncoderConfig()
    generator: GeneratorConfig = GeneratorConfig()
    vqgan: VqganConfig = VqganConfig()
    renderer: RendererConfig = RendererConfig()
    denoiser: DenoiserConfig = DenoiserConfig()
    copier: AttentionConfig | None = None


PRESETS: Mapping[str, NetworksConfig] = {
    "paper": NetworksConfig(),
    # For a CPU; all weights together are less than 30 MB in float16.
    "lite": NetworksConfig(
        encoder=EncoderConfig(vector=256, widest=96, budget=4096),
        generator=GeneratorConfig(vector=256, widest=96, budget=4096),
        # T_gen is drawn whole by the generator; only colours and masks have holes, and only they are compressed.
        vqgan=VqganConfig(channels=5, width=16, multipliers=(1, 3, 6), blocks=1, groups=8, end_norms=False),
        renderer=RendererConfig(
            texture_features=12,
            uv_features=4,
            mask_features=2,
            widths=(8, 16, 32, 64, 208),
            kernel=3,
            features=8,
            rgb_layers=1,
            mask_layers=1,
            mask_outputs=1,
            align_corners=False,
            detail=True,
        ),
        denoiser=DenoiserConfig(width=32, heads=2, dropout=0.0, predicts="v_prediction", positions=64, guess=True),
        copier=AttentionConfig(),
    ),
    # For tests and for trying out a training loop: everything small, nothing left out.
    "tiny": NetworksConfig(
        encoder=EncoderConfig(side=64, vector=16, widest=8, budget=512),
        generator=GeneratorConfig(side=32, vector=16, widest=8, budget=256),
        vqgan=VqganConfig(channels=5, codes=16, width=8, blocks=1, groups=4, end_norms=False),
        renderer=RendererConfig(
            texture_features=6,
            uv_features=2,
            mask_features=2,
            widths=(4, 8, 8),
            blocks=1,
            kernel=3,
            features=4,
            rgb_layers=1,
            mask_layers=1,
            mask_outputs=1,
            align_corners=False,
            detail=True,
        ),
        denoiser=DenoiserConfig(
            width=8,
            heads=2,
            groups=4,
            blocks=1,
            dropout=0.0,
            predicts="v_prediction",
            positions=8,
            guess=True,
        ),
        copier=AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Networks:
    """All networks of one preset, on one device."""

    preset: str  # name in `PRESETS`
    encoder: Encoder  # (rgb, mask, noise) to a vector
    generator: Generator  # vector to T_gen
    vqgan: VQGAN  # encode, decode: textures to latents and back
    renderer: NeuralRenderer  # (texture, uv, uv_mask[, detail]) to colours and mask
    denoiser: Denoiser  # (latent, timestep, condition) to noise
    copier: ContextualAttention | None = (
        None  # (colours, shares) of what was seen to a `Choice`; for a denoiser with a guess
    )
    source: Mapping[str, str] = field(default_factory=dict)  # where the weights come from: file, sha256, steps, ...

    def modules(self) -> dict[str, nn.Module]:
        """The networks by name."""
        return {name: module for name in _NAMES if isinstance(module := getattr(self, name), nn.Module)}

    def to(self, device: torch.device | str) -> Networks:
        """These networks, moved to `device`."""
        for module in self.modules().values():
            module.to(device)
        return self

    def state_dict(self) -> dict[str, Tensor]:
        """Every tensor by its name in the file."""
        return {
            f"{name}.{key}": value
            for name, module in self.modules().items()
            for key, value in module.state_dict().items()
        }


_NAMES = tuple(entry.name for entry in fields(NetworksConfig))


def new_networks(preset: str, device: torch.device | str = "cpu") -> Networks:
    """Untrained networks, ready to be trained.

    Raises:
        InputError: there is no such preset.
    """
    if preset not in PRESETS:
        raise InputError(f"unknown preset {preset!r}; known: {', '.join(PRESETS)}")
    config = PRESETS[preset]
    with torch.device(device):
        return Networks(
            preset=preset,
            encoder=Encoder(config.encoder),
            generator=Generator(config.generator),
            vqgan=VQGAN(config.vqgan),
            renderer=NeuralRenderer(config.renderer),
            denoiser=Denoiser(config.denoiser),
            copier=ContextualAttention(config.copier) if config.copier else None,
        )


def load_networks(path: str | Path, device: torch.device | str = "cpu") -> Networks:
    """Networks from a file, for use and not for training (`eval`, no gradients to the weights), in float32.

    Args:
        path: a file that `save_networks` or `import-dinar` wrote, or the name of weights that ship.

    Raises:
        InputError: no such file, not a file of networks, of a newer version, of an unknown preset, or with tensors
            that are missing, unknown, or of another shape than the preset's.
    """
    file = find_weights(path)
    try:
        with safe_open(file.path, framework="pt") as opened:
            header = _header(file.path, opened.metadata())
            networks = new_networks(str(header["preset"]), "meta")
            _check(file.path, opened, networks)
            for name, module in networks.modules().items():
                # The tensors take the places of the meta tensors: nothing is initialised only to be overwritten.
                tensors = {key: _ready(opened.get_tensor(f"{name}.{key}"), device) for key in module.state_dict()}
                module.load_state_dict(tensors, assign=True)
                module.eval().requires_grad_(False)
    except (SafetensorError, OSError) as error:
        raise InputError(f"{file.path} is no file of networks, or is damaged: {error}") from error
    source = {**header.get("source", {}), "file": file.path.name, "sha256": file.sha256}
    return Networks(preset=networks.preset, source=source, **networks.modules())  # type: ignore[arg-type]


def save_networks(networks: Networks, path: str | Path, half: bool = True) -> None:
    """Write a file that `load_networks` reads.

    Args:
        half: matrices and kernels as float16; what is short (biases, statistics) stays float32.

    Raises:
        InputError: the name does not end in .safetensors, or the folder does not exist.
    """
    tensors = {
        name: value.half() if half and value.dim() > 1 else value for name, value in networks.state_dict().items()
    }
    write_tensors(tensors, path, networks.preset, networks.source)


def write_tensors(tensors: Mapping[str, Tensor], path: str | Path, preset: str, source: Mapping[str, str]) -> None:
    """Write a file of networks from tensors that have the names of `Networks.state_dict`. Raises as `save_networks`."""
    if Path(path).suffix != ".safetensors":
        raise InputError(f"cannot write {path}: a file of networks ends in .safetensors")
    header = json.dumps({"format": FORMAT_VERSION, "preset": preset, "source": dict(source)})
    with whole_file(path) as temporary:
        save_file(
            {name: value.detach().cpu().contiguous() for name, value in tensors.items()}, temporary, {_KEY: header}
        )


def _header(path: Path, metadata: dict[str, str] | None) -> dict[str, Any]:
    try:
        header = json.loads((metadata or {}).get(_KEY, ""))
        version, preset, source = header["format"], header["preset"], header.get("source", {})
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} is a safetensors file but holds no networks of bodydouble") from None
    if not isinstance(version, int) or not isinstance(preset, str) or not isinstance(source, dict):
        raise InputError(f"{path} has damaged metadata; get it again")
    if version > FORMAT_VERSION:
        raise InputError(f"{path} has format {version}, this version reads up to {FORMAT_VERSION}; update bodydouble")
    return {"preset": preset, "source": {str(key): str(value) for key, value in source.items()}}


def _check(path: Path, opened: Any, networks: Networks) -> None:
    """Compare names, shapes and types with the preset's before any tensor is read."""
    expected = {name: tuple(value.shape) for name, value in networks.state_dict().items()}
    found = set(opened.keys())
    for what, names in (("lacks", expected.keys() - found), ("holds unknown", found - expected.keys())):
        if names:
            raise InputError(f"{path} does not fit preset {networks.preset}: it {what} {_some(names)}")
    for name, shape in expected.items():
        tensor = opened.get_slice(name)
        if tuple(tensor.get_shape()) != shape or tensor.get_dtype() not in _DTYPES:
            sides, wanted = ("×".join(map(str, each)) for each in (tensor.get_shape(), shape))
            what = f"{name} is {tensor.get_dtype()} {sides}, expected {wanted}"
            raise InputError(f"{path} does not fit preset {networks.preset}: {what}")


def _ready(tensor: Tensor, device: torch.device | str) -> Tensor:
    return tensor.to(device, torch.float32 if tensor.is_floating_point() else tensor.dtype)


def _some(names: set[str]) -> str:
    shown = sorted(names)[:3]
    return ", ".join(shown) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
