"""Baselines keep to the inpainter's contract, and invent what they say."""

import pytest
import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.raster.shade import interpolate
from bodydouble.surface.texel_map import texel_map
from bodydouble.values import LANDMARK_COUNT, BodyFit, FittedView, Person, Photo, Texture
from workshop.evaluation.methods.inpainters import MeanColour, Nearest, Telea

SIZE = 128


@pytest.fixture(scope="module")
def views(fit: BodyFit) -> list[FittedView]:
    """A photo that nobody looks at, and the body in it."""
    nowhere = torch.zeros(LANDMARK_COUNT, 3)
    person = Person(mask=torch.zeros(8, 8), landmarks=nowhere, landmarks_world=nowhere)
    return [FittedView(photo=Photo(rgb=torch.zeros(3, 8, 8)), person=person, fit=fit)]


@pytest.fixture(scope="module")
def partial(anny: AnnyBody) -> Texture:
    """The front was seen, green above the hips and red below."""
    texels = texel_map(anny.layout, SIZE)
    position = interpolate(texels, anny.faces, anny.rest(anny.mean_shape()).vertices)[0]
    seen = ((texels.face[0] >= 0) & (position[2] > 0.05)).float()
    rgb = torch.zeros(3, SIZE, SIZE)
    rgb[0], rgb[1] = (position[1] < 0.9).float(), (position[1] >= 0.9).float()
    return Texture(rgb=rgb * seen, confidence=seen)


@pytest.mark.parametrize("inpaint", [MeanColour(seed=1), Telea(seed=1), Nearest(seed=1)])
def test_seen_texels_come_back_and_all_others_are_filled(
    inpaint: MeanColour | Telea | Nearest, partial: Texture, views: list[FittedView], anny: AnnyBody
) -> None:
    whole = inpaint.complete_body(partial, views, anny)
    seen = partial.confidence > 0
    assert torch.equal(whole.rgb[:, seen], partial.rgb[:, seen])
    assert torch.equal(whole.confidence, partial.confidence)
    covered = texel_map(anny.layout, SIZE).face[0] >= 0
    assert whole.rgb[:, covered].sum(0).min() > 0.4
    assert whole.rgb.min() >= 0 and whole.rgb.max() <= 1
    nothing = Texture(rgb=torch.zeros_like(partial.rgb), confidence=torch.zeros_like(partial.confidence))
    assert inpaint.complete_body(nothing, views, anny).rgb.isfinite().all()


def test_the_mean_is_the_mean(partial: Texture, views: list[FittedView], anny: AnnyBody) -> None:
    seen = partial.confidence > 0
    whole = MeanColour().complete_body(partial, views, anny)
    assert torch.allclose(whole.rgb[:, ~seen].T, partial.rgb[:, seen].mean(1), atol=1e-5)


def test_nearest_follows_the_body_and_not_the_picture(
    partial: Texture, views: list[FittedView], anny: AnnyBody
) -> None:
    texels = texel_map(anny.layout, SIZE)
    position = interpolate(texels, anny.faces, anny.rest(views[0].fit.shape).vertices)[0]
    back = (texels.face[0] >= 0) & (position[2] < -0.05)
    below, above = back & (position[1] < 0.8) & (position[1] > 0.3), back & (position[1] > 1.0) & (position[1] < 1.3)
    rgb = Nearest().complete_body(partial, views, anny).rgb
    assert rgb[0, below].mean() > 0.95 and rgb[1, above].mean() > 0.95
