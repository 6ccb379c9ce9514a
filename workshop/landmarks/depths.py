"""How far ahead MediaPipe's landmarks in metres point, against the truth: the table of `fitting.depth_bias`.

python -m workshop.landmarks.depths --wardrobe DIR --people 42
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bodydouble.fitting.depth_bias import BONES, facing, pitch_ahead
from bodydouble.fitting.initial_pose import world_axes
from bodydouble.person.landmarks import side_point
from bodydouble.values import BODY_LANDMARKS
from workshop.commands import exit_with_message
from workshop.landmarks.people import People
from workshop.landmarks.views import LandmarkPicture, figure_views

_EACH = 3  # pictures of a person
_HANGING = 0.8  # cosine to straight down from which an arm's bone hangs; others vary more
_ARMS = ("elbow", "wrist", "pinky", "index", "thumb")


def pitch_errors(truth: Tensor, detected: Tensor) -> dict[str, list[float]]:
    """Degrees by which each of `BONES` points too far ahead, of both sides; arms only where they hang.

    Args:
        truth, detected: 33×3, metres, y up, towards the camera +z.
    """
    errors = defaultdict(list)
    ahead = facing(detected)
    for side in ("left", "right"):
        for name, (above, _) in BONES.items():
            rows = side_point(side, above), side_point(side, name)
            true, seen = (points[rows[1]] - points[rows[0]] for points in (truth, detected))
            if name not in _ARMS or float(-seen[1] / seen.norm()) > _HANGING:
                errors[name].append(float(torch.rad2deg(pitch_ahead(seen, ahead) - pitch_ahead(true, ahead))))
    return dict(errors)


def detected_figures(people: People, views: Iterator[LandmarkPicture]) -> Iterator[tuple[Tensor, Tensor]]:
    """The true and the detected landmarks, 33×3 each, of the views in which MediaPipe finds a body."""
    import mediapipe as mp

    with mp.solutions.pose.Pose(static_image_mode=True, model_complexity=1) as model:
        for view in views:
            found = model.process(view.picture).pose_world_landmarks
            if found:
                metres = torch.tensor([(point.x, point.y, point.z) for point in found.landmark])
                points = people.body.landmarks.points(view.vertices)[BODY_LANDMARKS]
                yield world_axes(points @ view.camera.camera_from_world[:3, :3].T), world_axes(metres)


def main(arguments: list[str] | None = None) -> None:
    """Print the median of each bone and its spread; the exit status is 2 for the caller's mistake."""
    parser = argparse.ArgumentParser(
        prog="python -m workshop.landmarks.depths", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--wardrobe", type=Path, required=True)
    parser.add_argument("--people", type=int, default=42)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    with exit_with_message():
        people = People(options.wardrobe)
        errors: dict[str, list[float]] = defaultdict(list)
        for truth, detected in detected_figures(people, figure_views(people, options.seed, options.people, _EACH)):
            for name, degrees in pitch_errors(truth, detected).items():
                errors[name] += degrees
        for name, degrees in errors.items():
            print(f"{name:10} {np.median(degrees):6.1f} ± {np.std(degrees):.1f} degrees, {len(degrees)} bones")


if __name__ == "__main__":
    main()
