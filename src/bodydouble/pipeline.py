"""From a photo to a double.

source -> Photo -> Person -> BodyFit -> BodyFit with Clothing -> partial Texture -> whole Texture ->
refined Texture -> Double

Further photos are fitted with the first one's shape and give their part to the partial texture. Of a video a few frames
are taken, which then are photos.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import torch

from bodydouble.body import BodyModel, body_model
from bodydouble.clothing.offsets import ClotheConfig, clothe
from bodydouble.double import Double
from bodydouble.double_file import layout_fingerprint
from bodydouble.errors import InputError
from bodydouble.fitting.fit import FitConfig, fit_body
from bodydouble.fitting.metrics import fit_quality
from bodydouble.inpaint import Inpainter, inpainter
from bodydouble.metadata import Figures, Metadata
from bodydouble.person import Box, detector
from bodydouble.person.sources import Source, find_persons, read_sources
from bodydouble.progress import Progress
from bodydouble.texture.merge import merge_views
from bodydouble.texture.merge_poisson import PoissonMerge
from bodydouble.texture.multi_view import FittedView, Merge, project_and_merge, refine_to_photos
from bodydouble.values import BodyFit, Clothing, Person, Photo
from bodydouble.weights import SHIPPED

# Networks take seconds to import; only the inpainter `latent` needs them.
if TYPE_CHECKING:
    from bodydouble.dinar.appearance import AppearanceConfig, NeuralTexturing
    from bodydouble.dinar.networks import Networks

MOST_SAMPLES = 64
# Share of the whole that each stage takes, roughly; only the progress shown depends on it.
_SHARES = {
    "body model": 0.1,
    "photo": 0.02,
    "person": 0.08,
    "fit": 0.4,
    "clothing": 0.2,
    "texture": 0.1,
    "inpaint": 0.07,
    "refine": 0.03,
}

Blend = Literal["softmax", "pyramid", "poisson"]
BLENDS: tuple[Blend, ...] = get_args(Blend)


@dataclass(frozen=True, kw_only=True)
class CreateConfig:
    """What can be chosen about the making of a double."""

    detector: str = "mediapipe"  # a name in `person.DETECTORS`, or module:attribute
    body: str | BodyModel = "anny"  # a name in `body.BODY_MODELS`, module:attribute, or a body model
    inpainter: str = "auto"  # a name in `inpaint.INPAINTERS`, or module:attribute; "auto": see `_with_inpainter`
    box: Box | None = None  # x, y, width, height in pixels: where the person is, if there are several
    frames: int = 8  # taken of a video, at most
    blend: Blend = "pyramid"  # how several photos' textures become one
    texture_size: int = 1024  # texels a side
    refine_rounds: int = 6  # of moving the seen texels until the picture is the photo; 0 keeps them as gathered;
    #                         the inpainter `latent` has its own in `appearance`
    seed: int = 0
    fit: FitConfig = field(default_factory=FitConfig)
    clothe: ClotheConfig = field(default_factory=ClotheConfig)
    weights: str | Path | Networks | None = None  # of the inpainter `latent`: a file, or those that ship
    appearance: AppearanceConfig | None = None  # of the inpainter `latent`: its settings, and switches for an ablation
    device: str = "cpu"  # of its networks; all else is computed on the CPU


def create(
    source: Source | Sequence[Source],
    *,
    config: CreateConfig | None = None,
    progress: Progress | None = None,
) -> Double:
    """Make the double of the person in a photo, in a video, or in several of them: the same person in the same clothes.

    Args:
        source: an image file, a PIL image, an H×W×3 (or ×4, or H×W) uint8 array in sRGB, or a video file; or a list of
            these. The first photo gives shape and clothing; the others add what it does not show, a back above all.
            Of a video the frames that show most are taken.
        progress: told what is being done, and how much of the whole is done.

    Raises:
        InputError: a photo or video cannot be used; `NoPersonFound` where it shows nobody.
    """
    return create_samples(source, 1, config=config, progress=progress)[0]


def create_samples(
    source: Source | Sequence[Source],
    count: int,
    *,
    config: CreateConfig | None = None,
    progress: Progress | None = None,
) -> list[Double]:
    """Doubles that differ in what the photos do not show, with the seeds `config.seed` and those after it.

    Args:
        source, progress: as for `create`.
        count: how many; one inpainter, `latent`, can make more than one.

    Raises:
        InputError: as `create`, and for a count that cannot be made.
    """
    config = _with_inpainter(config or CreateConfig(), count)
    painter = _painter(config, count)
    torch.manual_seed(config.seed)
    stages = _Stages(progress)
    find = detector(config.detector)
    with stages("photo"):
        shown = read_sources(source, find, frames=config.frames, box=config.box, progress=stages.inner)
    with stages("person"):
        photos, persons = find_persons(shown, find)
    with stages("body model"):
        body = body_model(config.body) if isinstance(config.body, str) else config.body
    with stages("fit"):
        bare = fit_body(persons[0], photos[0], body, config.fit, stages.inner)
    with stages("clothing"):
        fit = clothe(bare, persons[0], body, config.clothe, stages.inner)
        sightings = [FittedView(photo=photos[0], person=persons[0], fit=fit)]
        for number, pair in enumerate(zip(photos[1:], persons[1:], strict=True), start=2):
            stages.inner(f"fitting photo {number} of {len(photos)}", 1.0)
            sightings.append(_seen_again(*pair, fit, body, config))
    with stages("texture"):
        gathered = project_and_merge(sightings, body, config.texture_size, _merge(config, fit, body))
        gathered = painter.prepare(gathered, sightings, body) if painter else gathered
    with stages("inpaint"):
        wholes = [inpaint(gathered.merged, photos[0], fit, body) for inpaint in _inpainters(config, painter, count)]
    with stages("refine"):
        finish = painter.finish if painter else partial(refine_to_photos, rounds=config.refine_rounds)
        textures = [finish(whole, gathered, sightings, body) for whole in wholes]
    metadata = _metadata(config, body, photos[0], persons[0], _figures(bare, fit, persons[0], body), stages.seconds)
    metadata = replace(metadata, warnings=(*(one.note for one in shown if one.note), *metadata.warnings))
    if painter is None:
        return [Double(fit=fit, texture=textures[0], body=body, metadata=metadata)]
    metadata = replace(metadata, weights=painter.weights)
    return [
        Double(
            fit=fit,
            texture=texture,
            body=body,
            metadata=replace(metadata, seed=config.seed + number),
            renderer=painter.renderer,
        )
        for number, texture in enumerate(textures)
    ]


def _with_inpainter(config: CreateConfig, count: int) -> CreateConfig:
    """The configuration with "auto" decided.

    `latent` where networks ship for this body, or anything is asked for that needs some; else `symmetry`.
    """
    if config.inpainter != "auto":
        return config
    body = config.body if isinstance(config.body, str) else config.body.name
    asked = config.weights is not None or config.appearance is not None or count > 1
    return replace(config, inpainter="latent" if asked or (SHIPPED and body == "anny") else "symmetry")


def _painter(config: CreateConfig, count: int) -> NeuralTexturing | None:
    """What paints with networks; None where the inpainter needs none. Says what is missing before the work begins."""
    if config.blend not in BLENDS:
        raise InputError(f"unknown blend {config.blend!r}; choose {', '.join(BLENDS)}")
    if not 1 <= count <= MOST_SAMPLES:
        raise InputError(f"{count} samples cannot be made; ask for 1 to {MOST_SAMPLES}")
    if config.inpainter == "latent":
        from bodydouble.dinar.appearance import NeuralTexturing, networks_of

        return NeuralTexturing(networks_of(config.weights, config.device), config.appearance)
    if config.weights is not None:
        raise InputError(f"the inpainter {config.inpainter} takes no weights; they are for --inpainter latent")
    if count > 1:
        raise InputError(f"the inpainter {config.inpainter} has one completion; for {count} use --inpainter latent")
    return None


def _inpainters(config: CreateConfig, painter: NeuralTexturing | None, count: int) -> list[Inpainter]:
    if painter is None:
        return [inpainter(config.inpainter)]
    return [painter.inpainter(config.seed + number) for number in range(count)]


def _merge(config: CreateConfig, fit: BodyFit, body: BodyModel) -> Merge:
    if config.blend == "poisson":
        return PoissonMerge(body, body.rest(fit.shape))
    return partial(merge_views, blending=config.blend)


def _seen_again(photo: Photo, person: Person, first: BodyFit, body: BodyModel, config: CreateConfig) -> FittedView:
    """The person of `first` in another photo, with the clothing's outline as it is there."""
    found = fit_body(person, photo, body, config.fit, known=first)
    bare = Clothing(
        offsets=torch.zeros_like(first.clothing.offsets), leg_blend=torch.zeros_like(first.clothing.leg_blend)
    )
    return FittedView(
        photo=photo, person=person, fit=clothe(replace(found, clothing=bare), person, body, config.clothe)
    )


