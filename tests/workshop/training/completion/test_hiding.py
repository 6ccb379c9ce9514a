"""What another camera does not see is hidden in the texture and in the photo, and nothing else is."""

import pytest
import torch

from bodydouble.inpaint.exemplar.inpainter import scatter_views
from bodydouble.surface.texel_map import texel_map
from bodydouble.texture.project import project_photo
from tests.tiny import front_shot
from workshop.training.completion.hiding import hide_texels, photo_azimuth

SIZE = 128


@pytest.fixture(scope="module")
def view(anny):
    return front_shot(anny, yaw=0.0)


@pytest.fixture(scope="module")
def partial(view, anny):
    return project_photo(view, anny, SIZE)


def head_sides(anny):
    """Texels of the left and of the right half of the head, each SIZE×SIZE, bool: no limb lies before them."""
    centres = anny.rest(anny.mean_shape()).vertices[anny.faces].mean(1)
    face = texel_map(anny.layout, SIZE).face[0]
    x, y, _ = centres[face.clamp_min(0)].unbind(-1)
    head = (face >= 0) & (y > 0.88 * centres[:, 1].max())
    return head & (x > 0), head & (x < 0)


def test_the_photos_own_camera_hides_next_to_nothing(view, partial, anny):
    assert abs(photo_azimuth(view.fit)) < 5
    hiding = hide_texels(view, partial, anny, 0.0)
    assert hiding.hidden.sum() < 0.08 * (partial.confidence > 0).sum()


@pytest.mark.parametrize("azimuth", [75.0, -75.0])
def test_a_camera_at_one_side_does_not_see_the_other(view, partial, anny, azimuth):
    hiding = hide_texels(view, partial, anny, azimuth)
    left, right = head_sides(anny)
    near, far = (left, right) if azimuth > 0 else (right, left)
    assert (hiding.hidden & far).sum() > 4 * (hiding.hidden & near).sum()
    given = hiding.partial.confidence > 0
    assert not (given & hiding.hidden).any() and torch.equal(given | hiding.hidden, partial.confidence > 0)
    assert (hiding.partial.rgb[:, hiding.hidden] == 0).all()
    assert torch.equal(hiding.partial.rgb[:, given], partial.rgb[:, given])


def test_the_photo_does_not_tell_what_is_hidden(view, partial, anny):
    hiding = hide_texels(view, partial, anny, 75.0)
    before, after = (scatter_views([each], anny).filled for each in (view, hiding.view))
    hidden = hiding.hidden.repeat_interleave(2, 0).repeat_interleave(2, 1)
    assert (before & hidden).sum() > 0.5 * hidden.sum()
    assert (after & hidden).sum() < 0.05 * hidden.sum()
    assert (after & ~hidden).sum() > 0.4 * (before & ~hidden).sum()  # whose edges are left out all around


def test_from_behind_nothing_is_left(view, partial, anny):
    assert hide_texels(view, partial, anny, 180.0).hidden.sum() > 0.95 * (partial.confidence > 0).sum()
