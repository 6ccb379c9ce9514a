"""From a photo to a double: every stage of the default, in the order in which it runs.

source ─▶ Photo ─▶ Person ─▶ Understanding ─▶ BodyFit ─▶ LooseGarments ─▶ BodyFit with Clothing, and hanging Surfaces
       ─▶ FittedView, one a photo ─▶ projected and merged ─▶ refined to the photos ─▶ completed
       ─▶ rims from the photos ─▶ Double

Further photos are fitted with the first one's shape and give their part to the partial texture. Of a video a few frames
are taken, which then are photos.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import cached_property, partial
from threading import Event
from typing import NamedTuple, TypeVar

from bodydouble.body import BodyModel, body_model
from bodydouble.body.skinning import pose_fit
from bodydouble.clothing.curl import measure_curl
from bodydouble.clothing.loose import LooseGarments
from bodydouble.clothing.loose_surfaces import hang_loose, tuck_body
from bodydouble.create_config import BLENDS, CreateConfig
from bodydouble.double import Double
from bodydouble.dressing import dress_fit, find_garments, view_again, view_person
from bodydouble.errors import InputError
from bodydouble.fitting.fit import fit_body
from bodydouble.fitting.headless import check_head
from bodydouble.inpaint import AS_SEEN, UNSEEDED, Inpainter, choose_inpainter, inpainter, prepare_inpainter
from bodydouble.inpaint.repaint import forget_region, forget_rims
from bodydouble.joining import join_surfaces
from bodydouble.parsing import Parser, parser
from bodydouble.parsing.cut_out import cut_out_person
from bodydouble.parsing.stray_arms import find_stray_arms
from bodydouble.person import Detector, detector
from bodydouble.person.sources import Source, find_persons, read_sources
from bodydouble.progress import Progress, StageTimer
from bodydouble.provenance import describe_making, measure_figures
from bodydouble.raster import rasteriser
from bodydouble.second_thread import second_thread
from bodydouble.surface.skeleton import body_surface
from bodydouble.texture.head_rim import soften_head
from bodydouble.texture.merge import merge_views
from bodydouble.texture.merge_poisson import PoissonMerge
from bodydouble.texture.misplaced import find_locks
from bodydouble.texture.multi_view import Merge, fill_rims, project_and_merge, refine_to_photos
from bodydouble.texture.project_sheet import project_worn
from bodydouble.texture.shod import leave_out_shoes
from bodydouble.texture.size import TEXEL_LIMITS, choose_texture_size
from bodydouble.values import BodyFit, FittedView, Person, Photo, Surface, Understanding

MOST_SAMPLES = 64
# Share of a run that each stage takes, measured on two CPU cores; only the progress shown depends on it.
_SHARES = {
    "photo": 0.02,
    "person": 0.1,
    "labels": 0.03,
    "body model": 0.06,
    "fit": 0.37,
    "clothing": 0.1,
    "far side": 0.03,
    "texture": 0.12,
    "refine": 0.08,
    "inpaint": 0.12,
}


class _Seen(NamedTuple):
    photos: Sequence[Photo]
    persons: Sequence[Person]
    understood: Sequence[Understanding]


class _Fitted(NamedTuple):
    bare: BodyFit  # in the first photo
    loose: LooseGarments
    worn: Sequence[Surface]
    views: list[FittedView]


StageValue = Photo | Person | Understanding | BodyFit | FittedView | tuple[Surface, ...] | Double
Value = TypeVar("Value")


class Pipeline:
    """Makes doubles, one after another; what it needs is loaded once. To be used from one thread at a time."""

    def __init__(self, config: CreateConfig | None = None) -> None:
        """Raises InputError where the configuration names what does not exist."""
        self.config = config or CreateConfig()
        if self.config.blend not in BLENDS:
            raise InputError(f"unknown blend {self.config.blend!r}; choose {', '.join(BLENDS)}")
        texels, (least, most) = self.config.texture_size, TEXEL_LIMITS
        if texels is not None and not least <= texels <= most:
            raise InputError(f"a texture of {texels} texels a side cannot be made; choose {least} to {most}")
        body = self.config.body
        self._body_name = body if isinstance(body, str) else body.name
        choice = choose_inpainter(self.config.inpainter, self._body_name, self.config.weights)
        self._inpainter_name, self._note = choice
        if self.config.even_light and self._inpainter_name in AS_SEEN:
            raise InputError(f"the inpainter {self._inpainter_name} cannot even light; for that use exemplar")
        self._inpainters: dict[int, Inpainter] = {}

    @cached_property
    def detect(self) -> Detector:
        """The detector, loaded when it is first asked for."""
        return detector(self.config.detector)

    @cached_property
    def parse(self) -> Parser:
        """The parser, loaded when it is first asked for."""
        return parser(self.config.parser)

    @cached_property
    def body(self) -> BodyModel:
        """The body model, loaded when it is first asked for."""
        return body_model(self.config.body) if isinstance(self.config.body, str) else self.config.body

    def fit_first(
        self, photo: Photo, person: Person, understanding: Understanding, progress: Progress | None = None
    ) -> BodyFit:
        """The bare body in the first photo. Who knows the true one derives a pipeline that returns it."""
        fit, traits = self.config.fit, self.config.traits
        return fit_body(person, photo, self.body, fit, progress, traits=traits, understanding=understanding)

    def create(
        self,
        source: Source | Sequence[Source],
        *,
        progress: Progress | None = None,
        cancel: Event | None = None,
    ) -> Double:
        """Make a double.

        Args:
            source: an image file, a PIL image, an H×W×3 (or ×4, or H×W) uint8 array in sRGB, or a video file; or a list
                of these. The first photo gives shape and clothing; the others add what it does not show, a back above
                all. Of a video the frames that show most are taken.
            progress: told what is being done, and how much of the whole is done.
            cancel: set from another thread, it ends the work within about a second.

        Raises:
            InputError: a photo or video cannot be used; `NoPersonFound` where it shows nobody.
            Cancelled: `cancel` was set.
        """
        return self.create_samples(source, 1, progress=progress, cancel=cancel)[0]

    def create_samples(
        self,
        source: Source | Sequence[Source],
        count: int,
        *,
        progress: Progress | None = None,
        cancel: Event | None = None,
    ) -> list[Double]:
        """Doubles that differ in what the photos do not show, with the seeds `config.seed` and those after it.

        Raises:
            InputError: as `create`, and for a count that cannot be made.
            Cancelled: `cancel` was set.
        """
        stages = self.stages(source, samples=count, progress=progress, cancel=cancel)
        return [value for value in stages if isinstance(value, Double)]

    def stages(
        self,
        source: Source | Sequence[Source],
        *,
        samples: int = 1,
        progress: Progress | None = None,
        cancel: Event | None = None,
    ) -> Iterator[StageValue]:
        """The same, stage by stage: yields each value as it appears.

        That is the first photo, the person in it, what each pixel is, the bare and the clothed fit, every photo with
        what was understood and fitted in it, the surfaces with what the photos show of them, and `samples` doubles.
        Arguments and errors are those of `create_samples`.
        """
        config = self.config
        inpainters = self._build_inpainters(samples)  # says what is missing before the work begins
        run = StageTimer(_SHARES, progress, cancel)
        with second_thread() as beside:
            beside.submit(rasteriser)  # compiled code takes a second to load
            seen = yield from self._understand(source, run)
            with run("body model"):
                body, size = self.body, config.texture_size or choose_texture_size(seen.persons)
                prepared = [beside.submit(prepare_inpainter, inpaint, body, size) for inpaint in inpainters.values()]
            bare, loose, worn, views = yield from self._fit(seen, run)
            for work in prepared:
                work.result()  # what it raises is raised here
        with run("texture"):
            views = [find_locks(view, worn, body) for view in views]
            merged = project_and_merge(views, body, size, self._merge(views[0].fit), run.tell)
            merged = leave_out_shoes(merged, loose.footwear, body.rest(views[0].fit.shape), body)
            merged = soften_head(merged, views[0], body)
        with run("refine"):
            observed = refine_to_photos(merged, views, body, config.refine_rounds, run.tell)
        skin = body_surface(views[0].fit, body, observed)
        surfaces = (skin, *project_worn(worn, skin, views, body))
        if config.repaint is not None:
            surfaces = forget_region(surfaces, config.repaint)
            merged = forget_rims(merged, config.repaint, skin.name)
        yield surfaces
        figures = measure_figures(bare, views[0], surfaces, body)
        for seed, inpaint in inpainters.items():
            with run("inpaint"):
                skin, *attached = inpaint(surfaces, views, body, run.tell)
                skin = replace(skin, texture=fill_rims(skin.texture, merged))
            metadata = describe_making(views[0], body, self._body_name, figures, run.seconds, seed)
            if self._note:
                metadata = replace(metadata, warnings=(self._note, *metadata.warnings))
            double = join_surfaces((skin, *attached), views, body, metadata, inpaint, config.bust)
            yield double.even_light() if config.even_light else double

    def _understand(self, source: Source | Sequence[Source], run: StageTimer) -> Generator[StageValue, None, _Seen]:
        """What the photos show. Yields the first one, the person in it, and what each of its pixels is."""
        config = self.config
        with run("photo"):
            images = read_sources(
                source, self.detect, frames=config.frames, box=config.box, number=config.person, progress=run.tell
            )
        with run("person"):
            texels = config.texture_size or choose_texture_size
            photos, persons = find_persons(images, self.detect, run.tell, texels=texels)
            del images  # whole photos, of which a part may be all that is needed
        with run("labels"):
            understood = [self.parse(photo, person) for photo, person in zip(photos, persons, strict=True)]
            check_head(photos[0], persons[0], understood[0])
            cut_out = []
            for photo, person, labels in zip(photos, persons, understood, strict=True):
                view = find_stray_arms(photo, person, labels, self.detect)
                cut_out.append(cut_out_person(photo, *view, fuse=config.fuse_mask))
            persons, understood = [person for person, _ in cut_out], [labels for _, labels in cut_out]
        yield photos[0]
        yield persons[0]
        yield understood[0]
        return _Seen(photos, persons, understood)

    def _fit(self, seen: _Seen, run: StageTimer) -> Generator[StageValue, None, _Fitted]:
        """The body in all photos. Yields the bare and the clothed fit in the first one, and a view of each."""
        (photos, persons, understood), body, config = seen, self.body, self.config
        with run("fit"):
            bare = self.fit_first(photos[0], persons[0], understood[0], run.tell)
        yield bare
        with run("clothing"):
            loose = find_garments(bare, photos[0], persons[0], understood[0], body, config)
            fit = dress_fit(bare, persons[0], understood[0], loose, body, config, run.tell)
            curl = measure_curl(photos[0], persons[0], understood[0], bare, body)
            fit, worn = tuck_body(fit, hang_loose(loose, bare, body, curl), body, loose)
            views = [view_person(photos[0], persons[0], fit, understood[0], loose)]
            for photo, person, labels in zip(photos[1:], persons[1:], understood[1:], strict=True):
                tell = partial(_tell_only, run.tell, f"fitting photo {len(views) + 1} of {len(photos)}")
                views.append(view_again(photo, person, labels, fit, worn, loose, body, config, tell))
        yield fit
        with run("far side"):
            far = self.parse.far_side(photos[0], understood[0], pose_fit(bare, body), bare.camera)
            views[0] = replace(views[0], far=far)
        yield from views
        return _Fitted(bare, loose, worn, views)

    def _build_inpainters(self, count: int) -> dict[int, Inpainter]:
        """By seed; those of the call before are built no second time."""
        config, name = self.config, self._inpainter_name
        if not 1 <= count <= MOST_SAMPLES:
            raise InputError(f"{count} samples cannot be made; ask for 1 to {MOST_SAMPLES}")
        if count > 1 and name in UNSEEDED:
            raise InputError(f"the inpainter {name} has one completion; for {count} use --inpainter exemplar")
        options = {"device": config.device, **config.inpainter_options}
        if config.weights is not None:
            options["weights"] = config.weights
        built = self._inpainters
        self._inpainters = {
            seed: built[seed] if seed in built else inpainter(name, seed=seed, **options)
            for seed in range(config.seed, config.seed + count)
        }
        return self._inpainters

    def _merge(self, fit: BodyFit) -> Merge:
        if self.config.blend == "poisson":
            return PoissonMerge(self.body, self.body.rest(fit.shape))
        return partial(merge_views, blending=self.config.blend)


def _tell_only(progress: Progress, what: str, detail: str, done: float) -> None:
    """Say what is being done; the share that is done stays that of the first photo, whose stage this was."""
    progress(what, 1.0)


def create(
    source: Source | Sequence[Source],
    *,
    config: CreateConfig | None = None,
    progress: Progress | None = None,
) -> Double:
    """Make the double of the person in a photo, in a video, or in several of them: the same person in the same clothes.

    Arguments and errors are those of `Pipeline.create`; use that to make many.
    """
    return Pipeline(config).create(source, progress=progress)


def next_value(values: Iterator[StageValue], kind: type[Value]) -> Value:
    """The next of `Pipeline.stages` that is of a kind; those before it are passed over."""
    return next(value for value in values if isinstance(value, kind))


def create_samples(
    source: Source | Sequence[Source],
    count: int,
    *,
    config: CreateConfig | None = None,
    progress: Progress | None = None,
) -> list[Double]:
    """Doubles that differ in what the photos do not show; see `Pipeline.create_samples`."""
    return Pipeline(config).create_samples(source, count, progress=progress)
