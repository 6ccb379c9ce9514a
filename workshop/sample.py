"""The photo that ships with the package: a drawn person in a drawn room, so that it shows nobody.

python -m workshop.sample --wardrobe DIR -o src/bodydouble/data/sample.jpg
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageFilter
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import interpolate, normalize

from bodydouble.body import BodyModel
from bodydouble.files import check_writable, whole_file
from bodydouble.geometry.camera import orbit_camera
from bodydouble.values import BodyShape, Pose
from workshop.commands import exit_with_message
from workshop.landmarks.people import People, WardrobePerson
from workshop.synthesis.draw import draw
from workshop.synthesis.garments.wardrobe import read_image
from workshop.synthesis.layers import Layer
from workshop.synthesis.scene.light import Lights, steady_light

SIZE = (1365, 1024)
_SKY_LIGHTS = 96

_WORN = (
    ("clothes/male_casualsuit01", None),
    ("clothes/shoes01", None),
    ("eyes/low-poly", "eyes/materials/brownlight_eye.png"),
    ("eyebrows/eyebrow001", None),
    ("eyelashes/eyelashes01", None),
    ("hair/short02", None),
)


def sample_subject(people: People) -> WardrobePerson:
    """A young man in everyday clothes."""
    body = people.body
    coefficients = body.mean_shape().coefficients.clone()
    for name, value in {"gender": 0.0, "muscle": 0.55, "weight": 0.42, "height": 0.55, "proportions": 0.7}.items():
        coefficients[body.shape_names.index(name)] = value
    return WardrobePerson(
        shape=BodyShape(coefficients=coefficients),
        skin=read_image(people.wardrobe / "skins/young_caucasian_male.jpg"),
        worn=tuple(people.wear(name, texture) for name, texture in _WORN),
    )


def relaxed_pose(body: BodyModel) -> Pose:
    """Arms hanging a hand's breadth from the body, elbows and knees loose, a hint of a smile."""
    joints = torch.zeros(len(body.joint_names), 3)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        joints[body.roles[f"{side}_shoulder"]] = torch.tensor([0.05, 0.0, -0.38 * sign])
        joints[body.roles[f"{side}_elbow"]] = torch.tensor([-0.22, -0.1 * sign, 0.0])
        joints[body.roles[f"{side}_hip"]] = torch.tensor([0.0, 0.12 * sign, -0.07 * sign])
    joints[body.roles["head"]] = torch.tensor([0.03, -0.06, 0.03])
    expression = torch.zeros(len(body.expression_names))
    for name, value in {
        "mouthSmileLeft": 0.35,
        "mouthSmileRight": 0.3,
        "eyeWideLeft": 0.2,
        "eyeWideRight": 0.2,
    }.items():
        expression[body.expression_names.index(name)] = value
    zero = torch.zeros(3)
    return Pose(joints=joints, root_rotation=zero, root_translation=zero, expression=expression)


def room(rng: np.random.Generator, floor: float) -> list[Layer]:
    """A floor at height `floor` and a plastered wall behind the person."""
    boards = _mottled(rng, (0.50, 0.43, 0.36), 0.06, (8, 3))
    plaster = _mottled(rng, (0.80, 0.79, 0.76), 0.008, (20, 20))
    across = torch.tensor([1.0, 0.0, 0.0])
    ground = _plane(torch.tensor([-3.5, floor, -1.6]), 7 * across, torch.tensor([0.0, 0.0, 4.0]), boards, 0.02)
    wall = _plane(torch.tensor([-3.5, floor + 3.5, -1.6]), 7 * across, torch.tensor([0.0, -3.5, 0.0]), plaster, 0.1)
    skirting = _plane(
        torch.tensor([-3.5, floor + 0.09, -1.585]),
        7 * across,
        torch.tensor([0.0, -0.09, 0.0]),
        plaster * 0 + 0.93,
        0.05,
    )
    return [ground, wall, skirting]


def _plane(corner: Tensor, right: Tensor, down: Tensor, texture: Tensor, step: float) -> Layer:
    """A rectangle from its top left corner, in cells of about `step` metres, seen from the front."""
    columns, rows = int(right.norm() / step) + 1, int(down.norm() / step) + 1
    v, u = torch.meshgrid(torch.linspace(0, 1, rows), torch.linspace(0, 1, columns), indexing="ij")
    uv = torch.stack([u, v], -1).reshape(-1, 2)
    cell = (torch.arange(rows - 1)[:, None] * columns + torch.arange(columns - 1)).reshape(-1)
    faces = torch.cat(
        [
            torch.stack([cell, cell + columns, cell + 1], -1),
            torch.stack([cell + 1, cell + columns, cell + columns + 1], -1),
        ]
    )
    vertices = corner + uv[:, :1] * right + uv[:, 1:] * down
    return Layer(vertices=vertices, faces=faces, uv=uv, uv_faces=faces, texture=texture, transparent=False)


