"""The parser's contract: a photo and its person become labels and normals."""

from __future__ import annotations

from typing import Protocol

from bodydouble import plugins
from bodydouble.values import Person, Photo, Understanding


class Parser(Protocol):
    """Says what each pixel of a person is, and where its surface faces."""

    def __call__(self, photo: Photo, person: Person) -> Understanding:
        """Labels and normals in a square that holds the person; the same twice for the same photo and person."""
        ...


PARSERS = {"builtin": "bodydouble.parsing.builtin:BuiltinParser"}


def parser(name: str = "builtin") -> Parser:
    """A new parser of that name, or of "module:attribute"."""
    return plugins.resolve(name, PARSERS, "parser")()
