"""From the sample that ships to its double, through every stage as it is; stand-ins only where a fault is provoked."""

import sys
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image

from bodydouble import pipeline
from bodydouble.create_config import CreateConfig
from bodydouble.double import Double
from bodydouble.errors import Cancelled
from bodydouble.inpaint.exemplar.inpainter import ExemplarInpainter
from bodydouble.person.mediapipe import MediapipeDetector
from bodydouble.pipeline import Pipeline, create
from bodydouble.values import BodyFit, FittedView, Person, Photo, Texture, Understanding
from bodydouble.weights import SHIPPED
from tests.person.test_video import write_video
from tests.sample import SAMPLE, quick

BOXES: list[object] = []


class RecordingDetector(MediapipeDetector):
    """Finds persons, and remembers where it was told to look."""

    def __call__(self, photo, box=None):
        BOXES.append(box)
        return super().__call__(photo, box)


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """This file under its own name, so that parts can be named as module:attribute."""
    module = types.ModuleType(__name__)
    module.__dict__.update(globals())
    monkeypatch.setitem(sys.modules, __name__, module)


@dataclass
class Run:
    """The default double of the sample, seed 3."""

    pipeline: Pipeline
    values: list[object]
    told: list[tuple[str, float, float]]  # what, how much, and the seconds that this thread had computed by then
    random_state: tuple[torch.Tensor, torch.Tensor]  # before and after


