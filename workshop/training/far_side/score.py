"""How well the far side is predicted on drawn people of the test split, beside what copying the near side gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, one_hot
from tqdm import tqdm

from bodydouble.parsing.builtin import FAR_PX, ParserNetworks
from bodydouble.parsing.far_network import NearSide, label_chances
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS
from workshop.synthesis.scene.backgrounds import background
from workshop.training.far_side.batches import FarBatch, collate_far
from workshop.training.far_side.pictures import FarPicture, cut_far
from workshop.training.parsing.augment import placed, through_jpeg
from workshop.training.parsing.crop import View
from workshop.training.parsing.score import confusion, group_of_label, overlap

_QUALITY = 90
_SEED = 11


@dataclass(kw_only=True)
class FarScores:
    """Sums over the person's pixels of one way to tell the far side."""

    name: str
    counts: np.ndarray = field(default_factory=lambda: np.zeros((len(LABELS), len(LABELS)), np.int64))
    degrees: float = 0.0
    colour: float = 0.0
    front_only: np.ndarray = field(default_factory=lambda: np.zeros((2, 2), np.int64))

    def add(self, batch: FarBatch, labels: Tensor, normals: Tensor, colour: Tensor, front_only: Tensor) -> None:
        """What was said of one view: labels h×w, normals 3×h×w, colour 3×h×w, front only h×w (bool)."""
        person = batch.labels[0] != BACKGROUND
        self.counts += confusion(batch.labels[0][person].numpy(), labels[person].numpy(), len(LABELS))
        cosine = (normals * batch.normals[0]).sum(0)[person].clamp(-1, 1)
        self.degrees += float(cosine.acos().rad2deg().sum())
        self.colour += float((colour - batch.colour[0]).abs().mean(0)[person].sum())
        self.front_only += confusion(batch.front_only[0][person].long().numpy(), front_only[person].numpy(), 2)

    def line(self) -> str:
        """All of it in words; cloth is right where it is called cloth of any kind."""
        pixels, hair = int(self.counts.sum()), overlap(self.counts)[HAIR]
        right = np.diag(self.counts).sum() / pixels
        groups = group_of_label()
        same_group = (self.counts * (groups[:, None] == groups[None])).sum() / pixels
        return (
            f"{self.name:36} labels {100 * right:.1f} %, cloth as one {100 * same_group:.1f} %, hair {hair:.3f}, "
            f"normals {self.degrees / pixels:.1f}°, colour {self.colour / pixels:.3f}, "
            f"front only {overlap(self.front_only)[1]:.3f}"
        )


WAYS = ("predicted", "predicted from true near labels", "copied", "copied from true near labels")


@torch.no_grad()
def score_far(pictures: Sequence[FarPicture], networks: ParserNetworks) -> list[FarScores]:
    """The network, and copying the near side's labels and colours with its normals mirrored, on the person's pixels.

    Each with the near labels that the network itself gives, and with the true ones; first on all views, then on those
    that show the front.
    """
    scores = {views: [FarScores(name=f"{views}: {way}") for way in WAYS] for views in ("all", "fronts")}
    for number, picture in enumerate(tqdm(pictures, disable=None)):
        view, sample = cut_far(picture, FAR_PX)
        batch, image = collate_far([sample]), _as_photographed(view, number)
        taps = networks.near.encoder(image)
        logits, normals = networks.near.near_side(taps)
        true_labels = one_hot(torch.from_numpy(view.labels).long(), len(LABELS)).permute(2, 0, 1)[None].float()
        sides = [NearSide(avg_pool2d(image, 2), labels, normals) for labels in (logits.softmax(1), true_labels)]
        looks = [_predict(networks, taps, near, batch) for near in sides] + [_copy(near) for near in sides]
        shows_front = int(picture.near.name.split("/")[1]) % 2 == 0
        for views in ("all", "fronts") if shows_front else ("all",):
            for way, look in zip(scores[views], looks, strict=True):
                way.add(batch, *look)
    return [each for views in scores.values() for each in views]


def _as_photographed(view: View, number: int) -> Tensor:
    """1×3×S×S: the view in front of a drawn background, through JPEG."""
    rng = np.random.default_rng([_SEED, number])
    behind = (background(rng, (448, 448)).permute(1, 2, 0).numpy() * 255).astype(np.uint8)
    image = through_jpeg(placed(view, [behind], rng), _QUALITY)
    return torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255


def _predict(networks: ParserNetworks, taps: Sequence[Tensor], near: NearSide, batch: FarBatch) -> tuple[Tensor, ...]:
    far = networks.far(taps, near, batch.body)
    labels = label_chances(far.logits, near.labels)[0].argmax(0)
    return labels, far.normals[0], far.colour[0], far.front_only[0] > 0


def _copy(near: NearSide) -> tuple[Tensor, ...]:
    labels = near.labels[0, BACKGROUND + 1 :].argmax(0) + BACKGROUND + 1
    flipped = near.normals[0] * torch.tensor([1, 1, -1])[:, None, None]
    return labels, flipped, near.image[0], torch.zeros(labels.shape, dtype=torch.bool)
