"""Where the style's head looks: the squares of person and head, as the parser saw them, and one around each foot."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from bodydouble.geometry.window import Window
from bodydouble.parsing.body_regions import (
    Regions,
    draw_regions,
    foot_regions,
    foot_window,
    head_regions,
    leg_regions,
    shows_points,
    trunk_regions,
)
from bodydouble.parsing.network import ParserNetwork
from bodydouble.parsing.style import VIEWS, pool_regions
from bodydouble.parsing.windows import pixels_per_metre
from bodydouble.person.landmarks import ANKLES, HEAD_ROWS, HIPS, KNEES, SHOULDERS, SIDES, side_point
from bodydouble.values import BODY_LANDMARKS, Person

FOOT_PX = 192  # side of what the network is shown of a foot
_REGION_STRIDE = 4  # pixels of a view for one of its regions' planes


class Look(NamedTuple):
    """What the network makes of a window, B pictures of it."""

    window: Window
    taps: list[Tensor]  # the encoder's features, B×c×h×w each
    pyramid: Tensor  # B×64×S/4×S/4, what the heads take
    chances: Tensor  # B×L×S/2×S/2, probabilities of the labels
    normals: Tensor  # B×3×S/2×S/2, unit


def look_at(near: ParserNetwork, images: Tensor, window: Window) -> Look:
    """What the network makes of B×3×S×S pictures of a window."""
    taps = near.encoder(images.contiguous(memory_format=torch.channels_last))
    pyramid = near.pyramid(taps)
    logits, normals = near.heads(pyramid)
    return Look(window, taps, pyramid, logits.softmax(1), normals)


def pool_views(
    near: ParserNetwork,
    person: Person,
    body: Look,
    head: Look | None,
    view: Callable[[Window, int], Tensor],
) -> dict[str, Tensor]:
    """2×C features by name of the view, as `style.StyleHead` takes them; without views of what the photo cuts off.

    Args:
        body: of the person's square, and of its mirror image.
        head: of the head's, likewise.
        view: a window of the photo at a size, 1×3×size×size in [0, 1].
    """
    scale = pixels_per_metre(person)
    if scale is None:
        return {}
    features = {}
    if shows_points(person, [*SHOULDERS, *HIPS]):
        features["trunk"] = _pool_mirrored(body, trunk_regions(person, scale), "trunk")
        if shows_points(person, KNEES) and any(shows_points(person, [row]) for row in ANKLES):
            features["legs"] = _pool_mirrored(body, leg_regions(person, scale), "legs")
    if head is not None and float(person.landmarks[BODY_LANDMARKS][HEAD_ROWS, 2].max()) > 0:
        features["head"] = _pool_mirrored(head, head_regions(person, scale), "head")
    feet = [side for side in SIDES if shows_points(person, [side_point(side, "ankle"), side_point(side, "foot_index")])]
    if feet:
        features["foot"] = torch.cat([_pool_foot(near, person, scale, side, view) for side in feet])
    return features


def _pool_mirrored(look: Look, regions: Regions, view: str) -> Tensor:
    """2×C, of a window and of its mirror image."""
    size = look.chances.shape[-1] * 2 // _REGION_STRIDE
    drawn = _draw_places(regions, look.window, size, view)
    return _pool(look, torch.stack([drawn, drawn.flip(2)]), view)


def _pool_foot(
    near: ParserNetwork, person: Person, scale: float, side: str, view: Callable[[Window, int], Tensor]
) -> Tensor:
    """1×C; right feet are mirrored and look like left ones."""
    window = foot_window(person, scale, side)
    image = view(window, FOOT_PX)
    drawn = _draw_places(foot_regions(person, scale, side), window, FOOT_PX // _REGION_STRIDE, "foot")
    if side == "right":
        image, drawn = image.flip(3), drawn.flip(2)
    return _pool(look_at(near, image, window), drawn[None], "foot")


def _draw_places(regions: Regions, window: Window, size: int, view: str) -> Tensor:
    """R×size×size: the regions of all places of a view."""
    return draw_regions([regions[name] for name, _ in VIEWS[view].places], window, size)


def _pool(look: Look, drawn: Tensor, view: str) -> Tensor:
    return pool_regions(look.taps, look.chances, drawn, [labels for _, labels in VIEWS[view].places])
