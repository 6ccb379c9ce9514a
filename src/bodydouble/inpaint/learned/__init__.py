"""What a network that learned from photographs of real people corrects about `exemplar`'s completion."""
