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
TOPS = (UPPER, DRESS, OUTER)  # what is worn on the trunk
# What a coat's pixels may be, by its label: a tunic's and a long shirt's are taken for a dress here and there.
TOP_LABELS = {OUTER: (OUTER,), UPPER: (UPPER, DRESS)}
