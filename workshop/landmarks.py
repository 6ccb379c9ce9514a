"""Where MediaPipe's landmarks lie on the Anny body: measured on pictures of Anny, written as a data file.

    python -m workshop.landmarks --wardrobe DIR -o src/bodydouble/data/anny_landmarks.safetensors

Face rows: heads of many people are drawn, and MediaPipe's face mesh is run on them. A row is the point of the skin
whose projections lie closest to what was found, over all pictures and both sides of the face at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn.functional import normalize

from bodydouble.body.anny import AnnyBody
from bodydouble.files import whole_file
from bodydouble.geometry.camera import clip_from_world, orbit_camera, project
from bodydouble.raster.torch import rasterise
from bodydouble.values import FACE_LANDMARKS, BodyShape, Camera, Pose, RestBody
from workshop.synthesis.draw import Lights, draw, light_vertices
from workshop.synthesis.dress import BaseBody, Worn, layers
from workshop.synthesis.wardrobe import read_garment, read_image

HEAD_PIXELS = 640
REFERENCE_HEIGHT = 1.75  # metres; errors are told in percent of this
FACE_POINTS = 468

# Rings of MediaPipe's face mesh that lie on one lip or one lid; elsewhere any skin will do.
UPPER_LIPS = (191, 80, 81, 82, 13, 312, 311, 310, 415, 183, 42, 41, 38, 12, 268, 271, 272, 407)
LOWER_LIPS = (95, 88, 178, 87, 14, 317, 402, 318, 324, 96, 89, 179, 86, 15, 316, 403, 319, 325)
UPPER_LIDS = (246, 161, 160, 159, 158, 157, 173, 466, 388, 387, 386, 385, 384, 398)
LOWER_LIDS = (7, 163, 144, 145, 153, 154, 155, 249, 390, 373, 374, 380, 381, 382)
EYE_CORNERS = (33, 133, 263, 362)


@dataclass(frozen=True)
class View:
    """A drawn head: what MediaPipe sees and the surface that is behind it."""

    vertices: Tensor  # V×3, posed body vertices
    camera: Camera
    picture: np.ndarray  # H×W×3 uint8


class Studio:
    """Draws random adults of Anny in the wardrobe's skins."""

    def __init__(self, wardrobe: Path) -> None:
        self.wardrobe = wardrobe
        self.body = AnnyBody()
        self.base = BaseBody(self.body)
        self.skins = {path.stem: read_image(path) for path in sorted((wardrobe / "skins").glob("*.jpg"))}
        self.eyes = read_garment(wardrobe / "eyes/low-poly/low-poly.mhclo")
        self.irises = [read_image(path) for path in sorted((wardrobe / "eyes/materials").glob("*.png"))]
        self.hairy = {part: self._garments(part) for part in ("eyebrows", "eyelashes", "hair")}

    def _garments(self, part: str) -> list[Worn]:
        found = [read_garment(path) for path in sorted((self.wardrobe / part).glob("*/*.mhclo"))]
        return [Worn(garment=item, texture=read_image(item.textures[0]), transparent=True) for item in found]

    def identity(self, rng: np.random.Generator) -> tuple[BodyShape, list[Worn], Tensor]:
        """A random adult: shape, what the head wears, skin texture."""
        coefficients = self.body.mean_shape().coefficients.clone()
        female = bool(rng.integers(2))
        coefficients[0] = float(female)
        for number in range(1, len(self.body.phenotype_names)):
            coefficients[number] = float(rng.uniform(0.3, 0.7))
        coefficients[self.body.phenotype_names.index("age")] = float(rng.uniform(0.6, 0.85))
        local = len(coefficients) - len(self.body.phenotype_names)
        coefficients[-local:] = torch.from_numpy(rng.normal(0, 0.2, local)).float().clamp(-1, 1)
        names = [name for name in self.skins if ("female" in name) == female]
        worn = [Worn(garment=self.eyes, texture=self.irises[rng.integers(len(self.irises))])]
        worn += [options[rng.integers(len(options))] for part, options in self.hairy.items() if part != "hair"]
        return BodyShape(coefficients=coefficients), worn, self.skins[names[rng.integers(len(names))]]

    def expression(self, rng: np.random.Generator) -> Tensor:
        """(E,) half of the faces are neutral, the others open the mouth or smile a little."""
        values = torch.zeros(len(self.body.expression_names))
        if rng.random() < 0.5:
            values[self.body.expression_names.index("jawOpen")] = float(rng.uniform(0.1, 0.5))
        if rng.random() < 0.3:
            for side in ("Left", "Right"):
                values[self.body.expression_names.index(f"mouthSmile{side}")] = float(rng.uniform(0.2, 0.7))
        return values

    def rest_pose(self, expression: Tensor) -> Pose:
        """Every joint at rest."""
        return Pose(
            joints=torch.zeros(len(self.body.joint_names), 3),
            root_rotation=torch.zeros(3),
            root_translation=torch.zeros(3),
            expression=expression,
        )


