"""What a second photo, from behind, is worth: `python benchmarks/several.py WARDROBE [--people N]`.

Doubles of test people (`workshop.evaluation.synthetic`) made from a front view, and from a front and a back view,
against their true back and sides. True cameras are carried over to the fitted body by the best similarity.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from likeness import Likeness, likeness

import bodydouble
from bodydouble.body import BodyModel, body_model
from bodydouble.pipeline import CreateConfig
from bodydouble.render.image import render_mesh
from workshop.evaluation.align import carried, procrustes, vertex_areas
from workshop.evaluation.subjects import TURNING, Source, Subject, View
from workshop.evaluation.synthetic import SyntheticPeople

AZIMUTHS = (180.0, 90.0, -90.0)


def compare(double: bodydouble.Double, subject: Subject, view: View, body: BodyModel) -> Likeness:
    """The double as it stands in its photo, from where the view was taken."""
    mesh = double.posed(double.fit.pose)
    own = body.pose(body.rest(double.fit.shape), double.fit.pose).vertices
    goal = body.pose(body.rest(subject.shape), view.pose).vertices
    camera = carried(view.camera, procrustes(own, goal, vertex_areas(goal, body.faces)))
    return likeness(render_mesh(mesh, body.layout, double.texture.rgb, camera), view.rgb, view.mask)


def pixels(view: View) -> np.ndarray:
    """H×W×3 uint8."""
    return (view.rgb.permute(1, 2, 0) * 255).round().byte().numpy()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wardrobe", type=Path)
    parser.add_argument("--people", type=int, default=6)
    options = parser.parse_args()
    body = body_model()
    people = SyntheticPeople(Source(wardrobe=options.wardrobe), body)
    found: dict[tuple[str, float], list[Likeness]] = {}
    for name in people.sets[TURNING][: options.people]:
        subject = people.subject(name)
        front, back = pixels(subject.view(0.0)), pixels(subject.view(180.0))
        for row, photos in (("front", [front]), ("front and back", [front, back])):
            double = bodydouble.create(photos, config=CreateConfig(body=body))
            for azimuth in AZIMUTHS:
                got = compare(double, subject, subject.view(azimuth), body)
                found.setdefault((row, azimuth), []).append(got)
        print(name, flush=True)
    print(f"{'':16}{'azimuth':>8}{'PSNR':>8}{'MS-SSIM':>9}{'IoU':>8}")
    for (row, azimuth), results in found.items():
        psnr, structure, iou = (
            torch.tensor([getattr(one, field) for one in results]).mean() for field in ("psnr", "ms_ssim", "iou")
        )
        print(f"{row:16}{azimuth:8.0f}{psnr:8.2f}{structure:9.4f}{iou:8.3f}")


if __name__ == "__main__":
    main()
