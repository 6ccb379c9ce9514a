"""Closed lids have the colour of the skin above them; nothing else is painted."""

import torch

from bodydouble.body.smplx import SmplxBody
from bodydouble.export.lids import paint_lids
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture
from tests.export.conftest import checker
from workshop.smplx_stand_in import write_stand_in

SIZE = 1024
SKIN = torch.tensor([0.8, 0.6, 0.5])


def test_lashes_are_not_drawn_out_over_closed_lids(anny):
    """Skin whose lower half of each lid, as far as a blink lowers it most, is as dark as lashes."""
    rest = anny.rest(anny.mean_shape())
    blinks = [anny.expression_names.index(f"eyeBlink{side}") for side in ("Left", "Right")]
    lowered = -rest.expressions[blinks].sum(0)[:, 1]
    texels = texel_map(anny.layout, SIZE)
    covered = texels.face[0] >= 0
    depth = lowered[anny.faces].amax(1)[texels.face[0].clamp_min(0)] * covered
    lashes = depth > 0.004
    rgb = SKIN[:, None, None].expand(-1, SIZE, SIZE).clone()
    rgb[:, lashes] = 0.1
    texture = Texture(rgb=rgb, confidence=covered.float())
    painted = paint_lids(anny, rest, texture)
    changed = (painted.rgb != rgb).any(0)
    assert 100 < int(changed.sum()) < 1500, "the lids alone"
    assert bool((depth[changed & covered] > 0).all())
    inner = (painted.rgb - SKIN[:, None, None]).abs().amax(0) < 0.25  # of 0.7
    assert int((inner & lashes).sum()) > 60, "lashes that would be drawn out are skin"
    assert int((~inner & lashes).sum()) > 60, "their edge is as it was"


def test_without_a_picture_of_the_eyes_or_a_blink_nothing_is_painted(anny, tmp_path):
    rest = anny.rest(anny.mean_shape())
    unseen = Texture(rgb=torch.rand(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    assert paint_lids(anny, rest, unseen) is unseen
    other = SmplxBody(write_stand_in(tmp_path / "SMPLX_NEUTRAL.npz"))
    texture = checker()
    assert paint_lids(other, other.rest(other.mean_shape()), texture) is texture
