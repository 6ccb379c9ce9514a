"""The attention learns which seen texels the unseen ones are like."""

from dataclasses import replace

import torch

from bodydouble.inpaint.exemplar.attention import AttentionConfig, AttentionInputs, ContextualAttention

CONFIG = AttentionConfig(side=8, widths=(8, 8), head_channels=8, keys=7, groups=4)


def _mean_colour(attention, inputs, one, places):
    """P×3: what it copies to places (P×2) of one of a batch."""
    inputs = replace(
        inputs,
        queries=inputs.queries[one : one + 1],
        keys=inputs.keys[one : one + 1],
        values=inputs.values[one : one + 1],
    )
    output = attention.attend(inputs, places)
    copied = output.weights @ inputs.values[0] * output.shading_gain
    return torch.where(output.generate_prob > 0.5, output.generated_rgb, copied)


def test_a_shade_is_another_light_and_no_mixture():
    """A grey is likelier as white in another light than as half white, half black."""
    attention = ContextualAttention(replace(CONFIG, keys=1))
    keys = torch.tensor([[[1.0, 0], [-1, 0]]])  # of a white and of a black texel
    places, grey = torch.rand(1, 32, 2), torch.full((1, 32, 3), 0.6)

    def negative_log_likelihood(query: float, light: float) -> float:
        """Query, generated colour and its logit, the logarithm of the light / 0.7 before tanh."""
        queries = torch.tensor([query, 0.0, 0.0, 0.0, -9.0, light])[None, :, None, None].expand(1, -1, 8, 8)
        inputs = AttentionInputs(queries=queries, keys=keys, values=torch.tensor([[[1.0, 1, 1], [0, 0, 0]]]))
        return float(attention.negative_log_likelihood(inputs, places, grey).mean())

    shaded = float(torch.atanh(torch.tensor(0.6).log() / 0.7))
    assert negative_log_likelihood(9, shaded) < 0.1 < negative_log_likelihood(0, 0) - 1, (
        "white in the shade; white or black, who knows"
    )
    assert negative_log_likelihood(9, 0) > negative_log_likelihood(9, shaded) + 1, "white in full light is no grey"


def test_it_learns_what_is_like_what():
    """Rows above the middle have one colour, those below another; the right half was not seen."""
    torch.manual_seed(0)
    attention = ContextualAttention(CONFIG)
    adam = torch.optim.Adam(attention.parameters(), 5e-3)
    known = torch.zeros(16, 1, 8, 8)
    known[..., :4] = 1
    places = torch.rand(16, 64, 2) * torch.tensor([0.4, 0.8]) + torch.tensor([0.55, 0.1])
    lower = places[..., 1:] > 0.5
    for _ in range(80):
        above, below = torch.rand(2, 16, 3, 1)
        rgb = torch.cat([above.expand(-1, -1, 4), below.expand(-1, -1, 4)], 2)[..., None].expand(-1, -1, -1, 8)
        truth = torch.where(lower, below.transpose(1, 2), above.transpose(1, 2))
        negative_log_likelihood = attention.negative_log_likelihood(
            attention.encode(rgb * known, known), places, truth
        ).mean()
        adam.zero_grad()
        negative_log_likelihood.backward()
        adam.step()
    inputs = attention.encode(rgb * known, known)
    with torch.no_grad():
        found = torch.stack([_mean_colour(attention, inputs, one, places[one]) for one in range(16)])
    error = (found - truth).abs()
    clear = (places[..., 1] - 0.5).abs() > 0.1
    assert error[clear].mean() < 0.1 < (above - below).abs().mean() / 2
