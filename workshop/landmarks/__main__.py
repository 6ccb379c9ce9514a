"""Where MediaPipe's landmarks lie on the Anny body: measured on pictures of Anny, written as a data file.

    python -m workshop.landmarks --wardrobe DIR -o src/bodydouble/data/anny_landmarks.safetensors

Face rows: heads of many people are drawn, and MediaPipe's face mesh is run on them. A row is the point of the skin
whose projections lie closest to what was found, over all pictures and both sides of the face at once. Body rows: the
same with dressed people and MediaPipe's pose; a row is a mixture of vertices, because joints lie inside the body.
Hand rows: as body rows, from MediaPipe's hands.
New people, drawn with another seed, decide whether a row is better than the one that stood there.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.person.landmarks import MIRRORED
from bodydouble.values import BODY_LANDMARKS, FACE_LANDMARKS, LEFT_HAND_LANDMARKS, RIGHT_HAND_LANDMARKS
from workshop.commands import exit_with_message
from workshop.landmarks.body import body_rows, hand_rows
from workshop.landmarks.face import face_rows, mirror_vertices
from workshop.landmarks.people import People
from workshop.landmarks.views import (
    detect_bodies,
    detect_faces,
    detect_hands,
    figure_views,
    hand_views,
    head_views,
    projection_error,
)

_WIDTH = 64  # vertices per row in the file
_MOUTH = {9: 291, 10: 61}  # the corners of the mouth, body points that the face mesh has too: where they start


def measure_face(people: People, data: dict[str, Tensor], seed: int, count: int) -> None:
    """Replace the face rows of `data`."""
    vertices, weights = face_rows(people, detect_faces(head_views(people, seed, count, 5)))
    error = projection_error(vertices, weights, detect_faces(head_views(people, seed + 1, 6, 4))).mean(0)
    print(f"face, new heads: mean {error.mean():.3f} % of the height, worst landmark {error.max():.3f} %")
    _put(data, torch.arange(FACE_LANDMARKS.start, FACE_LANDMARKS.stop), vertices, weights)


def measure_body(people: People, data: dict[str, Tensor], seed: int, count: int) -> None:
    """Replace those body rows of `data` for which new people show a smaller error."""
    for body, face in _MOUTH.items():
        data["vertices"][body] = data["vertices"][FACE_LANDMARKS.start + face]
        data["weights"][body] = data["weights"][FACE_LANDMARKS.start + face]
    old = data["vertices"][BODY_LANDMARKS].long(), data["weights"][BODY_LANDMARKS]
    template = people.body.rest(people.body.mean_shape()).vertices
    detections = detect_bodies(figure_views(people, seed, count, 2))
    new = _keep_heaviest(*body_rows(template, *old, mirror_vertices(template), detections))
    new_people = detect_bodies(figure_views(people, seed + 1, count // 2, 2))
    before, after = (projection_error(*rows, new_people).mean(0) for rows in (old, new))
    twins = list(MIRRORED)
    _replace_better(data, BODY_LANDMARKS.start, new, before + before[twins], after + after[twins])


def measure_hands(people: People, data: dict[str, Tensor], seed: int, count: int) -> None:
    """Replace those hand rows of `data` for which new hands show a smaller error."""
    template = people.body.rest(people.body.mean_shape()).vertices
    hands = slice(LEFT_HAND_LANDMARKS.start, RIGHT_HAND_LANDMARKS.stop)
    old = data["vertices"][hands].long(), data["weights"][hands]
    left, right = (detect_hands(hand_views(people, seed, count // 2, 3, side)) for side in ("left", "right"))
    new = _keep_heaviest(*hand_rows(template, old[0][:21], old[1][:21], mirror_vertices(template), left, right))
    left, right = (detect_hands(hand_views(people, seed + 1, count // 4, 3, side)) for side in ("left", "right"))
    before, after = (
        projection_error(rows[0][:21], rows[1][:21], left).mean(0)
        + projection_error(rows[0][21:], rows[1][21:], right).mean(0)
        for rows in (old, new)
    )
    _replace_better(data, hands.start, new, before.repeat(2), after.repeat(2))


def _keep_heaviest(vertices: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """The heaviest vertices of each row, as many as the file holds."""
    keep = weights.topk(_WIDTH, dim=1).indices
    vertices, weights = vertices.gather(1, keep), weights.gather(1, keep)
    return vertices, weights / weights.sum(1, keepdim=True)


def _replace_better(
    data: dict[str, Tensor], start: int, rows: tuple[Tensor, Tensor], before: Tensor, after: Tensor
) -> None:
    """Put in those rows whose error, summed over both sides, went down, and print all errors."""
    better = (after < before).nonzero()[:, 0]
    for number in range(len(before)):
        mark = "new" if number in better else "kept"
        print(f"{start + number:3}: {before[number] / 2:.3f} -> {after[number] / 2:.3f} % of the height, {mark}")
    print(f"mean of rows from {start}: {before.mean() / 2:.3f} -> {torch.minimum(before, after).mean() / 2:.3f} %")
    _put(data, start + better, rows[0][better], rows[1][better])


def _put(data: dict[str, Tensor], rows: Tensor, vertices: Tensor, weights: Tensor) -> None:
    data["vertices"][rows], data["weights"][rows] = 0, 0
    data["vertices"][rows, : vertices.shape[1]] = vertices.to(data["vertices"].dtype)
    data["weights"][rows, : weights.shape[1]] = weights


_MEASURES = {"face": measure_face, "body": measure_body, "hands": measure_hands}


def main(arguments: list[str] | None = None) -> None:
    """Measure the rows and write the data file; the exit status is 2 for the caller's mistake."""
    parser = argparse.ArgumentParser(prog="python -m workshop.landmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("-o", "--out", type=Path, required=True, help="data file; rows not measured here are kept")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--parts", nargs="+", choices=tuple(_MEASURES), default=tuple(_MEASURES))
    options = parser.parse_args(arguments)
    torch.set_num_threads(2)
    with exit_with_message():
        if not options.out.is_file():
            raise InputError(
                f"there is no {options.out}; give a copy of the landmarks that ship, whose rows are replaced"
            )
        people, data = People(options.wardrobe), load_file(options.out)
        for part in options.parts:
            _MEASURES[part](people, data, options.seed, options.people)
        with whole_file(options.out) as temporary:
            save_file(data, str(temporary))


if __name__ == "__main__":
    main()
