"""How alike two pictures of one person are to the parser: labels, colours label by label, and features.

labels      share of the pixels that both cover whose likeliest label is the same
colour      CIELAB distance (1976) between the mean colours of the pixels that carry a label in the true picture
features    of the parser's encoder, at its four strides, scaled to unit length at each place: mean squared distance
            over the person. As LPIPS is made (Zhang et al., 2018), but without weights learned from judges, and
            never to be compared with it: the "parser distance"
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from bodydouble.geometry.window import Window
from bodydouble.parsing import Parser, parser
from bodydouble.parsing.at_photo import label_map
from bodydouble.parsing.builtin import read_parser
from bodydouble.parsing.labels import BACKGROUND, DRESS, HAIR, LOWER, OUTER, SHOES, SKIN, UPPER
from bodydouble.parsing.network import ParserNetwork
from bodydouble.parsing.windows import body_window
from bodydouble.values import Person, Photo

COLOURS = {"hair": (HAIR,), "skin": (SKIN,), "top": (UPPER, OUTER, DRESS), "bottom": (LOWER,), "shoes": (SHOES,)}
_LEAST_PIXELS = 200  # of a label, for its mean colour to say anything
_SIDE = 448  # pixels of what the encoder is shown: the parser's own size for whole bodies


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How alike the two pictures are."""

    labels: float  # [0, 1]
    colours: dict[str, float | None]  # by a name of `COLOURS`, CIELAB; None where there is too little of it
    distance: float  # at least 0


class ParsedMeasures:
    """Takes the measures; the parser is read when it is first needed."""

    def compare(self, drawn: Tensor, photo: Photo, person: Person) -> Agreement:
        """Compare a drawing with the photo that it is laid over.

        Args:
            drawn: 4×H×W, [0, 1], straight alpha.
            photo: H×W.
            person: in the photo.
        """
        picture = _on_white(drawn[:3], drawn[3])
        truth = _on_white(photo.rgb, person.mask)
        alike = Person(mask=drawn[3], landmarks=person.landmarks, landmarks_world=person.landmarks_world)
        labels, true_labels = self._labels(picture, alike), self._labels(truth, person)
        shared = ((drawn[3] > 0.5) & (person.mask > 0.5)).numpy() & (true_labels != BACKGROUND)
        return Agreement(
            labels=float((labels == true_labels)[shared].mean()) if shared.any() else 0.0,
            colours={
                name: _colour_distance(picture, truth, shared & np.isin(true_labels, chosen))
                for name, chosen in COLOURS.items()
            },
            distance=self._distance(picture, truth, body_window(person), torch.maximum(drawn[3], person.mask)),
        )

    def _labels(self, rgb: Tensor, person: Person) -> np.ndarray:
        return label_map(self._parse(Photo(rgb=rgb), person), (rgb.shape[1], rgb.shape[2]))

    @torch.no_grad()
    def _distance(self, picture: Tensor, truth: Tensor, window: Window, mask: Tensor) -> float:
        views = torch.stack([_view(picture, window), _view(truth, window)])
        person = _view(mask[None], window)[None]
        distances = []
        for level in self._network.encoder(views):
            first, second = functional.normalize(level, dim=1)
            weight = functional.interpolate(person, level.shape[-2:], mode="area")[0, 0]
            distances.append(((first - second).square().sum(0) * weight).sum() / weight.sum().clamp_min(1e-6))
        return float(torch.stack(distances).mean())

    @cached_property
    def _parse(self) -> Parser:
        return parser()

    @cached_property
    def _network(self) -> ParserNetwork:
        return read_parser()


def _on_white(rgb: Tensor, alpha: Tensor) -> Tensor:
    return rgb * alpha + 1 - alpha


def _view(planes: Tensor, window: Window) -> Tensor:
    """C×_SIDE×_SIDE of C×H×W."""
    return torch.stack([torch.from_numpy(window.view(np.ascontiguousarray(plane.numpy()), _SIDE)) for plane in planes])


def _colour_distance(picture: Tensor, truth: Tensor, chosen: np.ndarray) -> float | None:
    """CIELAB, of the mean colours of the chosen pixels, H×W bool; None where they are too few."""
    if chosen.sum() < _LEAST_PIXELS:
        return None
    first, second = (_lab(each)[chosen].mean(0) for each in (picture, truth))
    return float(np.linalg.norm(first - second))


def _lab(rgb: Tensor) -> np.ndarray:
    """H×W×3."""
    image: np.ndarray = np.ascontiguousarray(rgb.permute(1, 2, 0).numpy(), dtype=np.float32)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB))