def head_views(studio: Studio, seed: int, people: int, views: int) -> Iterator[View]:
    """`views` pictures of each of `people` heads, from the front and up to 35° beside it."""
    rng = np.random.default_rng(seed)
    for _ in range(people):
        shape, worn, texture = studio.identity(rng)
        base = studio.base.rest(shape)
        pose = studio.rest_pose(studio.expression(rng))
        drawn = layers(studio.base, base, pose, texture, worn)
        light = light_vertices(drawn, random_lights(rng), shadows=False)
        vertices = drawn[0].vertices[studio.base.of_body]
        middle = studio.body.landmarks.points(vertices)[[2, 5]].mean(0)
        for _ in range(views):
            distance = float(rng.uniform(1.0, 3.0))
            camera = orbit_camera(
                float(np.clip(rng.normal(0, 15), -35, 35)),
                float(rng.uniform(-12, 12)),
                middle + torch.from_numpy(rng.normal(0, 0.01, 3)).float(),
                distance,
                HEAD_PIXELS * distance / 0.42,
                (HEAD_PIXELS, HEAD_PIXELS),
            )
            rgba = draw(drawn, light, camera, supersample=1)
            grey = float(rng.uniform(0.2, 0.9))
            rgb = rgba[:3] * rgba[3:] + grey * (1 - rgba[3:])
            yield View(vertices, camera, (rgb.permute(1, 2, 0) * 255).byte().numpy())


def random_lights(rng: np.random.Generator) -> Lights:
    """A key light from the front, a weaker one, and light from everywhere."""
    towards = torch.from_numpy(rng.normal(0, 0.7, (2, 3))).float() + torch.tensor([0.0, 0.4, 1.0])
    colours = torch.tensor([0.7, 0.3])[:, None] * torch.from_numpy(rng.uniform(0.8, 1.0, (2, 3))).float()
    return Lights(directions=normalize(towards, dim=-1), colours=colours, ambient=torch.full((3,), 0.3))


def detect_faces(views: Iterator[View]) -> Iterator[tuple[View, Tensor]]:
    """Each view where MediaPipe finds a face, with the 468×2 points in pixels."""
    import mediapipe as mp

    with mp.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=False) as mesh:
        for view in views:
            found = mesh.process(view.picture).multi_face_landmarks
            if found:
                height, width = view.camera.size
                points = [(point.x * width, point.y * height) for point in found[0].landmark[:FACE_POINTS]]
                yield view, torch.tensor(points)


@dataclass(frozen=True)
class Surface:
    """The skin a face landmark may lie on, in one template body."""

    faces: Tensor  # F×3
    allowed: Tensor  # 468×F, bool
    template: Tensor  # V×3, metres


