"""What pages link to exists, every page is in the site's table of contents, and the site loads nothing from outside."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from workshop.site import linked_modules, on_page_markdown

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"")
CODE_PATH = re.compile(r"`((?:src|workshop|tests|examples|docs)/[\w./-]+)`")


def headings(page: Path) -> set[str]:
    """The anchors that MkDocs and GitHub give a page's headings."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}


def broken_links(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in (first or second for first, second in LINK.findall(text)):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" in link:
            continue
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in headings(target)):
            broken.append(link)
    return broken + [path for path in CODE_PATH.findall(text) if not (ROOT / path).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_links_to_exists(page):
    assert broken_links(page) == []


def test_a_broken_link_is_noticed(tmp_path):
    page = tmp_path / "a.md"
    page.write_text("# One\n[a](b.md) [c](#two) [d](#one) `src/nowhere.py` `src/bodydouble/cli.py`", encoding="utf-8")
    assert broken_links(page) == ["b.md", "#two", "src/nowhere.py"]


def test_both_papers_name_every_file_of_their_folder():
    """But those of import and of the contract's own file."""
    for paper, folder in (("dinar", "dinar"), ("human-sgd", "digitize")):
        page = (DOCS / "papers" / f"{paper}.md").read_text(encoding="utf-8")
        files = {path.name for path in (ROOT / "src" / "bodydouble" / folder).glob("*.py")}
        beside = {"__init__.py", "bake.py", "double_renderer.py", "read_checkpoint.py", "published_names.py"}
        assert {name for name in files - beside if name not in page} == set()


def test_every_page_is_in_the_table_of_contents():
    def pages(entry):
        if isinstance(entry, str):
            return [entry]
        return [page for each in (entry if isinstance(entry, list) else entry.values()) for page in pages(each)]

    settings = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    assert sorted(pages(settings["nav"])) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_links_to_modules_lead_to_the_reference():
    class Page:
        class file:
            src_uri = "papers/dinar.md"

    assert on_page_markdown("[a](../../src/bodydouble/dinar/view.py)", Page) == (
        "[a](../reference/bodydouble.dinar.view.md)"
    )
    assert {"bodydouble.dinar.view", "bodydouble.pipeline", "bodydouble.render"} <= set(linked_modules(DOCS))


@pytest.mark.skipif(find_spec("mkdocs") is None or find_spec("mkdocstrings") is None, reason="MkDocs is an extra")
def test_the_site_is_built_and_loads_nothing_from_elsewhere(tmp_path):
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True)
    files = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*.html")}
    pages = {name: path.read_text(encoding="utf-8") for name, path in files.items()}
    loaded = re.compile(r"<(?:script|img|link|iframe|source)[^>]*(?:src|href)=\"?(?:https?:)?//[^\">]*")
    assert {name: found for name, page in pages.items() if (found := loaded.findall(page))} == {}
    assert "create_many" in pages["reference/bodydouble.batch.run/index.html"]
    assert "bodydouble.dinar.vqgan/" in pages["papers/dinar/index.html"]
