"""What was understood of a photo, as pictures: the person, what each pixel is on both sides, and the body in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image

from bodydouble.body import BodyModel, body_model
from bodydouble.body.skinning import pose_fit
from bodydouble.body.traits import Traits
from bodydouble.files import whole_folder
from bodydouble.fitting.fit import fit_body
from bodydouble.fitting.headless import check_head
from bodydouble.geometry.camera import clip_from_world
from bodydouble.geometry.mesh import view_cosine
from bodydouble.geometry.window import eight_bits
from bodydouble.parsing import parser
from bodydouble.parsing.at_photo import label_map, normal_map, plane_at_photo
from bodydouble.parsing.cut_out import cut_out_person
from bodydouble.parsing.labels import BACKGROUND, LABELS
from bodydouble.parsing.stray_arms import find_stray_arms
from bodydouble.person import Box, detector
from bodydouble.person.sources import Source, find_persons, read_sources
from bodydouble.progress import Progress, StageTimer
from bodydouble.raster import rasteriser
from bodydouble.raster.shade import interpolate
from bodydouble.values import BodyFit, FarSide, Person, Photo, Understanding

_PLANES = ("mask.png", "labels.png", "normals.png", "fit.png", "labels_back.png", "normals_back.png", "colour_back.png")
NAMES = (*_PLANES, "front_only.png", "labels.txt", "shape.json", "style.json", "overview.png")

_SHARES = {"photo": 0.05, "person": 0.25, "labels": 0.1, "body model": 0.1, "fit": 0.45, "far side": 0.05}
_BODY_SHARE = 0.75  # of the drawn body where it lies over the photo
_AMBIENT = 0.25  # light on what faces sideways, where 1 is what faces the camera
_OVERVIEW_PX = 720  # height of the picture to look at
_LABEL_SHARE = 0.6  # of a label's colour over the photo
# Colours to tell labels apart, sRGB of 8 bits, in the labels' order.
PALETTE = np.array(
    [
        (0, 0, 0),
        (240, 190, 150),
        (70, 130, 220),
        (50, 170, 90),
        (220, 70, 160),
        (110, 70, 190),
        (150, 210, 240),
        (240, 130, 30),
        (230, 220, 60),
        (130, 70, 30),
        (180, 120, 90),
        (255, 255, 255),
        (210, 40, 40),
    ],
    dtype=np.uint8,
)


@dataclass(frozen=True, kw_only=True)
class InspectConfig:
    """What can be chosen about looking at a photo."""

    detector: str = "mediapipe"  # a name in `person.DETECTORS`, or module:attribute
    parser: str = "builtin"  # a name in `parsing.PARSERS`, or module:attribute
    body: str | BodyModel = "anny"  # a name in `body.BODY_MODELS`, module:attribute, or a body model
    box: Box | None = None  # x, y, width, height in pixels: where the person is, if there are several
    person: int | None = None  # or which of them, counted from 1, left to right
    frames: int = 8  # taken of a video, at most; the first one is looked at
    traits: Traits = field(default_factory=Traits)  # what is known of the body; it overrules the photo


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What was understood of one photo."""

    photo: Photo
    person: Person
    understanding: Understanding
    fit: BodyFit  # without clothing
    far_side: FarSide
    body: BodyModel


def inspect(
    source: Source | Sequence[Source], *, config: InspectConfig | None = None, progress: Progress | None = None
) -> Inspection:
    """Look at the first photo of a source, as `create` does before it paints.

    Raises:
        InputError: the photo cannot be used; `NoPersonFound` where it shows nobody.
    """
    config = config or InspectConfig()
    run = StageTimer(_SHARES, progress, None)
    find, parse = detector(config.detector), parser(config.parser)
    with run("photo"):
        images = read_sources(
            source, find, frames=config.frames, box=config.box, number=config.person, progress=run.tell
        )
    with run("person"):
        photos, persons = find_persons(images[:1], find, run.tell)
    with run("labels"):
        understanding = parse(photos[0], persons[0])
        check_head(photos[0], persons[0], understanding)
        person, understanding = find_stray_arms(photos[0], persons[0], understanding, find)
        person, understanding = cut_out_person(photos[0], person, understanding)
    with run("body model"):
        body = body_model(config.body) if isinstance(config.body, str) else config.body
    with run("fit"):
        fit = fit_body(person, photos[0], body, progress=run.tell, traits=config.traits, understanding=understanding)
    with run("far side"):
        far_side = parse.far_side(photos[0], understanding, pose_fit(fit, body), fit.camera)
    return Inspection(
        photo=photos[0], person=person, understanding=understanding, fit=fit, far_side=far_side, body=body
    )