def face_surface(studio: Studio, visible: Tensor) -> Surface:
    """Faces in reach of each face landmark: visible skin, and the proper lip or lid for those on its edge.

    Args:
        visible: (F,) bool, faces seen on a head with its mouth closed.
    """
    body = studio.body
    rest = body.rest(body.mean_shape())
    is_eye = studio.base.of_body[body.faces].ge(14598).any(1)
    skin_faces = visible & ~is_eye
    jaw = _moved(rest, body.expression_names.index("jawOpen"))
    lower_lip = (jaw / jaw.max() > 0.3)[body.faces].all(1)
    blink = sum(_moved(rest, body.expression_names.index(f"eyeBlink{side}")) for side in ("Left", "Right"))
    upper_lid = (blink > 0.3 * blink.max())[body.faces].any(1)
    allowed = skin_faces.expand(FACE_POINTS, -1).clone()
    allowed[list(UPPER_LIPS)] &= ~lower_lip
    allowed[list(LOWER_LIPS)] &= lower_lip
    allowed[list(UPPER_LIDS)] &= upper_lid
    allowed[list(LOWER_LIDS)] &= ~upper_lid
    return Surface(body.faces, allowed, rest.vertices)


def _moved(rest: RestBody, expression: int) -> Tensor:
    """(V,) how far down an expression moves each vertex, metres."""
    return (-rest.expressions[expression, :, 1]).clamp_min(0)


@dataclass(frozen=True)
class Samples:
    """Points spread over the skin, and their twins on the other side."""

    vertices: Tensor  # S×3, int64
    weights: Tensor  # S×3
    face: Tensor  # S, the face each point lies on
    twin_vertices: Tensor  # S×3, int64

    def errors(self, sightings: Sequence[Sighting], numbers: Tensor, twins: Tensor) -> Tensor:
        """(S, N) mean distance in percent of the height between each point's projection and N landmarks as found.

        Both sides count: the point against landmark `numbers[n]`, its twin on the body against landmark `twins[n]`.
        """
        total = torch.zeros(len(self.vertices), len(numbers))
        for sighting in sightings:
            for vertices, landmarks in ((self.vertices, numbers), (self.twin_vertices, twins)):
                place = (sighting.percent[vertices] * self.weights[..., None]).sum(1)
                total += torch.cdist(place, sighting.found[landmarks])
        return total / (2 * len(sightings))


@dataclass(frozen=True)
class Sighting:
    """A view in units of percent of the reference height, measured at the depth of the head."""

    percent: Tensor  # V×2, projected vertices
    found: Tensor  # 468×2, landmarks


def sighting(view: View, points: Tensor, head: Tensor) -> Sighting:
    """Projected vertices and found points in common units; `head` are the vertices that tell the depth."""
    place = project(view.vertices, view.camera)
    scale = 100 / REFERENCE_HEIGHT * place[head, 2].mean() / view.camera.intrinsics[0, 0]
    return Sighting(place[:, :2] * scale, points * scale)


def spread(faces: Tensor, numbers: Tensor, steps: int, twin_vertex: Tensor) -> Samples:
    """Points on the faces `numbers`: a triangular grid, `steps` to an edge; one step is the face's centre."""
    grid = [(i, j, steps - 1 - i - j) for i in range(steps) for j in range(steps - i)]
    weights = (torch.tensor(grid, dtype=torch.float32) + 1 / 3) / steps
    vertices = faces[numbers].repeat_interleave(len(weights), 0)
    return Samples(
        vertices=vertices,
        weights=weights.repeat(len(numbers), 1),
        face=numbers.repeat_interleave(len(weights)),
        twin_vertices=twin_vertex[vertices],
    )


def mirror_landmarks(found: Sequence[Tensor]) -> Tensor:
    """Index of each landmark's twin on the other side, from many sightings (468×2 each).

    Each sighting and its mirror image are laid over the first one; the assignment with the least distance pairs them.
    """
    shapes = torch.stack([(points - points.mean(0)) / points.std() for points in found])
    mean = shapes.mean(0)
    middle = mean[:, 0].max() + mean[:, 0].min()
    mirrored = torch.stack([middle - mean[:, 0], mean[:, 1]], -1)
    cost = torch.cdist(mean, mirrored)
    rows, columns = linear_sum_assignment((cost + cost.T).numpy() ** 2)
    return torch.from_numpy(columns)[torch.from_numpy(rows)]


