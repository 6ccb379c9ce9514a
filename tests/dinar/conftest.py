"""A photo whose truth is known, as the tests of textures have it."""

from tests.texture.conftest import scene

__all__ = ["scene"]
