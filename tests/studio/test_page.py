"""The page is whole: three.js as it was published, a name for every stage, and nothing from elsewhere."""

import re
import subprocess
import sys
from hashlib import sha256

from bodydouble.studio.app import PAGE
from bodydouble.studio.products import MOTION_SUFFIXES, PRODUCTS, UPLOADED

OURS = [path for path in PAGE.iterdir() if path.suffix in (".mjs", ".css", ".html")]


def test_three_is_as_it_was_published():
    lines = (PAGE / "three" / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split() for line in lines)}
    files = {path.relative_to(PAGE / "three").as_posix() for path in (PAGE / "three").rglob("*") if path.is_file()}
    assert files - {"README.md", "SHA256SUMS"} == set(sums)
    for name, digest in sums.items():
        assert sha256((PAGE / "three" / name).read_bytes()).hexdigest() == digest, name


def test_the_page_names_every_stage():
    from bodydouble.pipeline import _SHARES

    named = re.findall(r'\["([^"]+)", "', (PAGE / "stages.mjs").read_text())
    assert named == [*_SHARES, "saving"]


def test_nothing_comes_from_elsewhere():
    for path in OURS:
        assert not re.search(r"https?://|//cdn", path.read_text(encoding="utf-8")), path.name


def test_the_page_s_motions_are_those_of_the_library():
    from bodydouble.motion.builtin import BUILTIN_MOTIONS
    from bodydouble.motion.load import READERS

    alone = set(READERS) - {".gltf"}  # whose numbers lie in a file beside it
    assert set(MOTION_SUFFIXES) == alone
    assert all(suffix in (PAGE / "motion_bar.mjs").read_text() for suffix in alone)

    assert {product.motion for product in PRODUCTS.values() if product.motion} <= {*BUILTIN_MOTIONS, UPLOADED}


def test_the_page_s_programs_are_the_export_profiles():
    from bodydouble.export.profiles import PROFILES

    assert {product.profile for product in PRODUCTS.values()} == {None, *PROFILES}


def test_the_page_s_labels_are_those_that_can_be_painted():
    from bodydouble.editing.renew import PAINTABLE

    card = (PAGE / "repaint_card.mjs").read_text()
    listed = card[card.index("const LABELS") : card.index("const WAYS")]
    assert tuple(re.findall(r'\["([\w ]+)", "', listed)) == PAINTABLE


def test_the_server_imports_nothing_that_computes():
    """It starts at once and stays small."""
    code = "import sys, bodydouble.studio.server; print([n for n in ('torch', 'numpy', 'PIL') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
