"""What every method of one row of a table shares: the photo, the person seen in it, and the body placed in it.

Fits take seconds and do not depend on the method, so they are kept in files and found again by a second run. A file
counts as long as the photo and the code that made it are the same.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

import bodydouble
from bodydouble.body import BodyModel
from bodydouble.clothing.offsets import clothe
from bodydouble.create_config import CreateConfig
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.fit_tensors import fit_from_tensors, fit_to_tensors
from bodydouble.fitting.fit import fit_body
from bodydouble.inpaint import Inpainter
from bodydouble.person import detector
from bodydouble.surface.skeleton import body_surface
from bodydouble.texture.multi_view import MergedTexture, fill_rims, project_and_merge, refine_to_photos
from bodydouble.texture.size import ORDINARY_TEXELS
from bodydouble.values import LANDMARK_COUNT, BodyFit, Camera, Clothing, FittedView, Mesh, Person, Photo, Texture
from workshop.evaluation.datasets import Subject, TrueView
from workshop.fingerprints import code_fingerprint

_ROOT = Path(bodydouble.__file__).parent
_MAKES_FITS = tuple(_ROOT / folder for folder in ("geometry", "raster", "person", "body", "fitting", "clothing"))
LIBRARY = (_ROOT,)
REFINE_ROUNDS = CreateConfig().refine_rounds
WORKSHOP = tuple(Path(__file__).parents[1] / folder for folder in ("evaluation", "measures", "synthesis"))


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input photo and what is known of it before anything is painted."""

    photo: Photo
    person: Person
    fit: BodyFit  # clothed
    body: BodyModel
    azimuth_deg: float  # from which the photo was taken
    true: bool = False  # whether shape, pose, camera and mask are the true ones
    true_mesh: Callable[[], Mesh] | None = None  # of that, all that is worn with it, as it stands there
    true_camera: Camera | None = None  # of the photo, where it is known: for comparing, not for painting
    painted: dict[str, Texture] = field(default_factory=dict, compare=False, repr=False)  # what several rows draw

    @property
    def view(self) -> FittedView:
        """The photo with what is seen in it."""
        return FittedView(photo=self.photo, person=self.person, fit=self.fit)

    @functools.cached_property
    def merged(self) -> MergedTexture:
        """What the photo shows of the texture; every inpainter starts from it."""
        return project_and_merge([self.view], self.body, ORDINARY_TEXELS)

    def complete(self, inpaint: Inpainter, refine_rounds: int = REFINE_ROUNDS, rims: bool = True) -> Texture:
        """The texture as `create` makes it with that inpainter.

        Args:
            refine_rounds: as in `CreateConfig`.
            rims: whether the rim of what was seen is taken from the photo.
        """
        observed = refine_to_photos(self.merged, [self.view], self.body, refine_rounds)
        texture = inpaint((body_surface(self.fit, self.body, observed),), [self.view], self.body)[0].texture
        return fill_rims(texture, self.merged) if rims else texture


@dataclass(frozen=True, kw_only=True)
class Fits:
    """Makes fits, or finds those already made."""

    folder: Path
    body: BodyModel

    def estimate(self, name: str, view: TrueView) -> Case:
        """As for a photo of which nothing is known: detector, fit, clothing.

        Raises:
            NoPersonFound: the detector sees nobody.
        """
        photo = view.photo(name)

        def make() -> tuple[Person, BodyFit]:
            person = detector()(photo)
            return person, clothe(fit_body(person, photo, self.body), person, self.body)

        return self._case(f"{name}-estimated", photo, view, make)

    def from_truth(self, name: str, subject: Subject, view: TrueView) -> Case:
        """With the true shape, pose, camera and mask; only the clothing is estimated, to cover the true mask.

        Raises:
            InputError: the data set does not know them.
        """
        shape, pose, camera = subject.shape, view.pose, view.camera
        if shape is None or pose is None or camera is None:
            raise InputError(f"the true body of {subject.name} is not known; leave out the tables with true geometry")
        photo = view.photo(name)

        def make() -> tuple[Person, BodyFit]:
            unseen = torch.full((LANDMARK_COUNT, 3), torch.nan)
            person = Person(mask=view.mask, landmarks=torch.zeros(LANDMARK_COUNT, 3), landmarks_world=unseen)
            count = int(self.body.faces.max()) + 1
            bare = Clothing(offsets=torch.zeros(count, 3), leg_blend=torch.zeros(count))
            bare_fit = BodyFit(shape=shape, pose=pose, camera=camera, clothing=bare)
            return person, clothe(bare_fit, person, self.body)

        return replace(self._case(f"{name}-true", photo, view, make), true=True, true_mesh=view.mesh)

    def register(self, name: str, case: Case, view: TrueView) -> BodyFit:
        """The case's own body, found again in another photo: its pose and camera there.

        Raises:
            NoPersonFound: the detector sees nobody.
        """
        photo = view.photo(name)

        def make() -> tuple[Person, BodyFit]:
            person = detector()(photo)
            return person, fit_body(person, photo, self.body, previous=case.fit)

        return self._load_or_make(f"{name}-registered", photo, make)[1]

    def _case(self, name: str, photo: Photo, view: TrueView, make: Callable[[], tuple[Person, BodyFit]]) -> Case:
        person, fit = self._load_or_make(name, photo, make)
        return Case(
            photo=photo,
            person=person,
            fit=fit,
            body=self.body,
            azimuth_deg=view.azimuth_deg,
            true_camera=view.camera,
        )

    def _load_or_make(
        self, name: str, photo: Photo, make: Callable[[], tuple[Person, BodyFit]]
    ) -> tuple[Person, BodyFit]:
        path = self.folder / f"{name}.safetensors"
        pixels = (photo.rgb * 255).round().byte().numpy().tobytes()
        stamp = hashlib.sha256(pixels + code_fingerprint(_MAKES_FITS).encode()).hexdigest()
        result = _read(path, stamp)
        if result is None:
            person, fit = make()
            # Rounded as the file rounds it, so that a second run repeats the first.
            result = replace(person, mask=(person.mask * 255).round() / 255), fit
            _write(path, stamp, *result)
        return result


def _write(path: Path, stamp: str, person: Person, fit: BodyFit) -> None:
    tensors = {
        "person.mask": (person.mask * 255).round().byte(),
        "person.landmarks": person.landmarks,
        "person.landmarks_world": person.landmarks_world,
        **fit_to_tensors(fit),
    }
    with whole_file(path) as temporary:
        save_file({n: t.detach().contiguous().clone() for n, t in tensors.items()}, temporary, {"stamp": stamp})


def _read(path: Path, stamp: str) -> tuple[Person, BodyFit] | None:
    """What the file holds; None where there is none, or it was made from something else."""
    if not path.exists():
        return None
    with safe_open(path, "pt") as file:
        if (file.metadata() or {}).get("stamp") != stamp:
            return None
        tensors: dict[str, Tensor] = {name: file.get_tensor(name) for name in file.keys()}
    person = Person(
        mask=tensors["person.mask"].float() / 255,
        landmarks=tensors["person.landmarks"],
        landmarks_world=tensors["person.landmarks_world"],
    )
    return person, fit_from_tensors(tensors)
