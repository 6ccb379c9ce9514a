"""The parser that ships: one network looks at the whole person, and again at the head, where a body's view is coarse.

photo, person -> squares of body and head -> network, on each and on its mirror image -> blended
              -> the detector's mask as a prior -> Understanding
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import grid_sample, normalize

from bodydouble.errors import InputError
from bodydouble.geometry.window import Window, photo_pixels
from bodydouble.nn.store import load_modules, read_header
from bodydouble.parsing.labels import BACKGROUND, LABELS
from bodydouble.parsing.network import ParserNetwork
from bodydouble.parsing.windows import body_window, grow_window, head_window
from bodydouble.values import Person, Photo, Understanding
from bodydouble.weights import find_weights

WEIGHTS = "parser"  # name in `weights.SHIPPED`
KIND = "parser"  # what the file's header says that it holds

_BODY_PX, _HEAD_PX = 448, 320  # sides of what the network is shown
_MOST_GROWTHS = 2  # of the body's square, where the person goes on beyond it
_GRID = 576  # pixels a side of what comes out: those of the head's view, over a whole body
_MASK_SAY = 0.8  # exponent of the mask's odds; with 0 outstretched arms are lost and red chairs are skin, 1.2 is alike
_MASK_SURE = 0.95  # at most: the network may overrule the mask
_MASK_BLUR = 1 / 300  # standard deviation of the mask's blur, as a share of the square's side
_FEATHER = 0.2  # share of the head's square at each side over which the body's view takes over


class BuiltinParser:
    """See `bodydouble.parsing.Parser`."""

    def __init__(self, weights: str | Path = WEIGHTS) -> None:
        """Read the network; `weights` is a name in `weights.SHIPPED` or a .safetensors file.

        Raises:
            InputError: there are no such weights, or they are not a parser's.
        """
        self._network = read_parser(weights)

    @torch.no_grad()
    def __call__(self, photo: Photo, person: Person) -> Understanding:
        """Labels and normals; half a second on one core."""
        image = photo_pixels(photo)
        body = body_window(person)
        planes = self._look(image, body, _BODY_PX)
        for _ in range(_MOST_GROWTHS):
            larger = grow_window(body, 1 - planes[BACKGROUND], photo.size)
            if larger == body:
                break
            body, planes = larger, self._look(image, larger, _BODY_PX)
        blended = resampled(planes, body, body, _GRID)
        head = head_window(person)
        if head is not None:
            close = resampled(self._look(image, head, _HEAD_PX), head, body, _GRID)
            weight = resampled(_feathered(_HEAD_PX // 2), head, body, _GRID)
            blended = torch.lerp(blended, close, weight)
        return Understanding(
            labels=with_mask(blended[: len(LABELS)], person, body),
            normals=normalize(blended[len(LABELS) :], dim=0),
            left=body.left,
            top=body.top,
            side=body.side,
        )

    def _look(self, image: np.ndarray, window: Window, size: int) -> Tensor:
        """(L + 3)×size/2×size/2: probabilities and normals of a window, means of what it and its mirror image give."""
        view = torch.from_numpy(window.view(image, size)).permute(2, 0, 1).float() / 255
        both = torch.stack([view, view.flip(2)]).contiguous(memory_format=torch.channels_last)
        logits, normals = self._network(both)
        chances = logits.softmax(1)
        mirrored = normals[1].flip(2) * normals.new_tensor([-1, 1, 1])[:, None, None]
        return torch.cat([(chances[0] + chances[1].flip(2)) / 2, (normals[0] + mirrored) / 2])


def read_parser(weights: str | Path = WEIGHTS) -> ParserNetwork:
    """The network of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a parser's with these labels.
    """
    file = find_weights(weights)
    header, _ = read_header(file.path)
    if header.kind != KIND or header.source.get("labels") != ", ".join(LABELS):
        raise InputError(f"{file.path} holds no parser of this version; give weights that its training exported")
    with torch.device("meta"):
        network = ParserNetwork()
    load_modules(file, KIND, {"": network}, "cpu")
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def with_mask(chances: Tensor, person: Person, window: Window) -> Tensor:
    """L×S×S probabilities of a window in which the person's mask speaks for and against the background."""
    size = chances.shape[-1]
    mask = cv2.GaussianBlur(window.view(person.mask.numpy(), size), (0, 0), size * _MASK_BLUR)
    odds = torch.from_numpy(mask).clamp(1 - _MASK_SURE, _MASK_SURE).logit()
    logits = chances.clamp_min(1e-4).log()
    logits[BACKGROUND] -= _MASK_SAY * odds
    return logits.softmax(0)


def resampled(planes: Tensor, source: Window, target: Window, size: int) -> Tensor:
    """C×S×S planes of one window as C×size×size planes of another; 0 outside the first."""
    place = (torch.arange(size) + 0.5) / size * target.side
    across = (place + target.left - source.left) / source.side * 2 - 1
    down = (place + target.top - source.top) / source.side * 2 - 1
    grid = torch.stack(torch.meshgrid(across, down, indexing="xy"), -1)
    padding = "border" if source == target else "zeros"
    return grid_sample(planes[None], grid[None], padding_mode=padding, align_corners=False)[0]


def _feathered(size: int) -> Tensor:
    """1×size×size: 1 in the middle, falling to 0 at the edges."""
    place = (torch.arange(size) + 0.5) / size
    ramp = (torch.minimum(place, 1 - place) / _FEATHER).clamp(0, 1)
    return torch.minimum(ramp[:, None], ramp[None])[None]
