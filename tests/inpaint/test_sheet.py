"""What was not seen of a skirt goes on from what was; hair that was not seen falls in strands of its colour."""

from dataclasses import replace

import pytest
import torch

from bodydouble.inpaint.see_through import SheetThrough
from bodydouble.inpaint.strands import complete_hair
from bodydouble.inpaint.tube_sheet import complete_tube
from bodydouble.inpaint.worn_over import find_worn_over
from bodydouble.parsing.labels import LOWER, OUTER, UPPER
from bodydouble.values import Texture

SIZE = 128


def seen_between(left: float, right: float) -> torch.Tensor:
    """S×S confidence: 0.8 between two shares of the way around, told from the near side's middle."""
    around = (torch.arange(SIZE) + 0.5) / SIZE - 0.5
    return (((around > left) & (around < right)) * 0.8).expand(SIZE, -1).clone()


def see_far(colour: torch.Tensor, chance: torch.Tensor, worn_over: torch.Tensor | None = None) -> SheetThrough:
    """What the parser sees through a tube: a colour, 3×S×S, and how likely that is the tube's, S×S; a top over it."""
    return SheetThrough(
        colour=colour,
        chance=chance,
        front_only=torch.zeros(SIZE, SIZE),
        worn_over=torch.zeros(SIZE, SIZE, dtype=torch.bool) if worn_over is None else worn_over,
    )


def striped(period: float) -> torch.Tensor:
    """3×S×S: vertical stripes, so many periods around."""
    around = (torch.arange(SIZE) + 0.5) / SIZE
    return (0.5 + 0.4 * torch.sin(2 * torch.pi * period * around)).expand(3, SIZE, -1).clone()


def partial(rgb: torch.Tensor, confidence: torch.Tensor) -> Texture:
    return Texture(rgb=rgb * (confidence > 0), confidence=confidence)


def test_seen_texels_come_back_to_the_last_bit():
    texture = partial(torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(2)), seen_between(-0.18, 0.18))
    for complete in (complete_tube, complete_hair):
        whole = complete(texture)
        seen = texture.confidence > 0
        assert torch.equal(whole.rgb[:, seen], texture.rgb[:, seen])
        assert torch.equal(whole.confidence, texture.confidence)


