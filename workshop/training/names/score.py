"""How well garments are named on photographs that no network was shown, by each network and by both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from bodydouble.geometry.window import Window
from bodydouble.parsing.builtin import BODY_PX, mean_of_both
from bodydouble.parsing.garment_names import GarmentNetworks, mean_of_networks, tell_head, tell_names
from bodydouble.parsing.labels import BACKGROUND, LABELS, THING
from bodydouble.parsing.network import ParserNetwork
from bodydouble.parsing.style_views import look_at
from workshop.training.garments.batches import Truth
from workshop.training.garments.score import GarmentScores, judge_carried, judge_garments
from workshop.training.garments.views import plain_square, read_picture


@torch.no_grad()
def score_names(
    near: ParserNetwork, networks: GarmentNetworks, numbers: Sequence[str], photos: Path
) -> dict[str, GarmentScores]:
    """Scores by opinion, on the whole person's square and its mirror image, as `create` looks at them."""
    truth = Truth(photos)
    scores = {opinion: GarmentScores() for opinion in ("head", "names", "both")}
    for number in numbers:
        view = plain_square(read_picture(photos, number), BODY_PX)
        shown = torch.from_numpy(np.ascontiguousarray(view.image)).permute(2, 0, 1)[None].float() / 255
        look = look_at(near, torch.cat([shown, shown.flip(3)]), Window(0, 0, BODY_PX))
        labels = mean_of_both(look)[: len(LABELS)]
        by_head, by_names = tell_head(networks.head, look), tell_names(networks.names, look.taps, labels[BACKGROUND])
        garments, carried = truth.read(number, torch.from_numpy(view.labels))
        told = {"head": by_head, "names": by_names, "both": mean_of_networks(by_head, by_names)}
        for opinion, chances in told.items():
            judge_garments(scores[opinion], chances[:-1], labels, garments)
            judge_carried(scores[opinion], chances[-1] > 0.5, labels.argmax(0) == THING, carried)
    return scores
