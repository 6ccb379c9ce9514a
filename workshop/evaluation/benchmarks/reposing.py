"""One photo's double in other photos' poses, against those photos.

The folder holds `man_apose.jpg`, from which the double is made, and the four photos of the same man that it is compared
with. Pose and camera of those are fitted with the double's own shape and clothing. The double without clothing offsets
is made from the bare fit, texture included.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from bodydouble.body import body_model
from bodydouble.clothing.offsets import clothe
from bodydouble.errors import InputError
from bodydouble.fitting.fit import fit_body
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from workshop.evaluation.benchmarks.likeness import COLUMNS, likeness
from workshop.evaluation.benchmarks.table import Table
from workshop.evaluation.cases import Case
from workshop.evaluation.methods.painted import InpainterMethod

SOURCE, TARGETS = "man_apose.jpg", ("man_tpose.jpg", "test_a.jpg", "test_m.jpg", "test_y.jpg")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """See `Benchmark`."""
    parser.add_argument("photos", type=Path, help=f"folder with {SOURCE}, {', '.join(TARGETS)}")
    parser.add_argument("--inpainter", default="exemplar", help="that completes the texture")


def run(options: argparse.Namespace) -> None:
    """See `Benchmark`."""
    missing = [name for name in (SOURCE, *TARGETS) if not (options.photos / name).is_file()]
    if missing:
        raise InputError(f"{options.photos} has no {missing[0]}; give the folder with the photos of one man")
    detect, body, paint = detector(), body_model(), InpainterMethod(options.inpainter)
    photo = read_photo(options.photos / SOURCE)
    person = detect(photo)
    bare = fit_body(person, photo, body)
    doubles = {
        name: paint(Case(photo=photo, person=person, fit=fit, body=body, azimuth_deg=0.0))
        for name, fit in (("bare", bare), ("clothed", clothe(bare, person, body)))
    }
    table = Table(COLUMNS)
    for name in TARGETS:
        target_photo = read_photo(options.photos / name)
        target_person = detect(target_photo)
        for kind, double in doubles.items():
            target = fit_body(target_person, target_photo, body, previous=double.case.fit)
            drawing = double.render(target.camera, target.pose)
            table.add(f"{name}, {kind}", *likeness(drawing, target_photo.rgb, target_person.mask).row())
    for kind in doubles:
        table.add_mean(f"mean, {kind}", of=f", {kind}")
