"""The tree of regions: every union is its two parts, and what has one colour is one region."""

import numpy as np

from bodydouble.parsing.thing_regions import find_superpixels, merge_regions


def test_a_square_of_another_colour_is_a_region_and_unions_are_their_parts():
    lab = np.zeros((120, 160, 3), np.float32)
    lab[..., 0] = 60 + np.random.default_rng(1).normal(0, 2, lab.shape[:2])
    square = np.zeros(lab.shape[:2], bool)
    square[30:90, 50:110] = True
    lab[square] += (0, 40, 10)
    tree = merge_regions(find_superpixels(lab), lab)
    count = int(tree.leaves.max()) + 1
    assert sorted(tree.members[-1]) == list(range(count))
    assert len(tree.members) == 2 * count - 1
    whole = {frozenset(members) for members in tree.members}
    for members in tree.members[count:]:
        parts = [part for part in whole if part < set(members)]
        assert any(set(members) - part in whole for part in parts)
    regions = [tree.pixels(members) for members in tree.members]
    assert max((region & square).sum() / (region | square).sum() for region in regions) > 0.93
