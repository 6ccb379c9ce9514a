"""The pack of a wardrobe: made once, then found in the user's cache."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch

from bodydouble.body.anny import AnnyBody
from bodydouble.errors import InputError
from bodydouble.files import cache_folder
from workshop.fingerprints import code_fingerprint, files_fingerprint
from workshop.synthesis.body import PackedBody
from workshop.synthesis.pack.body import pack_body
from workshop.synthesis.pack.contents import Pack, read_pack, write_pack
from workshop.synthesis.pack.wardrobe import wardrobe_articles
from workshop.synthesis.poses.pose_bank import pose_bank

_SYNTHESIS = Path(__file__).parents[1]
_MADE_BY = tuple(_SYNTHESIS / name for name in ("pack", "garments", "body.py", "limbs.py", "poses/pose_bank.py"))


def open_pack(source: Path, motions: Path | None = None, device: torch.device | str = "cpu") -> Pack:
    """The pack in a file, or of a wardrobe folder; made where it is not in the cache.

    Args:
        source: a pack, or a folder of MakeHuman's assets.
        motions: folder of .bvh files for recorded poses; by default "motions" beside the wardrobe, if there is one.

    Raises:
        InputError: the file is no pack, or the folder no wardrobe.
    """
    if source.is_file():
        return read_pack(source, device)
    if not source.is_dir():
        raise InputError(f"the wardrobe {source} does not exist; give a folder of MakeHuman's assets, or a pack")
    beside = source.resolve().parent / "motions"
    motions = motions or (beside if beside.is_dir() else None)
    path = cache_folder() / f"pack-{_fingerprint(source, motions)}.safetensors"
    if not path.is_file():
        make_pack(source, motions, path)
    return read_pack(path, device)


def make_pack(wardrobe: Path, motions: Path | None, path: Path) -> None:
    """Read a wardrobe and motions and write their pack (about 26 MB).

    Raises:
        InputError: the folder is no wardrobe, or something in it cannot be read.
    """
    body = AnnyBody()
    packed = pack_body(body)
    articles, images = wardrobe_articles(wardrobe, PackedBody(*packed))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_pack(path, packed, articles, images, pose_bank(body, motions))


def _fingerprint(wardrobe: Path, motions: Path | None) -> str:
    """Of all files in both folders, and of the code that packs them."""
    folders = [folder for folder in (wardrobe, motions) if folder is not None]
    digests = [files_fingerprint(sorted(p for p in folder.rglob("*") if p.is_file()), folder) for folder in folders]
    return hashlib.sha256("".join([*digests, code_fingerprint(_MADE_BY)]).encode()).hexdigest()[:16]
