"""People of labelled photographs, fitted, with what is completed of them when part of what was seen is hidden.

photo ── the pipeline, up to the surfaces ──▶ fit, partial texture of 256² ── hide ──▶ completions of `exemplar`

Of pairs of photographs, front and back, what the back alone shows is hidden: of those there is a truth behind.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor
from tqdm import tqdm

from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from bodydouble.files import check_parent, remove_leftovers
from bodydouble.inpaint import Inpainter, inpainter
from bodydouble.pipeline import Pipeline, next_value
from bodydouble.provenance import measure_figures
from bodydouble.texture.foreign import without_texels
from bodydouble.texture.misplaced import find_locks
from bodydouble.texture.multi_view import project_and_merge
from bodydouble.texture.square_view import square_view
from bodydouble.values import FittedView, Surface, Texture
from workshop.training.completion.hiding import hide_texels
from workshop.training.completion.records import (
    BEHIND,
    HELD_OUT,
    LEFT_OUT,
    Completion,
    SeenPerson,
    read_left_out,
    write_person,
)
from workshop.training.parsing.pictures import photo_numbers

TEXELS = 256  # a side: what the networks see
_PHOTO_SIDE = 256  # pixels of the square that is kept of a photo
_LEAST_IOU = 0.9  # of the outline of all surfaces with the person's mask; what is fitted worse teaches wrong places
_LEAST_SHARE = 0.05  # of what was seen, that a hiding has to hide
_AZIMUTHS = (30.0, 75.0)  # degrees to either side, least and most: beyond that too little is left to go by


class PeopleGatherer:
    """Makes `SeenPerson`s of photographs; what it needs is loaded once."""

    def __init__(self) -> None:
        """Load the pipeline and both inpainters."""
        self._pipeline = Pipeline(CreateConfig(texture_size=TEXELS))
        self._exemplar, self._symmetry = inpainter("exemplar", seed=0), inpainter("symmetry")

    def gather(self, photos: Path, number: str) -> SeenPerson:
        """The person of one photograph.

        Raises:
            InputError: it shows nobody, or the fit is not good enough to learn from.
        """
        path = photos / "photos" / f"{number}.jpg"
        stages = self._pipeline.stages(path)
        view = next_value(stages, FittedView)
        surfaces: tuple[Surface, ...] = next_value(stages, tuple)
        self._check_outline(view, surfaces)
        skin, *worn = surfaces
        view = find_locks(view, worn, self._pipeline.body)
        rng = random.Random(int(number))
        azimuths = [side * rng.uniform(*_AZIMUTHS) for side in (1, -1)]
        completions = [self._complete_side(view, skin, azimuth, number.endswith(HELD_OUT)) for azimuth in azimuths]
        return self._describe(number, view, skin, [each for each in completions if each is not None])

    def gather_pair(self, pairs: Path, name: str, number: str) -> SeenPerson:
        """The person of `NAME_front.jpg`, completed from that alone, and what `NAME_back.jpg` shows besides.

        Args:
            pairs: a folder of pairs.
            number: what the person is called.

        Raises:
            InputError: as `gather`.
        """
        stages = self._pipeline.stages([pairs / f"{name}_front.jpg", pairs / f"{name}_back.jpg"])
        front, back = next_value(stages, FittedView), next_value(stages, FittedView)
        surfaces: tuple[Surface, ...] = next_value(stages, tuple)
        for view in (front, back):
            self._check_outline(view, surfaces)
        skin, *worn = surfaces
        front = find_locks(front, worn, self._pipeline.body)
        given = project_and_merge([front], self._pipeline.body, TEXELS).texture.confidence > 0
        hidden = (skin.texture.confidence > 0) & ~given
        partial = without_texels(skin.texture, hidden)
        completion = self._complete(front, skin, partial, hidden, BEHIND, number.endswith(HELD_OUT))
        return self._describe(number, front, skin, [completion])

    def _check_outline(self, view: FittedView, surfaces: tuple[Surface, ...]) -> None:
        iou = measure_figures(view.fit, view, surfaces, self._pipeline.body).silhouette_iou
        if iou < _LEAST_IOU:
            raise InputError(f"outline {iou:.3f}")

    def _describe(self, number: str, view: FittedView, skin: Surface, completions: Sequence[Completion]) -> SeenPerson:
        square, texture = square_view(view, self._pipeline.body, _PHOTO_SIDE), skin.texture
        assert texture.labels is not None
        return SeenPerson(
            number=number,
            photo=square.rgb,
            mask=square.mask,
            uv=square.uv,
            rgb=texture.rgb,
            confidence=texture.confidence,
            labels=texture.labels,
            completions=tuple(completions),
        )

    def _complete_side(self, view: FittedView, skin: Surface, azimuth: float, judged: bool) -> Completion | None:
        """What is made of a person of whom a side is hidden; None where that is next to nothing."""
        hiding = hide_texels(view, skin.texture, self._pipeline.body, azimuth)
        if hiding.hidden.sum() < _LEAST_SHARE * (skin.texture.confidence > 0).sum():
            return None
        return self._complete(hiding.view, skin, hiding.partial, hiding.hidden, azimuth, judged)

    def _complete(
        self, view: FittedView, skin: Surface, partial: Texture, hidden: Tensor, azimuth: float, judged: bool
    ) -> Completion:
        """What the inpainters make of a partial texture; `symmetry` of those alone that are judged."""
        surface = replace(skin, texture=partial)

        def ask(inpaint: Inpainter) -> Surface:
            return inpaint([surface], [view], self._pipeline.body)[0]

        texture = ask(self._exemplar).texture
        assert texture.labels is not None
        return Completion(
            azimuth=azimuth,
            hidden=hidden,
            exemplar=texture.rgb,
            labels=texture.labels,
            symmetry=ask(self._symmetry).texture.rgb if judged else None,
        )


def gather_people(photos: Path, folder: Path, count: int | None = None, seed: int = 0) -> None:
    """Gather people of labelled photographs into a folder, in random order; those that are there are not made again.

    Args:
        photos: a folder of labelled photographs, as `training.parsing` learns from. Those that it measures with are
            measured with here, too.
        folder: made where its parent exists.
        count: of people in the folder, at which to stop; None: all.
        seed: of the order.

    Raises:
        InputError: a folder does not exist or cannot be used.
    """
    if not (photos / "look.txt").is_file():
        raise InputError(f"{photos} is no folder of labelled photographs: it holds no look.txt")
    numbers = sorted(photo_numbers(photos) + photo_numbers(photos, measured=True))
    _gather_all(numbers, lambda each, number: each.gather(photos, number), folder, count, seed)


def gather_pairs(pairs: Path, folder: Path, count: int | None = None, seed: int = 0) -> None:
    """The same of people whose back another photograph shows: `NAME_front.jpg`, `NAME_back.jpg`."""
    names = sorted(path.name.removesuffix("_front.jpg") for path in pairs.glob("*_front.jpg"))
    if not names:
        raise InputError(f"{pairs} is no folder of pairs: it holds no NAME_front.jpg")
    called = {f"pair{row:02d}": name for row, name in enumerate(names)}
    _gather_all(
        sorted(called), lambda each, number: each.gather_pair(pairs, called[number], number), folder, count, seed
    )


def _gather_all(
    numbers: list[str],
    gather: Callable[[PeopleGatherer, str], SeenPerson],
    folder: Path,
    count: int | None,
    seed: int,
) -> None:
    """People of all numbers, in random order, into a folder; those that were tried before are not tried again."""
    check_parent(folder)
    folder.mkdir(exist_ok=True)
    remove_leftovers(folder)
    random.Random(seed).shuffle(numbers)
    done = {path.stem for path in folder.glob("*.safetensors")}
    left_out = read_left_out(folder)
    waiting = [number for number in numbers if number not in done and number not in left_out]
    gatherer = PeopleGatherer()
    for number in tqdm(waiting, disable=None):
        if count is not None and len(done) >= count:
            break
        try:
            write_person(gather(gatherer, number), folder)
            done.add(number)
        except InputError as error:
            with (folder / LEFT_OUT).open("a", encoding="utf-8") as file:
                file.write(f"{number}\t{' '.join(str(error).split())}\n")
