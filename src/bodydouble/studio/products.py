"""What can be had of a double: the one list that the worker, the routes and the page go by."""

from __future__ import annotations

from dataclasses import dataclass

_GLB, _MP4, _JPEG, _PNG = "model/gltf-binary", "video/mp4", "image/jpeg", "image/png"
UPLOADED = "uploaded"  # in place of a built-in motion: the file that was dropped on the double
_MOTIONS = {"idle": "Idle", "walk": "Walk", "dance": "Dance", "wave": "Wave", "turn": "Turn"}
_PROGRAMS = {
    "blender": "Blender",
    "unity": "Unity",
    "unreal": "Unreal",
    "mixamo": "Mixamo",
    "talkinghead": "TalkingHead",
    "web": "web pages",
}  # by the name of their export profile


@dataclass(frozen=True, kw_only=True)
class Product:
    """A file that is made of a double, or with it."""

    file: str  # its name in the double's folder, and in the address
    label: str  # for people
    media_type: str
    motion: str | None = None  # a built-in one that is in it, or UPLOADED
    profile: str | None = None  # of a model: the program that it is for
    vrm: str = "1"  # of an avatar: the version
    download: bool = True  # offered as such; with a motion, while that is shown


DOUBLE = Product(file="double.double", label="Bodydouble file", media_type="application/octet-stream")
PREVIEW = Product(file="photo.jpg", label="Photo", media_type=_JPEG, download=False)
PERSON = Product(file="person.jpg", label="Person", media_type=_JPEG, download=False)
PEOPLE = Product(file="people.json", label="People in the photo", media_type="application/json", download=False)
LABELS = Product(file="labels.jpg", label="Hair, skin and clothes", media_type=_JPEG, download=False)
FIT = Product(file="fit.jpg", label="Fitted body", media_type=_JPEG, download=False)
OVER_PHOTO = Product(file="over_photo.png", label="Double over the photo", media_type=_PNG, download=False)
PICTURE = Product(file="picture.png", label="Picture", media_type=_PNG, download=False)
# What the page shows: an avatar, and motions of bones alone that it plays.
AVATAR = Product(file="double.vrm", label="VRM avatar", media_type=_GLB)
FIRST_MOTION = Product(file="idle.vrma", label="Idle", media_type=_GLB, motion="idle")
OWN_MOTION = Product(file="own.vrma", label="Your motion", media_type=_GLB, motion=UPLOADED)
MADE_UP = Product(file="made_up.vrm", label="What was made up", media_type=_GLB, download=False)

# Made with the double; all others are made when they are asked for.
ALWAYS = (DOUBLE, PREVIEW, PERSON, PEOPLE, LABELS, FIT, OVER_PHOTO, PICTURE, AVATAR, FIRST_MOTION)
OF_PHOTO = (PREVIEW, PERSON, PEOPLE, LABELS, FIT)  # which a changed double has in common with the one before
# Those of the above that can be made of a double later, too: earlier studios did not.
REMADE = (AVATAR, FIRST_MOTION)
# Another format is one line here; `worker_tasks.make_product` writes it by its suffix.
ON_DEMAND = (
    Product(file="double-0.vrm", label="VRM avatar, version 0", media_type=_GLB, vrm="0"),
    Product(file="double.glb", label="3-D model, at rest", media_type=_GLB),
    *(
        Product(file=f"double-{name}.glb", label=f"3-D model for {program}", media_type=_GLB, profile=name)
        for name, program in _PROGRAMS.items()
    ),
    Product(file="turntable.mp4", label="Turntable video", media_type=_MP4),
    *(
        Product(file=f"{name}.vrma", label=label, media_type=_GLB, motion=name)
        for name, label in _MOTIONS.items()
        if name != FIRST_MOTION.motion
    ),
    OWN_MOTION,
    *(
        Product(file=f"{name}.{suffix}", label=label, media_type=media_type, motion=motion)
        for suffix, media_type in (("glb", _GLB), ("mp4", _MP4))
        for name, label, motion in (
            *((name, label, name) for name, label in _MOTIONS.items()),
            ("own", OWN_MOTION.label, UPLOADED),
        )
    ),
    MADE_UP,
)
PRODUCTS = {product.file: product for product in (*ALWAYS, *ON_DEMAND)}
OF_OWN_MOTION = tuple(product for product in ON_DEMAND if product.motion == UPLOADED)
# Motion files that can be dropped; `motion.load` reads them.
MOTION_SUFFIXES = (".bvh", ".glb", ".vrma", ".npz", ".npy")
