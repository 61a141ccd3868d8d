"""The shelf of recipes: one file a recipe; ENTRIES of variant → Recipe."""
