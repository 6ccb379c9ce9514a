"""Measures that need learned weights. Nothing is downloaded, and nothing stands in for what is missing.

    lpips, dists, clip, kid, fid   by other people's networks, see `workshop.measures.pretrained`; `clip` is the cosine
                                   of the two pictures' embeddings
    reid    FlipReID, which no library has: a function of yours, named as module:attribute
    judge   features of a discriminator of our own training, from `--judge FILE`; see `judge.py`

What has no value says why, as `weights missing: <name>`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from bodydouble import plugins
from bodydouble.weights import WeightsFile
from workshop.evaluation.measures.judge import judge_distance, load_judge
from workshop.measures.pretrained import PretrainedNetworks
from workshop.training.discriminator import Discriminator

PAIRWISE = ("lpips", "dists", "clip", "reid", "judge")  # from each picture and its truth
OF_SETS = ("kid", "fid")  # from all pictures and all truths


@dataclass(frozen=True, kw_only=True)
class LearnedMeasures:
    """The measures that can be taken here; `missing` says why others cannot."""

    networks: PretrainedNetworks = PretrainedNetworks()
    reid: str | None = None  # module:attribute of a function from B×3×H×W pictures in [0, 1] to B×D features
    judge: WeightsFile | None = None  # a discriminator, as `judge.save_judge` writes it

    def missing(self, measure: str) -> str | None:
        """Why a measure has no value; None where it has one."""
        if measure in OF_SETS:
            return self.networks.missing("inception", measure.upper())
        if measure == "reid":
            return None if self.reid else "weights missing: FlipReID (name your own with --reid)"
        return self._no_judge() if measure == "judge" else self.networks.missing(measure)

    def pairwise(self, measure: str, picture: Tensor, truth: Tensor) -> float:
        """One of `PAIRWISE` that is not missing, of two 3×S×S pictures in [0, 1]."""
        with torch.no_grad():
            if measure == "lpips":
                return float(self.networks.lpips(picture[None], truth[None], normalize=True))
            if measure == "dists":
                return float(self.networks.dists(picture[None], truth[None], require_grad=False, batch_average=True))
            if measure == "clip":
                first, second = (self.networks.clip_features(each) for each in (picture, truth))
                return float(torch.cosine_similarity(first, second, dim=0))
            if measure == "judge":
                return judge_distance(self._judge, picture, truth)
            first, second = self._reid(torch.stack([picture, truth]))
            return float(1 - torch.cosine_similarity(first, second, dim=0))

    def features(self, picture: Tensor) -> Tensor:
        """(2048,) Inception's last pooling, for `set_distance`; `kid` and `fid` must not be missing."""
        with torch.no_grad():
            features: Tensor = self.networks.inception((picture[None] * 255).round().byte())[0]
        return features.reshape(-1)

    def _no_judge(self) -> str | None:
        if self.judge is None:
            return "weights missing: own discriminator features (name a file with --judge)"
        exists = self.judge.path.is_file()
        return None if exists else f"weights missing: own discriminator features ({self.judge.path.name})"

    @cached_property
    def _judge(self) -> Discriminator:
        assert self.judge is not None, "missing() was not asked"
        return load_judge(self.judge.path)

    @cached_property
    def _reid(self) -> Callable[[Tensor], Tensor]:
        function: Callable[[Tensor], Tensor] = plugins.resolve(self.reid or "", {}, "re-identification")
        return function
