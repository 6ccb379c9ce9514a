"""The wardrobe folder as articles and encoded images for a pack."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import torch
from PIL import Image

from bodydouble.errors import InputError
from bodydouble.values import RestBody
from workshop.synthesis.body import PackedBody
from workshop.synthesis.garments import accessories
from workshop.synthesis.garments.beard import beard_mesh
from workshop.synthesis.garments.outerwear import boots, heels, open_coat, wide_trousers
from workshop.synthesis.garments.sewing import dress, leggings, skirt, top
from workshop.synthesis.garments.tailor import split
from workshop.synthesis.garments.wardrobe import Garment, read_garment
from workshop.synthesis.limbs import LimbFrame, limb_frame
from workshop.synthesis.pack.contents import Article

# What each part of the wardrobe is; of clothes, the folder's name tells.
_KINDS = {"eyebrows": "brows", "eyelashes": "brows", "eyes": "eyes", "hair": "hair"}
HEELS = {"heels_mid": (0.05, 0.055), "heels_high": (0.09, 0.05)}  # metres: heel, and how far up the shoe goes
_EYES = "eyes/low-poly"
_QUALITY = 88  # of WebP, for pictures with holes
_LARGEST = {"hair": 1024, "eyebrows": 512, "eyelashes": 512, "eyes": 256}  # pixels


def wardrobe_articles(wardrobe: Path, body: PackedBody) -> tuple[dict[str, Article], dict[str, bytes]]:
    """All articles by name, outfits taken apart, and the images they and the skins need by path.

    Raises:
        InputError: the folder is no wardrobe, or something in it cannot be read.
    """
    folders = sorted(path.parent for path in wardrobe.glob("*/*/*.mhclo"))
    skins = sorted((wardrobe / "skins").glob("*.jpg"))
    if not folders or not skins:
        raise InputError(f"{wardrobe} is no wardrobe: it needs clothes/*/*.mhclo, hair/*/*.mhclo and skins/*.jpg")
    mean = body.base_rest(body.mean_shape())
    frame = limb_frame(mean, body.roles)
    articles: dict[str, Article] = {}
    paths = list(skins)
    for folder in folders:
        name = folder.relative_to(wardrobe).as_posix()
        if folder.parent.name == "eyes" and name != _EYES:
            continue
        garment = read_garment(next(folder.glob("*.mhclo")))
        pictures = sorted((wardrobe / "eyes/materials").glob("*.png")) if name == _EYES else list(garment.textures)
        paths += pictures
        pieces = _articles(name, garment, mean, frame)
        images = tuple(path.relative_to(wardrobe).as_posix() for path in pictures)
        for key, (kind, piece) in pieces.items():
            articles[key] = Article(
                garment=piece,
                kind=kind,
                source=name,
                images=images,
                women="/male_" not in name or kind in ("upper", "lower", "under"),
                men="/female_" not in name,
            )
    articles |= _sewn_articles(mean, frame) | _over_articles(mean, frame) | _shoe_articles(mean, frame)
    articles |= _accessory_articles(mean, frame, body)
    beard = beard_mesh(mean, frame, body.base_faces)
    articles["made/beard"] = Article(garment=beard, kind="facial hair", source="made/beard", women=False)
    return articles, {path.relative_to(wardrobe).as_posix(): _encode_image(path) for path in paths}


def _articles(name: str, garment: Garment, mean: RestBody, frame: LimbFrame) -> Mapping[str, tuple[str, Garment]]:
    section = name.split("/")[0]
    if section in _KINDS:
        return {name: (_KINDS[section], garment)}
    for kind, word in (("shoes", "/shoes"), ("hat", "/fedora")):
        if word in name:
            return {name: (kind, garment)}
    pieces = split(garment, mean, frame)
    return {f"{name}/{piece.kind}": (piece.kind, piece.garment) for piece in pieces}


def _sewn_articles(mean: RestBody, frame: LimbFrame) -> dict[str, Article]:
    """Garments cut from MakeHuman's helper geometry; they have no picture of their own."""
    hips, knee = frame.crotch + 0.07, float(frame.bones[2, 1, 1])
    ankle = float(frame.ankles[0, 1])
    sewn = {
        "made/top_short": ("upper", top(mean, frame, 0.28, hips), True),
        "made/top_long": ("upper", top(mean, frame, 0.95, hips), True),
        "made/top_sleeveless": ("upper", top(mean, frame, 0.0, hips, neckline=0.07), False),
        "made/leggings": ("lower", leggings(mean, frame, 0.94), False),
        "made/leggings_knee": ("lower", leggings(mean, frame, 0.5), True),
        "made/skirt_short": ("lower", skirt(mean, frame, (frame.crotch + knee) / 2 - 0.05, flare=0.05), False),
        "made/skirt_knee": ("lower", skirt(mean, frame, knee, flare=0.06), False),
        "made/skirt_long": ("lower", skirt(mean, frame, ankle + 0.12, flare=0.04), False),
        "made/dress_short": ("whole", dress(mean, frame, 0.25, (frame.crotch + knee) / 2 - 0.02, flare=0.05), False),
        "made/dress_knee": ("whole", dress(mean, frame, 0.0, knee - 0.05, flare=0.07), False),
        "made/dress_midi": ("whole", dress(mean, frame, 0.5, knee - 0.18, flare=0.11), False),
        "made/dress_long": ("whole", dress(mean, frame, 0.9, ankle + 0.15, flare=0.04), False),
    }
    return _made(sewn)