def _mottled(
    rng: np.random.Generator, colour: tuple[float, float, float], depth: float, cells: tuple[int, int]
) -> Tensor:
    """4×512×512 texture: one colour with soft irregular spots, coarse and fine."""
    pattern = torch.zeros(1, 1, 512, 512)
    for octave in range(4):
        grid = torch.from_numpy(rng.normal(0, 0.5**octave, (1, 1, cells[0] << octave, cells[1] << octave))).float()
        pattern += interpolate(grid, size=(512, 512), mode="bicubic")
    rgb = torch.tensor(colour)[:, None, None] * (1 + depth * pattern[0])
    return torch.cat([rgb.clamp(0, 1), torch.ones(1, 512, 512)])


def daylight(rng: np.random.Generator) -> Lights:
    """A bright window to the left of the camera, and a sky of many weak lights that leaves soft shadows."""
    towards = normalize(torch.from_numpy(rng.normal(0, 1, (_SKY_LIGHTS, 3))).float(), dim=-1)
    towards[:, 1] = towards[:, 1].abs()
    window = normalize(torch.tensor([-0.75, 0.65, 0.9]), dim=0)
    closeness = ((towards @ window).clamp_min(0) ** 6)[:, None]
    front = (0.35 + 0.65 * (towards[:, 2:] > -0.2).float()) * torch.tensor([0.9, 0.95, 1.0])
    colours = 1.15 * front / _SKY_LIGHTS + 1.05 * closeness / closeness.sum() * torch.tensor([1.0, 0.95, 0.87])
    return Lights(directions=towards, colours=1.25 * colours, ambient=torch.full((3,), 0.09))


def contact_shadow(ground: Layer, person: list[Layer]) -> Tensor:
    """(V, 1) how much of the light from above still reaches the ground close to what stands on it."""
    standing = torch.cat([layer.vertices for layer in person if not layer.transparent])
    distance, _ = cKDTree(standing.numpy()).query(ground.vertices.numpy(), distance_upper_bound=0.5)
    near = torch.from_numpy(distance).float().clamp_max(0.5)[:, None]
    return 1 - 0.55 * (-((near / 0.04) ** 2)).exp() - 0.25 * (-((near / 0.15) ** 2)).exp()


def photograph(people: People, seed: int) -> Image.Image:
    """The picture, with a lens's softness and a sensor's noise."""
    rng = np.random.default_rng(seed)
    person = people.layers(sample_subject(people), relaxed_pose(people.body))
    low = min(float(layer.vertices[layer.faces].amin((0, 1))[1]) for layer in person)
    high = max(float(layer.vertices[layer.faces].amax((0, 1))[1]) for layer in person)
    scene = [*person, *room(rng, low)]
    light = steady_light(scene, daylight(rng), casters=person)
    light[len(person)] *= contact_shadow(scene[len(person)], person)
    middle = torch.tensor([0.0, (low + high) / 2 - 0.02, 0.0])
    distance = 3.4
    focal = 0.86 * SIZE[0] * distance / (high - low)
    rgb = draw(scene, light, orbit_camera(-6, 5, middle, distance, focal, SIZE))[:3]
    height, width = SIZE
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    rgb = rgb * (1 - 0.10 * (x**2 + y**2))
    image = Image.fromarray((rgb.clamp(0, 1).permute(1, 2, 0) * 255).round().byte().numpy())
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.6))).astype(np.float32)
    grain = np.asarray(
        Image.fromarray(rng.normal(128, 40, (height, width)).clip(0, 255).astype(np.uint8)).filter(
            ImageFilter.GaussianBlur(0.7)
        )
    ).astype(np.float32)
    noisy = soft + (grain - 128)[..., None] * 0.1
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))


def main() -> None:
    """Draw and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(2)
    with exit_with_message():
        check_writable(options.out)
        image = photograph(People(options.wardrobe), options.seed)
        with whole_file(options.out) as temporary:
            image.save(temporary, quality=90)


if __name__ == "__main__":
    main()
