"""Completion of textures learned from single photographs: part of what was seen of real people is hidden."""
