"""Other people's networks, as far as their weights are on this machine. Nothing is downloaded.

Weights are looked for in a folder that the caller names, then where their libraries keep them (torch hub, Hugging
Face):

    lpips      AlexNet's alexnet-owt-7be5be79.pth, with torchvision
    dists      VGG-16's vgg16-397923af.pth, with torchvision
    inception  weights-inception-2015-12-05-6726825d.pth, with torch-fidelity
    clip       openai/clip-vit-base-patch16, with transformers

What is not there says why, as `weights missing: <name>`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

CLIP_MODEL = "openai/clip-vit-base-patch16"
_FILES = {  # of each network: what measures call it, its weights, and the library that builds it
    "lpips": ("LPIPS", "alexnet-owt-7be5be79.pth", "torchvision"),
    "dists": ("DISTS", "vgg16-397923af.pth", "torchvision"),
    "inception": ("Inception", "weights-inception-2015-12-05-6726825d.pth", "torch_fidelity"),
}


@dataclass(frozen=True, kw_only=True)
class PretrainedNetworks:
    """The networks that are at hand; `missing` says why others are not. Each is read when it is first used."""

    weights: Path | None = None  # a folder with weight files under their usual names

    def missing(self, network: str, measure: str | None = None) -> str | None:
        """Why a network cannot be used; None where it can.

        Args:
            network: "lpips", "dists", "inception" or "clip".
            measure: what the reason calls it, where that is not the network's own name.
        """
        if network == "clip":
            if not any((folder / "config.json").is_file() for folder in self._clip_folders()):
                return f"weights missing: CLIP ({CLIP_MODEL})"
            return None if importlib.util.find_spec("transformers") else "library missing: CLIP (transformers)"
        name, file, library = _FILES[network]
        if self._find(network) is None:
            return f"weights missing: {measure or name} ({file})"
        return None if importlib.util.find_spec(library) else f"library missing: {measure or name} ({library})"

    @cached_property
    def lpips(self) -> torch.nn.Module:
        """LPIPS with AlexNet: called with B×3×H×W pictures in [0, 1] and `normalize=True`."""
        from torchmetrics.functional.image.lpips import _LPIPS

        # The backbone is left random and filled from the file: the library would look for it by itself, and download.
        network = _LPIPS(pretrained=True, net="alex", pnet_rand=True)
        state = torch.load(self._file("lpips"), map_location="cpu", weights_only=True)
        names = network.net.state_dict()
        network.net.load_state_dict({key: state[f"features.{key.split('.', 1)[1]}"] for key in names})
        return network.eval()

    @cached_property
    def dists(self) -> torch.nn.Module:
        """DISTS with VGG-16: called with B×3×H×W pictures in [0, 1]."""
        from torchmetrics.functional.image.dists import DISTSNetwork

        with _torch_hub_at(self._file("dists")):
            return DISTSNetwork().eval()

    @cached_property
    def inception(self) -> torch.nn.Module:
        """Inception as FID and KID take it: B×3×H×W uint8 to a list with B×2048 features."""
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        network: torch.nn.Module = FeatureExtractorInceptionV3("inception", ["2048"], str(self._file("inception")))
        return network.eval()

    def clip_features(self, picture: Tensor) -> Tensor:
        """(D,) CLIP's embedding of a 3×H×W picture in [0, 1]."""
        processor, model = self._clip
        pixels = processor((picture * 255).round().byte().permute(1, 2, 0).numpy(), return_tensors="pt")
        embedding: Tensor = model(**pixels).image_embeds[0]
        return embedding

    @cached_property
    def _clip(self) -> tuple[Any, Any]:
        from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

        folder = next(folder for folder in self._clip_folders() if (folder / "config.json").is_file())
        model = CLIPVisionModelWithProjection.from_pretrained(folder, use_safetensors=True, local_files_only=True)
        return CLIPImageProcessor.from_pretrained(folder, local_files_only=True), model.eval()

    def _clip_folders(self) -> list[Path]:
        home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
        hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
        snapshots = sorted((hub / f"models--{CLIP_MODEL.replace('/', '--')}" / "snapshots").glob("*"))
        return ([self.weights / CLIP_MODEL.split("/")[1]] if self.weights else []) + snapshots

    def _find(self, network: str) -> Path | None:
        folders = [self.weights] if self.weights else []
        for folder in [*folders, Path(torch.hub.get_dir()) / "checkpoints"]:
            if (folder / _FILES[network][1]).is_file():
                return folder / _FILES[network][1]
        return None

    def _file(self, network: str) -> Path:
        path = self._find(network)
        assert path is not None, "missing() was not asked"
        return path


@contextmanager
def _torch_hub_at(path: Path) -> Iterator[None]:
    """The libraries' loader finds this file in its cache and reads it without running what it holds."""
    before, forced = torch.hub.get_dir(), os.environ.get("TORCH_FORCE_WEIGHTS_ONLY_LOAD")
    if path.parent.name == "checkpoints":
        torch.hub.set_dir(str(path.parent.parent))
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    try:
        yield
    finally:
        torch.hub.set_dir(before)
        if forced is None:
            del os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"]
        else:
            os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = forced
