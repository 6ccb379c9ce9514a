"""Who has hair in front has it behind; who has none stays bald."""

import pytest
import torch

from bodydouble.inpaint.scalp import cover_scalp
from bodydouble.parsing.labels import LABELS
from bodydouble.surface.regions import Region, anatomy
from bodydouble.values import Texture

SIZE = 256
SKIN, HAIR = (0.8, 0.6, 0.5), (0.1, 0.1, 0.1)


@pytest.fixture(scope="module")
def parts(anny):
    return anatomy(anny)


def painted(parts, hair_share: float) -> tuple[torch.Tensor, Texture]:
    """Everything in the colour of skin; the face was seen, and a share of the scalp, as hair."""
    region = parts.regions(SIZE)
    base = torch.tensor(SKIN)[:, None, None].expand(3, SIZE, SIZE).clone()
    scalp = (region == Region.SCALP).nonzero()
    front = scalp[: round(hair_share * len(scalp))]
    confidence, labels = (region == Region.FACE).float(), torch.zeros(SIZE, SIZE, dtype=torch.uint8)
    labels[region == Region.FACE] = LABELS.index("skin")
    rgb = base.clone()
    confidence[front[:, 0], front[:, 1]], labels[front[:, 0], front[:, 1]] = 1.0, LABELS.index("hair")
    rgb[:, front[:, 0], front[:, 1]] = torch.tensor(HAIR)[:, None]
    return base, Texture(rgb=rgb, confidence=confidence, labels=labels)


def test_unseen_scalp_in_the_colour_of_skin_becomes_hair(parts):
    base, partial = painted(parts, 0.3)
    covered, scalp = cover_scalp(base, partial, parts), parts.regions(SIZE) == Region.SCALP
    unseen = scalp & (partial.confidence == 0)
    assert torch.allclose(covered[:, unseen], torch.tensor(HAIR)[:, None])
    assert torch.equal(covered[:, ~unseen], base[:, ~unseen])


def test_the_bald_stay_bald(parts):
    base, partial = painted(parts, 0.0)
    assert cover_scalp(base, partial, parts) is base


def test_hair_of_another_colour_stays(parts):
    base, partial = painted(parts, 0.3)
    base[:, parts.regions(SIZE) == Region.SCALP] = torch.tensor((0.3, 0.2, 0.15))[:, None]
    assert torch.equal(cover_scalp(base, partial, parts), base)


def test_without_labels_nothing_changes(parts):
    base, partial = painted(parts, 0.3)
    plain = Texture(rgb=partial.rgb, confidence=partial.confidence)
    assert cover_scalp(base, plain, parts) is base
