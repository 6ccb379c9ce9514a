"""The parser that ships: one network looks at the whole person, and again at the head, where a body's view is coarse.

photo, person -> squares of body and head -> network, on each and on its mirror image -> blended
              -> the detector's mask as a prior -> hats, where the style says so
              -> garments' names and what is carried, from the whole person's square -> one name for one cloth
              -> along the photo's edges -> skin or cloth, by colour -> Understanding
features of both squares and of the feet's -> style, and where in the head's square a hat is
that, and the body that was fitted to it -> the same encoder, further heads -> FarSide
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, grid_sample, interpolate

from bodydouble.errors import InputError
from bodydouble.geometry.camera import project
from bodydouble.geometry.lengths import normalise
from bodydouble.geometry.window import Window, photo_pixels, size_of
from bodydouble.nn.store import load_modules, read_header
from bodydouble.parsing.far_body import draw_far_body
from bodydouble.parsing.far_network import FarNetwork, NearSide, ShapeHead, label_chances
from bodydouble.parsing.garment_names import read_garment_networks, tell_garments
from bodydouble.parsing.garment_network import NAME as GARMENT_WEIGHTS
from bodydouble.parsing.garments import GARMENTS, name_cloth
from bodydouble.parsing.hat_network import HATS, read_hat_head
from bodydouble.parsing.hats import doubt_hat, put_on_hat, wears_hat
from bodydouble.parsing.labels import BACKGROUND, LABELS
from bodydouble.parsing.mask_prior import with_mask
from bodydouble.parsing.name_network import NAME as NAME_WEIGHTS
from bodydouble.parsing.network import ParserNetwork
from bodydouble.parsing.one_name import join_names
from bodydouble.parsing.photo_edges import follow_edges
from bodydouble.parsing.skin_or_cloth import part_skin
from bodydouble.parsing.style import STYLE, read_style_head
from bodydouble.parsing.style_views import Look, look_at, pool_views
from bodydouble.parsing.windows import body_window, grow_window, head_window, whole_body_window
from bodydouble.values import Camera, FarSide, Mesh, Person, Photo, ShapeEstimate, Understanding
from bodydouble.weights import find_weights

WEIGHTS = "parser"  # name in `weights.SHIPPED`
KIND = "parser"  # what the file's header says that it holds
FAR, SHAPE = "far", "shape"  # first parts of the names of the further heads' tensors

BODY_PX, HEAD_PX = 448, 320  # sides of what the network is shown
FAR_PX, SHAPE_PX = 352, 256  # and of what its further heads are: the sizes that they were trained with
_MOST_GROWTHS = 2  # of the body's square, where the person goes on beyond it
_GRID = 576  # pixels a side of what comes out: those of the head's view, over a whole body
_FEATHER = 0.2  # share of the head's square at each side over which the body's view takes over


class BuiltinParser:
    """See `bodydouble.parsing.Parser`."""

    def __init__(
        self,
        weights: str | Path = WEIGHTS,
        style: str | Path = STYLE,
        hats: str | Path = HATS,
        garments: str | Path = GARMENT_WEIGHTS,
        names: str | Path = NAME_WEIGHTS,
    ) -> None:
        """Read the networks; the arguments are names in `weights.SHIPPED` or .safetensors files.

        Raises:
            InputError: there are no such weights, or they are others': a parser's, a style, a hat and a garment head's,
                and a name network's.
        """
        self._networks = read_networks(weights)
        self._style = read_style_head(style)
        self._hats = read_hat_head(hats)
        self._garments = read_garment_networks(garments, names)

    @torch.no_grad()
    def __call__(self, photo: Photo, person: Person) -> Understanding:
        """Labels, normals, style and garments; about a second of one core."""
        image = photo_pixels(photo)
        body, head = self._look_at_person(image, person)
        window = body.window
        planes = mean_of_both(body)
        blended = resampled(planes, window, window, _GRID)
        if head is not None:
            close = resampled(mean_of_both(head), head.window, window, _GRID)
            weight = resampled(_feathered(HEAD_PX // 2), head.window, window, _GRID)
            blended = torch.lerp(blended, close, weight)
        style = doubt_hat(self._style.estimate(self._pool_style(image, person, body, head)), person)
        labels = with_mask(blended[: len(LABELS)], person, window)
        if head is not None and wears_hat(style):
            labels = put_on_hat(labels, resampled(self._find_hat(head)[None], head.window, window, _GRID)[0])
        told = tell_garments(self._garments, body, planes[BACKGROUND])
        garments, carried = resampled(told, window, window, _GRID).split([len(GARMENTS), 1])
        picture = window.view(image, _GRID)
        garments = join_names(labels, garments, picture)
        labels = part_skin(follow_edges(name_cloth(labels, garments, carried[0]), picture), picture)
        return Understanding(
            labels=labels,
            normals=normalise(blended[len(LABELS) :], 0),
            left=window.left,
            top=window.top,
            side=window.side,
            shape=self._estimate_shape(image, window),
            style=style,
            garments=garments,
        )

    def _find_hat(self, head: Look) -> Tensor:
        """h×w chances, means of what the head's square and its mirror image give."""
        chances = self._hats(head.taps).sigmoid()
        return (chances[0] + chances[1].flip(1)) / 2

    @torch.no_grad()
    def style_features(self, photo: Photo, person: Person) -> dict[str, Tensor]:
        """What the style's head is shown of a person, N×C by view: what it is trained with."""
        image = photo_pixels(photo)
        return self._pool_style(image, person, *self._look_at_person(image, person))

    def _look_at_person(self, image: np.ndarray, person: Person) -> tuple[Look, Look | None]:
        """The person's square, which grows where the person goes on beyond it, and the head's."""
        body = self._look(image, body_window(person), BODY_PX)
        for _ in range(_MOST_GROWTHS):
            larger = grow_window(body.window, 1 - mean_of_both(body)[BACKGROUND], size_of(image))
            if larger == body.window:
                break
            body = self._look(image, larger, BODY_PX)
        head = head_window(person)
        return body, None if head is None else self._look(image, head, HEAD_PX)

    def _pool_style(self, image: np.ndarray, person: Person, body: Look, head: Look | None) -> dict[str, Tensor]:
        return pool_views(self._networks.near, person, body, head, partial(self._image, image))

    @torch.no_grad()
    def far_side(self, photo: Photo, understanding: Understanding, mesh: Mesh, camera: Camera) -> FarSide:
        """What is on the far side; a fifth of a second on one core."""
        square = Window(understanding.left, understanding.top, understanding.side)
        window = whole_body_window(square, project(mesh.vertices, camera)[:, :2])
        image = self._image(photo_pixels(photo), window, FAR_PX)
        body = draw_far_body(mesh, camera, window, FAR_PX // 2)[None]
        near = _near_side(image, understanding, window)
        far = self._networks.far(self._networks.near.encoder(image), near, body)
        chances = label_chances(far.logits, near.labels)
        planes = torch.cat([chances, far.normals, far.colour, far.front_only.sigmoid()[:, None]], 1)[0]
        planes = resampled(planes, window, square, understanding.labels.shape[-1])
        chances, normals, colour, front_only = planes.split([len(LABELS), 3, 3, 1])
        background = understanding.labels[BACKGROUND]
        labels = chances / chances.sum(0).clamp_min(1e-6) * (1 - background)
        labels[BACKGROUND] = background
        return FarSide(
            labels=labels,
            normals=normalise(normals, 0),
            colour=colour.clamp(0, 1),
            front_only=front_only[0],
            left=square.left,
            top=square.top,
            side=square.side,
        )

    def _estimate_shape(self, image: np.ndarray, window: Window) -> ShapeEstimate:
        near = self._networks.near
        taps = near.encoder(self._image(image, window, SHAPE_PX))
        person = 1 - near.near_side(taps)[0].softmax(1)[:, BACKGROUND : BACKGROUND + 1]
        mean, log_variance = self._networks.shape(taps, person)
        return ShapeEstimate(mean=mean[0].clamp(0, 1), deviation=(log_variance[0] / 2).exp())

    @staticmethod
    def _image(image: np.ndarray, window: Window, size: int) -> Tensor:
        """1×3×size×size in [0, 1] of an H×W×3 uint8 image's window."""
        view = torch.from_numpy(window.view(image, size)).permute(2, 0, 1).float() / 255
        return view[None].contiguous(memory_format=torch.channels_last)

    def _look(self, image: np.ndarray, window: Window, size: int) -> Look:
        """What the network makes of a window and of its mirror image."""
        view = self._image(image, window, size)
        return look_at(self._networks.near, torch.cat([view, view.flip(3)]), window)


class ParserNetworks(NamedTuple):
    """All of a parser's networks: one encoder, which is `near`'s, and the heads on it."""

    near: ParserNetwork
    far: FarNetwork
    shape: ShapeHead


def read_networks(weights: str | Path = WEIGHTS) -> ParserNetworks:
    """The networks of a file of weights, ready to be used.

    Raises:
        InputError: there are no such weights, or they are not a parser's with these labels.
    """
    file = find_weights(weights)
    header, _ = read_header(file.path)
    if header.kind != KIND or header.source.get("labels") != ", ".join(LABELS):
        raise InputError(f"{file.path} holds no parser of this version; give weights that its training exported")
    with torch.device("meta"):
        networks = ParserNetworks(ParserNetwork(), FarNetwork(), ShapeHead())
    load_modules(file, KIND, {"": networks.near, FAR: networks.far, SHAPE: networks.shape}, "cpu")
    return ParserNetworks(*(network.to(memory_format=torch.channels_last) for network in networks))  # type: ignore[call-overload]


def read_parser(weights: str | Path = WEIGHTS) -> ParserNetwork:
    """Of these, what looks at the near side. Raises as `read_networks`."""
    return read_networks(weights).near


def _near_side(image: Tensor, understanding: Understanding, window: Window) -> NearSide:
    """The near side at half the size of the window's image (1×3×S×S); beyond its square background."""
    small = avg_pool2d(image, 2)
    square, size = Window(understanding.left, understanding.top, understanding.side), small.shape[-1]
    planes = torch.cat([understanding.labels, understanding.normals])
    reduced = interpolate(planes[None], (size, size), mode="area")[0]
    labels, normals = resampled(reduced, square, window, size)[None].split([len(LABELS), 3], 1)
    labels[:, BACKGROUND] += 1 - labels.sum(1)
    return NearSide(small, labels, normalise(normals, 1))


def mean_of_both(look: Look) -> Tensor:
    """(L + 3)×h×w: probabilities and normals, means of what a window and its mirror image give."""
    chances, normals = look.chances, look.normals
    mirrored = normals[1].flip(2) * normals.new_tensor([-1, 1, 1])[:, None, None]
    return torch.cat([(chances[0] + chances[1].flip(2)) / 2, (normals[0] + mirrored) / 2])


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
