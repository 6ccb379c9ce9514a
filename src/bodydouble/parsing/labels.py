"""What a pixel can be. The index is the label: the byte in `labels.png`, the channel of label probabilities."""

LABELS = (
    "background",
    "skin",
    "upper",
    "lower",
    "dress",
    "outer",
    "under",
    "shoes",
    "hat",
    "hair",
    "facial hair",
    "eyes",
    "thing",
)
BACKGROUND, SKIN, HAIR = (LABELS.index(name) for name in ("background", "skin", "hair"))
CLOTH = tuple(LABELS.index(name) for name in ("upper", "lower", "dress", "outer", "under"))
