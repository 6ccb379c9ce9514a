"""Laws of detail."""

import torch

from bodydouble.inpaint.detail import feather, find_lone_marks, keep_strands, synthesised_detail, twin_detail

SIZE = 256


def cloth(seed=0):
    """Horizontal threads 8 texels apart, and noise."""
    noise = 0.02 * torch.randn(3, SIZE, SIZE, generator=torch.Generator().manual_seed(seed))
    threads = 0.04 * torch.sin(torch.arange(SIZE) * 2 * torch.pi / 8)
    return 0.5 + threads[None, :, None] + noise


def test_synthesised_cloth_has_the_samples_strength_and_direction():
    rgb, source = cloth(), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    source[60:140, 60:140] = True
    detail = synthesised_detail(rgb, torch.full_like(rgb, 0.5), source)
    strength = detail.std() / (rgb - 0.5).std()
    assert 0.2 < strength < 0.5
    assert detail.mean().abs() < 0.01
    down, right = detail.diff(dim=1).square().mean(), detail.diff(dim=2).square().mean()
    wanted_down, wanted_right = rgb.diff(dim=1).square().mean(), rgb.diff(dim=2).square().mean()
    assert down > right and wanted_down > wanted_right


def test_nothing_seen_gives_no_detail():
    rgb = cloth()
    assert not synthesised_detail(rgb, rgb, torch.zeros(SIZE, SIZE, dtype=torch.bool)).any()


def test_detail_fades_where_the_colour_is_another():
    rgb, everywhere = cloth(), torch.ones(SIZE, SIZE, dtype=torch.bool)
    base = torch.full_like(rgb, 0.5)
    base[:, :, 128:] = 0.0
    detail = synthesised_detail(rgb, base, everywhere)
    assert detail[:, :, 128:].std() < 0.01 * detail[:, :, :128].std()


def test_a_plainer_window_is_chosen_than_the_logo():
    rgb, everywhere = cloth(), torch.ones(SIZE, SIZE, dtype=torch.bool)
    plain = synthesised_detail(rgb, torch.full_like(rgb, 0.5), everywhere).std()
    rgb[:, 100:130, 100:130] = torch.rand(3, 30, 30, generator=torch.Generator().manual_seed(2))
    assert synthesised_detail(rgb, torch.full_like(rgb, 0.5), everywhere).std() < 1.2 * plain


def test_the_twins_detail_is_mirrored():
    rgb, solid = cloth(), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    solid[10, 20] = True
    detail, where = twin_detail(rgb, torch.full_like(rgb, 0.5), solid)
    assert where.nonzero().tolist() == [[10, SIZE - 1 - 20]]
    assert torch.allclose(detail[:, 10, SIZE - 1 - 20], rgb[:, 10, 20] - 0.5)


def test_of_the_twins_hair_strands_come_again_and_neither_glare_nor_a_torn_border():
    strands = 0.05 * (1 - 2 * (torch.arange(SIZE) % 2)).float().expand(3, SIZE, SIZE)
    glare = torch.zeros(SIZE, SIZE)
    glare[:, 128:] = 0.3
    known = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    known[60:200, 60:200] = True
    kept = keep_strands((strands + glare) * known, known)
    for inside in (kept[:, 70:190, 70:120], kept[:, 70:190, 140:190]):
        assert abs(float(inside.mean())) < 0.005
        assert float(inside.std()) > 0.04
    assert float(kept[:, 60:200, 60].abs().max()) < 0.04, "it sets in softly"
    assert not bool(kept[:, ~known].any())


def test_a_patch_of_sun_and_its_outline_are_on_one_leg_alone():
    """Skin that is a little darker in one place and far lighter in another, with a soft edge."""
    skin, base = torch.ones(SIZE, SIZE, dtype=torch.bool), torch.full((3, SIZE, SIZE), 0.5)
    rgb = base.clone()
    rgb[:, 20:30, 20:30] -= 0.05
    rgb[:, 100:140, 100:140] += 0.05
    rgb[:, 102:138, 102:138] += 0.2
    lone = find_lone_marks(rgb, base, skin)
    assert lone[101:139, 101:139].all() and not lone[20:30, 20:30].any() and lone.sum() < 50 * 50
    assert not find_lone_marks(rgb, base, ~skin).any()


def test_a_feather_meets_the_seen_and_ends_soon():
    seen = torch.zeros(SIZE, SIZE, dtype=torch.bool)
    seen[:, :100] = True
    colour, rgb = torch.full((3, SIZE, SIZE), 0.4), torch.full((3, SIZE, SIZE), 0.5)
    bent = feather(colour, rgb, seen)
    assert (bent[:, :, 100] - 0.5).abs().max() < 0.05
    assert bent[:, 128, 100].mean() > bent[:, 128, 101].mean() > bent[:, 128, 103].mean()
    assert (bent[:, :, 120:] - 0.4).abs().max() < 1e-4