@pytest.fixture(scope="module")
def run(anny) -> Run:
    told = []
    made = Pipeline(CreateConfig(body=anny, seed=3))
    before = torch.get_rng_state()
    stages = made.stages(SAMPLE, progress=lambda what, done: told.append((what, done, time.thread_time())))
    return Run(pipeline=made, values=list(stages), told=told, random_state=(before, torch.get_rng_state()))


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    """At half its size."""
    image = Image.open(SAMPLE).convert("RGB")
    return np.asarray(image.resize((image.width // 2, image.height // 2)))


@dataclass
class Warm:
    """A quick pipeline that has made two doubles: the sample's, and three samples of it."""

    pipeline: Pipeline
    partial: Texture
    first: Double
    samples: list[Double]
    built: list[str]  # the parts that were built on the way
    random_state: tuple[torch.Tensor, torch.Tensor]  # before and after


@pytest.fixture(scope="module")
def warm(anny, sample) -> Iterator[Warm]:
    built = []

    def counting(name, build):
        def counted(*given, **options):
            built.append(name)
            return build(*given, **options)

        return counted

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "detector", counting("detector", pipeline.detector))
        patch.setattr(pipeline, "inpainter", counting("inpainter", pipeline.inpainter))
        patch.setattr(pipeline, "body_model", counting("body", lambda name: anny))
        made = Pipeline(quick())
        assert built == [], "nothing is loaded before it is needed"
        before = torch.get_rng_state()
        *_, surfaces, first = made.stages(sample)
        samples = made.create_samples(sample, 3)
        yield Warm(made, surfaces[0].texture, first, samples, built, (before, torch.get_rng_state()))


def test_each_stage_s_value_appears_in_its_order(run):
    assert [type(value) for value in run.values] == [
        Photo,
        Person,
        Understanding,
        BodyFit,
        BodyFit,
        FittedView,
        tuple,
        Double,
    ]
    photo, person, _, bare, fit, _, surfaces, double = run.values
    assert [surface.kind for surface in surfaces] == ["body", "shoes"]
    assert person.mask.shape == photo.size and person.mask.mean() > 0.05
    assert not bare.clothing.offsets.any() and fit.clothing.offsets.any()
    assert double.fit is fit and torch.equal(fit.shape.coefficients, bare.shape.coefficients)


def test_what_the_photo_showed_is_in_the_double(run):
    surfaces, double = run.values[-2:]
    partial = surfaces[0].texture
    seen = partial.confidence > 0
    assert 0.1 < seen.float().mean() < 0.6 and not partial.rgb[:, ~seen].any()
    assert torch.equal(double.texture.rgb[:, seen], partial.rgb[:, seen])
    assert torch.equal(double.texture.confidence, partial.confidence)
    assert double.texture.rgb.amax(0).gt(0).float().mean() > 0.99


def test_the_picture_is_the_photo(run):
    photo, person, *_, double = run.values
    picture = torch.from_numpy(double.render(view="photo")).permute(2, 0, 1) / 255
    both = (picture[3] == 1) & (person.mask > 0.99)
    assert both.sum() > 0.85 * (person.mask > 0.99).sum()
    assert (picture[:3] - photo.rgb)[:, both].abs().mean() < 0.05


def test_a_double_says_how_it_was_made(run):
    told = run.values[-1].metadata
    stages = ["photo", "person", "labels", "body model", "fit", "clothing", "far side", "texture", "refine", "inpaint"]
    assert list(told.seconds) == stages and told.seconds["fit"] > 0.1
    assert told.photo_name == "sample.jpg" and told.photo_size == run.values[0].size
    assert (told.seed, told.body_model) == (3, "anny")
    assert told.weights == {SHIPPED["exemplar"][0]: SHIPPED["exemplar"][1]}
    assert told.figures.silhouette_iou > told.figures.silhouette_iou_bare > 0.7
    assert told.versions["mediapipe"] == "0.10.21"
    assert 0.1 < told.coverage.seen_fraction < 0.6 and "hair behind" in told.coverage.made_up
    assert told.notes()[-1] == told.coverage.sentence()


def test_progress_only_grows_and_reaches_the_end(run):
    shares = [done for _, done, _ in run.told]
    assert shares == sorted(shares)
    assert shares[0] == 0 and shares[-1] == pytest.approx(1)
    assert {"fitting: torso", "clothing", "texture", "refine", "inpaint"} <= {what for what, _, _ in run.told}


def test_progress_is_told_once_a_second_or_more_often(run):
    """So that a run can be cancelled. What other programs take from the processor does not count."""
    computing = [
        (next_time - at, what) for (what, _, at), (_, _, next_time) in zip(run.told, run.told[1:], strict=False)
    ]
    # The detector's own networks are loaded with the first photo. The longest gap took 0.75 s on a quiet machine, and
    # more than 1 s beside other programs, which slow a processor's own time down, too.
    assert max(seconds for seconds, what in computing if what != "person") < 1.5, max(computing)


def test_the_caller_s_random_numbers_are_left_as_they_were(run, warm):
    assert torch.equal(*run.random_state) and torch.equal(*warm.random_state)


@pytest.mark.parametrize("stage", ["fitting: limbs", "texture", "inpaint"])
def test_a_cancelled_run_ends_within_a_second(warm, sample, stage):
    cancel, since = Event(), []

    def stop(what, done):
        if what == stage and not cancel.is_set():
            cancel.set()
            since.append(time.thread_time())

    with pytest.raises(Cancelled, match="cancelled while"):
        warm.pipeline.create(sample, progress=stop, cancel=cancel)
    assert time.thread_time() - since[0] < 1.0


def test_what_an_inpainter_raises_while_it_prepares_ends_the_work(warm, sample, monkeypatch):
    def fail(self, body, size):
        raise RuntimeError(f"no room for {size} texels")

    threads = torch.get_num_threads()
    monkeypatch.setattr(ExemplarInpainter, "prepare", fail)
    with pytest.raises(RuntimeError, match="no room for 128 texels"):
        warm.pipeline.create(sample)
    assert torch.get_num_threads() == threads


def test_a_run_that_is_cancelled_before_it_begins_does_nothing(warm, sample, monkeypatch):
    monkeypatch.setattr(pipeline, "read_sources", lambda *_, **__: pytest.fail("begun for nothing"))
    cancel = Event()
    cancel.set()
    with pytest.raises(Cancelled):
        warm.pipeline.create(sample, cancel=cancel)


def test_a_second_double_costs_no_loading_and_is_the_same(warm):
    assert sorted(warm.built) == ["body", "detector", "inpainter", "inpainter", "inpainter"], "one for each seed"
    again = warm.samples[0]
    assert torch.equal(again.texture.rgb, warm.first.texture.rgb)
    assert torch.equal(again.fit.pose.joints, warm.first.fit.pose.joints)


def test_samples_have_the_seeds_that_follow_and_differ_in_the_unseen_alone(warm):
    assert [double.metadata.seed for double in warm.samples] == [0, 1, 2]
    first, second, third = (double.texture for double in warm.samples)
    for other in (second, third):
        changed = (first.rgb != other.rgb).any(0)
        assert changed.any() and not (changed & (first.confidence > 0)).any()
    assert not torch.equal(second.rgb, third.rgb)


def test_further_photos_are_of_the_same_body_in_the_first_one_s_light(warm, sample):
    """The second photo shows the same in less light: nothing of that is to be seen. After it, one is as before."""
    told = []
    darker = (sample * 0.7).astype(np.uint8)
    both = warm.pipeline.create([sample, darker], progress=lambda what, done: told.append((what, done)))
    assert torch.equal(both.fit.shape.coefficients, warm.first.fit.shape.coefficients)
    assert torch.equal(both.fit.clothing.offsets, warm.first.fit.clothing.offsets), "the double is the first photo's"
    seen = warm.first.texture.confidence > 0
    assert (both.texture.confidence >= warm.first.texture.confidence).all()
    difference = (both.texture.rgb - warm.first.texture.rgb)[:, seen]
    assert difference.abs().mean() < 0.03 and abs(difference.mean()) < 0.01
    assert "fitting photo 2 of 2" in [what for what, _ in told]
    shares = [done for _, done in told]
    assert shares == sorted(shares)


def test_photos_are_blended_as_it_was_chosen(anny, sample, warm):
    """In the gradient domain; two times the same photo is that photo."""
    stages = Pipeline(quick(body=anny, blend="poisson")).stages([sample, sample])
    two = next(value for value in stages if isinstance(value, tuple))[0].texture
    seen = warm.partial.confidence > 0
    assert (two.confidence[seen] > 0).all()
    assert (warm.partial.rgb - two.rgb)[:, seen].abs().mean() < 0.03


def test_a_bust_ends_where_the_photo_does(anny, sample):
    upper = Pipeline(quick(body=anny, bust=True, inpainter="symmetry")).create(sample[: len(sample) * 45 // 100])
    assert upper.fit.faces is not None and len(upper.body.faces) < len(anny.faces)
    assert any("bust" in warning for warning in upper.metadata.warnings)
    full = Pipeline(quick(body=anny, bust=True, inpainter="symmetry")).create(sample)
    assert full.fit.faces is None and any("left nothing out" in warning for warning in full.metadata.warnings)


def test_a_box_is_a_place_in_the_first_photo(anny, sample):
    BOXES.clear()
    height, width = sample.shape[:2]
    config = quick(body=anny, detector=f"{__name__}:RecordingDetector", box=(0, 0, width, height))
    stages = Pipeline(config).stages([sample, sample])
    next(stages)
    stages.close()
    assert BOXES == [(0, 0, width, height), None]


def test_a_video_becomes_photos_and_the_double_says_which(anny, sample, tmp_path):
    height, width = (side // 4 * 2 for side in sample.shape[:2])
    still = np.asarray(Image.fromarray(sample).resize((width, height)))
    told = []
    double = create(
        write_video(tmp_path / "turn.mp4", [still] * 4),
        config=quick(body=anny, inpainter="symmetry"),
        progress=lambda what, done: told.append((what, done)),
    )
    note = double.metadata.warnings[0]
    assert double.metadata.photo_name.startswith("turn.mp4 at 0.")
    assert note.startswith("turn.mp4: took 1 of 4 frames: 0.") and "(front)" in note
    assert note in [what for what, _ in told]
    shares = [done for _, done in told]
    assert shares == sorted(shares)
