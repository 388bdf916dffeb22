"""Recipes, batches, the loop."""