def write_inspection(inspection: Inspection, folder: Path) -> None:
    """Write a folder of `NAMES`; one that an earlier call wrote is replaced.

    | file | what |
    |---|---|
    | `mask.png` | coverage by the person without held things, 0 to 255 |
    | `labels.png`, `labels.txt` | one byte a pixel: a row of `labels.txt`, a name a line |
    | `normals.png` | camera axes x right, y down, z forward, -1 to 1 as 0 to 254; 0 0 0 on the background |
    | `fit.png` | the bare body over the photo |
    | `labels_back.png`, `normals_back.png` | the same of the side that is turned away, seen through the person |
    | `colour_back.png` | its colours without folds and patterns; 0 0 0 on the background |
    | `front_only.png` | how likely what the photo shows is on the near side alone, 0 to 255 |
    | `shape.json` | the body model's name, its shape coefficients in their order, and what the parser made of six |
    | `style.json` | what is worn: how likely each option of each attribute of `parsing.style` is |
    | `overview.png` | all of it side by side, to look at |

    All pictures but the last have the photo's size.

    Raises:
        InputError: the parent folder does not exist, or `folder` holds anything else.
    """
    photo = eight_bits(inspection.photo.rgb)
    pictures = _near_pictures(inspection, photo) | _far_pictures(inspection)
    shown = pictures | {name: draw_labels(pictures[name], photo) for name in ("labels.png", "labels_back.png")}
    shown["mask.png"] = cv2.merge([pictures["mask.png"]] * 3)
    pictures["overview.png"] = _overview([photo, *(shown[name] for name in _PLANES)])
    with whole_folder(folder, NAMES.__contains__) as temporary:
        for name, picture in pictures.items():
            Image.fromarray(picture).save(temporary / name)
        (temporary / "labels.txt").write_text("\n".join(LABELS) + "\n", encoding="utf-8")
        (temporary / "shape.json").write_text(_shape_json(inspection), encoding="utf-8")
        (temporary / "style.json").write_text(_style_json(inspection.understanding), encoding="utf-8")


def _near_pictures(inspection: Inspection, photo: np.ndarray) -> dict[str, np.ndarray]:
    """What the photo shows, by name of the file."""
    labels = label_map(inspection.understanding, inspection.photo.size)
    return {
        "mask.png": (inspection.person.mask * 255).round().to(torch.uint8).numpy(),
        "labels.png": labels,
        "normals.png": _packed_normals(normal_map(inspection.understanding, inspection.photo.size), labels),
        "fit.png": draw_body(inspection.fit, inspection.body, photo),
    }


def _far_pictures(inspection: Inspection) -> dict[str, np.ndarray]:
    """What it does not show, by name of the file."""
    far, size = inspection.far_side, inspection.photo.size
    labels = label_map(far, size)
    colour = np.dstack([plane_at_photo(far, plane, size) for plane in far.colour]) * (labels != BACKGROUND)[..., None]
    return {
        "labels_back.png": labels,
        "normals_back.png": _packed_normals(normal_map(far, size), labels),
        "colour_back.png": (colour * 255).round().clip(0, 255).astype(np.uint8),
        "front_only.png": (plane_at_photo(far, far.front_only, size) * 255).round().clip(0, 255).astype(np.uint8),
    }


def _shape_json(inspection: Inspection) -> str:
    """Coefficients by number: they are a mesh's, not words about a person."""
    coefficients = [round(value, 5) for value in inspection.fit.shape.coefficients.tolist()]
    shape: dict[str, object] = {"body model": inspection.body.name, "coefficients": coefficients}
    estimate = inspection.understanding.shape
    if estimate is not None:
        rows = [
            (round(float(m), 3), round(float(d), 3)) for m, d in zip(estimate.mean, estimate.deviation, strict=True)
        ]
        shape["parser"] = {"mean": [mean for mean, _ in rows], "deviation": [deviation for _, deviation in rows]}
    return json.dumps(shape) + "\n"


def _style_json(understanding: Understanding) -> str:
    """Chances of clothes alone; nothing where the parser says nothing, or the photo cuts it off."""
    chances = understanding.style.chances if understanding.style is not None else {}
    rounded = {name: {option: round(chance, 3) for option, chance in each.items()} for name, each in chances.items()}
    return json.dumps(rounded) + "\n"


def draw_labels(labels: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """H×W×3 uint8: each label's colour over the photo, H×W×3 uint8; the background darker."""
    coloured = PALETTE[labels] * _LABEL_SHARE + photo * (1 - _LABEL_SHARE)
    return coloured.astype(np.uint8)


@torch.no_grad()
def draw_body(fit: BodyFit, body: BodyModel, photo: np.ndarray) -> np.ndarray:
    """H×W×3 uint8: the body of a fit, lit from the camera, over the photo, H×W×3 uint8."""
    mesh = pose_fit(fit, body)
    fragments = rasteriser()(clip_from_world(mesh.vertices, fit.camera)[None], mesh.faces, fit.camera.size)
    cosine = view_cosine(mesh.vertices, mesh.faces, fit.camera)  # V×1
    light = interpolate(fragments, mesh.faces, _AMBIENT + (1 - _AMBIENT) * cosine.clamp(0, 1))[0, 0]
    share = (fragments.face[0] >= 0)[..., None].numpy() * _BODY_SHARE
    return (photo * (1 - share) + light[..., None].numpy() * 255 * share).astype(np.uint8)


def _packed_normals(normals: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """H×W×3 uint8 of 3×H×W unit vectors."""
    packed = (normals.transpose(1, 2, 0) * 127 + 127).round().astype(np.uint8)
    packed[labels == BACKGROUND] = 0
    return packed


def _overview(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures of one size side by side, small enough for a screen."""
    height, width = pictures[0].shape[:2]
    scale = min(1.0, _OVERVIEW_PX / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.hstack([cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in pictures])
