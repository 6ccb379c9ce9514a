"""How well the far side is predicted on drawn people of the test split, beside what copying the near side gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from bodydouble.parsing.builtin import FAR_PX, ParserNetworks
from bodydouble.parsing.labels import BACKGROUND, HAIR, LABELS
from workshop.synthesis.scene.backgrounds import background
from workshop.training.far_side.batches import FarBatch, collate_far
from workshop.training.far_side.loop import look_far
from workshop.training.far_side.pictures import FarPicture, cut_far
from workshop.training.parsing.augment import placed, through_jpeg
from workshop.training.parsing.score import confusion, overlap

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
        """All of it in words."""
        pixels = int(self.counts.sum())
        right, hair = np.diag(self.counts).sum() / pixels, overlap(self.counts)[HAIR]
        return (
            f"{self.name:24} labels {100 * right:.1f} %, hair {hair:.3f}, normals {self.degrees / pixels:.1f}°, "
            f"colour {self.colour / pixels:.3f}, front only {overlap(self.front_only)[1]:.3f}"
        )


@torch.no_grad()
def score_far(pictures: Sequence[FarPicture], networks: ParserNetworks) -> list[FarScores]:
    """The network, copying the true near side's labels and colours, and the body's normals, on pixels of the person.

    First on all views, then on those that show the front.
    """
    scores = [FarScores(name=f"{way}, {views}") for views in ("all", "fronts") for way in ("predicted", "copied")]
    for number, picture in enumerate(tqdm(pictures, disable=None)):
        rng = np.random.default_rng([_SEED, number])
        view, sample = cut_far(picture, FAR_PX)
        behind = (background(rng, (448, 448)).permute(1, 2, 0).numpy() * 255).astype(np.uint8)
        image = through_jpeg(placed(view, [behind], rng), _QUALITY)
        batch = collate_far([sample])
        shown = torch.from_numpy(image).permute(2, 0, 1)[None].float() / 255
        far = look_far(networks.near, networks.far, shown, batch.body)
        logits = far.logits[0].index_fill(0, torch.tensor([BACKGROUND]), -torch.inf)
        near_rgb = torch.from_numpy(cv2.resize(image, view.labels.shape[::-1], interpolation=cv2.INTER_AREA))
        covered = batch.body[0, :1]
        flipped = networks.near(shown)[1][0] * torch.tensor([1, 1, -1])[:, None, None]
        predicted = (logits.argmax(0), far.normals[0], far.colour[0], far.front_only[0] > 0)
        copied = (
            torch.from_numpy(view.labels).long(),
            flipped,
            near_rgb.permute(2, 0, 1).float() / 255,
            torch.zeros(covered.shape[1:], dtype=torch.bool),
        )
        for row in (0, 2) if int(picture.near.name.split("/")[1]) % 2 == 0 else (0,):
            scores[row].add(batch, *predicted)
            scores[row + 1].add(batch, *copied)
    return scores
