"""How wrong the mask is: 1 - IoU on a fixed set of drawn people of the test split over the hardest backgrounds.

python -m workshop.evaluation.masks choose  --pack PACK          write the set's seeds anew
python -m workshop.evaluation.masks measure --pack PACK          the detector's mask, and with the parser's fused in

Of a dozen backgrounds for each person, the hardest is the one whose colours beside the outline are most like those of
the person there. Furniture in the person's own colours then touches them, and their shadow falls on the wall.
`hard_masks.tsv` holds the seeds.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from bodydouble.errors import NoPersonFound
from bodydouble.files import whole_file
from bodydouble.fitting.metrics import iou
from bodydouble.geometry.window import eight_bits
from bodydouble.parsing import parser
from bodydouble.parsing.fuse import fuse_mask
from bodydouble.person import detector
from bodydouble.values import Photo
from workshop.commands import exit_with_message
from workshop.synthesis.draw import draw_views
from workshop.synthesis.garments.worn import pose_layers
from workshop.synthesis.pack.contents import Pack, read_pack
from workshop.synthesis.scene.backgrounds import background
from workshop.synthesis.scene.light import light_vertices
from workshop.synthesis.scene.photograph import ground_shadow, photograph
from workshop.synthesis.scene.scenes import Scene, floor_row
from workshop.synthesis.shoot import cameras_around, sample_person, sample_person_pose

SEEDS = Path(__file__).with_name("hard_masks.tsv")
COUNT, CANDIDATES = 60, 12

_SIZE = 640  # pixels a side
_FIRST = 5000  # number of the first person: none that training of any kind has seen
_RIM = 6.0  # pixels beside the outline that are compared
_WALL_M = (0.8, 3.0)  # behind the person
_FURNITURE = (4, 9)  # pieces, at least and fewer than
_BAR, _BLOCK = (0.01, 0.03), (0.06, 0.3)  # widths of a chair's legs and of its seat or a couch, as shares of the side


@dataclass(frozen=True, kw_only=True)
class HardPerson:
    """A line of the table."""

    person: int
    background: int


@torch.no_grad()
def draw_person(pack: Pack, number: int) -> tuple[Tensor, Tensor, float, Scene]:
    """Person `number` of the test split: RGBA 4×S×S, light left on the ground S×S, where the floor begins, scene."""
    person = sample_person(pack, (_FIRST, number), "test")
    rng = np.random.default_rng([_FIRST, number, 1])
    pose = sample_person_pose(pack, person, rng, "mix", "test")
    (camera,) = cameras_around(pack, person, pose, [float(rng.uniform(-60, 60))], (_SIZE, _SIZE))
    layers = pose_layers(pack.body, person.fitted, pose)
    (rgba,) = draw_views(layers, light_vertices(layers, person.scene.lights), [camera])
    shadow = ground_shadow(layers[0].vertices[pack.body.of_body], person.scene.lights, camera)
    return rgba, shadow, floor_row(camera, float(rng.uniform(*_WALL_M))), person.scene


def likeness(rgba: np.ndarray, behind: np.ndarray) -> float:
    """Mean CIELAB distance between the background beside the outline and the person's nearest colour; low is hard.

    Args:
        rgba: H×W×4, uint8; behind: H×W×3, uint8.
    """
    inside = (rgba[..., 3] > 127).astype(np.uint8)
    distance, nearest = cv2.distanceTransformWithLabels(
        1 - inside, cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    rim = (distance > 0) & (distance <= _RIM)
    colours = cv2.cvtColor(rgba[..., :3], cv2.COLOR_RGB2LAB).astype(np.float32)
    by_label = np.zeros((int(nearest.max()) + 1, 3), np.float32)
    by_label[nearest[inside > 0]] = colours[inside > 0]
    beside = cv2.cvtColor(behind, cv2.COLOR_RGB2LAB).astype(np.float32)[rim]
    return float(np.linalg.norm(by_label[nearest[rim]] - beside, axis=1).mean())


def choose(pack: Pack) -> list[HardPerson]:
    """The hardest of `CANDIDATES` backgrounds for each of `COUNT` people."""
    chosen = []
    for number in tqdm(range(COUNT), disable=None):
        rgba, _, floor, _ = draw_person(pack, number)
        pixels = eight_bits(rgba)
        distances = [likeness(pixels, eight_bits(_background(number, seed, floor))) for seed in range(CANDIDATES)]
        chosen.append(HardPerson(person=number, background=int(np.argmin(distances))))
    return chosen


def hard_photos(pack: Pack) -> Iterator[tuple[Photo, Tensor]]:
    """Each photo of the set, and where its person is, H×W bool."""
    for row in read_seeds():
        rgba, shadow, floor, scene = draw_person(pack, row.person)
        rng = np.random.default_rng([_FIRST, row.person, 2])
        behind = furnished(_background(row.person, row.background, floor), rgba, rng)
        picture = photograph(rgba, behind, scene, rng, shadow)
        yield Photo(rgb=picture, name=f"hard-{row.person:02d}"), rgba[3] > 0.5


def furnished(behind: Tensor, rgba: Tensor, rng: np.random.Generator) -> Tensor:
    """The background, 3×S×S, with the person's shadow on it, and furniture that touches the person in their colours.

    Args:
        rgba: 4×S×S, straight alpha.
    """
    picture, size = behind.permute(1, 2, 0).numpy().copy(), behind.shape[-1]
    inside = (rgba[3].numpy() > 0.5).astype(np.uint8)
    shift = np.array([[1, 0, rng.uniform(-0.08, 0.08) * size], [0, 1, rng.uniform(-0.02, 0.04) * size]])
    shade = cv2.GaussianBlur(cv2.warpAffine(inside, shift, (size, size)).astype(np.float32), (0, 0), rng.uniform(2, 9))
    picture *= 1 - rng.uniform(0.2, 0.6) * shade[..., None]
    outline = np.argwhere(cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) * inside)
    for _ in range(int(rng.integers(*_FURNITURE))):
        row, column = (int(value) for value in outline[rng.integers(len(outline))])
        paint = rgba[:3, row, column].numpy() * rng.uniform(0.85, 1.15)
        leg = rng.random() < 0.5
        width = int(size * rng.uniform(*(_BAR if leg else _BLOCK)))
        height = int(size * rng.uniform(0.1, 0.4) if leg else width * rng.uniform(0.3, 1.2))
        left, top = column - int(rng.uniform(0, 1) * width), row - int(rng.uniform(0, 0.5) * height)
        picture[max(top, 0) : top + height, max(left, 0) : left + width] = paint
    return torch.from_numpy(picture).permute(2, 0, 1).clamp(0, 1)


def _background(number: int, seed: int, floor: float) -> Tensor:
    return background(np.random.default_rng([_FIRST, number, 3, seed]), (_SIZE, _SIZE), floor=floor)


def read_seeds() -> list[HardPerson]:
    """The set."""
    with SEEDS.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [HardPerson(person=int(row["person"]), background=int(row["background"])) for row in rows]


def mask_error(mask: Tensor, truth: Tensor) -> float:
    """1 - IoU of a mask, H×W in [0, 1], and where the person is, H×W bool."""
    return 1 - iou(mask > 0.5, truth)


def measure(pack: Pack) -> dict[str, list[float]]:
    """Errors of the detector's mask and of the fused one, a photo each; somebody who is not found counts as 1."""
    find, parse = detector(), parser()
    errors: dict[str, list[float]] = {"detector": [], "fused": []}
    for photo, truth in tqdm(hard_photos(pack), total=COUNT, disable=None):
        try:
            person = find(photo)
        except NoPersonFound:
            for found in errors.values():
                found.append(1.0)
            continue
        errors["detector"].append(mask_error(person.mask, truth))
        errors["fused"].append(mask_error(fuse_mask(photo, person, parse(photo, person)).mask, truth))
    return errors


def main() -> None:
    """Choose the set, or measure with it."""
    arguments = argparse.ArgumentParser(prog="python -m workshop.evaluation.masks", description=__doc__.splitlines()[0])
    arguments.add_argument("command", choices=("choose", "measure"))
    arguments.add_argument("--pack", type=Path, required=True, help="what `workshop.synthesis --pack` wrote")
    asked = arguments.parse_args()
    torch.set_num_threads(1)
    with exit_with_message():
        pack = read_pack(asked.pack, "cpu")
        if asked.command == "choose":
            with whole_file(SEEDS) as temporary:
                lines = [f"{row.person}\t{row.background}" for row in choose(pack)]
                temporary.write_text("\n".join(["person\tbackground", *lines]) + "\n", encoding="utf-8")
            return
        for name, errors in measure(pack).items():
            middle, worst = np.median(errors), np.max(errors)
            print(f"{name:10} 1 - IoU: mean {np.mean(errors):.4f}, median {middle:.4f}, worst {worst:.4f}")


if __name__ == "__main__":
    main()
