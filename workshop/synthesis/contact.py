"""A contact sheet of random people, front and back.

python -m workshop.synthesis.contact --wardrobe DIR -o people.jpg
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from bodydouble.files import check_writable, whole_file
from workshop.commands import exit_with_message
from workshop.synthesis.draw import draw_views
from workshop.synthesis.garments.worn import pose_layers
from workshop.synthesis.identities import SPLITS
from workshop.synthesis.pack.contents import Pack
from workshop.synthesis.pack.open import open_pack
from workshop.synthesis.poses.sample import KINDS
from workshop.synthesis.scene.light import light_vertices
from workshop.synthesis.shoot import cameras_around, sample_person, sample_person_pose

_TILE = (300, 190)  # height, width in pixels
_COLUMNS = 8  # people in a row
_GREY = 0.9


def pair(pack: Pack, number: int, split: str, kind: str) -> Tensor:
    """3×H×2W: one person from the front and from the back, on grey."""
    person = sample_person(pack, (number,), split)
    pose = sample_person_pose(pack, person, np.random.default_rng(number), kind, split)
    layers = pose_layers(pack.body, person.fitted, pose)
    cameras = cameras_around(pack, person, pose, (0, 180), _TILE)
    rgba = draw_views(layers, light_vertices(layers, person.scene.lights), cameras, supersample=3)
    return torch.cat(list(rgba[:, :3] * rgba[:, 3:] + _GREY * (1 - rgba[:, 3:])), 2)


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--people", type=int, default=32)
    parser.add_argument("--first", type=int, default=0, help="number of the first person")
    parser.add_argument("--split", choices=SPLITS, default="train")
    parser.add_argument("--pose-kind", choices=[*KINDS, "mix"], default="mix")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with exit_with_message():
        check_writable(options.out)
        pack = open_pack(options.wardrobe)
        numbers = range(options.first, options.first + options.people)
        pairs = [pair(pack, number, options.split, options.pose_kind) for number in numbers]
        sheet = _sheet(pairs)
        with whole_file(options.out) as temporary:
            sheet.save(temporary, "JPEG", quality=85)


def _sheet(pairs: Sequence[Tensor]) -> Image.Image:
    """The pairs in full rows; those that fill no row are left out, unless they are all there are."""
    rows = [torch.cat(list(pairs[n : n + _COLUMNS]), 2) for n in range(0, len(pairs), _COLUMNS)]
    full = torch.cat([row for row in rows if row.shape[2] == rows[0].shape[2]], 1)
    return Image.fromarray((full.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy())


if __name__ == "__main__":
    main()
