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
from workshop.synthesis.pack.contents import Article, Pack

TEST_OUTFITS = ("clothes/female_elegantsuit01", "clothes/male_casualsuit01", "clothes/male_casualsuit06")
TEST_SKINS = ("young_african_female", "middleage_asian_male", "middleage_caucasian_female", "young_caucasian_male2")
TEST_HAIR = ("hair/bob02", "hair/ponytail01", "hair/short03")
SPLITS = ("train", "test")

_SHIRTS = ("female_elegantsuit01", "male_casualsuit01", "male_casualsuit03")
_TUCKED_IN = "clothes/male_casualsuit01"  # its shirt ends under the belt
_WITH_TIE = "clothes/male_elegantsuit01/under"
_COATS = ("male_casualsuit05", "male_elegantsuit01")
_LONG_SLEEVES = (*_SHIRTS, "male_casualsuit02")
_LONG_LEGS = ("casualsuit01", "casualsuit03", "casualsuit04", "casualsuit05", "casualsuit06", "male_casualsuit02")
_SHORT_HAIR = ("hair/short01", "hair/short02", "hair/short03", "hair/short04", "hair/afro01")
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


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Somebody, before they strike a pose. A description; `outfitting.outfit` makes it geometry."""

    shape: BodyShape
    skin: str  # name in `Pack.images`
    choices: tuple[Choice, ...]  # from the outside inwards
    outfit: str  # what confidence intervals are clustered by: the source of what covers the torso


def sample_identity(pack: Pack, rng: np.random.Generator, split: str = "train") -> Identity:
    """A random adult of the "train" or "test" side."""
    woman = bool(rng.integers(2))
    skin = _skin(pack, rng, split, woman)
    clothes = _clothes(pack, rng, split, woman)
    return Identity(
        shape=_shape(pack, rng, woman, skin),
        skin=skin,
        choices=(*_face(pack, rng, woman), *clothes, *_shoes(pack, rng, split), *_head(pack, rng, split, woman)),
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
    return (article.source in TEST_OUTFITS) == (split == "test") and (article.women if woman else article.men)


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


def _shoes(pack: Pack, rng: np.random.Generator, split: str) -> list[Choice]:
    if rng.random() < 0.05:
        return []  # barefoot
    return [_dye(pack, rng, _pick(rng, pack.of_kind("shoes")), "shoes", split)]


def _head(pack: Pack, rng: np.random.Generator, split: str, woman: bool) -> list[Choice]:
    styles = [name for name in pack.of_kind("hair") if (name in TEST_HAIR) == (split == "test")]
    if not woman:
        styles = [name for name in styles if name in _SHORT_HAIR]
    chosen = []
    if rng.random() < (0.02 if woman else 0.06):
        chosen.append(_dye(pack, rng, _pick(rng, pack.of_kind("hat")), "hat", split))
    if woman or rng.random() > 0.1:
        name = _pick(rng, styles)
        image = _pick(rng, pack.articles[name].images)
        chosen.append(Choice(article=name, image=image, dye_seed=int(rng.integers(1 << 30))))
    return chosen


def _face(pack: Pack, rng: np.random.Generator, woman: bool) -> list[Choice]:
    chosen = []
    for kind in ("eyes", "eyebrows", "eyelashes"):
        name = _pick(rng, [n for n in pack.articles if n.startswith(f"{kind}/")])
        chosen.append(Choice(article=name, image=_pick(rng, pack.articles[name].images)))
    return chosen


def _pick(rng: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(rng.integers(len(names)))]
