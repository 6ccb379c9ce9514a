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
BACKGROUND, SKIN, SHOES, HAIR, THING = (LABELS.index(name) for name in ("background", "skin", "shoes", "hair", "thing"))
CLOTH = tuple(LABELS.index(name) for name in ("upper", "lower", "dress", "outer", "under"))
