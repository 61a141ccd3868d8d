"""fathom: depth from a single image.

>>> import fathom
>>> prediction = fathom.predict("photo.jpg", model="runs/demo/weights.safetensors")
>>> fathom.save(prediction, "photo.npz")

The names below are loaded on first use, so that ``import fathom`` and ``fathom --help`` import no torch.
"""

import importlib

_PUBLIC = {
    "Camera": "fathom.records",
    "Photo": "fathom.records",
    "Prediction": "fathom.records",
    "Quantity": "fathom.records",
    "Sample": "fathom.records",
    "FathomError": "fathom.errors",
    "Predictor": "fathom.predictor",
    "ScoreTable": "fathom.protocols._base",
    "Store": "fathom.files.store",
    "FolderPredictor": "fathom.predictions",
    "compare": "fathom.comparison",
    "diagnose": "fathom.doctor",
    "evaluate": "fathom.evaluation",
    "evaluate_all": "fathom.evaluation",
    "explain": "fathom.comparison",
    "leaderboard": "fathom.ranking",
    "predict": "fathom.predictor",
    "prepare": "fathom.preparation",
    "read_depth": "fathom.files.depthmap",
    "read_photo": "fathom.files.photo",
    "save": "fathom.saving",
    "train": "fathom.training",
    "write_report": "fathom.report",
}

__version__ = "0.1.0"
__all__ = sorted([*_PUBLIC, "__version__"])


def __getattr__(name: str) -> object:
    if name in _PUBLIC:
        return getattr(importlib.import_module(_PUBLIC[name]), name)
    raise AttributeError(f"module 'fathom' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
