"""What MkDocs is told beside `mkdocs.yml`: a link to a module's file leads to that module's page of the reference.

So pages that are read in the repository and on the site have the same links, and the reference has every module that a
page names. Functions are called as MkDocs' hooks are: https://www.mkdocs.org/dev-guide/plugins/#events.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

# A link's end: ](../src/bodydouble/dinar/sampling.py), with a "../" for each folder that the page lies in.
MODULE_LINK = re.compile(r"\]\((?:\.\./)+src/(bodydouble/[\w/]+)\.py\)")


def linked_modules(docs: Path) -> list[str]:
    """Dotted names of all modules whose files the pages of a folder link to."""
    pages = (path.read_text(encoding="utf-8") for path in docs.rglob("*.md"))
    return sorted({_dotted(found) for page in pages for found in MODULE_LINK.findall(page)})


def on_files(files: Any, config: Any) -> Any:
    """Add a page of the reference for each linked module."""
    from mkdocs.structure.files import File

    for name in linked_modules(Path(config.docs_dir)):
        content = f"# `{name}`\n\n::: {name}\n"
        files.append(File.generated(config, _reference_page(name), content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to files of modules lead to the reference."""
    here = posixpath.dirname(page.file.src_uri)
    return MODULE_LINK.sub(
        lambda found: f"]({posixpath.relpath(_reference_page(_dotted(found[1])), here or '.')})", markdown
    )


def _dotted(path: str) -> str:
    return path.removesuffix("/__init__").replace("/", ".")


def _reference_page(name: str) -> str:
    return f"reference/{name}.md"