class _Stages:
    """Times the stages and says how far the whole has come."""

    def __init__(self, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._stage = ""
        self._before = 0.0

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        self._stage = stage
        self.inner(stage, 0.0)
        start = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - start, 3)
        self.inner(stage, 1.0)
        self._before += _SHARES[stage]

    def inner(self, what: str, done: float) -> None:
        """Progress of one stage, in [0, 1], as progress of the whole."""
        if self._progress:
            self._progress(what, min(1.0, self._before + _SHARES[self._stage] * done))


def _figures(bare: BodyFit, clothed: BodyFit, person: Person, body: BodyModel) -> Figures:
    quality = fit_quality(clothed, person, body)
    return Figures(
        silhouette_iou_bare=fit_quality(bare, person, body).silhouette_iou,
        silhouette_iou=quality.silhouette_iou,
        body_landmark_error=quality.body_landmark_error,
        face_landmark_error=quality.face_landmark_error,
    )


def _metadata(
    config: CreateConfig, body: BodyModel, photo: Photo, person: Person, figures: Figures, seconds: dict[str, float]
) -> Metadata:
    packages = ("bodydouble", "torch", "numpy", "mediapipe", "anny")
    return Metadata(
        body_model=config.body if isinstance(config.body, str) else body.name,
        layout=layout_fingerprint(body.layout),
        seed=config.seed,
        photo_name=photo.name,
        photo_size=photo.size,
        figures=figures,
        seconds=seconds,
        versions={"python": sys.version.split()[0], **{name: version(name) for name in packages}},
        warnings=person.warnings,
    )
