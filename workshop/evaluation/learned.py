"""Measures that need trained weights. Nothing is downloaded, and nothing stands in for what is missing.

Weights of other people's networks are looked for in `--measure-weights DIR`, then where their libraries keep them
(torch hub, Hugging Face):

    lpips   AlexNet's alexnet-owt-7be5be79.pth, with torchvision
    dists   VGG-16's vgg16-397923af.pth, with torchvision
    kid     Inception's weights-inception-2015-12-05-6726825d.pth, with torch-fidelity; fid likewise
    clip    openai/clip-vit-base-patch16, with transformers: cosine of the two pictures' embeddings
    reid    FlipReID, which no library has: a function of yours, named as module:attribute
    judge   features of a discriminator of our own training, from `--judge FILE`; see `judge.py`

What has no value says why, as `weights missing: <name>`.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bodydouble import plugins
from bodydouble.weights import WeightsFile
from workshop.evaluation.judge import judge_distance, load_judge
from workshop.training.discriminator import Discriminator

ALEXNET, VGG, INCEPTION = (
    "alexnet-owt-7be5be79.pth",
    "vgg16-397923af.pth",
    "weights-inception-2015-12-05-6726825d.pth",
)
CLIP_MODEL = "openai/clip-vit-base-patch16"
PAIRWISE = ("lpips", "dists", "clip", "reid", "judge")  # from each picture and its truth
OF_SETS = ("kid", "fid")  # from all pictures and all truths
_KID_SUBSETS = 50


@dataclass(frozen=True, kw_only=True)
class Learned:
    """The measures that can be taken here; `missing` says why others cannot."""

    weights: Path | None = None  # a folder with weight files under their usual names
    reid: str | None = None  # module:attribute of a function from B×3×H×W pictures in [0, 1] to B×D features
    judge: WeightsFile | None = None  # a discriminator, as `judge.save_judge` writes it

    def missing(self, measure: str) -> str | None:
        """Why a measure has no value; None where it has one."""
        reasons = {
            "lpips": lambda: self._unavailable("LPIPS", ALEXNET, "torchvision"),
            "dists": lambda: self._unavailable("DISTS", VGG, "torchvision"),
            "kid": lambda: self._unavailable("KID", INCEPTION, "torch_fidelity"),
            "fid": lambda: self._unavailable("FID", INCEPTION, "torch_fidelity"),
            "clip": self._no_clip,
            "reid": lambda: None if self.reid else "weights missing: FlipReID (name your own with --reid)",
            "judge": self._no_judge,
        }
        return reasons[measure]()

    def pairwise(self, measure: str, picture: Tensor, truth: Tensor) -> float:
        """One of `PAIRWISE` that is not missing, of two 3×S×S pictures in [0, 1]."""
        with torch.no_grad():
            if measure == "lpips":
                return float(self._lpips(picture[None], truth[None], normalize=True))
            if measure == "dists":
                return float(self._dists(picture[None], truth[None], require_grad=False, batch_average=True))
            if measure == "clip":
                return float(torch.cosine_similarity(self._clip_features(picture), self._clip_features(truth), dim=0))
            if measure == "judge":
                return judge_distance(self._judge, picture, truth)
            first, second = self._reid(torch.stack([picture, truth]))
            return float(1 - torch.cosine_similarity(first, second, dim=0))

    def features(self, picture: Tensor) -> Tensor:
        """(2048,) Inception's last pooling, for `of_sets`; `kid` and `fid` must not be missing."""
        with torch.no_grad():
            return self._inception((picture[None] * 255).round().byte())[0].reshape(-1)

    def _unavailable(self, name: str, file: str, library: str) -> str | None:
        if self._find(file) is None:
            return f"weights missing: {name} ({file})"
        return None if importlib.util.find_spec(library) else f"library missing: {name} ({library})"

    def _find(self, file: str) -> Path | None:
        folders = [self.weights] if self.weights else []
        for folder in [*folders, Path(torch.hub.get_dir()) / "checkpoints"]:
            if (folder / file).is_file():
                return folder / file
        return None

    def _no_clip(self) -> str | None:
        if not any((folder / "config.json").is_file() for folder in self._clip_folders()):
            return f"weights missing: CLIP ({CLIP_MODEL})"
        return None if importlib.util.find_spec("transformers") else "library missing: CLIP (transformers)"

    def _no_judge(self) -> str | None:
        if self.judge is None:
            return "weights missing: own discriminator features (name a file with --judge)"
        found = self.judge.path.is_file()
        return None if found else f"weights missing: own discriminator features ({self.judge.path.name})"

    def _clip_folders(self) -> list[Path]:
        home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
        hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
        cached = sorted((hub / f"models--{CLIP_MODEL.replace('/', '--')}" / "snapshots").glob("*"))
        return ([self.weights / CLIP_MODEL.split("/")[1]] if self.weights else []) + cached

    @cached_property
    def _lpips(self) -> Any:
        from torchmetrics.functional.image.lpips import _LPIPS

        # The backbone is left random and filled from the file: the library would look for it by itself, and download.
        network = _LPIPS(pretrained=True, net="alex", pnet_rand=True)
        path = self._find(ALEXNET)
        assert path is not None, "missing() was not asked"
        state = torch.load(path, map_location="cpu", weights_only=True)
        own = network.net.state_dict()
        network.net.load_state_dict({key: state[f"features.{key.split('.', 1)[1]}"] for key in own})
        return network.eval()

    @cached_property
    def _dists(self) -> Any:
        from torchmetrics.functional.image.dists import DISTSNetwork

        path = self._find(VGG)
        assert path is not None, "missing() was not asked"
        with _hub_of(path):
            return DISTSNetwork().eval()

    @cached_property
    def _inception(self) -> Any:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

        network = FeatureExtractorInceptionV3("inception", ["2048"], str(self._find(INCEPTION)))
        return network.eval()

    @cached_property
    def _clip(self) -> Any:
        from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection

        folder = next(folder for folder in self._clip_folders() if (folder / "config.json").is_file())
        options = {"local_files_only": True}
        model = CLIPVisionModelWithProjection.from_pretrained(folder, use_safetensors=True, **options)
        return CLIPImageProcessor.from_pretrained(folder, **options), model.eval()

    def _clip_features(self, picture: Tensor) -> Tensor:
        processor, model = self._clip
        pixels = processor((picture * 255).round().byte().permute(1, 2, 0).numpy(), return_tensors="pt")
        return model(**pixels).image_embeds[0]

    @cached_property
    def _judge(self) -> Discriminator:
        assert self.judge is not None, "missing() was not asked"
        return load_judge(self.judge.path)

    @cached_property
    def _reid(self) -> Any:
        return plugins.resolve(self.reid or "", {}, "re-identification")


