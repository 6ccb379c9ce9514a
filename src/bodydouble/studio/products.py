"""What can be had of a double: the one list that the worker, the routes and the page go by."""

from __future__ import annotations

from dataclasses import dataclass

_GLB, _MP4 = "model/gltf-binary", "video/mp4"


@dataclass(frozen=True, kw_only=True)
class Product:
    """A file that is made of a double, or with it."""

    file: str  # its name in the double's folder, and in the address
    label: str  # for people
    media_type: str
    motion: str | None = None  # a built-in one that is in it
    download: bool = True  # offered as such; the page needs others for itself


DOUBLE = Product(file="double.double", label="Bodydouble file", media_type="application/octet-stream")
PREVIEW = Product(file="photo.jpg", label="Photo", media_type="image/jpeg", download=False)
PICTURE = Product(file="picture.png", label="Picture", media_type="image/png", download=False)
FIRST_SHOWN = Product(file="idle.glb", label="Idle", media_type=_GLB, motion="idle", download=False)

# Made with the double; all others are made when they are asked for.
ALWAYS = (DOUBLE, PREVIEW, PICTURE, FIRST_SHOWN)
# Another format is one line here; `worker_tasks.make_product` writes it by its suffix.
ON_DEMAND = (
    Product(file="double.glb", label="3-D model, at rest", media_type=_GLB),
    Product(file="turntable.mp4", label="Turntable video", media_type=_MP4),
    Product(file="walk.glb", label="Walk", media_type=_GLB, motion="walk", download=False),
    Product(file="dance.glb", label="Dance", media_type=_GLB, motion="dance", download=False),
    Product(file="wave.glb", label="Wave", media_type=_GLB, motion="wave", download=False),
    Product(file="turn.glb", label="Turn", media_type=_GLB, motion="turn", download=False),
)
PRODUCTS = {product.file: product for product in (*ALWAYS, *ON_DEMAND)}
