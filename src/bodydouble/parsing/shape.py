"""Which of a body's shape coefficients a parser speaks of."""

# Names of coefficients, as Anny has them, in the order of every tensor of them. Never ancestry.
TRAITS = ("gender", "age", "muscle", "weight", "height", "proportions")