def face_rows(studio: Studio, seed: int, people: int, views: int) -> tuple[Tensor, Tensor]:
    """Vertices and weights (468×3 each) of the face landmarks."""
    surface = face_surface(studio, frontally_visible(studio.body))
    head = surface.faces[surface.allowed[0]].unique()
    detected = list(detect_faces(head_views(studio, seed, people, views)))
    sightings = [sighting(view, points, head) for view, points in detected]
    twin = mirror_landmarks([s.found for s in sightings])
    twin_vertex = mirror_vertices(surface.template)
    centres = surface.template[surface.faces].mean(1)
    every = surface.allowed.any(0).nonzero()[:, 0]
    coarse = spread(surface.faces, every, 1, twin_vertex).errors(sightings, torch.arange(FACE_POINTS), twin)
    vertices, weights = torch.zeros(FACE_POINTS, 3, dtype=torch.long), torch.zeros(FACE_POINTS, 3)
    for number in range(FACE_POINTS):
        if number > twin[number]:  # its twin was done before: copy it to this side
            vertices[number], weights[number] = twin_vertex[vertices[twin[number]]], weights[twin[number]]
            continue
        allowed = surface.allowed[number, every]
        best = every[coarse[:, number].where(allowed, torch.inf).argmin()]
        own = every[allowed]
        near = own[(centres[own] - centres[best]).norm(dim=1).topk(20, largest=False).indices]
        fine = spread(surface.faces, near, 6, twin_vertex)
        choice = fine.errors(sightings, torch.tensor([number]), twin[number : number + 1]).argmin()
        vertices[number], weights[number] = fine.vertices[choice], fine.weights[choice]
    return vertices, weights


def frontally_visible(body: AnnyBody) -> Tensor:
    """(F,) bool: faces seen on the mean head with its mouth closed, from any side before it."""
    vertices = body.rest(body.mean_shape()).vertices
    target = body.landmarks.points(vertices)[0]
    visible = torch.zeros(len(body.faces), dtype=torch.bool)
    for azimuth in (-45, 0, 45):
        camera = orbit_camera(azimuth, 0, target, 1.5, 1500 * 1.5 / 0.4, (1500, 1500))
        hit = rasterise(clip_from_world(vertices, camera)[None], body.faces, camera.size).face
        visible[hit[hit >= 0].unique()] = True
    return visible


def mirror_vertices(template: Tensor) -> Tensor:
    """(V,) the vertex on the other side of a symmetric body."""
    tree = cKDTree(template.numpy())
    return torch.from_numpy(tree.query((template * torch.tensor([-1.0, 1.0, 1.0])).numpy())[1])


def face_error(studio: Studio, rows: tuple[Tensor, Tensor], seed: int, people: int, views: int) -> Tensor:
    """N×468: distance of the projected rows to what MediaPipe finds on new heads, percent of 1.75 m."""
    vertices, weights = rows
    errors = []
    for view, points in detect_faces(head_views(studio, seed, people, views)):
        place = project((view.vertices[vertices] * weights[..., None]).sum(1), view.camera)
        metres = (place[:, :2] - points).norm(dim=1) * place[:, 2] / view.camera.intrinsics[0, 0]
        errors.append(100 * metres / REFERENCE_HEIGHT)
    return torch.stack(errors)


def main() -> None:
    """Measure the rows and write the data file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True, help="data file; rows not measured here are kept")
    parser.add_argument("--people", type=int, default=16)
    parser.add_argument("--views", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(2)
    studio = Studio(options.wardrobe)
    rows = face_rows(studio, options.seed, options.people, options.views)
    error = face_error(studio, rows, options.seed + 1, 6, 4)
    print(f"face rows, new heads: mean {error.mean():.3f} % of the height, worst landmark {error.mean(0).max():.3f} %")
    data = load_file(options.output)
    data["vertices"][FACE_LANDMARKS], data["weights"][FACE_LANDMARKS] = 0, 0
    data["vertices"][FACE_LANDMARKS, :3], data["weights"][FACE_LANDMARKS, :3] = rows[0].int(), rows[1]
    with whole_file(options.output) as temporary:
        save_file(data, str(temporary))


if __name__ == "__main__":
    main()
