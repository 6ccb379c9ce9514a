"""Everything people are made of in one safetensors file: the body, garments, their pictures, and poses.

It loads without Anny, MediaPipe, or the wardrobe folder, so that it can be carried to a bare machine.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.values import RestBody, to_device
from workshop.synthesis.body import BASE_VERTICES, PackedBody
from workshop.synthesis.garments.wardrobe import Garment
from workshop.synthesis.limbs import LimbFrame, limb_frame
from workshop.synthesis.poses.pose_bank import PoseBank

FORMAT = 1
_TENSOR_FIELDS = ("anchors", "weights", "offsets", "scale_pairs", "scale_lengths", "faces", "uv", "uv_faces", "hides")
_SHORT = ("anchors", "faces", "uv_faces", "scale_pairs")  # whole numbers below 2¹⁵


@dataclass(frozen=True, kw_only=True)
class Article:
    """Something to wear."""

    garment: Garment
    kind: str  # one of `layers.KINDS`
    source: str  # the folder in the wardrobe that it comes from ("clothes/male_casualsuit01"), or "made/skirt"
    images: tuple[str, ...] = ()  # names in `Pack.images` it can be drawn with
    women: bool = True  # worn by women
    men: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Pack:
    """What people are sampled from."""

    body: PackedBody
    articles: Mapping[str, Article]  # by name ("clothes/male_casualsuit01/upper", "hair/bob01")
    images: Mapping[str, bytes]  # encoded image files, by their path in the wardrobe
    poses: PoseBank
    fingerprint: str  # SHA-256 of the tensors: what was made from it can tell
    _decoded: dict[str, Tensor] = field(default_factory=dict, repr=False)

    def image(self, name: str) -> Tensor:
        """4×H×W uint8 RGBA of an image, on the CPU; kept once decoded."""
        if name not in self._decoded:
            with Image.open(io.BytesIO(self.images[name])) as image:
                pixels = np.asarray(image.convert("RGBA"))
            self._decoded[name] = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
        return self._decoded[name]

    @cached_property
    def frame(self) -> LimbFrame:
        """The limbs of the mean body."""
        return limb_frame(self.mean, self.body.roles)

    @cached_property
    def mean(self) -> RestBody:
        """The mean body at rest, with all base vertices, on the CPU: where cloth is cut and measured."""
        return to_device(self.body.base_rest(self.body.mean_shape()), "cpu")

    def of_kind(self, kind: str) -> list[str]:
        """Names of the articles of one kind, sorted."""
        return sorted(name for name, article in self.articles.items() if article.kind == kind)


def write_pack(
    path: Path,
    body: tuple[Mapping[str, Tensor], Mapping[str, Any]],
    articles: Mapping[str, Article],
    images: Mapping[str, bytes],
    poses: PoseBank,
) -> None:
    """Write a pack, whole or not at all.

    Args:
        body: from `pack_body`.
    """
    tensors = {f"body/{name}": value for name, value in body[0].items()}
    for number, article in enumerate(articles.values()):
        tensors |= {f"article/{number}/{name}": value for name, value in _garment_to_tensors(article.garment).items()}
    for name, data in images.items():
        tensors[f"image/{name}"] = torch.frombuffer(bytearray(data), dtype=torch.uint8)
    tensors |= {
        "poses/joints": poses.joints.half(),
        "poses/root_rotation": poses.root_rotation.half(),
        "poses/test": poses.test.to(torch.uint8),
    }
    names = {
        "format": FORMAT,
        "body": body[1],
        "clips": poses.clips,
        "articles": [
            {
                "name": name,
                "title": article.garment.name,
                "kind": article.kind,
                "source": article.source,
                "images": article.images,
                "women": article.women,
                "men": article.men,
            }
            for name, article in articles.items()
        ],
    }
    with whole_file(path) as temporary:
        save_file(
            {name: value.clone().contiguous() for name, value in tensors.items()},
            temporary,
            {"pack": json.dumps(names)},
        )


def read_pack(path: Path, device: torch.device | str = "cpu") -> Pack:
    """Read a pack; the body goes to `device`, garments and images stay on the CPU until they are worn.

    Raises:
        InputError: the file is missing or no pack of this version.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = json.loads((file.metadata() or {}).get("pack", "{}"))
            if names.get("format") != FORMAT:
                raise InputError(f"{path} is no pack of people of this version; make it again: --wardrobe DIR")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except (OSError, SafetensorError, ValueError) as error:
        raise InputError(f"cannot read the pack {path}: {error}") from error
    articles = {}
    for number, entry in enumerate(names["articles"]):
        articles[entry["name"]] = Article(
            garment=_garment_from_tensors(tensors, f"article/{number}/", entry["title"]),
            kind=entry["kind"],
            source=entry["source"],
            images=tuple(entry["images"]),
            women=entry["women"],
            men=entry["men"],
        )
    return Pack(
        body=PackedBody(_with_prefix(tensors, "body/"), names["body"], device),
        articles=articles,
        images={name: value.numpy().tobytes() for name, value in _with_prefix(tensors, "image/").items()},
        poses=PoseBank(
            joints=tensors["poses/joints"].float(),
            root_rotation=tensors["poses/root_rotation"].float(),
            clips=tuple(names["clips"]),
            test=tensors["poses/test"].bool(),
        ),
        fingerprint=digest,
    )


def _with_prefix(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _garment_to_tensors(garment: Garment) -> dict[str, Tensor]:
    """A garment's tensors, small: vertex numbers as int16, the mask of hidden vertices as bits."""
    stored = {name: getattr(garment, name) for name in _TENSOR_FIELDS}
    stored |= {name: stored[name].to(torch.int16) for name in _SHORT}
    stored["hides"] = torch.from_numpy(np.packbits(garment.hides.numpy()))
    return stored


def _garment_from_tensors(tensors: Mapping[str, Tensor], prefix: str, title: str) -> Garment:
    fields = {name: tensors[prefix + name] for name in _TENSOR_FIELDS}
    fields |= {name: fields[name].long() for name in _SHORT}
    hides = np.unpackbits(fields["hides"].numpy(), count=BASE_VERTICES)
    fields["hides"] = torch.from_numpy(hides.astype(bool))
    return Garment(name=title, textures=(), **fields)
