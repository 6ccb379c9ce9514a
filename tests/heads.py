"""Heads of which a part was seen, each label in one colour, and what they become."""

import torch

from bodydouble.inpaint.head import SIZE, complete_head
from bodydouble.parsing.labels import FACIAL_HAIR, HAIR, HAT, SKIN
from bodydouble.surface.regions import Region
from bodydouble.values import Texture

COLOURS = {SKIN: (0.8, 0.6, 0.5), HAIR: (0.2, 0.15, 0.1), HAT: (0.1, 0.2, 0.7), FACIAL_HAIR: (0.3, 0.2, 0.1)}


def show(surface, label, seen) -> Texture:
    """What was seen of a head with these labels, (N,), in their colours."""
    colour = torch.stack([torch.tensor(COLOURS[int(number)]) for number in label])
    image = surface.put(torch.cat([colour, seen[:, None].float(), label[:, None].float()], 1))
    return Texture(rgb=image[:3] * image[3], confidence=0.9 * image[3], labels=(image[4] * image[3]).to(torch.uint8))


def covered_by(surface, top: int) -> torch.Tensor:
    return torch.where(surface.region == Region.SCALP, top, SKIN)


def complete(anny, surface, partial):
    """Colours N×3 and labels (N,) of a head that a network had left grey."""
    colours, labels = complete_head(torch.full((3, SIZE, SIZE), 0.5), partial, anny)
    return surface.take(colours), None if labels is None else surface.take(labels)


def distance(colours, label: int) -> float:
    return float((colours - torch.tensor(COLOURS[label])).abs().mean())
