"""Hand-made features: numbers that a textbook would compute, each with its name and its paper."""
