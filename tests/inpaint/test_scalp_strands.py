"""Strands on the scalp: no star at the whorl."""

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