def test_stripes_go_on_around_a_tube():
    whole = complete_tube(partial(striped(24), seen_between(-0.18, 0.18)))
    row = whole.rgb[0, SIZE // 2]
    crossings = ((row[1:] > 0.5) != (row[:-1] > 0.5)).sum()
    assert 32 <= int(crossings) <= 52, "48 edges at their own width; those behind may be drawn out to meet"
    assert float((row[1:] - row[:-1]).abs().max()) < 0.75, "no step anywhere"


def test_a_print_goes_on_around_a_tube_in_its_own_colours():
    """Whatever colour the parser sees on the far side: a print's mean is none of its colours."""
    noise = torch.randn(1, 1, SIZE, SIZE, generator=torch.Generator().manual_seed(4))
    blotches = torch.nn.functional.avg_pool2d(noise, 7, 1, 3)[0]
    shown = partial((0.5 + blotches).expand(3, -1, -1).clamp(0, 1), seen_between(-0.18, 0.18))
    grey = complete_tube(shown, see_far(torch.full((3, SIZE, SIZE), 0.3), torch.ones(SIZE, SIZE))).rgb.mean(0)
    front = grey[:, SIZE // 3 : -SIZE // 3]
    assert float(grey[:, : SIZE // 4].std()) > 0.7 * float(front.std())
    assert float(grey[:, : SIZE // 4].mean()) == pytest.approx(float(front.mean()), abs=0.05)


def test_a_print_goes_on_where_the_parser_takes_it_for_something_that_lies_in_front():
    """As a skirt between the fronts of an open jacket: cut out of its middle, it left flaps, which were cut up."""
    row, column = torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")
    checks = (((column // 4) + (row // 4)) % 2 * 0.6 + 0.2).expand(3, -1, -1)
    front_only = ((column - SIZE // 2).abs() < 12).float()
    through = replace(see_far(torch.full((3, SIZE, SIZE), 0.5), torch.zeros(SIZE, SIZE)), front_only=front_only)
    whole = complete_tube(partial(checks, seen_between(-0.2, 0.2)), through).rgb
    alone = complete_tube(partial(checks, seen_between(-0.2, 0.2))).rgb
    assert torch.equal(whole, alone)


def test_what_a_hand_hid_comes_from_the_other_side():
    rgb = striped(2)
    rgb[:, :, : SIZE // 2] = 0.2
    rgb[:, :, SIZE // 2 :] = 0.2
    rgb[:, 40:60] = 0.9  # a belt
    confidence = seen_between(-0.18, 0.18)
    confidence[30:80, SIZE // 2 - 20 : SIZE // 2 - 8] = 0
    whole = complete_tube(partial(rgb, confidence))
    assert float(whole.rgb[0, 50, SIZE // 2 - 14]) == pytest.approx(0.9, abs=0.01), "the belt goes on behind the hand"
    assert float(whole.rgb[0, 50, 2]) == pytest.approx(0.9, abs=0.01), "and around the back"


def test_hair_has_the_colour_of_its_height_and_strands():
    rgb = torch.empty(3, SIZE, SIZE)
    rgb[:] = torch.linspace(0.2, 0.7, SIZE)[None, :, None]
    noise = torch.rand(1, 1, SIZE, generator=torch.Generator().manual_seed(3)) * 0.3 + 0.85
    whole = complete_hair(partial(rgb * noise, seen_between(0.1, 0.2)))
    far = whole.rgb[:, :, :16]
    assert float(far[:, 10].mean()) == pytest.approx(0.25, abs=0.08)
    assert float(far[:, -10].mean()) == pytest.approx(0.6, abs=0.1)
    across, along = far.diff(dim=2).abs().mean(), far.diff(dim=1).abs().mean()
    assert float(across) > 3 * float(along), "strands run down"


def test_strands_keep_the_contrast_that_was_seen_where_the_photos_tones_are_even():
    noise = torch.rand(1, 1, SIZE, generator=torch.Generator().manual_seed(3)) * 0.3 + 0.85
    shown = partial(torch.full((3, SIZE, SIZE), 0.5) * noise, seen_between(0.1, 0.2))
    several = torch.linspace(0.7, 1.4, 5)[:, None].expand(5, 3)
    plain, even, motley = (
        float(complete_hair(shown, tones=tones).rgb[:, :, :16].std()) for tones in (None, torch.ones(5, 3), several)
    )
    assert even == pytest.approx(plain, rel=0.1) and motley > plain


def test_beside_what_was_seen_hair_has_its_colour_and_no_step():
    seen = seen_between(-0.2, 0.2)
    bright = torch.where(torch.arange(SIZE)[None, :] < SIZE // 2, 0.8, 0.3).expand(3, SIZE, -1)
    whole = complete_hair(partial(bright, seen)).rgb.mean(0)
    columns = seen[0].nonzero()[:, 0]
    left, right = int(columns[0]), int(columns[-1])
    assert float(whole[:, left - 4 : left].mean()) == pytest.approx(0.8, abs=0.06)
    assert float(whole[:, right + 1 : right + 5].mean()) == pytest.approx(0.3, abs=0.06)
    far = torch.cat([whole[:, :8], whole[:, -8:]], 1)
    assert float(far.mean()) == pytest.approx(0.3, abs=0.06), "far from both it is as dark as its darker half"


def test_hair_of_which_nothing_was_seen_has_the_colour_that_it_is_told():
    nothing = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    whole = complete_hair(nothing, usual=torch.tensor([0.5, 0.3, 0.2])).rgb
    assert whole.mean((1, 2)).tolist() == pytest.approx([0.5, 0.3, 0.2], abs=0.02)
    assert float(whole[0].std()) > 0.03, "in strands"
    little = partial(torch.full((3, SIZE, SIZE), 0.05), seen_between(0.0, 0.03))
    far = complete_hair(little, usual=torch.tensor([0.5, 0.3, 0.2])).rgb[:, :, :16]
    assert float(far.mean()) > 0.2, "a dark lock does not make the hair black"


def test_light_from_behind_makes_no_dark_hair_blond():
    rgb = torch.full((3, SIZE, SIZE), 0.2)
    rgb[:, :, SIZE // 2 + 20 :] = 0.8
    far = complete_hair(partial(rgb, seen_between(0.0, 0.25))).rgb[:, :, :16]
    assert float(far.mean()) == pytest.approx(0.2, abs=0.05)


def test_seeds_lay_other_strands_and_nothing_seen_is_grey():
    texture = partial(striped(5), seen_between(0.1, 0.2))
    assert not torch.equal(complete_hair(texture, seed=0).rgb, complete_hair(texture, seed=1).rgb)
    nothing = Texture(rgb=torch.zeros(3, SIZE, SIZE), confidence=torch.zeros(SIZE, SIZE))
    assert float(complete_hair(nothing).rgb.mean()) == pytest.approx(0.5)
    assert float(complete_tube(nothing).rgb.mean()) == pytest.approx(0.5)


def test_a_bag_before_a_skirt_is_not_behind_it():
    rgb = striped(24) * torch.tensor([0.3, 0.4, 0.8])[:, None, None]
    rgb[:, 40:80, 70:86] = torch.tensor([0.9, 0.2, 0.5])[:, None, None]
    whole = complete_tube(partial(rgb, seen_between(-0.18, 0.18)))
    far = torch.cat([whole.rgb[..., :32], whole.rgb[..., 96:]], 2)
    assert float((far[0] - far[2]).max()) < 0.1, "nothing pink"


def test_the_far_side_of_a_tube_has_the_tone_that_the_parser_sees():
    """Of one that is lighter on one side, and has no print."""
    through = see_far(torch.full((3, SIZE, SIZE), 0.3), torch.ones(SIZE, SIZE))
    far = complete_tube(partial(striped(1), seen_between(-0.18, 0.18)), through).rgb[0, :, :24]
    assert float(far.mean()) == pytest.approx(0.3, abs=0.05)


def test_the_far_side_tells_nothing_of_plain_cloth_or_near_another_garment():
    """A jacket hangs over the upper half; the colours seen through it turn from the jacket's into the skirt's."""
    dark = torch.full((3, SIZE, SIZE), 0.1)
    down = ((torch.arange(SIZE) + 0.5) / SIZE)[:, None].expand(SIZE, SIZE)
    turning = torch.lerp(torch.tensor(0.9), torch.tensor(0.3), ((down - 0.3) / 0.4).clamp(0, 1)).expand(3, -1, -1)
    through = see_far(turning, (down > 0.5).float())
    plain = complete_tube(partial(dark, seen_between(-0.18, 0.18)), through).rgb
    assert float(plain.max()) < 0.15
    several = complete_tube(partial(striped(1), seen_between(-0.18, 0.18)), through).rgb[..., :24]
    assert float(several[:, SIZE // 2 + 1 : SIZE // 2 + 5].mean()) == pytest.approx(0.5, abs=0.1)
    assert float(several[:, -20:].mean()) == pytest.approx(0.3, abs=0.05)


def test_a_mark_in_front_does_not_come_again_behind():
    noise = 0.03 * torch.rand(3, SIZE, SIZE, generator=torch.Generator().manual_seed(3))
    rgb = 0.6 + noise
    rgb[:, 50:80, SIZE // 2 + 12 : SIZE // 2 + 20] = 0.05  # a hand's shadow
    whole = complete_tube(partial(rgb, seen_between(-0.18, 0.18)))
    behind = torch.cat([whole.rgb[0, :, : SIZE // 5], whole.rgb[0, :, -SIZE // 5 :]], 1)
    assert float(behind.min()) > 0.5
    assert float(behind.std()) > 0.003, "though the cloth keeps its texture"


def test_a_jacket_over_a_skirt_has_its_hem_all_around():
    """It is blue, and open in front over a fifth of what is seen; the skirt is red."""
    red, blue = (torch.tensor(rgb)[:, None, None] for rgb in ((0.8, 0.1, 0.2), (0.1, 0.3, 0.8)))
    down, around = ((torch.arange(SIZE) + 0.5) / SIZE for _ in range(2))
    jacket = (down < 0.25)[:, None] & ((around - 0.5).abs() > 0.035)
    seen = seen_between(-0.18, 0.18)
    texture = partial(torch.where(jacket, blue, red), seen)
    labels = torch.where(jacket, OUTER, LOWER)
    through = SheetThrough(
        colour=red.expand(3, SIZE, SIZE),
        chance=torch.ones(SIZE, SIZE),
        front_only=torch.zeros(SIZE, SIZE),
        worn_over=find_worn_over(texture.rgb, labels, texture.confidence > 0),
    )
    whole = complete_tube(texture, through)
    behind, hem = whole.rgb[..., :24], round(0.25 * SIZE)
    assert whole.labels is not None and bool(((whole.labels == OUTER).sum(0) == hem)[:24].all())
    assert float((behind[:, : hem - 1] - blue).abs().max()) < 0.05
    assert float((behind[:, hem + 1 :] - red).abs().max()) < 0.05


def test_the_points_of_a_vest_hang_in_front_alone():
    """Blue, and deeper in its middle than at the flanks, where the red skirt begins at once."""
    red, blue = (torch.tensor(rgb)[:, None, None] for rgb in ((0.8, 0.1, 0.2), (0.1, 0.3, 0.8)))
    down, around = ((torch.arange(SIZE) + 0.5) / SIZE for _ in range(2))
    vest = (down < 0.25)[:, None] & ((around - 0.5).abs() < 0.13)
    texture = partial(torch.where(vest, blue, red), seen_between(-0.18, 0.18))
    over = find_worn_over(texture.rgb, torch.where(vest, UPPER, LOWER), texture.confidence > 0)
    through = see_far(red.expand(3, SIZE, SIZE), torch.ones(SIZE, SIZE), over)
    behind = complete_tube(texture, through).rgb[..., :24]
    assert float((behind - red).abs().max()) < 0.05


def test_one_coat_with_two_labels_has_no_hem_in_its_middle():
    """Its upper half is called a jacket; it is furry all over."""
    texture = partial(striped(24), seen_between(-0.18, 0.18))
    upper = ((torch.arange(SIZE) + 0.5) / SIZE < 0.25)[:, None].expand(SIZE, SIZE)
    seen = texture.confidence > 0
    assert not find_worn_over(texture.rgb, torch.where(upper, OUTER, LOWER), seen).any()
    dark = torch.where(upper, 0.1 * texture.rgb, texture.rgb)
    assert torch.equal(find_worn_over(dark, torch.where(upper, OUTER, LOWER), seen), upper & seen)


def test_a_dark_jumper_that_hides_most_of_a_dark_skirt_has_its_hem_behind():
    """Brown over blue, of which more is jumper than skirt; colour and label change at once, all around."""
    brown, blue = (torch.tensor(rgb)[:, None, None] for rgb in ((0.34, 0.21, 0.14), (0.19, 0.18, 0.25)))
    jumper = ((torch.arange(SIZE) + 0.5) / SIZE < 0.6)[:, None].expand(SIZE, SIZE)
    texture = partial(torch.where(jumper, brown, blue), seen_between(-0.18, 0.18))
    seen = texture.confidence > 0
    over = find_worn_over(texture.rgb, torch.where(jumper, UPPER, LOWER), seen)
    assert torch.equal(over, jumper & seen)
    through = see_far(blue.expand(3, SIZE, SIZE), torch.ones(SIZE, SIZE), over)
    behind, hem = complete_tube(texture, through).rgb[..., :24], round(0.6 * SIZE)
    assert float((behind[:, : hem - 1] - brown).abs().max()) < 0.05
    assert float((behind[:, hem + 1 :] - blue).abs().max()) < 0.05
