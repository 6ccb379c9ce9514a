"""The parser's contract: a photo and its person become labels and normals, of the near side and then of the far one."""

from __future__ import annotations

from typing import Protocol

from bodydouble import plugins
from bodydouble.values import Camera, FarSide, Mesh, Person, Photo, Understanding


class Parser(Protocol):
    """Says what each pixel of a person is, and where its surface faces."""

    def __call__(self, photo: Photo, person: Person) -> Understanding:
        """Labels and normals in a square that holds the person; the same twice for the same photo and person."""
        ...

    def far_side(self, photo: Photo, understanding: Understanding, mesh: Mesh, camera: Camera) -> FarSide:
        """The side that is turned away, in the same square.

        Args:
            understanding: what the same parser made of the same photo.
            mesh: the bare body in the world, as it was fitted to the person.
            camera: the photo's, of that fit.
        """
        ...


PARSERS = {"builtin": "bodydouble.parsing.builtin:BuiltinParser"}


def parser(name: str = "builtin") -> Parser:
    """A new parser of that name, or of "module:attribute"."""
    return plugins.resolve(name, PARSERS, "parser")()
