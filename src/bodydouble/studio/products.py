"""What can be had of a double: the one list that the worker, the routes and the page go by."""

from __future__ import annotations

from dataclasses import dataclass

_GLB, _MP4, _JPEG, _PNG = "model/gltf-binary", "video/mp4", "image/jpeg", "image/png"
UPLOADED = "uploaded"  # in place of a built-in motion: the file that was dropped on the double
_MOTIONS = {"walk": "Walk", "dance": "Dance", "wave": "Wave", "turn": "Turn"}


@dataclass(frozen=True, kw_only=True)
class Product:
    """A file that is made of a double, or with it."""

    file: str  # its name in the double's folder, and in the address
    label: str  # for people
    media_type: str
    motion: str | None = None  # a built-in one that is in it, or UPLOADED
    download: bool = True  # offered as such; with a motion, while that is shown


DOUBLE = Product(file="double.double", label="Bodydouble file", media_type="application/octet-stream")
PREVIEW = Product(file="photo.jpg", label="Photo", media_type=_JPEG, download=False)
PERSON = Product(file="person.jpg", label="Person", media_type=_JPEG, download=False)
FIT = Product(file="fit.jpg", label="Fitted body", media_type=_JPEG, download=False)
OVER_PHOTO = Product(file="over_photo.png", label="Double over the photo", media_type=_PNG, download=False)
PICTURE = Product(file="picture.png", label="Picture", media_type=_PNG, download=False)
FIRST_SHOWN = Product(file="idle.glb", label="Idle", media_type=_GLB, motion="idle")

# Made with the double; all others are made when they are asked for.
ALWAYS = (DOUBLE, PREVIEW, PERSON, FIT, OVER_PHOTO, PICTURE, FIRST_SHOWN)
OWN_MOTION = Product(file="own.glb", label="Your motion", media_type=_GLB, motion=UPLOADED)
OWN_VIDEO = Product(file="own.mp4", label="Your motion", media_type=_MP4, motion=UPLOADED)
MADE_UP = Product(file="made_up.glb", label="What was made up", media_type=_GLB, download=False)
# Another format is one line here; `worker_tasks.make_product` writes it by its suffix.
ON_DEMAND = (
    Product(file="double.glb", label="3-D model, at rest", media_type=_GLB),
    Product(file="double.vrm", label="VRM avatar", media_type=_GLB),
    Product(file="turntable.mp4", label="Turntable video", media_type=_MP4),
    *(Product(file=f"{name}.glb", label=label, media_type=_GLB, motion=name) for name, label in _MOTIONS.items()),
    OWN_MOTION,
    Product(file="idle.mp4", label="Idle", media_type=_MP4, motion="idle"),
    *(Product(file=f"{name}.mp4", label=label, media_type=_MP4, motion=name) for name, label in _MOTIONS.items()),
    OWN_VIDEO,
    MADE_UP,
)
PRODUCTS = {product.file: product for product in (*ALWAYS, *ON_DEMAND)}
# Motion files that can be dropped; `motion.load` reads them.
MOTION_SUFFIXES = (".bvh", ".glb", ".vrma", ".npz", ".npy")
