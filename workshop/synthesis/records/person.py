"""One person with all truth, as named tensors for a shard, and back.

Images are PNG files inside tensors: labels and depth shrink to a tenth, and nothing is lost.

| name | what |
|---|---|
| `shape`, `clothing` | body coefficients (S,), true offsets V×3 in metres (float16) |
| `identity` | JSON: what the person wears |
| `merged` | textures of all views merged, DINAR Eq. 5: rgb and whether any view sees the texel, S×S×4 |
| `N/photo`, `N/rgba` | view N: photograph H×W×3; the person alone, H×W×4 |
| `N/labels` | H×W×3: row of `layers.KINDS`, row of `truth.PARTS`, 0 |
| `N/depth` | H×W, 0.1 mm along the optical axis, 0 where nothing is |
| `N/normal` | H×W×3, camera axes, -1 to 1 as 0 to 254, 0 0 0 where nothing is |
| `N/uv` | H×W×3, 16 bits: u and v of the true clothed body as 0 to 65534, 65535 where it is not; λ |
| `N/texture`, `N/sampled` | the view's texture, DINAR Algorithm 1: S×S×3; B_smp, B_fill, λ, S×S×3 |
| `N/camera` | intrinsics 3×3 and camera_from_world 4×4 in one row |
| `N/joints`, `N/root`, `N/expression` | the pose; root rotation and translation in one row |
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.texture.merge import merge_textures
from bodydouble.texture.scatter import ScatteredTexture, scatter_pixels
from bodydouble.values import Camera, Pose
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.pack.open import open_pack
from workshop.synthesis.records.png import decode_png, encode_png
from workshop.synthesis.records.shards import Make
from workshop.synthesis.scene.truth import UvRender, uv_render
from workshop.synthesis.shoot import Shot, cameras_around, sample_person, sample_person_pose, shoot, true_fit

FORMAT = 1
_DEPTH_STEP = 1e-4  # metres


@dataclass(frozen=True, kw_only=True)
class RecordConfig:
    """What is written of each person."""

    split: str = "train"
    seed: int = 0
    views: int = 8
    poses: int = 2  # the views are spread over them
    size: int = 512  # pixels a side
    texture_size: int = 256  # texels a side
    kind: str = "mix"  # of poses, see `poses.sample_pose`


def record_maker(source: Path, motions: Path | None, config: RecordConfig, device: str) -> Make:
    """What makes person number i, in this process."""
    return functools.partial(make_record, open_pack(source, motions, device), config)


def make_record(pack: Pack, config: RecordConfig, index: int) -> dict[str, Tensor]:
    """Person number `index`; the same for the same pack, seed and index."""
    person = sample_person(pack, (config.seed, index), config.split)
    rng = np.random.default_rng([config.seed, index, 1])
    start = rng.uniform(-20, 20)  # view 0 is a front view, the others go around evenly
    azimuths = [start + 360 * view / config.views for view in range(config.views)]
    record = {
        "shape": person.identity.shape.coefficients.cpu(),
        "clothing": person.clothing.offsets.half().cpu(),
        "identity": _encode_json(dataclasses.asdict(dataclasses.replace(person.identity, shape=None))),  # type: ignore[arg-type]
    }
    sampled: list[ScatteredTexture] = []
    for number in range(min(config.poses, config.views)):
        pose = sample_person_pose(pack, person, rng, config.kind, config.split)
        views = range(number, config.views, config.poses)
        cameras = cameras_around(pack, person, pose, [azimuths[view] for view in views], (config.size, config.size))
        shot = shoot(pack, person, pose, cameras, rng)
        rendered = uv_render(true_fit(person, pose, cameras[0]), pack.body, cameras)
        for place, view in enumerate(views):
            texture = _scatter_view(shot, rendered, place, config.texture_size)
            sampled.append(texture)
            record |= {f"{view}/{name}": value for name, value in _view(shot, rendered, place, texture).items()}
    filled = torch.stack([texture.filled for texture in sampled])
    merged = merge_textures(
        torch.stack([texture.rgb for texture in sampled]), torch.stack([texture.cosine for texture in sampled]), filled
    )
    record["merged"] = encode_image(torch.cat([merged, filled.any(0)[None].float()]))
    return record


def _scatter_view(shot: Shot, rendered: UvRender, place: int, size: int) -> ScatteredTexture:
    mask = shot.rgba[place, 3]
    return scatter_pixels(shot.photo[place], rendered.uv[place], mask, rendered.cosine[place], size)


def _view(shot: Shot, rendered: UvRender, place: int, texture: ScatteredTexture) -> dict[str, Tensor]:
    truth, camera = shot.truth, shot.cameras[place]
    labels = torch.stack([truth.kind[place], truth.part[place], torch.zeros_like(truth.kind[place])])
    depth = (truth.depth[place] / _DEPTH_STEP).nan_to_num(posinf=0).round().clamp(0, 65535)
    covered = torch.isfinite(truth.depth[place])
    normal = ((truth.normal[place] * 127 + 127).round() * covered).clamp(0, 254)
    uv = torch.where(rendered.uv[place] < 0, 65535.0, (rendered.uv[place] * 65534).round())
    cosine = (rendered.cosine[place] * 65535).round()[None]
    flags = torch.stack([texture.sampled.float(), texture.filled.float(), texture.cosine.clamp(0, 1)])
    pose = shot.pose
    return {
        "photo": encode_image(shot.photo[place]),
        "rgba": encode_image(shot.rgba[place]),
        "labels": encode_png(labels.byte()),
        "depth": encode_png(depth[None], 16),
        "normal": encode_png(normal.byte()),
        "uv": encode_png(torch.cat([uv, cosine]), 16),
        "texture": encode_image(texture.rgb),
        "sampled": encode_image(flags),
        "camera": torch.cat([camera.intrinsics.flatten(), camera.camera_from_world.flatten()]).cpu(),
        "joints": pose.joints.cpu(),
        "root": torch.cat([pose.root_rotation, pose.root_translation]).cpu(),
        "expression": pose.expression.cpu(),
    }


@dataclass(frozen=True, kw_only=True)
class RecordView:
    """One view of a record, decoded."""

    photo: Tensor  # 3×H×W, [0, 1]
    rgba: Tensor  # 4×H×W, [0, 1]
    kind: Tensor  # H×W, uint8
    part: Tensor  # H×W, uint8
    depth: Tensor  # H×W, metres; inf where nothing is
    normal: Tensor  # 3×H×W
    uv: Tensor  # 2×H×W, [0, 1]; -1 where the body is not
    cosine: Tensor  # H×W, λ of the body
    texture: ScatteredTexture
    camera: Camera
    pose: Pose


def read_view(record: Mapping[str, Tensor], view: int) -> RecordView:
    """View number `view` of a record."""
    tensors = {name.partition("/")[2]: value for name, value in record.items() if name.startswith(f"{view}/")}
    labels, normal = _pixels(tensors["labels"]), _pixels(tensors["normal"]).float()
    covered = (_pixels(tensors["depth"])[0] > 0)[None]
    uv = _pixels(tensors["uv"]).float()
    flags, joints = decode_image(tensors["sampled"]), tensors["joints"]
    numbers, root = tensors["camera"], tensors["root"]
    rgba = decode_image(tensors["rgba"])
    depth = _pixels(tensors["depth"])[0].float() * _DEPTH_STEP
    return RecordView(
        photo=decode_image(tensors["photo"]),
        rgba=rgba,
        kind=labels[0].byte(),
        part=labels[1].byte(),
        depth=torch.where(covered[0], depth, torch.inf),
        normal=torch.where(covered, (normal - 127) / 127, 0.0),
        uv=torch.where(uv[:2] == 65535, -1.0, uv[:2] / 65534),
        cosine=uv[2] / 65535,
        texture=ScatteredTexture(
            rgb=decode_image(tensors["texture"]), sampled=flags[0] > 0.5, filled=flags[1] > 0.5, cosine=flags[2]
        ),
        camera=Camera(
            intrinsics=numbers[:9].view(3, 3),
            camera_from_world=numbers[9:].view(4, 4),
            size=(rgba.shape[1], rgba.shape[2]),
        ),
        pose=Pose(
            joints=joints,
            root_rotation=root[:3],
            root_translation=root[3:],
            expression=tensors["expression"],
        ),
    )


def encode_image(image: Tensor) -> Tensor:
    """C×H×W in [0, 1] (3 or 4 channels) to the bytes of a PNG."""
    return encode_png((image.clamp(0, 1) * 255).round().byte())


def decode_image(data: Tensor) -> Tensor:
    """The bytes of a PNG to C×H×W in [0, 1]."""
    return _pixels(data).float() / 255


def _pixels(data: Tensor) -> Tensor:
    """C×H×W, int32."""
    return torch.from_numpy(decode_png(data).astype(np.int32)).permute(2, 0, 1)


def _encode_json(value: object) -> Tensor:
    return torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8)
