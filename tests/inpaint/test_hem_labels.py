"""Labels of what was not seen end at the steps that the surface has, all around."""

import torch

from bodydouble.inpaint.hem_labels import end_at_steps, join_hems, measure_hem_sides, tell_ends
from bodydouble.parsing.labels import LOWER, SKIN, UPPER

ABOVE, BELOW = 1.0, -1.0
SIDES = torch.tensor([[ABOVE] * 40 + [BELOW] * 40])


def wavy():
    """Labels of 80 texels from a hem's 40 above to its 40 below, that change ten texels too high."""
    labels = torch.full((80,), UPPER)
    labels[30:] = LOWER
    seen = torch.ones(80, dtype=torch.bool)
    seen[28:34] = False
    return labels, seen


def test_what_was_not_seen_changes_at_the_step():
    labels, seen = wavy()
    ends = tell_ends(labels, seen, SIDES)
    assert ends == [(UPPER, LOWER)]
    ended = end_at_steps(labels, SIDES, ends, ~seen)
    assert bool((ended[28:34] == UPPER).all())
    assert torch.equal(ended[seen], labels[seen])


def test_other_labels_and_hems_of_which_hardly_anything_was_seen_stay():
    labels, seen = wavy()
    labels[31] = SKIN
    assert int(end_at_steps(labels, SIDES, [(UPPER, LOWER)], ~seen)[31]) == SKIN
    assert tell_ends(labels, seen & (torch.arange(80) > 70), SIDES) == [None]
    assert torch.equal(end_at_steps(labels, SIDES, [None], ~seen), labels)


def test_a_texture_has_the_sides_of_its_vertices(anny):
    height = anny.rest(anny.mean_shape()).vertices[:, 1]
    hem = torch.where(height > 1.0, 1, -1).to(torch.int8)[None]
    sides = measure_hem_sides(join_hems(hem, -hem.float()), anny, 64)
    assert sides.shape == (2, 64, 64) and torch.allclose(sides[0], -sides[1])
    assert float(sides.max()) > 0.999 and float(sides.min()) < -0.999
    assert measure_hem_sides(join_hems(None, torch.zeros(0, len(height))), anny, 64).shape == (0, 64, 64)
