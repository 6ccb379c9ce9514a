"""What further photos are worth, and how to blend them: `python benchmarks/several.py WARDROBE [--people N]`.

Doubles of test people (`workshop.evaluation.synthetic`) made from a front view, from front and back, and from all four
sides, with each way of blending, against their true back and sides. True cameras are carried over to the fitted body by
the best similarity. With `--video`, also from a video of one whole turn.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from likeness import Likeness, likeness

import bodydouble
from bodydouble.body import BodyModel, body_model
from bodydouble.pipeline import BLENDS, CreateConfig
from bodydouble.render.image import render_mesh
from bodydouble.render.video import write_frames
from workshop.evaluation.align import carried, procrustes, vertex_areas
from workshop.evaluation.subjects import TURNING, Source, Subject, View
from workshop.evaluation.synthetic import SyntheticPeople

AZIMUTHS = (180.0, 90.0, -90.0)
ROWS = {"front": (0.0,), "front and back": (0.0, 180.0), "four sides": (0.0, 180.0, 90.0, -90.0)}
_FRAMES = 60
_BLURRED = (1, 2)  # of every five frames, as by a movement


def compare(double: bodydouble.Double, subject: Subject, view: View, body: BodyModel) -> Likeness:
    """The double as it stands in its photo, from where the view was taken."""
    assert view.camera is not None and view.pose is not None and subject.shape is not None, "of a drawn person"
    mesh = double.posed(double.fit.pose)
    own = body.pose(body.rest(double.fit.shape), double.fit.pose).vertices
    goal = body.pose(body.rest(subject.shape), view.pose).vertices
    camera = carried(view.camera, procrustes(own, goal, vertex_areas(goal, body.faces)))
    return likeness(render_mesh(mesh, body.layout, double.texture.rgb, camera), view.rgb, view.mask)


def pixels(view: View) -> np.ndarray:
    """H×W×3 uint8."""
    return (view.rgb.permute(1, 2, 0) * 255).round().byte().numpy()


def turning(subject: Subject) -> Iterator[np.ndarray]:
    """Frames of one whole turn that begins at the person's right; two of five are blurred."""
    for number in range(_FRAMES):
        frame = pixels(subject.view(-40.0 + 360.0 * number / _FRAMES))
        yield cv2.blur(frame, (9, 1)) if number % 5 in _BLURRED else frame


def doubles(subject: Subject, body: BodyModel, video: bool) -> Iterator[tuple[str, bodydouble.Double]]:
    """Every row's double."""
    for row, azimuths in ROWS.items():
        photos = [pixels(subject.view(azimuth)) for azimuth in azimuths]
        for blend in BLENDS if len(photos) > 1 else BLENDS[:1]:
            name = f"{row}, {blend}" if len(photos) > 1 else row
            yield name, bodydouble.create(photos, config=CreateConfig(body=body, blend=blend))
    if video:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "turn.mp4")
            write_frames(turning(subject), path, 10)
            yield "video", bodydouble.create(path, config=CreateConfig(body=body))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wardrobe", type=Path)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--video", action="store_true")
    options = parser.parse_args()
    body = body_model()
    people = SyntheticPeople(Source(wardrobe=options.wardrobe), body)
    found: dict[tuple[str, float], list[Likeness]] = {}
    for name in people.sets[TURNING][: options.people]:
        subject = people.subject(name)
        for row, double in doubles(subject, body, options.video):
            for azimuth in AZIMUTHS:
                found.setdefault((row, azimuth), []).append(compare(double, subject, subject.view(azimuth), body))
        print(name, flush=True)
    print(f"{'':24}{'azimuth':>8}{'PSNR':>8}{'MS-SSIM':>9}{'IoU':>8}")
    for (row, azimuth), results in found.items():
        psnr, structure, iou = (
            torch.tensor([getattr(one, field) for one in results]).mean() for field in ("psnr", "ms_ssim", "iou")
        )
        print(f"{row:24}{azimuth:8.0f}{psnr:8.2f}{structure:9.4f}{iou:8.3f}")


if __name__ == "__main__":
    main()
