"""People that are quick to make: two colours, a side that is hidden, and an inpainter that is too dark there."""

import pytest
import torch

from bodydouble.parsing.labels import LABELS
from workshop.training.completion.records import Completion, SeenPerson

SIZE = 128  # texels a side
TOO_DARK = 0.2


def make_person(number: str, judged: bool = False) -> SeenPerson:
    """Someone in random stripes, of whom the left half of what was seen is hidden."""
    generator = torch.Generator().manual_seed(int(number.removeprefix("pair")))
    colours = torch.rand(3, 2, generator=generator) * 0.6 + 0.3
    rgb = colours.repeat_interleave(SIZE // 2, 1)[:, :, None].expand(-1, -1, SIZE).contiguous()
    confidence = torch.zeros(SIZE, SIZE)
    confidence[:, 16:112] = 0.7
    hidden = confidence > 0
    hidden[:, 64:] = False
    labels = torch.full((SIZE, SIZE), LABELS.index("upper"), dtype=torch.uint8)
    labels[SIZE // 2 :] = LABELS.index("lower")
    uv = torch.rand(2, 32, 32, generator=generator)
    uv[:, :4] = -1
    return SeenPerson(
        number=number,
        photo=torch.full((3, 32, 32), 0.5),
        mask=(uv[0] >= 0).float(),
        uv=uv,
        rgb=rgb * (confidence > 0),
        confidence=confidence,
        labels=labels * (confidence > 0),
        completions=(
            Completion(
                azimuth=-60.0,
                hidden=hidden,
                exemplar=(rgb - TOO_DARK * (confidence == 0) - TOO_DARK * hidden).clamp(0, 1),
                labels=labels,
                symmetry=rgb if judged else None,
            ),
        ),
    )


@pytest.fixture(scope="session")
def people() -> list[SeenPerson]:
    """Four to learn from, and two that are held out."""
    return [make_person(number, number.endswith("2")) for number in ("0001", "0002", "0003", "0004", "0012", "0017")]
