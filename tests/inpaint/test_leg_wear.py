"""Between hem and shoe legs wear one stuff, all around and all along."""

import pytest
import torch

from bodydouble.inpaint.by_label import SIZE, recolour_by_label
from bodydouble.inpaint.leg_wear import find_hem, settle_legs
from bodydouble.inpaint.see_through import nothing_through
from bodydouble.parsing.labels import LOWER, SKIN, UNDER, UPPER
from bodydouble.surface.graph import mean_surface_graph
from bodydouble.surface.regions import Region
from bodydouble.values import FittedView, Person, Photo, Texture

RED, BLACK, PINK = (torch.tensor(colour) for colour in ([0.8, 0.1, 0.2], [0.1, 0.08, 0.1], [0.9, 0.7, 0.6]))
SHEER = torch.tensor([0.3, 0.22, 0.2])
WAIST_M, HEM_M = 1.0, 0.75


@pytest.fixture(scope="module")
def surface(anny):
    return mean_surface_graph(anny, SIZE).surface


@pytest.fixture
def dressed(surface):
    """(N,) labels and N×3 colours of a red skirt over black tights in one label, and what faces forward."""
    height, skin = surface.position[:, 1], surface.region != Region.BODY
    label = torch.where(height > WAIST_M, UPPER, LOWER)
    label[skin] = SKIN
    colour = torch.where((height > HEM_M)[:, None], RED, BLACK)
    colour[skin] = PINK
    return label, colour, surface.normal[:, 2] > 0.4


def legs_between(surface, low, high):
    """(N,), bool: texels of both legs between two heights, in metres."""
    leg = (surface.region == Region.BODY) & ~surface.arm & ~surface.trunk
    return leg & (surface.position[:, 1] > low) & (surface.position[:, 1] < high)


def test_a_skirt_ends_at_its_hem_behind_and_tights_go_on_below(anny, surface, dressed, fit):
    label, colour, seen = dressed
    image = surface.put(torch.cat([colour, seen[:, None].float(), label[:, None].float()], 1))
    partial = Texture(
        rgb=image[:3] * image[3], confidence=image[3], labels=(image[4] * image[3]).round().to(torch.uint8)
    )
    blank = torch.zeros(8, 8)
    person = Person(mask=blank, landmarks=torch.zeros(543, 3), landmarks_world=torch.zeros(543, 3))
    view = FittedView(photo=Photo(rgb=torch.zeros(3, 8, 8)), person=person, fit=fit)
    recoloured = recolour_by_label(torch.full_like(partial.rgb, 0.5), partial, [view], anny)
    behind, height = surface.normal[:, 2] < -0.5, surface.position[:, 1]
    taken = surface.take(recoloured.rgb)
    for chosen, expected in (
        (behind & legs_between(surface, 0.2, HEM_M - 0.04), BLACK),
        (behind & surface.trunk & (height > HEM_M + 0.04) & (height < WAIST_M - 0.04), RED),
    ):
        assert float((taken[chosen] - expected).abs().mean()) < 0.03
    below = legs_between(surface, 0.2, HEM_M - 0.04)
    assert bool((surface.take(recoloured.labels)[below] == UNDER).all()), "seen ones, too"


@pytest.mark.parametrize(("colour", "covered"), [(SHEER, True), (PINK, False)])
def test_patches_of_skin_are_tights_where_they_have_their_colour(surface, dressed, colour, covered):
    """Sheer tights that the parser takes for skin at the knees, or jeans with holes there."""
    label, colours, seen = dressed
    knees = legs_between(surface, 0.42, 0.52) & (surface.position[:, 0].abs() < 0.1)
    label[knees], colours[knees] = SKIN, colour
    settled, through = settle_legs(label, colours, seen, nothing_through(len(label)), surface)
    assert bool((settled[knees & seen] == (UNDER if covered else SKIN)).all())
    assert torch.equal(settled[surface.trunk & (label == UPPER)], label[surface.trunk & (label == UPPER)])


def test_bare_legs_stay_bare_below_shorts(surface, dressed):
    label, colours, seen = dressed
    bare = legs_between(surface, 0.0, 0.6)
    label[bare], colours[bare] = SKIN, SHEER  # in the shade
    colours[legs_between(surface, 0.6, WAIST_M)] = BLACK
    settled = settle_legs(label, colours, seen, nothing_through(len(label)), surface)[0]
    assert bool((settled[bare & seen] == SKIN).all())


def test_colours_that_fade_have_no_hem():
    height = torch.linspace(0.1, 1.0, 400)
    assert find_hem(torch.lerp(BLACK, RED, height[:, None]), height) is None
    step = find_hem(torch.where(height[:, None] > HEM_M, RED, BLACK), height)
    assert step is not None and abs(step - HEM_M) < 0.01
    assert find_hem(RED.expand(400, 3), height) is None


def test_trousers_are_one_stuff_however_dark_a_coats_shadow_on_them_is(surface, dressed):
    label, colour, seen = dressed
    shade = torch.where((surface.position[:, 1] > HEM_M)[:, None], 0.3, 1.0) * torch.tensor([0.7, 0.6, 0.45])
    colour = torch.where((label == LOWER)[:, None], shade, colour)
    through = nothing_through(len(label))
    assert bool((settle_legs(label, colour, seen, through, surface)[0] == UNDER).any()), "by colours alone"
    settled = settle_legs(label, colour, seen, through, surface, trousers=True)[0]
    assert torch.equal(settled, label)
