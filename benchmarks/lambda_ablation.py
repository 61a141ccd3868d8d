"""What lambda does: the coarse network on rooms with lambda 0, 0.5 and 1 at equal samples, on held-out rooms.

    python benchmarks/lambda_ablation.py [--samples 5000] [--seeds 0 1] [--frames 1200]

Everything else is the recipe eigen2014_rooms: same rooms, same initial weights and same batches for a seed.
Writes benchmarks/results/lambda_ablation.json with machine and versions.
"""

import argparse
import json
import platform
from dataclasses import replace
from pathlib import Path

import torch

import fathom
from fathom import shelf
from fathom.files.store import Store

RESULTS = Path(__file__).with_name("results") / "lambda_ablation.json"
LAMBDAS = (0.0, 0.5, 1.0)


def main() -> None:
    """Trains, scores, writes; a run that is already there is not repeated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=5000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--frames", type=int, default=1200)
    parser.add_argument("--out", type=Path, default=Path("runs/lambda_ablation"))
    asked = parser.parse_args()
    store = rooms(asked.out / f"rooms{asked.frames}", asked.frames)
    recipe = shelf.look_up("recipes", "eigen2014_rooms")
    recipe = replace(recipe, stages=recipe.stages[:1]).with_samples(coarse=asked.samples)
    mean = fathom.train("mean_depth/nyu", store, asked.out / "mean")
    predictors = {"mean depth": fathom.Predictor.load(mean.weights)}
    for seed in asked.seeds:
        for lam in LAMBDAS:
            run = asked.out / f"lambda{lam:g}_seed{seed}_{asked.samples}"
            if not (run / "weights.safetensors").exists():
                fathom.train(replace(recipe, lam=lam), store, run, seed=seed)
            predictors[f"lambda {lam:g}, seed {seed}"] = fathom.Predictor.load(run, scale="coarse")
    table = fathom.evaluate(predictors, store.split("test"), "rooms")
    print(table.text())
    scores = json.loads(table.json())
    for model in scores["models"].values():  # the image by image values stay out of the repository
        model.pop("per_image")
    about = {
        "command": f"python benchmarks/lambda_ablation.py --samples {asked.samples} --frames {asked.frames} "
        f"--seeds {' '.join(map(str, asked.seeds))}",
        "machine": f"{platform.processor() or platform.machine()}, {torch.get_num_threads()} threads",
        "versions": {"fathom": fathom.__version__, "torch": torch.__version__, "python": platform.python_version()},
        "recipe": recipe.to_json(),
        "scores": scores,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(about, indent=1))


def rooms(path: Path, frames: int) -> Store:
    """A Store of rooms, made if it is not there; a tenth of the rooms is held out."""
    try:
        return Store.open(path)
    except fathom.FathomError:
        dataset = shelf.look_up("datasets", "rooms")(frames=frames, seed=7)
        return fathom.prepare(dataset, path, holdout={"test": 0.1})


if __name__ == "__main__":
    main()
