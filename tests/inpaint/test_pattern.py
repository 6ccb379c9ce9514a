"""Which cloth is patterned, and that its pattern goes on behind at its own scale."""

import pytest
import torch

from bodydouble.inpaint.pattern import carry_cloth
from bodydouble.parsing.labels import LABELS
from bodydouble.raster.shade import interpolate
from bodydouble.surface.around import texels_around
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import Texture

SIZE = 512
UPPER, OUTER = LABELS.index("upper"), LABELS.index("outer")


@pytest.fixture(scope="module")
def around(anny):
    return texels_around(anny, anny.rest(anny.mean_shape()), anatomy(anny), SIZE)


@pytest.fixture(scope="module")
def trunk(anny, around):
    """S×S, bool: the trunk between hip and armpit; and what of it faces forward."""
    cloth = anatomy(anny).regions(SIZE) == Region.BODY
    inside = cloth & (around.limb == 0) & (around.along > 0.0) & (around.along < 0.35)
    return inside, inside & (around.angle.abs() < 1.1) & (texel_map(anny.layout, SIZE).face[0] >= 0)


def carried(anny, trunk, rgb, label=UPPER):
    inside, seen = trunk
    labels = torch.where(inside, label, 0).to(torch.uint8)
    texture = Texture(rgb=rgb * seen, confidence=seen.float(), labels=labels)
    return carry_cloth(texture, labels, seen, anny.rest(anny.mean_shape()), anny)


def hoops(around) -> torch.Tensor:
    """Stripes around the body, 3 cm from one to the next."""
    return (0.5 + 0.3 * torch.sin(around.along * 2 * torch.pi / 0.03)).expand(3, -1, -1).clone()


def test_hoops_go_on_around_the_back(anny, around, trunk):
    detail, where = carried(anny, trunk, hoops(around))
    behind = where & (around.angle.abs() > 2.2)
    assert int(behind.sum()) > 500
    wanted = (hoops(around) - 0.5)[0][behind]
    correlation = torch.corrcoef(torch.stack([detail[0][behind], wanted]))[0, 1]
    assert float(correlation) > 0.8, "in phase with the front's"


def folds(around) -> torch.Tensor:
    """Soft shade around the body, 9 cm from one fold to the next."""
    return (0.5 + 0.04 * torch.sin(around.along * 2 * torch.pi / 0.09)).expand(3, -1, -1).clone()


def behind_of(detail: torch.Tensor, where: torch.Tensor, around) -> torch.Tensor:
    return detail[0][where & (around.angle.abs() > 2.2)]


def test_folds_of_plain_cloth_go_on_but_its_weave_and_its_print_do_not(anny, around, trunk):
    detail, where = carried(anny, trunk, folds(around))
    wanted = behind_of(folds(around) - 0.5, where, around)
    assert float(torch.corrcoef(torch.stack([behind_of(detail, where, around), wanted]))[0, 1]) > 0.8
    patch = (around.along - 0.2).abs().lt(0.05) & around.angle.abs().lt(0.4)
    printed = torch.where(patch, hoops(around), torch.full((3, SIZE, SIZE), 0.5))
    assert float(behind_of(*carried(anny, trunk, printed), around).abs().max()) < 0.06, "of 0.3"


def test_what_opens_in_front_has_folds_but_no_pattern_behind(anny, around, trunk):
    assert float(behind_of(*carried(anny, trunk, hoops(around), OUTER), around).abs().max()) < 0.08, "of 0.3"


def test_angles_are_told_from_straight_ahead(anny, around):
    position = anny.rest(anny.mean_shape()).vertices
    drawn = interpolate(texel_map(anny.layout, SIZE), anny.faces, position)[0]
    region = anatomy(anny).regions(SIZE) == Region.BODY
    for limb in (0, 3, 4):
        chosen = region & (around.limb == limb)
        left = chosen & (around.angle > 1.2) & (around.angle < 1.9)
        right = chosen & (around.angle < -1.2) & (around.angle > -1.9)
        assert float(drawn[0][left].mean()) > float(drawn[0][right].mean()) + 0.05
        front, back = chosen & (around.angle.abs() < 0.4), chosen & (around.angle.abs() > 2.7)
        assert float(drawn[2][front].mean()) > float(drawn[2][back].mean()) + 0.05
