"""Drawn people whose far side is known: each view with both sides of every pixel, as named tensors for a shard.

| name | what |
|---|---|
| `N/rgba` | view N: the person alone, H×W×4, PNG; backgrounds are exchanged while training |
| `N/labels`, `N/far_labels` | H×W, rows of `bodydouble.parsing.labels.LABELS`: nearest and farthest surface, PNG |
| `N/albedo`, `N/far_albedo` | H×W×3, the colours of both without light, PNG |
| `N/far_normals` | H×W×3, camera axes, -1 to 1 as 0 to 254; 0 0 0 where nothing is, PNG |
| `N/body` | H/2×W/2×4, the fitted bare body's far normals and depth (`draw_far_body`, -2 to 2 as 0 to 254), PNG |
| `shape` | (6,), the body's phenotypes, in the order of `bodydouble.parsing.shape.TRAITS` |
| `height` | (1,), metres, from the soles to the crown |
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.geometry.window import Window
from bodydouble.parsing.far_body import draw_far_body
from bodydouble.parsing.shape import TRAITS
from bodydouble.values import BodyFit, Camera, Pose
from workshop.synthesis.draw import draw_views
from workshop.synthesis.garments.worn import pose_layers
from workshop.synthesis.layers import LABEL_ROWS, Layer
from workshop.synthesis.pack.contents import Pack, read_pack
from workshop.synthesis.records.png import encode_png
from workshop.synthesis.records.shards import Make
from workshop.synthesis.scene.far_truth import far_truth
from workshop.synthesis.scene.light import light_vertices
from workshop.synthesis.scene.truth import ViewTruth, part_of_joint, view_truth
from workshop.synthesis.shoot import DressedPerson, cameras_around, sample_person, sample_person_pose, true_fit
from workshop.training.fit_errors import FitErrors, perturb_person, perturb_photo

# A fit's errors before clothing and many photos mend them: what the parser's second look is given.
_ERRORS = FitErrors(aside_rad=0.015, depth_rad=0.08, aside_m=0.006, size=0.01, shape=0.06)
_FRONTAL_DEG = 30.0  # standard deviation of the azimuth of the first view of each pose


@dataclass(frozen=True, kw_only=True)
class FarRecordConfig:
    """What is written of each drawn person."""

    split: str = "train"
    seed: int = 0
    poses: int = 2
    views: int = 2  # in each pose: one that shows the front, as most photographs do; the others go around
    size: int = 448  # pixels a side


def far_record_maker(pack: Path, config: FarRecordConfig) -> Make:
    """What makes person number i, in this process."""
    return functools.partial(draw_far_record, read_pack(pack, "cpu"), config)


@torch.no_grad()
def draw_far_record(pack: Pack, config: FarRecordConfig, index: int) -> dict[str, Tensor]:
    """Person number `index`; the same for the same pack, configuration and index."""
    person = sample_person(pack, (config.seed, index), config.split)
    rng = np.random.default_rng([config.seed, index, 8])
    phenotypes = [pack.body.shape_names.index(name) for name in TRAITS]
    record = {
        "shape": person.identity.shape.coefficients[phenotypes].clone(),
        "height": pack.body.rest(person.identity.shape).vertices[:, 1].max()[None],
    }
    number = 0
    for _ in range(config.poses):
        pose = sample_person_pose(pack, person, rng, "mix", config.split)
        azimuths = [rng.normal(0, _FRONTAL_DEG), *rng.uniform(0, 360, config.views - 1)]
        layers = pose_layers(pack.body, person.fitted, pose, part_of_joint(pack.body))
        for camera in cameras_around(pack, person, pose, azimuths, (config.size, config.size)):
            record |= _both_sides(number, person, layers, camera)
            record[f"{number}/body"] = _fitted_body(pack, person, pose, camera, rng)
            number += 1
    return record


def _both_sides(number: int, person: DressedPerson, layers: Sequence[Layer], camera: Camera) -> dict[str, Tensor]:
    light = light_vertices(layers, person.scene.lights)
    rgba = draw_views(layers, light, [camera])[0]
    near, far = view_truth(layers, [camera]), far_truth(layers, [camera])
    normals = ((far.normal[0] * 127 + 127).round() * torch.isfinite(far.depth[0])).clamp(0, 254)
    return {
        f"{number}/rgba": encode_png(_eight_bits(rgba)),
        f"{number}/labels": encode_png(_labels(near)),
        f"{number}/albedo": encode_png(_eight_bits(near.albedo[0])),
        f"{number}/far_labels": encode_png(_labels(far)),
        f"{number}/far_albedo": encode_png(_eight_bits(far.albedo[0])),
        f"{number}/far_normals": encode_png(normals.byte()),
    }


def _labels(truth: ViewTruth) -> Tensor:
    """1×H×W, rows of LABELS."""
    return LABEL_ROWS[truth.kind[0].long()][None]


def _eight_bits(colours: Tensor) -> Tensor:
    return (colours.clamp(0, 1) * 255).round().byte()


def _fitted_body(pack: Pack, person: DressedPerson, pose: Pose, camera: Camera, rng: np.random.Generator) -> Tensor:
    """The bare body as a fit would place it, from behind, as a PNG of four channels."""
    true = true_fit(person, pose, camera)
    fit: BodyFit = perturb_photo(perturb_person(true, pack.body, rng, _ERRORS), true, pack.body, rng, _ERRORS)
    size = camera.size[0]
    planes = draw_far_body(pack.body.pose(pack.body.rest(fit.shape), fit.pose), camera, Window(0, 0, size), size // 2)
    packed = torch.cat([planes[1:4] * 127 + 127, planes[4:] * 63.5 + 127]).round()
    return encode_png((packed * planes[:1]).byte())
