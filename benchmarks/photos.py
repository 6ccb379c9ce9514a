"""What becomes of real photographs: `python benchmarks/photos.py PHOTOS [--out FOLDER] [NAME ...]`.

A line for every photo: overlap with the person's mask before and after clothing, landmark errors in percent of the
person's height, likeness of the drawn double to the photo from its own camera, seconds, and a mean below. With --out,
a sheet for each photo: the photo, the double from its camera, from the front, ±60°, the sides, the back, and walking.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np
import torch
from likeness import likeness
from PIL import Image

import bodydouble
from bodydouble.body import BodyModel, body_model
from bodydouble.errors import InputError
from bodydouble.person import detector
from bodydouble.person.photo import read_photo
from bodydouble.pipeline import CreateConfig

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SHEET_PX = 640  # height of a sheet
BACKGROUND = (235, 235, 235)


def measure(path: Path, body: BodyModel) -> tuple[bodydouble.Double, dict[str, float]]:
    """The double of a photo, and its figures by column."""
    start = time.perf_counter()
    double = bodydouble.create(path, config=CreateConfig(body=body))
    seconds = time.perf_counter() - start
    photo, figures = read_photo(path), double.metadata.figures
    drawn = torch.from_numpy(double.render(view="photo")).permute(2, 0, 1) / 255
    alike = likeness(drawn, photo.rgb, detector()(photo).mask)
    row = {
        "IoU bare": figures.silhouette_iou_bare,
        "IoU": figures.silhouette_iou,
        "body %": 100 * (figures.body_landmark_error or float("nan")),
        "face %": 100 * (figures.face_landmark_error or float("nan")),
        "PSNR mask": alike.psnr_mask,
        "PSNR both": alike.psnr_both,
        "seconds": seconds,
    }
    return double, row


def sheet(double: bodydouble.Double, path: Path) -> Image.Image:
    """The photo and the double side by side."""
    own = double.render(view="photo")
    rows, columns = own[..., 3].nonzero()
    box = (columns.min() - 20, rows.min() - 20, columns.max() + 20, rows.max() + 20)
    photo = Image.fromarray((read_photo(path).rgb.permute(1, 2, 0) * 255).byte().numpy()).crop(box)
    pictures = [photo, Image.fromarray(own).crop(box)]
    size = (SHEET_PX, SHEET_PX * 2 // 3)
    for azimuth in (0, 60, 90, 180, -90, -60):
        pictures.append(Image.fromarray(double.render(azimuth=azimuth, size=size)))
    pictures.append(Image.fromarray(double.render(azimuth=150, size=size, pose="rest")))
    pictures = [on_background(picture) for picture in pictures]
    whole = Image.new("RGB", (sum(picture.width for picture in pictures), SHEET_PX))
    left = 0
    for picture in pictures:
        whole.paste(picture, (left, 0))
        left += picture.width
    return whole


def on_background(picture: Image.Image) -> Image.Image:
    """At the sheet's height, opaque."""
    plain = Image.new("RGB", picture.size, BACKGROUND)
    plain.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    return plain.resize((max(1, plain.width * SHEET_PX // plain.height), SHEET_PX))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--out", type=Path, help="folder for sheets; pictures of people: mind where you put it")
    arguments = parser.parse_args()
    names = arguments.names or sorted(p.name for p in arguments.photos.iterdir() if p.suffix.lower() in SUFFIXES)
    body, table = body_model(), []
    for name in names:
        try:
            double, row = measure(arguments.photos / name, body)
        except InputError as error:
            print(f"{name:34} {error}")
            continue
        if not table:
            print(f"{'':34}" + "".join(f"{column:>11}" for column in row))
        table.append(row)
        print(f"{name:34}" + "".join(f"{value:11.3f}" for value in row.values()), flush=True)
        if arguments.out:
            double.save(arguments.out / f"{name}.double")
            sheet(double, arguments.photos / name).save(arguments.out / f"{name}.sheet.png")
    if table:
        known = {c: [row[c] for row in table if not np.isnan(row[c])] for c in table[0]}
        print(f"{'mean':34}" + "".join(f"{statistics.mean(v):11.3f}" if v else f"{'-':>11}" for v in known.values()))


if __name__ == "__main__":
    main()
