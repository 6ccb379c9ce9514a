"""The usual recipe: the back is the front, seen through the body; the scalp is hair; the rest is inpainted."""

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.parsing.labels import HAIR, SKIN
from bodydouble.raster.shade import interpolate
from bodydouble.surface.regions import Region, anatomy
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import LANDMARK_COUNT, BodyFit, FittedView, Person, Photo, Texture
from workshop.evaluation.methods.front_behind import FrontBehind, look_through

SIZE = 128
HAIR_RGB = (0.3, 0.2, 0.1)


@pytest.fixture(scope="module")
def view(fit: BodyFit) -> FittedView:
    """A photo that is red on its left half and green on its right one, with the person everywhere but at the bottom."""
    height, width = fit.camera.size
    rgb, mask = torch.zeros(3, height, width), torch.ones(height, width)
    rgb[0, :, : width // 2], rgb[1, :, width // 2 :] = 1, 1
    mask[3 * height // 4 :] = 0
    nowhere = torch.zeros(LANDMARK_COUNT, 3)
    person = Person(mask=mask, landmarks=nowhere, landmarks_world=nowhere)
    return FittedView(photo=Photo(rgb=rgb), person=person, fit=fit)


def test_front_and_back_have_the_colour_of_one_line_of_sight(view: FittedView, anny: AnnyBody) -> None:
    painted = look_through(view, anny, SIZE)
    inside = painted.confidence > 0
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    assert 0.3 < float(inside[covered].float().mean()) < 0.95 and not inside[~covered].any()
    position = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(view.fit.shape).vertices)[0]
    middle = position[2, covered].median()
    for side in (position[2] < middle, position[2] > middle):  # the right arm is on the photo's left
        left, right = inside & side & (position[0] > 0.3), inside & side & (position[0] < -0.3)
        assert painted.rgb[1, left].mean() > 0.9 and painted.rgb[0, right].mean() > 0.9


def test_seen_texels_stay_the_scalp_is_hair_and_nothing_is_left_out(view: FittedView, anny: AnnyBody) -> None:
    region = anatomy(anny).regions(SIZE)
    position = interpolate(texel_map(anny.layout, SIZE), anny.faces, anny.rest(view.fit.shape).vertices)[0]
    observed = (region >= 0) & (position[2] > 0.05)
    rgb = torch.full((3, SIZE, SIZE), 0.7) * observed
    labels = torch.where(region == Region.SCALP, HAIR, SKIN).to(torch.uint8) * observed
    rgb[:, observed & (labels == HAIR)] = torch.tensor(HAIR_RGB)[:, None]
    partial = Texture(rgb=rgb, confidence=observed.float(), labels=labels)
    completed = FrontBehind(seed=1).complete_body(partial, [view], anny)
    assert torch.equal(completed.rgb[:, observed], rgb[:, observed])
    assert torch.equal(completed.confidence, partial.confidence)
    scalp = (region == Region.SCALP) & ~observed
    assert torch.allclose(completed.rgb[:, scalp].T, torch.tensor(HAIR_RGB), atol=0.01)
    assert completed.rgb[:, region >= 0].sum(0).min() > 0.3
