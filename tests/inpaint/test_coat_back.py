"""A coat's sheet has the cloth of the back above it behind, and none of what lies before the coat."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.coat_back import carry_back_down
from bodydouble.parsing.labels import BACKGROUND, LOWER, OUTER
from bodydouble.surface.skeleton import body_surface
from bodydouble.values import SurfaceKind, Texture
from tests.attached import tube_skirt

SIZE = 256
BLUE, WHITE, RED = (torch.tensor(rgb)[:, None, None] for rgb in ((0.1, 0.2, 0.5), (0.9, 0.9, 0.9), (0.7, 0.1, 0.1)))
AROUND = (torch.arange(SIZE) + 0.5) / SIZE - 0.5
FRONT = (AROUND.abs() < 0.2).expand(SIZE, SIZE)
BEHIND = AROUND.abs() > 0.3


def dress_body(anny, fit, label, flaps):
    """The body, blue and of one label, and a coat's sheet of which a white shirt between flaps was seen in front."""
    texture = Texture(
        rgb=BLUE.expand(3, SIZE, SIZE).clone(),
        confidence=torch.ones(SIZE, SIZE),
        labels=torch.full((SIZE, SIZE), label, dtype=torch.uint8),
    )
    tube = tube_skirt(anny, anny.rest(fit.shape))
    front = tube.vertices * torch.tensor([-1.0, 1.0, -1.0])  # with its texture's middle
    rgb = torch.where(AROUND.abs() < 0.1, WHITE, flaps).expand(3, SIZE, SIZE)
    sheet = replace(
        tube,
        kind=SurfaceKind.COAT,
        vertices=front,
        texture=Texture(rgb=rgb * FRONT, confidence=FRONT.float()),
    )
    return body_surface(fit, anny, texture), sheet


@pytest.fixture
def white_behind():
    return Texture(rgb=WHITE.expand(3, SIZE, SIZE).clone(), confidence=FRONT.float())


def test_a_shirt_between_a_jackets_flaps_is_not_behind(anny, fit, white_behind):
    skin, sheet = dress_body(anny, fit, OUTER, BLUE)
    completed = replace(white_behind, rgb=torch.where(FRONT, sheet.texture.rgb, white_behind.rgb))
    carried = carry_back_down(completed, sheet, skin, anny)
    assert float((carried.rgb[..., BEHIND] - BLUE).abs().max()) < 0.02
    assert torch.equal(carried.rgb[:, FRONT], completed.rgb[:, FRONT])


@pytest.mark.parametrize(("label", "flaps"), [(OUTER, RED), (LOWER, BLUE)], ids=["another colour", "trousers above"])
def test_a_sheet_of_another_garment_stays_as_it_is(anny, fit, white_behind, label, flaps):
    skin, sheet = dress_body(anny, fit, label, flaps)
    assert carry_back_down(white_behind, sheet, skin, anny) is white_behind


def test_a_skirt_has_nothing_of_the_jacket_above_it(anny, fit, white_behind):
    skin, sheet = dress_body(anny, fit, OUTER, BLUE)
    assert carry_back_down(white_behind, replace(sheet, kind=SurfaceKind.SKIRT), skin, anny) is white_behind


def test_the_jacket_that_hides_a_skirts_top_has_the_backs_cloth_there(anny, fit, white_behind):
    skin, sheet = dress_body(anny, fit, OUTER, BLUE)
    hidden = (torch.arange(SIZE) < 40)[:, None].expand(SIZE, SIZE)
    labels = torch.where(hidden, OUTER, BACKGROUND).to(torch.uint8)
    carried = carry_back_down(replace(white_behind, labels=labels), replace(sheet, kind=SurfaceKind.SKIRT), skin, anny)
    assert float((carried.rgb[..., BEHIND][:, :40] - BLUE).abs().max()) < 0.02
    assert torch.equal(carried.rgb[:, 40:], white_behind.rgb[:, 40:])
