"""Drawn people for the parser: each view alone, with its labels and normals, as named tensors for a shard.

| name | what |
|---|---|
| `N/rgba` | view N: the person alone, H×W×4, PNG; backgrounds are exchanged while training |
| `N/labels` | H×W, row of `bodydouble.parsing.labels.LABELS`, PNG |
| `N/normals` | H×W×3, camera axes, -1 to 1 as 0 to 254; 0 0 0 where nothing is, PNG |

Views 0 to `views` - 1 show the body, those after them the heads of the same poses, closely.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.body.skinning import skin
from bodydouble.geometry.camera import cropped, project, resized
from bodydouble.values import Camera, Pose
from workshop.synthesis.draw import draw_views
from workshop.synthesis.garments.worn import pose_layers
from workshop.synthesis.layers import LABEL_ROWS, Layer
from workshop.synthesis.pack.contents import Pack, read_pack
from workshop.synthesis.records.png import encode_png
from workshop.synthesis.records.shards import Make
from workshop.synthesis.scene.light import light_vertices
from workshop.synthesis.scene.truth import PARTS, part_of_joint, view_truth
from workshop.synthesis.shoot import DressedPerson, cameras_around, sample_person, sample_person_pose

HEAD_SIDE_M = (0.45, 1.0)  # sides of the views of heads, at the head


@dataclass(frozen=True, kw_only=True)
class ParsingRecordConfig:
    """What is written of each drawn person."""

    split: str = "train"
    seed: int = 0
    poses: int = 2
    views: int = 4  # of the body, spread over the poses
    heads: int = 2  # views of the head, at most as many as `views`
    size: int = 448  # pixels a side of a body's view
    head_size: int = 256  # and of a head's


def parsing_record_maker(pack: Path, config: ParsingRecordConfig) -> Make:
    """What makes person number i, in this process."""
    return functools.partial(draw_parsing_record, read_pack(pack, "cpu"), config)


@torch.no_grad()
def draw_parsing_record(pack: Pack, config: ParsingRecordConfig, index: int) -> dict[str, Tensor]:
    """Person number `index`; the same for the same pack, configuration and index."""
    person = sample_person(pack, (config.seed, index), config.split)
    rng = np.random.default_rng([config.seed, index, 4])
    start = rng.uniform(0, 360)
    record: dict[str, Tensor] = {}
    heads: dict[str, Tensor] = {}
    for turn in range(config.poses):
        pose = sample_person_pose(pack, person, rng, "mix", config.split)
        # The first view of the first pose shows the front, as most photographs do; the others go around.
        azimuths = [
            rng.normal(0, 30) if not (turn or view) else start + 137.5 * (turn * config.views + view)
            for view in range(config.views // config.poses)
        ]
        cameras = cameras_around(pack, person, pose, azimuths, (config.size, config.size))
        layers = pose_layers(pack.body, person.fitted, pose, part_of_joint(pack.body))
        for camera in cameras:
            record |= _view(len(record) // 3, person, layers, camera)
            if len(heads) // 3 < config.heads and len(heads) // 3 <= turn:
                close = head_camera(pack, person, pose, camera, rng, config.head_size)
                heads |= _view(config.views + len(heads) // 3, person, layers, close)
    return record | heads


def head_camera(
    pack: Pack, person: DressedPerson, pose: Pose, camera: Camera, rng: np.random.Generator, size: int
) -> Camera:
    """The part of a camera's view around the head, at size×size."""
    weights = person.fitted.rest.skin_weights[:, part_of_joint(pack.body) == PARTS.index("head")].sum(1)
    head = project(skin(person.fitted.rest, pose)[weights > 0.5].mean(0), camera)
    side = float(camera.intrinsics[0, 0] / head[2] * rng.uniform(*HEAD_SIDE_M))
    middle = head[:2].numpy() + rng.normal(0, 0.06, 2) * side + (0, 0.1 * side)
    left, top = middle - side / 2
    # `cropped` keeps a size in whole pixels: enlarge first, so that rounding is nothing.
    scale = size / side
    large = resized(camera, (round(camera.size[0] * scale), round(camera.size[1] * scale)))
    return cropped(large, left * scale, top * scale, (size, size))


def _view(number: int, person: DressedPerson, layers: Sequence[Layer], camera: Camera) -> dict[str, Tensor]:
    light = light_vertices(layers, person.scene.lights)
    rgba = draw_views(layers, light, [camera])[0]
    truth = view_truth(layers, [camera])
    labels = LABEL_ROWS[truth.kind[0].long()]
    there = torch.isfinite(truth.depth[0])
    normals = ((truth.normal[0] * 127 + 127).round() * there).clamp(0, 254)
    return {
        f"{number}/rgba": encode_png((rgba.clamp(0, 1) * 255).round().byte()),
        f"{number}/labels": encode_png(labels[None]),
        f"{number}/normals": encode_png(normals.byte()),
    }
