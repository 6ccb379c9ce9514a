"""People to learn from: drawn from a pack, or read from shards of people drawn before.

Each maker is a function of a person's number, made in the process that calls it by one of the functions here.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.body import BodyModel, body_model
from bodydouble.values import BodyFit, BodyShape, Camera, Clothing
from workshop.synthesis.pack.contents import Pack, read_pack
from workshop.synthesis.records.person import read_view
from workshop.synthesis.records.shards import Shards
from workshop.synthesis.scene.truth import PARTS, UvRender, uv_render
from workshop.synthesis.shoot import cameras_around, sample_person, sample_person_pose, shoot, true_fit
from workshop.training.fit_errors import FitErrors, perturb_person, perturb_photo
from workshop.training.frames import PersonFrames, face_square, match_tone, pack_uv, to_bytes

MakeFrames = Callable[[int], PersonFrames]
_AROUND_DEG = 25.0  # how far views leave their even places around the person


@dataclass(frozen=True, kw_only=True)
class PeopleConfig:
    """How people are photographed for training."""

    size: int = 512  # pixels a side
    poses: int = 4  # of each person
    views: int = 2  # of each pose, on opposite sides for two
    seed: int = 0
    split: str = "train"
    errors: FitErrors = FitErrors()


def from_pack(path: Path, config: PeopleConfig, device: str) -> MakeFrames:
    """Draws person number n. Raises `InputError` where the file is no pack."""
    return functools.partial(draw_person, read_pack(path, device), config)


def from_shards(path: Path, config: PeopleConfig) -> MakeFrames:
    """Reads the n-th person of a folder of shards; the numbers start anew at its end."""
    return functools.partial(_read_person, Shards(path), body_model("anny"), config)


@torch.no_grad()
def draw_person(pack: Pack, config: PeopleConfig, number: int) -> PersonFrames:
    """Person `number`: the same for the same pack and configuration."""
    person = sample_person(pack, (config.seed, number), config.split)
    rng = np.random.default_rng([config.seed, number, 2])
    rgba, photos, labels, true, fitted = [], [], [], [], []
    shared: BodyFit | None = None
    for turn in range(config.poses):
        pose = sample_person_pose(pack, person, rng, "mix", config.split)
        size = (config.size, config.size)
        cameras = cameras_around(pack, person, pose, _azimuths(config, turn, rng), size)
        shot = shoot(pack, person, pose, cameras, rng)
        exact = true_fit(person, pose, cameras[0])
        shared = shared or perturb_person(exact, pack.body, rng, config.errors)
        photos.append(shot.photo)
        rgba.append(shot.rgba)
        labels.append(shot.truth.part)
        true.append(uv_render(exact, pack.body, cameras))
        fitted += [_fitted_uv(shared, exact, pack.body, camera, rng, config.errors) for camera in cameras]
    return _frames(torch.cat(photos), torch.cat(rgba), torch.cat(labels), true, fitted)


def _azimuths(config: PeopleConfig, turn: int, rng: np.random.Generator) -> Sequence[float]:
    """Degrees. The first pose is seen from the front and the poses' first views go around once together."""
    first = 360 * turn / (config.poses * config.views)
    return [
        first + 360 * view / config.views + float(rng.uniform(-_AROUND_DEG, _AROUND_DEG))
        for view in range(config.views)
    ]


def _read_person(shards: Shards, body: BodyModel, config: PeopleConfig, number: int) -> PersonFrames:
    index = shards.persons[number % len(shards)]
    record = shards.person(index)
    rng = np.random.default_rng([config.seed, number, 3])
    count = len([name for name in record if name.endswith("/photo")])
    views = [read_view(record, view) for view in range(count)]
    offsets = record["clothing"].float()
    clothing = Clothing(offsets=offsets, leg_blend=torch.zeros(len(offsets)))
    shape = BodyShape(coefficients=record["shape"])
    fits = [BodyFit(shape=shape, pose=view.pose, camera=view.camera, clothing=clothing) for view in views]
    shared = perturb_person(fits[0], body, rng, config.errors)
    true = [UvRender(uv=view.uv[None], cosine=view.cosine[None]) for view in views]
    fitted = [_fitted_uv(shared, fit, body, fit.camera, rng, config.errors) for fit in fits]
    photo, rgba = torch.stack([view.photo for view in views]), torch.stack([view.rgba for view in views])
    frames = _frames(photo, rgba, torch.stack([view.part for view in views]), true, fitted)
    return reduce_frames(frames, config.size)


def _fitted_uv(
    shared: BodyFit, true: BodyFit, body: BodyModel, camera: Camera, rng: np.random.Generator, errors: FitErrors
) -> UvRender:
    fit = BodyFit(shape=true.shape, pose=true.pose, camera=camera, clothing=true.clothing)
    return uv_render(perturb_photo(shared, fit, body, rng, errors), body, [camera])


def _frames(
    photo: Tensor, rgba: Tensor, labels: Tensor, true: Sequence[UvRender], fitted: Sequence[UvRender]
) -> PersonFrames:
    return PersonFrames(
        photo=to_bytes(photo),
        rgba=to_bytes(match_tone(rgba, photo)),
        uv=pack_uv(torch.cat([each.uv for each in true])),
        cosine=to_bytes(torch.cat([each.cosine for each in true])),
        fitted_uv=pack_uv(torch.cat([each.uv for each in fitted])),
        fitted_cosine=to_bytes(torch.cat([each.cosine for each in fitted])),
        face=face_square(labels, PARTS.index("head")),
    )


def reduce_frames(frames: PersonFrames, size: int) -> PersonFrames:
    """The photographs with `size` pixels a side, of which theirs are a multiple; the same where they are."""
    step = frames.photo.shape[-1] // size
    if step <= 1:
        return frames
    rgba = frames.rgba.float() / 255
    solid = functional.avg_pool2d(rgba[:, 3:], step)
    colour = functional.avg_pool2d(rgba[:, :3] * rgba[:, 3:], step) / solid.clamp_min(1e-3)
    middle = (..., slice(step // 2, None, step), slice(step // 2, None, step))
    return PersonFrames(
        photo=to_bytes(functional.avg_pool2d(frames.photo.float() / 255, step)),
        rgba=to_bytes(torch.cat([colour, solid], 1)),
        uv=frames.uv[middle],
        cosine=frames.cosine[middle],
        fitted_uv=frames.fitted_uv[middle],
        fitted_cosine=frames.fitted_cosine[middle],
        face=frames.face / step,
    )
