"""Where MediaPipe's landmarks lie on the Anny body: measured on pictures of Anny, written as a data file.

    python -m workshop.landmarks --wardrobe DIR -o src/bodydouble/data/anny_landmarks.safetensors

Face rows: heads of many people are drawn, and MediaPipe's face mesh is run on them. A row is the point of the skin
whose projections lie closest to what was found, over all pictures and both sides of the face at once. Body rows: the
same with dressed people and MediaPipe's pose; a row is a mixture of vertices, because joints lie inside the body.
New people, drawn with another seed, decide whether a row is better than the one that stood there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bodydouble.files import whole_file
from bodydouble.values import BODY_LANDMARKS, FACE_LANDMARKS
from workshop.landmarks.body import TWINS, body_rows
from workshop.landmarks.face import face_rows, mirror_vertices
from workshop.landmarks.views import figure_views, head_views, projection_error, see_bodies, see_faces
from workshop.synthesis.people import People

_WIDTH = 64  # vertices per row in the file
_MOUTH = {9: 291, 10: 61}  # the corners of the mouth, body points that the face mesh has too: where they start


def measure_face(people: People, data: dict[str, Tensor], seed: int, count: int) -> None:
    """Replace the face rows of `data`."""
    vertices, weights = face_rows(people, see_faces(head_views(people, seed, count, 5)))
    error = projection_error(vertices, weights, see_faces(head_views(people, seed + 1, 6, 4))).mean(0)
    print(f"face, new heads: mean {error.mean():.3f} % of the height, worst landmark {error.max():.3f} %")
    _put(data, torch.arange(FACE_LANDMARKS.start, FACE_LANDMARKS.stop), vertices, weights)


def measure_body(people: People, data: dict[str, Tensor], seed: int, count: int) -> None:
    """Replace those body rows of `data` for which new people show a smaller error."""
    template = people.body.rest(people.body.mean_shape()).vertices
    for body, face in _MOUTH.items():
        data["vertices"][body] = data["vertices"][FACE_LANDMARKS.start + face]
        data["weights"][body] = data["weights"][FACE_LANDMARKS.start + face]
    old = data["vertices"][BODY_LANDMARKS].long(), data["weights"][BODY_LANDMARKS]
    seen = see_bodies(figure_views(people, seed, count, 2))
    vertices, weights = body_rows(template, *old, mirror_vertices(template), seen)
    keep = weights.topk(_WIDTH, dim=1).indices
    vertices, weights = vertices.gather(1, keep), weights.gather(1, keep)
    weights = weights / weights.sum(1, keepdim=True)
    new_people = see_bodies(figure_views(people, seed + 1, count // 2, 2))
    before, after = (projection_error(*rows, new_people).mean(0) for rows in (old, (vertices, weights)))
    twins = list(TWINS)
    better = (after + after[twins] < before + before[twins]).nonzero()[:, 0]
    for number in range(len(before)):
        mark = "new" if number in better else "kept"
        print(f"body {number:2}: {before[number]:.3f} -> {after[number]:.3f} % of the height on new people, {mark}")
    _put(data, better, vertices[better], weights[better])


def _put(data: dict[str, Tensor], rows: Tensor, vertices: Tensor, weights: Tensor) -> None:
    data["vertices"][rows], data["weights"][rows] = 0, 0
    data["vertices"][rows, : vertices.shape[1]] = vertices.to(data["vertices"].dtype)
    data["weights"][rows, : weights.shape[1]] = weights


def main() -> None:
    """Measure the rows and write the data file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True, help="data file; rows not measured here are kept")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--part", choices=("face", "body", "both"), default="both")
    options = parser.parse_args()
    torch.set_num_threads(2)
    people = People(options.wardrobe)
    data = load_file(options.output)
    if options.part != "body":
        measure_face(people, data, options.seed, options.people)
    if options.part != "face":
        measure_body(people, data, options.seed, options.people)
    with whole_file(options.output) as temporary:
        save_file(data, str(temporary))


if __name__ == "__main__":
    main()
