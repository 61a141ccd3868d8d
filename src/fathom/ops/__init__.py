"""All numerics: arrays and tensors in, arrays and tensors out; no files, no hidden randomness."""
