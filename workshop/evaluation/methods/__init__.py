"""The rows of the tables: what is made of a photo, and how it is drawn from elsewhere. `rows` finds them by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from bodydouble.values import Camera, Pose
from workshop.evaluation.cases import Case
from workshop.evaluation.truth import Truth

SEED = 0  # of every completion
PLAIN = "dinar-plain"  # the texture of "dinar", drawn without the neural renderer
DINAR = ("dinar", PLAIN)
HUMAN_SGD = ("no back view", "no guidance", "normals only", "silhouette only")  # of `digitize`: Human-SGD table 2
ABLATION = ("rgb only", "neural only", "both", "+ inpainting", "+ occlusion", "+ rgb tuning")  # DINAR table 2


@dataclass(frozen=True, kw_only=True)
class TargetView:
    """A true view that a method is to draw, cut to the square that is compared."""

    camera: Camera  # in the case's own world, of the square
    pose: Pose
    azimuth_deg: float  # relative to the input's: 0 is the side the photo shows
    truth: Truth  # only for placing what is no double and cannot be seen by a camera


class Drawable(Protocol):
    """What a method made of one person."""

    def draw(self, target: TargetView) -> Tensor:
        """4×H×W of the target's camera, [0, 1], straight alpha."""
        ...


class Method(Protocol):
    """Makes something of a photo that can be drawn from elsewhere."""

    def __call__(self, case: Case, /) -> Drawable:
        """Only the photo, the person and the fit are looked at."""
        ...
