"""Strands on the scalp: long, more fine than coarse, and no star at the whorl."""

import torch

from bodydouble.inpaint.scalp_strands import _whorl_coordinates, draw_scalp_strands
from bodydouble.surface.regions import Region, anatomy

SIZE = 512


def test_they_set_in_away_from_the_whorl(anny):
    strands = draw_scalp_strands(anny, SIZE, 0.0)
    away = (_whorl_coordinates(anny, SIZE)[0][..., 1] + 1) / 2
    scalp = anatomy(anny).regions(SIZE) == Region.SCALP
    near, far = scalp & (away < 0.05), scalp & (away > 0.3)
    assert int(near.sum()) > 50
    assert float(strands[near].std()) < 0.3 * float(strands[far].std())


def test_along_a_strand_they_stay_the_same(anny):
    places = _whorl_coordinates(anny, SIZE)[0]
    strands = draw_scalp_strands(anny, SIZE, 0.0)
    scalp = (anatomy(anny).regions(SIZE) == Region.SCALP) & (places[..., 1] > -0.4)
    across, along = [], []
    for axis in (0, 1):
        both = scalp & scalp.roll(-4, axis)
        change = (strands - strands.roll(-4, axis)).abs()[both]
        move = (places - places.roll(-4, axis)).abs()[both]
        turns = move[:, 0] > 4 * move[:, 1]
        across.append(change[turns & (move[:, 0] < 0.1)])
        along.append(change[(move[:, 1] > 4 * move[:, 0])])
    assert float(torch.cat(along).mean()) < 0.5 * float(torch.cat(across).mean())
