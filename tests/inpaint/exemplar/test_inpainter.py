"""The default inpainter on a photo whose truth is known: what it takes from the photos, and what detail it lays."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.cloth_texels import mean_cloth_texels
from bodydouble.inpaint.detail import lay_detail
from bodydouble.inpaint.exemplar import inpainter
from bodydouble.inpaint.exemplar.attention import AttentionConfig, ContextualAttention
from bodydouble.inpaint.exemplar.inpainter import COARSE_SIZE, ExemplarInpainter, scatter_views
from bodydouble.inpaint.exemplar.network import TrainedAttention
from bodydouble.inpaint.nape import nape_texels, nape_thinness
from bodydouble.inpaint.skin_detail import skin_gain
from bodydouble.parsing.labels import HAIR, HAT, OUTER
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import project_photo
from bodydouble.values import Texture
from tests.tiny import BACKGROUND, front_shot

SIZE = 256


@pytest.fixture(scope="module")
def view(anny):
    return front_shot(anny)


@pytest.fixture(scope="module")
def partial(view, anny):
    return project_photo(view, anny, SIZE)


def test_the_seed_decides_about_unseen_texels_only(partial, view, anny):
    first, again, other = (ExemplarInpainter(seed=seed).complete_body(partial, [view], anny) for seed in (0, 0, 3))
    changed = (first.rgb != other.rgb).any(0)
    assert torch.equal(first.rgb, again.rgb)
    assert changed.float().mean() > 0.05 and not (changed & (partial.confidence > 0)).any()


def test_collars_end_below_the_hair_but_not_below_a_hat_nor_where_they_were_seen(anny):
    body, thin = anatomy(anny).regions(SIZE) == Region.BODY, nape_thinness(anny, SIZE)
    nape = nape_texels(anny, SIZE)
    high, low = nape & (thin < 0.3), nape & (thin > 0.7)
    assert min(int(high.sum()), int(low.sum())) > 20
    labels, unseen = torch.full((SIZE, SIZE), OUTER), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    haired, hatted = (torch.where(nape, label, -1) for label in (HAIR, HAT))
    collar = inpainter._find_collar(labels, haired, unseen, anny)
    assert not bool(collar[high].any()) and bool(collar[low].all()) and not bool((collar & ~body).any())
    assert bool(inpainter._find_collar(labels, hatted, unseen, anny)[high].all())
    assert bool(inpainter._find_collar(labels, haired, ~unseen, anny)[high].all())


def test_the_invented_is_made_of_the_body_s_colours(partial, view, anny):
    """Stripes of red against green with little blue change; the background is blue, and nobody wears it."""
    texture = ExemplarInpainter().complete_body(partial, [view], anny)
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    invented = covered & (partial.confidence == 0)
    away = (texture.rgb - torch.tensor(BACKGROUND)[:, None, None]).norm(dim=0)
    assert invented.float().mean() > 0.2 and (away[invented] < 0.15).float().mean() < 0.01
    red_and_green = texture.rgb[:2, invented].sum(0)  # 1 wherever it was drawn
    assert (red_and_green - 1).abs().median() < 0.15


def test_it_says_which_file_painted(partial, view, anny):
    torch.manual_seed(0)
    mine = TrainedAttention(network=ContextualAttention(AttentionConfig()).eval(), weights={"mine": "0" * 64})
    inpaint = ExemplarInpainter(weights=mine)
    assert inpaint.weights == {"mine": "0" * 64}
    assert set(ExemplarInpainter().weights) == {"exemplar.safetensors"}
    assert not torch.equal(
        inpaint.complete_body(partial, [view], anny).rgb, ExemplarInpainter().complete_body(partial, [view], anny).rgb
    )


def test_a_view_from_behind_is_looked_at_too(view, anny):
    """What two photos show is twice as much."""
    behind = front_shot(anny, yaw=torch.pi + 0.2)
    one, two = scatter_views([view], anny), scatter_views([view, behind], anny)
    assert one.rgb.shape == (3, COARSE_SIZE, COARSE_SIZE)
    assert two.filled.sum() > 1.6 * one.filled.sum() and (two.filled >= one.filled).all()


def test_laid_detail_is_that_of_the_seen_cloth(anny):
    """Seen on the left, in fine noise on grey; the base has none."""
    noise = 0.03 * torch.randn(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    seen = torch.zeros(SIZE, SIZE)
    seen[:, : SIZE // 2] = 0.9
    partial = Texture(rgb=(0.5 + noise) * (seen > 0), confidence=seen)
    laid = lay_detail(partial, torch.full((3, SIZE, SIZE), 0.5), anny)
    right = (texel_map(anny.layout, SIZE).face[0] >= 0) & (seen == 0)
    assert torch.equal(laid.rgb[:, seen > 0], partial.rgb[:, seen > 0])
    assert 0.3 < (laid.rgb - 0.5)[:, right].std() / noise.std() < 1.5
    assert abs(laid.rgb[:, right].mean() - 0.5) < 0.01


def test_with_nothing_seen_the_base_is_all(anny):
    nothing = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    base = torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    assert torch.equal(lay_detail(nothing, base, anny).rgb[:, covered], base[:, covered])


def test_progress_is_told_and_what_it_raises_ends_the_work(partial, view, anny):
    told = []
    inpaint = ExemplarInpainter()
    inpaint.complete_body(replace(partial), [view], anny, lambda what, done: told.append(done))
    assert len(told) > 4 and told == sorted(told) and 0 <= told[0] and told[-1] <= 1

    def stop(what, done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inpaint.complete_body(partial, [view], anny, stop)


def test_what_was_prepared_is_not_drawn_again(anny, monkeypatch):
    """Seams of a large texture are drawn at a size of their own."""
    monkeypatch.setattr(inpainter, "SEWN_SIZE", SIZE // 2)
    ExemplarInpainter().prepare(anny, SIZE)
    for draw, size in ((skin_gain, SIZE), (mean_cloth_texels, SIZE // 2)):
        drawn = draw.cache_info().misses
        draw(anny, size)
        assert draw.cache_info().misses == drawn
