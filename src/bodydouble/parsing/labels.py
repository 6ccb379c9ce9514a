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
BACKGROUND, SKIN, UPPER, LOWER, DRESS, OUTER, UNDER, SHOES, HAT, HAIR, FACIAL_HAIR, EYES, THING = range(len(LABELS))
CLOTH = (UPPER, LOWER, DRESS, OUTER, UNDER)
