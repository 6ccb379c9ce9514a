"""A textured surface in the world and the light on it: what the body and everything worn become when posed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from bodydouble.parsing.labels import LABELS

# What a surface is. The index is the label in truth images; 0 is nothing.
KINDS = (
    "nothing",
    "skin",
    "upper",
    "lower",
    "whole",
    "under",
    "shoes",
    "thing",
    "hat",
    "hair",
    "eyes",
    "facial hair",
    "brows",
    "outer",
)
# What a parser calls them where its names are others (`bodydouble.parsing.labels.LABELS`). A shirt under an open jacket
# is an upper, as photographs' labels have it; a scarf is outer and a hijab a hat.
_LABELS = {"nothing": "background", "whole": "dress", "under": "upper", "brows": "skin"}
LABEL_OF_KIND = {kind: _LABELS.get(kind, kind) for kind in KINDS}
# The row of the parser's labels of each of `KINDS`.
LABEL_ROWS = torch.tensor([LABELS.index(LABEL_OF_KIND[kind]) for kind in KINDS], dtype=torch.uint8)


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A textured surface in the world, ready to draw."""

    vertices: Tensor  # V×3, metres
    faces: Tensor  # F×3, int64
    uv: Tensor  # T×2, [0, 1]², origin top left
    uv_faces: Tensor  # F×3, int64
    texture: Tensor  # 4×H×W, [0, 1], sRGB with straight alpha
    transparent: bool  # True: drawn after everything opaque, blended by the texture's alpha
    kind: str = "skin"  # one of KINDS
    limb: Tensor | None = None  # (V,), int64, the body part each vertex belongs to, see `truth.PARTS`


@dataclass(frozen=True, kw_only=True)
class PartLight:
    """Light at V vertices of which a part passes through a pattern."""

    steady: Tensor  # V×3, linear: all other light
    passing: Tensor  # V×3, linear: what arrives where the pattern lets everything pass
    place: Tensor  # V×2, within ±1 where the pattern is
    pattern: Tensor  # H×W, [0, 1]

    def at(self, corners: Tensor, weights: Tensor) -> Tensor:
        """N×3 light at points with weights (N×3) between three vertices (N×3)."""

        def between(values: Tensor) -> Tensor:
            return (values[corners] * weights[..., None]).sum(1)

        place = between(self.place)[None, None]
        share = grid_sample(self.pattern[None, None], place, padding_mode="border", align_corners=False)[0, 0, 0]
        return between(self.steady) + share[:, None] * between(self.passing)


Light = Tensor | PartLight  # of a layer: V×3, linear; or in two parts, one of them behind a pattern


def join_layers(layers: Sequence[Layer]) -> tuple[Tensor, Tensor]:
    """Vertices and faces of all layers as one mesh, in their order."""
    counts = [len(layer.vertices) for layer in layers]
    starts = [sum(counts[:number]) for number in range(len(counts))]
    faces = [layer.faces + start for layer, start in zip(layers, starts, strict=True)]
    return torch.cat([layer.vertices for layer in layers]), torch.cat(faces)
