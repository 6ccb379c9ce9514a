"""A hood beside a bare neck shapes no neck; a polo-neck does."""

import torch

from bodydouble.body.skinning import subtree_weight
from bodydouble.clothing.loose import find_loose
from bodydouble.clothing.offsets import clothe
from bodydouble.parsing.labels import LABELS, OUTER
from tests.garments import PIXELS_PER_METRE, SIDE


def paint_collar(anny, half_width_m, open_m):
    """Cloth from the neck's joint up to the head's, so wide to both sides, and open in the middle."""

    def paint(labels, joints, covered):
        neck, head = (joints[anny.roles[role]] for role in ("neck", "head"))
        y, x = torch.meshgrid(torch.arange(SIDE) + 0.5, torch.arange(SIDE) + 0.5, indexing="ij")
        aside = (x - neck[0]).abs() / PIXELS_PER_METRE
        inside = (y < neck[1] + 2) & (y > head[1]) & (aside < half_width_m) & (aside >= open_m / 2)
        return torch.where(inside, LABELS.index("outer"), labels)

    return paint


def find(scene, anny):
    return find_loose(scene.fit, scene.photo, scene.person, scene.understanding, anny)


def test_a_hood_leaves_a_bare_neck_as_thin_as_it_is(anny, draw_scene):
    scene = draw_scene(paint_collar(anny, 0.13, 0.1))
    loose = find(scene, anny)
    assert bool(loose.collar.any())
    assert float(loose.view.labels[OUTER][loose.collar].min()) > 0.5
    rest = anny.rest(scene.fit.shape)
    neck = (subtree_weight(rest, anny.roles["neck"]) - subtree_weight(rest, anny.roles["head"])) > 0.6
    out = [
        float(
            clothe(scene.fit, scene.person, anny, loose=pixels, join_legs=False)
            .clothing.offsets[neck]
            .norm(dim=1)
            .max()
        )
        for pixels in (None, loose.pixels)
    ]
    assert out[1] < 0.6 * out[0], out


def test_a_polo_neck_is_none(anny, draw_scene):
    assert not bool(find(draw_scene(paint_collar(anny, 0.1, 0.0)), anny).collar.any())
