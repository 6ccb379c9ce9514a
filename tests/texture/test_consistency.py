"""A further photo is believed where it agrees or speaks alone, and not where an earlier one shows something else."""

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.consistency import COARSE, height_bands, inconsistent_texels
from bodydouble.values import Texture

CLOTH, SKIN, RED = (0.2, 0.3, 0.6), (0.8, 0.6, 0.5), (0.8, 0.1, 0.1)


@pytest.fixture(scope="module")
def ring(anny: AnnyBody) -> Tensor:
    return height_bands(anny, anny.rest(anny.mean_shape()))


def painted(seen: Tensor, colour: tuple[float, float, float], *patches: tuple[Tensor, tuple[float, ...]]) -> Texture:
    rgb = torch.tensor(colour)[:, None, None].expand(3, COARSE, COARSE).clone()
    for where, other in patches:
        rgb[:, where] = torch.tensor(other)[:, None]
    return Texture(rgb=rgb * seen, confidence=0.8 * seen)


def halves(ring: Tensor) -> tuple[Tensor, Tensor]:
    """The texels left and right of the middle column."""
    left = (ring >= 0) & (torch.arange(COARSE) < COARSE // 2)
    return left, (ring >= 0) & ~left


def test_rings_are_the_same_on_both_sides(ring: Tensor, anny: AnnyBody) -> None:
    assert torch.equal(ring >= 0, texel_map(anny.layout, COARSE).face[0] >= 0)
    both = (ring >= 0) & (ring.flip(1) >= 0)
    assert ((ring - ring.flip(1)).abs()[both] <= 1).float().mean() > 0.98
    assert len(ring.unique()) > 60


def test_what_agrees_is_believed_in_any_light(ring: Tensor) -> None:
    seen = ring >= 0
    measure = painted(seen, CLOTH)
    shaded = Texture(rgb=0.85 * measure.rgb, confidence=measure.confidence)
    assert not inconsistent_texels(shaded, measure, ring)[seen].any()


def test_what_speaks_alone_is_believed(ring: Tensor) -> None:
    left, right = halves(ring)
    assert not inconsistent_texels(painted(right, SKIN), painted(left, CLOTH), ring)[right & (ring < 200)].any()


def test_a_pulled_up_shirt_is_denied_all_around(ring: Tensor) -> None:
    """The first photo shows the left half in a long shirt; the second both halves, bare at some heights."""
    left, right = halves(ring)
    numbers = ring[left & (ring < 200)].unique()
    bare = torch.isin(ring, numbers[len(numbers) // 2 : len(numbers) // 2 + 6])
    wrong = inconsistent_texels(painted(left | right, CLOTH, (bare, SKIN)), painted(left, CLOTH), ring)
    assert wrong[bare & left].float().mean() > 0.95 and wrong[bare & right].float().mean() > 0.95
    far = ~torch.isin(ring, numbers[len(numbers) // 2 - 6 : len(numbers) // 2 + 12]) & (left | right)
    assert wrong[far].float().mean() < 0.02


def test_a_chair_between_the_legs_is_no_leg(ring: Tensor) -> None:
    left, right = halves(ring)
    legs = ring >= 400
    chair = legs & right & (torch.rand(COARSE, COARSE, generator=torch.Generator().manual_seed(0)) < 0.02)
    wrong = inconsistent_texels(painted(right, CLOTH, (chair, RED)), painted(left, CLOTH), ring)
    assert chair.any() and wrong[chair].all()
    shaded = inconsistent_texels(painted(right, tuple(0.7 * c for c in CLOTH)), painted(left, CLOTH), ring)
    assert not shaded.any()
