"""A double of a person, from one photo.

>>> import bodydouble
>>> double = bodydouble.create("me.jpg")
>>> double.animate("walk", "walk.mp4")
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bodydouble import digitize as digitize
    from bodydouble.alive.run import AliveConfig as AliveConfig
    from bodydouble.alive.run import animate_photo as animate_photo
    from bodydouble.batch.run import create_many as create_many
    from bodydouble.create_config import CreateConfig as CreateConfig
    from bodydouble.digitize.config import DigitizeConfig as DigitizeConfig
    from bodydouble.digitize.textured_mesh import TexturedMesh as TexturedMesh
    from bodydouble.dinar.networks import Networks as Networks
    from bodydouble.dinar.networks import load_networks as load_networks
    from bodydouble.double import Double as Double
    from bodydouble.errors import InputError as InputError
    from bodydouble.errors import NoPersonFound as NoPersonFound
    from bodydouble.pipeline import Pipeline as Pipeline
    from bodydouble.pipeline import create as create

    load = Double.load

# Public names and where they live; imported at first use, so that `import bodydouble` costs nothing.
_PUBLIC = {
    "AliveConfig": "bodydouble.alive.run",
    "animate_photo": "bodydouble.alive.run",
    "CreateConfig": "bodydouble.create_config",
    "Double": "bodydouble.double",
    "InputError": "bodydouble.errors",
    "Networks": "bodydouble.dinar.networks",
    "NoPersonFound": "bodydouble.errors",
    "Pipeline": "bodydouble.pipeline",
    "create": "bodydouble.pipeline",
    "create_many": "bodydouble.batch.run",
    "DigitizeConfig": "bodydouble.digitize.config",
    "TexturedMesh": "bodydouble.digitize.textured_mesh",
    "load_networks": "bodydouble.dinar.networks",
}
__all__ = ["load", "digitize", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name == "load":
        return import_module("bodydouble.double").Double.load
    if name == "digitize":  # a folder that can be called
        return import_module("bodydouble.digitize")
    if name in _PUBLIC:
        return getattr(import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'bodydouble' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
