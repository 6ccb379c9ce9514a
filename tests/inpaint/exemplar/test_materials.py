"""What is copied to the same places and has like colours is one material, and observed texels are of the nearest."""

import torch

from bodydouble.inpaint.exemplar import materials
from bodydouble.inpaint.exemplar.attention import AttentionConfig, AttentionInputs, ContextualAttention


def test_light_and_shade_of_one_cloth_are_one_material():
    """Five seen texels: the first two are copied to the same ten places, the third to others."""
    weight = torch.tensor([[0.5, 0.4, 0.0, 0.1, 0.0]] * 10 + [[0.0, 0.0, 1.0, 0.0, 0.0]] * 10 + [[0, 0, 0, 0, 1.0]] * 2)
    grey = torch.tensor([0.9, 0.6, 0.9, 0.6, 0.6])[:, None].expand(-1, 3)
    used = weight.T @ weight
    together = materials._cluster_average_linkage(used, grey, materials._FIRST)
    assert together.sum(1).tolist() == [1] * 5
    assert torch.equal(together[0], together[1]) and torch.equal(together[0], together[3])
    assert together.shape[1] == 3
    coloured = grey.clone()
    coloured[1] = torch.tensor([0.9, 0.2, 0.1])
    red, shade = materials._cluster_average_linkage(used, coloured, materials._FIRST)[:2]
    assert not torch.equal(red, shade), "red is no shade of grey"


def test_seen_texels_are_of_the_material_beside_them_that_has_their_colour():
    """A map of 4×4: the left half red, the right half blue, one odd texel, nothing seen below."""
    colours = torch.tensor([[1.0, 0, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]] * 2)
    index = torch.full((4, 4), -1)
    index[:2] = torch.arange(8).view(2, 4)
    inputs = AttentionInputs(queries=torch.zeros(1, 1, 4, 4), keys=torch.zeros(1, 8, 1), values=colours[None])
    observed = materials.ObservedTexels(inputs=inputs, coverage=torch.ones(8), index=index)
    material = torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 0]] * 2)
    asked = torch.tensor([[0.9, 0, 0], [0.1, 0, 0.9], [0, 0, 0.8], [0.5, 0.5, 0.5]])
    where = torch.tensor([[0.1, 0.1], [0.1, 0.49], [0.4, 0.9], [0.99, 0.5]])
    assert materials.assign_materials(observed, material, asked, where).tolist() == [[1, 0], [0, 1], [0, 1], [0, 0]]


def test_predicted_probabilities_sum_to_one_and_colours_are_the_materials():
    torch.manual_seed(0)
    attention = ContextualAttention(AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4)).eval()
    filled = torch.zeros(1, 1, 32, 32)
    filled[..., :16] = 1
    rgb = torch.zeros(1, 3, 32, 32)
    rgb[:, 0, :16, :16], rgb[:, 2, 16:, :16] = 0.9, 0.9
    with torch.no_grad():
        observed = materials.observe_texels(attention, rgb, filled)
        places = torch.rand(50, 2)
        material = materials.cluster_materials(attention, observed, places)
        prediction = materials.predict_materials(attention, observed.inputs, material, places)
    assert len(observed.coverage) == (observed.index >= 0).sum() == 32, "half of the map's 64 texels"
    assert torch.allclose(prediction.probability.sum(1), torch.ones(50), atol=1e-5)
    assert prediction.rgb.shape == (50, material.shape[1] + 1, 3)
    copied = prediction.rgb[:, :-1]
    assert (copied[..., 1] < 1e-6).all(), "no green was seen"
    assert prediction.rgb.min() >= 0 and prediction.rgb.max() <= 1
