"""Blending in the gradient domain: the first photo's colours, everybody's detail, and no step where two photos meet."""

import pytest
import torch
from torch import Tensor

from bodydouble.body.anny import AnnyBody
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.merge import merge_views
from bodydouble.texture.merge_poisson import PoissonMerge
from bodydouble.values import Texture

SIZE = 256


@pytest.fixture(scope="module")
def merge(anny: AnnyBody) -> PoissonMerge:
    return PoissonMerge(anny, anny.rest(anny.mean_shape()))


@pytest.fixture(scope="module")
def truth(anny: AnnyBody) -> Tensor:
    """3×SIZE×SIZE, a pattern in space; NaN-free, 0 between charts."""
    place = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(anny.mean_shape()).vertices)[0]
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    return (
        torch.stack([0.5 + 0.1 * torch.sin(60 * place[0] + k) * torch.sin(60 * place[1]) for k in range(3)]) * covered
    )


def halves(anny: AnnyBody) -> tuple[Tensor, Tensor]:
    """λ of a view from in front and of one from behind, which overlap at the sides."""
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    depth = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(anny.mean_shape()).vertices)[0][2]
    depth = depth - depth[covered].median()
    front = ((depth + 0.05) / 0.2).clamp(0, 1) * covered
    return front, ((0.05 - depth) / 0.2).clamp(0, 1) * covered


def test_one_view_is_itself_and_like_views_stay(merge: PoissonMerge, truth: Tensor, anny: AnnyBody) -> None:
    front, back = halves(anny)
    one = Texture(rgb=truth * (front > 0), confidence=front)
    assert merge([one]) is one
    other = Texture(rgb=truth * (back > 0), confidence=back)
    merged = merge([one, other])
    assert (merged.rgb - truth).abs()[:, merged.confidence > 0].mean() < 0.005
    assert torch.equal(merged.confidence, torch.maximum(front, back))
    assert not merged.rgb[:, merged.confidence == 0].any()


def test_a_darker_photo_is_brought_to_the_first_one_s_light(merge: PoissonMerge, truth: Tensor, anny: AnnyBody) -> None:
    front, back = halves(anny)
    views = [
        Texture(rgb=truth * (front > 0), confidence=front),
        Texture(rgb=(truth - 0.15) * (back > 0), confidence=back),
    ]
    alone = (back > 0) & (front == 0)
    border = alone & (back < 0.6)
    left_dark, brought = ((merged.rgb - truth).mean(0) for merged in (merge_views(views, "softmax"), merge(views)))
    assert left_dark[border].mean() < -0.12, "as it is without"
    assert brought[border].mean().abs() < 0.06
    assert brought[alone].mean() > 0.6 * left_dark[alone].mean(), "farther away as well, but less"
    assert brought[border].std() < 0.04, "and its pattern is kept"
