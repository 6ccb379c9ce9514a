"""Who is measured: people with views that are true, and the data sets they come from.

A data set's views are made or read when they are asked for: ninety of them are never in memory together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from bodydouble import plugins
from bodydouble.body import BodyModel
from bodydouble.errors import InputError
from bodydouble.values import BodyShape, Camera, Mesh, Photo, Pose

TURNING, VARIED = "turning", "varied"  # the sets of people: A-pose as in SnapshotPeople, any pose as in THuman2.0


@dataclass(frozen=True, kw_only=True)
class TrueView:
    """One true picture of a person."""

    rgb: Tensor  # 3×H×W, [0, 1], the photograph with its background
    mask: Tensor  # H×W, [0, 1], how much of each pixel the person covers
    azimuth_deg: float  # 0 looks at the front, positive turns the camera to the person's left
    camera: Camera | None = None  # true; None for real photographs, whose camera nobody knows
    pose: Pose | None = None  # true, in the world of `camera`; None where it is unknown
    mesh: Callable[[], Mesh] | None = None  # true, closed, with all that is worn, likewise; made when it is asked for
    face_box: tuple[int, int, int, int] | None = None  # left, top, right, bottom in pixels; None: no face is seen

    def photo(self, name: str) -> Photo:
        """What a method is shown: the picture and nothing else."""
        return Photo(rgb=self.rgb, name=name)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One person. `view` and those in `others` draw or read the view at an azimuth of `azimuths_deg`."""

    name: str  # also a file name
    cluster: str  # what other people share with this one (the outfit): confidence intervals are clustered by it
    azimuths_deg: tuple[float, ...]  # of the views that there are; a drawn person's can be anything
    view: Callable[[float], TrueView]
    others: tuple[Callable[[float], TrueView], ...] = ()  # the same person, dressed and lit alike, in other poses
    shape: BodyShape | None = None  # true; None where it is unknown
    surface: Tensor | None = None  # N×3, metres: true points in the world of the views' cameras, of a scan
    anywhere: bool = False  # `view` takes any azimuth, not only those listed

    def nearest(self, azimuth_deg: float, within_deg: float = 45.0) -> float | None:
        """The azimuth there is a view of that is nearest to the wanted one; None where none is near."""
        if self.anywhere:
            return azimuth_deg
        best = min(self.azimuths_deg, key=lambda azimuth: between_deg(azimuth, azimuth_deg), default=None)
        return best if best is not None and between_deg(best, azimuth_deg) <= within_deg else None


def between_deg(first: float, second: float) -> float:
    """The angle between two azimuths, 0 to 180 degrees."""
    return abs((first - second + 180) % 360 - 180)


class Dataset(Protocol):
    """People to measure with. Opened anew in every process."""

    name: str
    sets: Mapping[str, tuple[str, ...]]  # names of the people in `TURNING` and `VARIED`, where there are such people

    def subject(self, name: str) -> Subject:
        """The person of that name."""
        ...


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where the people come from, as the command line tells it."""

    dataset: str = "synthetic"  # a name in `DATASETS`, or module:attribute
    folder: Path | None = None  # of a real data set
    wardrobe: Path | None = None  # of the synthetic people
    split: str = "test"


DATASETS = {
    "synthetic": "workshop.evaluation.datasets.synthetic:SyntheticPeople",
    "snapshot-people": "workshop.evaluation.datasets.snapshot:SnapshotPeople",
    "azure-people": "workshop.evaluation.datasets.azure:AzurePeople",
    "thuman": "workshop.evaluation.datasets.thuman:ThumanScans",
}


def open_dataset(source: Source, body: BodyModel) -> Dataset:
    """The data set that `source` names.

    Raises:
        InputError: no such data set, or its folder will not do.
    """
    dataset: Dataset = plugins.resolve(source.dataset, DATASETS, "data set")(source, body)
    if not any(dataset.sets.values()):
        raise InputError(f"the data set {dataset.name} has nobody in it; give the folder that its people are in")
    return dataset