@contextmanager
def _hub_of(path: Path) -> Iterator[None]:
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


def of_sets(measure: str, drawn: Sequence[Tensor], true: Sequence[Tensor]) -> float | None:
    """KID or FID of two lists of (D,) features; None where there are too few.

    KID is the unbiased squared maximum mean discrepancy with the cubic polynomial kernel (Bińkowski et al.,
    "Demystifying MMD GANs", 2018), mean over random halves; FID the Fréchet distance of the two Gaussians (Heusel et
    al., "GANs trained by a two time-scale update rule", 2017).
    """
    from torchmetrics.image.fid import _compute_fid
    from torchmetrics.image.kid import poly_mmd

    count = min(len(drawn), len(true))
    if count < 4:
        return None
    first, second = torch.stack(list(drawn)).double(), torch.stack(list(true)).double()
    if measure == "fid":
        return float(_compute_fid(first.mean(0), first.T.cov(), second.mean(0), second.T.cov()))
    generator = torch.Generator().manual_seed(0)
    size = max(2, count // 2)
    values = []
    for _ in range(_KID_SUBSETS):
        picks = [torch.randperm(len(part), generator=generator)[:size] for part in (first, second)]
        values.append(poly_mmd(first[picks[0]], second[picks[1]]))
    return float(torch.stack(values).mean())
