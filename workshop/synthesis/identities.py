"""Who somebody is and what they wear, drawn at random: adults of both sexes in ordinary clothes freely combined.

Training and test never share an outfit, a skin, a hairstyle or a pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from bodydouble.values import BodyShape
from workshop.synthesis.cloth.palette import TEST, TRAIN, Cloth, sample_cloth
from workshop.synthesis.garments.beard import Beard
from workshop.synthesis.garments.folds import Folds, sample_folds
from workshop.synthesis.garments.hair import Haircut
from workshop.synthesis.pack.contents import Article, Pack

TEST_OUTFITS = ("clothes/female_elegantsuit01", "clothes/male_casualsuit01", "clothes/male_casualsuit06")
TEST_SKINS = ("young_african_female", "middleage_asian_male", "middleage_caucasian_female", "young_caucasian_male2")
TEST_HAIR = ("hair/bob02", "hair/ponytail01", "hair/short03")
# Of what is sewn for people, what training never draws: a dress, a coat, a scarf, a bag and a hat.
TEST_MADE = ("made/dress_midi", "made/coat_knee", "made/scarf_ends", "made/backpack", "made/hat_brimmed")
HELD_PLUMB = ("made/handbag",)
SPLITS = ("train", "test")

_SHIRTS = ("female_elegantsuit01", "male_casualsuit01", "male_casualsuit03")
_TUCKED_IN = "clothes/male_casualsuit01"  # its shirt ends under the belt
_WITH_TIE = "clothes/male_elegantsuit01/under"
_COATS = ("male_casualsuit05", "male_elegantsuit01")
_LONG_SLEEVES = (*_SHIRTS, "male_casualsuit02")
_LONG_LEGS = ("casualsuit01", "casualsuit03", "casualsuit04", "casualsuit05", "casualsuit06", "male_casualsuit02")
_LONG_HAIR = ("hair/long01", "hair/bob01", "hair/bob02")
# How common hairstyles are with men (False) and women (True), where it is not 1.
_HAIR_ODDS: dict[bool, dict[str, float]] = {
    False: {"hair/long01": 0.3, "hair/bob01": 0.2, "hair/bob02": 0.15, "hair/braid01": 0.0, "hair/ponytail01": 0.15},
    True: {"hair/long01": 5.0, "hair/bob01": 3.0, "hair/bob02": 2.5, "hair/short03": 0.5},
}
_FALLS = {"free": 0.16, "back": 0.2, "front": 0.14, "left": 0.1, "right": 0.1, "tail": 0.17, "bun": 0.13}
_COATED, _HATTED, _VEILED = 0.25, 0.12, 0.07  # chances
_EXTRAS = (  # one of these, as what, and how often; bags over the shoulder hang over scarves
    (("made/scarf_loop", "made/scarf_ends"), "scarf", 0.1),
    (("made/shoulder_bag", "made/backpack"), "bag", 0.14),
    (("made/handbag", "made/phone", "made/cup", "made/book"), "held", 0.15),
    (("made/glasses", "made/glasses", "made/glasses", "made/sunglasses"), "glasses", 0.2),
)
_OVER_TROUSERS = ("made/boots_high",)
_WIDE = ("made/trousers_wide", "made/trousers_straight")
_BEARDED = 0.5  # of men
_BEARDS = {"stubble": 0.36, "moustache": 0.12, "goatee": 0.14, "full": 0.38}
_GREY = {"young": 0.02, "middleage": 0.15, "old": 0.6}  # chance of grey hair
_AGES = {"young": (0.62, 0.74), "middleage": (0.74, 0.87), "old": (0.87, 1.0)}  # Anny's phenotype
_SPREAD = 0.12  # standard deviation of Anny's local changes, whose range is -1 to 1


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One article, cut and dyed."""

    article: str  # name in `Pack.articles`
    cloth: Cloth | None = None  # None: as it came
    role: str = "upper"  # of the cloth, see `palette.sample_cloth`
    sleeves: float | None = None  # share of the arm's length they are cut at; None: as it came
    legs: float | None = None  # share of the leg's
    hem: float | None = None  # metres above the waist of the mean body at which it ends
    image: str = ""  # name in `Pack.images`
    dye_seed: int | None = None  # of hair
    grey: float = 0.0  # chance that the dye is grey
    haircut: Haircut | None = None  # None: as it came
    beard: Beard | None = None


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Somebody, before they strike a pose. A description; `outfitting.outfit` makes it geometry."""

    shape: BodyShape
    skin: str  # name in `Pack.images`
    choices: tuple[Choice, ...]  # from the outside inwards
    folds: Folds
    outfit: str  # what confidence intervals are clustered by: the source of what covers the torso


def sample_identity(pack: Pack, rng: np.random.Generator, split: str = "train") -> Identity:
    """A random adult of the "train" or "test" side."""
    woman = bool(rng.integers(2))
    skin = _skin(pack, rng, split, woman)
    clothes = _clothes(pack, rng, split, woman)
    clothes = [*_coat(pack, rng, split, clothes), *clothes]
    shoes = _shoes(pack, rng, split, woman)
    if shoes and shoes[0].article in _OVER_TROUSERS and not any(c.article in _WIDE for c in clothes):
        clothes, shoes = [*shoes, *clothes], []
    extras = _extras(pack, rng, split, woman)
    return Identity(
        shape=_shape(pack, rng, woman, skin),
        skin=skin,
        choices=(*_face(pack, rng), *clothes, *shoes, *_head(pack, rng, split, woman, skin), *extras),
        folds=sample_folds(rng),
        outfit=next(a.source for a in (pack.articles[c.article] for c in clothes) if a.kind in ("upper", "whole")),
    )


def _skin(pack: Pack, rng: np.random.Generator, split: str, woman: bool) -> str:
    sex = "female" if woman else "male"
    names = [n for n in sorted(pack.images) if n.startswith("skins/") and f"_{sex}" in n]
    names = [n for n in names if (n.removeprefix("skins/").removesuffix(".jpg") in TEST_SKINS) == (split == "test")]
    return _pick(rng, names)


def _shape(pack: Pack, rng: np.random.Generator, woman: bool, skin: str) -> BodyShape:
    names = pack.body.phenotype_names
    coefficients = np.clip(rng.normal(0, _SPREAD, len(pack.body.shape_names)), -0.5, 0.5)
    age = next(limits for name, limits in _AGES.items() if f"/{name}_" in skin)
    values = {
        "gender": rng.uniform(0.88, 1.0) if woman else rng.uniform(0.0, 0.12),
        "age": rng.uniform(*age),
        "muscle": rng.uniform(0.3, 0.75),
        "weight": rng.beta(2.5, 3.0) * 0.75 + 0.15,
        "height": rng.uniform(0.3, 0.8),
        "proportions": rng.uniform(0.4, 0.95),
    }
    for name, value in values.items():
        coefficients[names.index(name)] = value
    return BodyShape(coefficients=torch.from_numpy(coefficients).float())


def _clothes(pack: Pack, rng: np.random.Generator, split: str, woman: bool) -> list[Choice]:
    """What covers torso and legs: an outfit as it was made, or the upper of one with the lower of another."""
    worn = {name: a for name, a in pack.articles.items() if _wearable(a, split, woman)}
    uppers = [name for name, article in worn.items() if article.kind == "upper"]
    dresses = [name for name, article in worn.items() if article.kind == "whole"]
    if dresses and rng.random() < len(dresses) / (len(dresses) + len(uppers)):
        dress = _pick(rng, dresses)
        return [_cut_article(pack, rng, dress, split), *_under_piece(pack, rng, dress, split)]
    upper = _pick(rng, uppers)
    matching = f"{pack.articles[upper].source}/lower"
    lowers = [name for name, article in worn.items() if article.kind == "lower"]
    lower = matching if matching in lowers and rng.random() < 0.4 else _pick(rng, lowers)
    above = [_cut_article(pack, rng, upper, split), *_under_piece(pack, rng, upper, split)]
    below = _cut_article(pack, rng, lower, split)
    loose = above[0].role != "coat" and not upper.startswith(_TUCKED_IN)
    tucked_in = upper.startswith(_TUCKED_IN) or (loose and rng.random() < (0.7 if below.role == "skirt" else 0.1))
    return [below, *above] if tucked_in else [*above, below]


def _wearable(article: Article, split: str, woman: bool) -> bool:
    return _on_side(article.source, split) and (article.women if woman else article.men)


def _on_side(source: str, split: str) -> bool:
    return (source in (*TEST_OUTFITS, *TEST_MADE)) == (split == "test")


def _coat(pack: Pack, rng: np.random.Generator, split: str, clothes: Sequence[Choice]) -> list[Choice]:
    """An open coat or jacket over what has none."""
    if any(choice.role == "coat" for choice in clothes) or rng.random() > _COATED:
        return []
    coats = [n for n in pack.of_kind("outer") if "scarf" not in n and _on_side(pack.articles[n].source, split)]
    return [_dye(pack, rng, _pick(rng, coats), "coat", split)]


def _extras(pack: Pack, rng: np.random.Generator, split: str, woman: bool) -> list[Choice]:
    """Scarves, bags, glasses and what is held."""
    chosen = []
    for names, role, chance in _EXTRAS:
        sides = [n for n in names if _on_side(n, split) or not (set(names) & set(TEST_MADE))]
        sides = [n for n in sides if woman or pack.articles[n].men]
        if rng.random() < chance and sides:
            chosen.append(_dye(pack, rng, _pick(rng, sides), role, split))
    return chosen


def _under_piece(pack: Pack, rng: np.random.Generator, outer: str, split: str) -> list[Choice]:
    under = f"{pack.articles[outer].source}/under"
    return [_cut_article(pack, rng, under, split)] if under in pack.articles else []


def _cut_article(pack: Pack, rng: np.random.Generator, name: str, split: str) -> Choice:
    role = role_of(name, pack.articles[name].kind)
    sleeves = legs = hem = None
    if role in ("upper", "shirt") and rng.random() < 0.3:
        long = name.split("/")[1] in _LONG_SLEEVES
        sleeves = float(rng.uniform(0.25, 0.75) if long else rng.uniform(0.12, 0.25))
    if role == "lower" and name.split("/")[1].endswith(_LONG_LEGS) and rng.random() < 0.2:
        legs = float(rng.uniform(0.3, 0.75))
    if split == "train" and role in ("upper", "coat") and rng.random() < 0.12:
        hem = float(rng.uniform(-0.12, 0.03))
    return replace(_dye(pack, rng, name, role, split), sleeves=sleeves, legs=legs, hem=hem)


def role_of(name: str, kind: str) -> str:
    """How cloth lies on an article: its kind, or what kind of upper or lower it is."""
    folder = name.split("/")[1]
    if kind == "upper":
        return "shirt" if folder in _SHIRTS else "coat" if folder in _COATS else "upper"
    if "skirt" in folder or (kind == "lower" and folder == "female_elegantsuit01"):
        return "skirt"
    return "dress" if "dress" in folder else kind


def _dye(pack: Pack, rng: np.random.Generator, name: str, role: str, split: str) -> Choice:
    side = TEST if split == "test" else TRAIN
    images = pack.articles[name].images
    kinds = [kind for kind in side.kinds if images or kind not in ("original", "recoloured")]
    # Several outfits share a picture: test people wear none as it came, lest it was seen in training. And the part of a
    # suit that its jacket hides is not painted.
    if split == "test" or name == "clothes/male_elegantsuit01/lower":
        kinds = [kind for kind in kinds if kind != "original"]
    if name == _WITH_TIE:  # plain cloth would paint over the tie
        kinds = ["original", "recoloured"]
    cloth = sample_cloth(rng, "whole" if role == "dress" else role, side, kinds)
    return Choice(
        article=name,
        cloth=cloth,
        role=role,
        image=_pick(rng, images) if images else "",
    )


def _shoes(pack: Pack, rng: np.random.Generator, split: str, woman: bool) -> list[Choice]:
    if rng.random() < 0.05:
        return []  # barefoot
    made = rng.random() < (0.55 if woman else 0.15)
    shoes = [n for n in pack.of_kind("shoes") if n.startswith("made/") == made and (woman or pack.articles[n].men)]
    return [_dye(pack, rng, _pick(rng, shoes), "shoes", split)]


def _head(pack: Pack, rng: np.random.Generator, split: str, woman: bool, skin: str) -> list[Choice]:
    styles = [name for name in pack.of_kind("hair") if (name in TEST_HAIR) == (split == "test")]
    chosen = []
    if woman and rng.random() < _VEILED:
        return [_dye(pack, rng, "made/hijab", "scarf", split)]
    if rng.random() < _HATTED:
        hats = [n for n in pack.of_kind("hat") if n != "made/hijab" and (n in TEST_MADE or split == "train")]
        hats = [n for n in hats if n not in TEST_MADE or split == "test"]
        chosen.append(_dye(pack, rng, _pick(rng, hats), "hat", split))
    if woman or rng.random() > 0.1:
        odds = np.array([_HAIR_ODDS[woman].get(name, 1.0) for name in styles])
        name = styles[int(rng.choice(len(styles), p=odds / odds.sum()))]
        image = _pick(rng, pack.articles[name].images)
        age = next(age for age in _GREY if f"/{age}_" in skin)
        dye, cut = int(rng.integers(1 << 30)), sample_haircut(rng, name)
        chosen.append(Choice(article=name, image=image, dye_seed=dye, grey=_GREY[age], haircut=cut))
    if not woman and rng.random() < _BEARDED:
        dye = chosen[-1].dye_seed if chosen and chosen[-1].dye_seed is not None else int(rng.integers(1 << 30))
        grey = _GREY[next(age for age in _GREY if f"/{age}_" in skin)]
        chosen.append(Choice(article="made/beard", dye_seed=dye, grey=grey, beard=_beard(rng)))
    return chosen


def _beard(rng: np.random.Generator) -> Beard:
    style = str(rng.choice(list(_BEARDS), p=list(_BEARDS.values())))
    longest = {"stubble": 0.001, "moustache": 0.005, "goatee": 0.02, "full": 0.035}[style]
    return Beard(
        style=style,
        length=float(longest * rng.uniform(0.3, 1) ** 1.5),
        density=float(rng.uniform(0.5, 0.8)),
        seed=int(rng.integers(1 << 20)),
    )


def sample_haircut(rng: np.random.Generator, style: str) -> Haircut:
    """What becomes of a hairstyle: long hair and bobs down to shoulders, back or waist, loose or tied."""
    fall, ends = "free", None
    if style == "hair/ponytail01":
        ends = float(rng.uniform(0.1, 0.45))
    elif style in _LONG_HAIR and (style == "hair/long01" or rng.random() < 0.7):
        fall = str(rng.choice(list(_FALLS), p=list(_FALLS.values())))
        ends = float(rng.uniform(-0.04, 0.1) if rng.random() < 0.35 else rng.uniform(0.1, 0.55))
        if fall != "free":
            ends = max(ends, 0.12)
    return Haircut(
        fall=fall,
        ends=ends,
        mirrored=bool(rng.integers(2)),
        tie=float(rng.uniform(0.08, 0.22)),
        size=float(rng.uniform(0.035, 0.055)),
        seed=int(rng.integers(1 << 20)),
    )


def _face(pack: Pack, rng: np.random.Generator) -> list[Choice]:
    chosen = []
    for kind in ("eyes", "eyebrows", "eyelashes"):
        name = _pick(rng, [n for n in pack.articles if n.startswith(f"{kind}/")])
        chosen.append(Choice(article=name, image=_pick(rng, pack.articles[name].images)))
    return chosen


def _pick(rng: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]
