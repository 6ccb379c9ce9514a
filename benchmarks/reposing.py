"""One photo's double in other photos' poses, against those photos: `python benchmarks/reposing.py PHOTOS`.

PHOTOS is the folder with `man_apose.jpg`, from which the double is made, and the four photos of the same man that it
is compared with. Pose and camera of those are fitted with the double's own shape and clothing. The double without
clothing offsets is made from the bare fit, texture included.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from likeness import Likeness, likeness

from bodydouble.body import BodyModel, body_model
from bodydouble.body.skinning import dress_rest
from bodydouble.clothing.offsets import clothe
from bodydouble.fitting.fit import fit_body
from bodydouble.inpaint import inpainter
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.render.image import render_mesh
from bodydouble.texture.project import project_photo
from bodydouble.texture.refine import refine_texture
from bodydouble.texture.rim import fill_grazing_texels
from bodydouble.values import BodyFit, Person, Photo, Texture

SOURCE, TARGETS = "man_apose.jpg", ("man_tpose.jpg", "test_a.jpg", "test_m.jpg", "test_y.jpg")


def paint(photo: Photo, person: Person, fit: BodyFit, body: BodyModel) -> Texture:
    """The texture as `create` makes it."""
    whole = inpainter()(project_photo(photo, person, fit, body), photo, fit, body)
    return refine_texture(fill_grazing_texels(whole, photo, person, fit, body), photo, person, fit, body)


def compare(fit: BodyFit, texture: Texture, target: BodyFit, photo: Photo, person: Person, body: BodyModel) -> Likeness:
    """The double (`fit` and `texture`) in the target's pose, seen by the target's camera."""
    mesh = body.pose(dress_rest(fit, body), target.pose)
    return likeness(render_mesh(mesh, body.layout, texture.rgb, target.camera), photo.rgb, person.mask)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    folder = parser.parse_args().photos
    find, body = detector(), body_model()
    photo = read_photo(folder / SOURCE)
    person = find(photo)
    bare = fit_body(person, photo, body)
    doubles = {
        name: (fit, paint(photo, person, fit, body))
        for name, fit in (("bare", bare), ("clothed", clothe(bare, person, body)))
    }
    print(f"{'':16}{'':10}{'PSNR':>8}{'MS-SSIM':>9}{'IoU':>8}")
    rows: dict[str, list[Likeness]] = {name: [] for name in doubles}
    for target_name in TARGETS:
        target_photo = read_photo(folder / target_name)
        target_person = find(target_photo)
        for name, (fit, texture) in doubles.items():
            target = fit_body(target_person, target_photo, body, previous=fit)
            got = compare(fit, texture, target, target_photo, target_person, body)
            rows[name].append(got)
            print(f"{target_name:16}{name:10}{got.psnr:8.2f}{got.ms_ssim:9.4f}{got.iou:8.3f}", flush=True)
    for name, results in rows.items():
        psnr, structure, iou = (
            torch.tensor([getattr(row, field) for row in results]).mean() for field in ("psnr", "ms_ssim", "iou")
        )
        print(f"{'mean':16}{name:10}{psnr:8.2f}{structure:9.4f}{iou:8.3f}")


if __name__ == "__main__":
    main()