def _over_articles(mean: RestBody, frame: LimbFrame) -> dict[str, Article]:
    """What is worn open over a top, and trousers wider than legs."""
    hips, knee = frame.crotch + 0.05, float(frame.bones[2, 1, 1])
    return _made(
        {
            "made/jacket_open": ("outer", open_coat(mean, frame, hips, (0.05, 0.09)), True),
            "made/coat_long": ("outer", open_coat(mean, frame, knee - 0.14, (0.06, 0.1)), True),
            "made/coat_knee": ("outer", open_coat(mean, frame, knee + 0.1, (0.035, 0.06)), True),
            "made/trousers_wide": ("lower", wide_trousers(mean, frame, 0.07), False),
            "made/trousers_straight": ("lower", wide_trousers(mean, frame, 0.035), True),
        }
    )


def _shoe_articles(mean: RestBody, frame: LimbFrame) -> dict[str, Article]:
    return _made(
        {
            "made/boots_high": ("shoes", boots(mean, 0.42), False),
            "made/boots_ankle": ("shoes", boots(mean, 0.17), True),
            "made/flats": ("shoes", boots(mean, 0.055, ease=0.008), False),
        }
        | {f"made/{name}": ("shoes", heels(mean, frame, *sizes), False) for name, sizes in HEELS.items()}
    )


def _accessory_articles(mean: RestBody, frame: LimbFrame, body: PackedBody) -> dict[str, Article]:
    palms = [
        mean.joints[[body.roles[f"{side}_wrist"], body.roles[f"{side}_middle_1"]]].mean(0) for side in ("left", "right")
    ]
    wearer = accessories.measure_wearer(mean, frame, torch.stack(palms))
    return _made(
        {
            "made/scarf_loop": ("outer", accessories.scarf_loop(wearer), True),
            "made/scarf_ends": ("outer", accessories.scarf_ends(wearer), True),
            "made/hijab": ("hat", accessories.hijab(wearer), False),
            "made/beanie": ("hat", accessories.beanie(wearer), True),
            "made/cap": ("hat", accessories.peaked_cap(wearer), True),
            "made/hat_brimmed": ("hat", accessories.brimmed_hat(wearer), True),
            "made/glasses": ("thing", accessories.glasses(wearer, dark=False), True),
            "made/sunglasses": ("thing", accessories.glasses(wearer, dark=True), True),
            "made/shoulder_bag": ("thing", accessories.shoulder_bag(wearer), True),
            "made/backpack": ("thing", accessories.backpack(wearer), True),
            "made/handbag": ("thing", accessories.handbag(wearer), False),
            "made/phone": ("thing", accessories.held_thing(wearer, (0.006, 0.037, 0.075), right=True), True),
            "made/cup": ("thing", accessories.held_thing(wearer, (0.04, 0.055, 0.04), right=True), True),
            "made/book": ("thing", accessories.held_thing(wearer, (0.02, 0.12, 0.085), right=False), True),
        }
    )


def _made(garments: Mapping[str, tuple[str, Garment, bool]]) -> dict[str, Article]:
    """Articles of kind, geometry and whether men wear them."""
    return {
        name: Article(garment=garment, kind=kind, source=name, men=men)
        for name, (kind, garment, men) in garments.items()
    }


def _encode_image(path: Path) -> bytes:
    """The file as it is, or smaller as WebP where it has holes."""
    if path.suffix == ".jpg":
        return path.read_bytes()
    with Image.open(path) as image:
        pixels = image.convert("RGBA")
    side = _LARGEST[path.relative_to(path.parents[2]).parts[0]]
    pixels.thumbnail((side, side))
    buffer = io.BytesIO()
    pixels.save(buffer, "WEBP", quality=_QUALITY, method=3, exact=True)
    return buffer.getvalue()
