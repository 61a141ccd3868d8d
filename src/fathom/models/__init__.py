"""The shelf of models: one file a model; ENTRIES of variant → a builder of a DepthModel."""
