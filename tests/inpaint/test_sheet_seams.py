"""A skirt has seams at its sides and behind, and a hem; what was seen of it, and hair, have none."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.sheet_seams import sew_sheet
from bodydouble.values import Surface, SurfaceKind, Texture, UvLayout

SIZE = 512
LENGTH, GIRTH = 0.6, 1.0  # metres


@pytest.fixture
def skirt() -> Surface:
    """A tube of which the front quarter is seen."""
    columns = 32
    turn = (torch.arange(columns + 1) / columns - 0.5) * 2 * torch.pi
    radius = GIRTH / (2 * torch.pi)
    rings = [torch.stack([radius * turn.sin(), torch.full_like(turn, y), radius * turn.cos()], 1) for y in (LENGTH, 0)]
    first = torch.arange(columns)
    below = first + columns + 1
    faces = torch.cat([torch.stack([first, below, below + 1], 1), torch.stack([first, below + 1, first + 1], 1)])
    uv = torch.stack([(turn / (2 * torch.pi) + 0.5).repeat(2), torch.arange(2.0).repeat_interleave(columns + 1)], 1)
    confidence = torch.zeros(SIZE, SIZE)
    confidence[:, SIZE * 3 // 8 : SIZE * 5 // 8] = 0.9
    return Surface(
        name="skirt",
        kind=SurfaceKind.SKIRT,
        vertices=torch.cat(rings),
        faces=faces,
        layout=UvLayout(uv=uv, faces=faces, mirrored=False),
        texture=Texture(rgb=torch.full((3, SIZE, SIZE), 0.6), confidence=confidence),
        skin_weights=torch.ones(2 * columns + 2, 1),
    )


def test_seams_are_at_the_sides_and_behind_and_a_hem_below(skirt: Surface) -> None:
    gain = sew_sheet(skirt.texture, skirt).rgb.mean(0) / 0.6
    middle = gain[SIZE // 4 : SIZE // 2].mean(0)
    for column in (0, SIZE // 4, SIZE * 3 // 4):
        assert float(middle[column]) < 0.94
    assert abs(float(middle[SIZE // 8]) - 1) < 0.01
    behind = gain[:, SIZE // 16 : SIZE // 8].mean(1)
    assert abs(int(behind.argmin()) - SIZE * (1 - 0.03 / LENGTH)) < 4
    assert float((behind[: SIZE // 2] - 1).abs().max()) < 0.01


def test_a_coat_has_no_seam_behind_that_would_begin_at_its_waist(skirt: Surface) -> None:
    coat = replace(skirt, kind=SurfaceKind.COAT)
    middle = (sew_sheet(coat.texture, coat).rgb.mean(0) / 0.6)[SIZE // 4 : SIZE // 2].mean(0)
    assert abs(float(middle[0]) - 1) < 0.01 and float(middle[SIZE // 4]) < 0.94


def test_what_was_seen_stays_and_hair_is_not_sewn(skirt: Surface) -> None:
    sewn = sew_sheet(skirt.texture, skirt)
    seen = skirt.texture.confidence > 0
    assert torch.equal(sewn.rgb[:, seen], skirt.texture.rgb[:, seen])
    hair = replace(skirt, kind=SurfaceKind.HAIR)
    assert sew_sheet(hair.texture, hair) is hair.texture
