"""What further photos are worth, and how to blend them.

Doubles of test people (`workshop.evaluation.datasets.synthetic`) made from a front view, from front and back, and from
all four sides, with each way of blending, against their true back and sides. True cameras are carried over to the
fitted body by the best similarity. With --video, also from a video of one whole turn.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

import bodydouble
from bodydouble.body import BodyModel, body_model
from bodydouble.create_config import BLENDS, CreateConfig
from bodydouble.render.video import write_frames
from workshop.evaluation.align import carried, procrustes, vertex_areas
from workshop.evaluation.benchmarks.likeness import COLUMNS, Likeness, likeness
from workshop.evaluation.benchmarks.table import Table
from workshop.evaluation.datasets import TURNING, Source, Subject, TrueView
from workshop.evaluation.datasets.synthetic import SyntheticPeople

_AZIMUTHS_DEG = (180.0, 90.0, -90.0)  # from which doubles are compared
_INPUTS = {"front": (0.0,), "front and back": (0.0, 180.0), "four sides": (0.0, 180.0, 90.0, -90.0)}  # degrees
_FRAMES, _FRAMES_PER_SECOND = 60, 10  # of the video: one turn
_BLURRED = (1, 2)  # of every five frames, as by a movement
_START_DEG = -40.0  # where the turn begins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("wardrobe", type=Path, help="folder of MakeHuman's CC0 assets")
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--video", action="store_true", help="also from a video of one whole turn")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`. The rows of every person, and the means of each row at the end."""
    body = body_model()
    people = SyntheticPeople(Source(wardrobe=options.wardrobe), body)
    table, kinds = Table(COLUMNS), dict[str, None]()
    for name in people.sets[TURNING][: options.people]:
        subject = people.subject(name)
        for row, double in _doubles(subject, body, options.video):
            for azimuth in _AZIMUTHS_DEG:
                kind = f"{row}, {azimuth:.0f}°"
                kinds[kind] = None
                table.add(f"{name}: {kind}", *_compare(double, subject, subject.view(azimuth), body).row())
    for kind in kinds:
        table.add_mean(f"mean: {kind}", of=f": {kind}")


def _doubles(subject: Subject, body: BodyModel, video: bool) -> Iterator[tuple[str, bodydouble.Double]]:
    """Every row's double."""
    for row, azimuths in _INPUTS.items():
        photos = [_pixels(subject.view(azimuth)) for azimuth in azimuths]
        for blend in BLENDS if len(photos) > 1 else BLENDS[:1]:
            name = f"{row}, {blend}" if len(photos) > 1 else row
            yield name, bodydouble.create(photos, config=CreateConfig(body=body, blend=blend))
    if video:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "turn.mp4")
            write_frames(_turn_frames(subject), path, _FRAMES_PER_SECOND)
            yield "video", bodydouble.create(path, config=CreateConfig(body=body))


def _compare(double: bodydouble.Double, subject: Subject, view: TrueView, body: BodyModel) -> Likeness:
    """The double as it stands in its photo, from where the view was taken."""
    assert view.camera is not None and view.pose is not None and subject.shape is not None, "of a drawn person"
    fitted = body.pose(body.rest(double.fit.shape), double.fit.pose).vertices
    true = body.pose(body.rest(subject.shape), view.pose).vertices
    camera = carried(view.camera, procrustes(fitted, true, vertex_areas(true, body.faces)))
    drawing = double.renderer(double.pose_surfaces(double.fit.pose), camera)
    return likeness(drawing, view.rgb, view.mask)


def _pixels(view: TrueView) -> np.ndarray:
    """H×W×3 uint8."""
    return (view.rgb.permute(1, 2, 0) * 255).round().byte().numpy()


def _turn_frames(subject: Subject) -> Iterator[np.ndarray]:
    """Frames of one whole turn that begins at the person's right; two of five are blurred."""
    for number in range(_FRAMES):
        frame = _pixels(subject.view(_START_DEG + 360.0 * number / _FRAMES))
        yield cv2.blur(frame, (9, 1)) if number % 5 in _BLURRED else frame
