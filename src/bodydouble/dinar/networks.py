"""DINAR's networks as one value: their sizes, and the file that holds them (`nn.store`).

Tensor names begin with the network's name. A file may leave out what completes textures: `vqgan` and `denoiser`
together, and the attention that gives the diffusion model its first guess, in whose place the one that ships is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import torch
from torch import Tensor, nn

from bodydouble.dinar.denoiser import Denoiser, DenoiserConfig
from bodydouble.dinar.encoder import Encoder, EncoderConfig
from bodydouble.dinar.generator import Generator, GeneratorConfig
from bodydouble.dinar.renderer import NeuralRenderer, RendererConfig
from bodydouble.dinar.vqgan import VQGAN, VqganConfig
from bodydouble.errors import InputError
from bodydouble.inpaint.exemplar.attention import AttentionConfig, ContextualAttention
from bodydouble.inpaint.exemplar.network import KIND, load_attention
from bodydouble.nn.store import halve, load_modules, read_header, write_tensors
from bodydouble.texture.assembly import LIBRARY, PUBLISHED, TextureAssembly
from bodydouble.weights import find_weights

IMPORTED_FROM = "imported_from"  # entry of `source`: the published checkpoint that the weights come from
_DIFFUSION = frozenset({"vqgan", "denoiser"})


@dataclass(frozen=True, kw_only=True)
class NetworksConfig:
    """Sizes of all networks. The defaults are the paper's."""

    encoder: EncoderConfig = EncoderConfig()
    generator: GeneratorConfig = GeneratorConfig()
    vqgan: VqganConfig = VqganConfig()
    renderer: RendererConfig = RendererConfig()
    denoiser: DenoiserConfig = DenoiserConfig()
    attention: AttentionConfig | None = None  # for a denoiser that begins with a guess


PRESETS: Mapping[str, NetworksConfig] = {
    "paper": NetworksConfig(),
    # For a CPU; all weights together are less than 30 MB in float16.
    "lite": NetworksConfig(
        encoder=EncoderConfig(latent_dim=256, channel_max=96, channel_base=4096),
        generator=GeneratorConfig(latent_dim=256, channel_max=96, channel_base=4096),
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
            bfloat16=True,
        ),
        denoiser=DenoiserConfig(width=32, heads=2, dropout=0.0, predicts="v_prediction", positions=64, refines=True),
        attention=AttentionConfig(),
    ),
    # For tests and for trying out a training loop: everything small, nothing left out.
    "tiny": NetworksConfig(
        encoder=EncoderConfig(resolution=64, latent_dim=16, channel_max=8, channel_base=512),
        generator=GeneratorConfig(resolution=32, latent_dim=16, channel_max=8, channel_base=256),
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
            bfloat16=True,
        ),
        denoiser=DenoiserConfig(
            width=8,
            heads=2,
            groups=4,
            blocks=1,
            dropout=0.0,
            predicts="v_prediction",
            positions=8,
            refines=True,
        ),
        attention=AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4),
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
    attention: ContextualAttention | None = None  # colours to a first guess, where the denoiser takes one
    source: Mapping[str, str] = field(default_factory=dict)  # where the weights come from: file, sha256, steps, ...
    diffuses: bool = True  # False: `vqgan` and `denoiser` were not in the file; they have no weights

    @property
    def assembly(self) -> TextureAssembly:
        """How the textures are put together that these networks learned with."""
        return PUBLISHED if IMPORTED_FROM in self.source else LIBRARY

    def modules(self) -> dict[str, nn.Module]:
        """The networks that have weights, by name."""
        names = [name for name in _NAMES if self.diffuses or name not in _DIFFUSION]
        return {name: module for name in names if isinstance(module := getattr(self, name), nn.Module)}

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
            attention=ContextualAttention(config.attention) if config.attention else None,
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
    header, tensors = read_header(file.path)
    if header.kind == KIND:
        raise InputError(f"{file.path} holds the network of --inpainter exemplar, not DINAR's")
    networks = new_networks(header.kind, "meta")
    present = {name.split(".")[0] for name in tensors}
    optional: set[str] = set()
    if networks.attention is not None:
        optional = {"attention"} if present & _DIFFUSION else {"attention", *_DIFFUSION}
    modules = {name: module for name, module in networks.modules().items() if name in present or name not in optional}
    load_modules(file, networks.preset, modules, device)
    if networks.attention is not None and "attention" not in present:
        modules["attention"] = _shipped_attention(file.path, networks.attention.config, device)
    return Networks(
        preset=networks.preset,
        source={**header.source, "file": file.path.name, "sha256": file.sha256},
        diffuses=_DIFFUSION <= modules.keys(),
        **{name: modules.get(name, module) for name, module in networks.modules().items()},  # type: ignore[arg-type]
    )


def save_networks(networks: Networks, path: str | Path, half: bool = True) -> None:
    """Write a file that `load_networks` reads.

    Args:
        half: matrices and kernels as float16.

    Raises:
        InputError: the name does not end in .safetensors, or the folder does not exist.
    """
    tensors = networks.state_dict()
    write_tensors(halve(tensors) if half else tensors, path, networks.preset, networks.source)


def _shipped_attention(path: Path, config: AttentionConfig, device: torch.device | str) -> ContextualAttention:
    if config != AttentionConfig():
        raise InputError(f"{path} lacks its attention; write it again")
    return load_attention(device=device).network
