"""Pages that people open: self-contained files that ask nothing of a network."""
