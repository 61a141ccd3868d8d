"""train(): one loop that a reader follows from top to bottom.

The state of a run is (weights, optimiser state, stage, step). Which samples a step sees, how they are augmented
and what dropout drops follow from the seed and the step alone, so that resuming needs nothing else.
"""

import math
import signal
import threading
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fathom import shelf
from fathom.errors import BadCheckpoint, BadInput, MissingData, TrainingFailed
from fathom.files import runlog
from fathom.files.checkpoint import read_weights, write_weights
from fathom.files.store import Split, Store
from fathom.models._base import DepthModel, DepthStatistics, InputSpec
from fathom.ops import augment, losses
from fathom.ops.devices import choose_device, faster_precision
from fathom.predictor import Predictor
from fathom.recipes._base import Recipe, Stage
from fathom.records import Photo
from fathom.saving import save_contact_sheet

LOG_EVERY = 10  # steps between readings of the loss, at most: reading it waits for the device
SAVE_EVERY_S = 300
VALIDATIONS = 20  # a stage
VALIDATION_SAMPLES = 100


@dataclass(frozen=True)
class Run:
    """A finished training: where its files lie and what it took."""

    out: Path
    weights: Path
    recipe: Recipe
    samples_seen: dict[str, int]
    seconds: float


def train(
    recipe: Recipe | str,
    store: Store | Path | str,
    out: Path | str,
    *,
    resume: bool = False,
    seed: int = 0,
    device: str = "auto",
    precision: str = "auto",
    progress: bool = True,
) -> Run:
    """Trains the recipe's model on the Store's "train" split and writes everything into ``out``.

    weights.safetensors   the model, ready for ``fathom.Predictor``
    last.safetensors      weights and optimiser, every five minutes and on Ctrl-C; ``resume`` goes on from there
    log.jsonl             a line every ten steps: stage, samples, loss, rate, images/s; and validations
    curves.png            the losses
    samples.png           held-out photos, their truth and the prediction, drawn after each stage

    ``precision`` is "fp32", "bf16" (autocast; weights and loss stay float32), or "auto": the faster one, measured.
    A resumed run keeps its own.

    The "test" split, if there is one, is looked at for the curve alone; nothing is chosen by it.

    Raises MissingData or BadCheckpoint when there is nothing sound to resume, BadInput when Store and recipe do
    not fit or ``out`` holds an unfinished run that is not to be resumed, TrainingFailed when the loss is not finite
    (the batch's samples are named), CannotWrite on a full disk.
    """
    if precision not in ("auto", "fp32", "bf16"):
        raise BadInput(f"precision is 'auto', 'fp32' or 'bf16', not '{precision}'")
    recipe = shelf.look_up("recipes", recipe) if isinstance(recipe, str) else recipe
    store = store if isinstance(store, Store) else Store.open(store)
    out, started = Path(out), time.monotonic()
    split, validation = store.split("train").evened(), _validation(store)
    identity = {"recipe": recipe.to_json(), "seed": seed, "data": f"{split.title} {split.fingerprint}"}
    model: DepthModel = shelf.look_up("models", recipe.model)()
    if store.frame != model.spec.frame:
        height, width = model.spec.frame
        held = f"{store.frame[1]}x{store.frame[0]} frames" if store.frame else "pictures of several sizes"
        raise BadInput(
            f"{store.path} holds {held}, {recipe.model} trains on {width}x{height}; prepare the data at that size"
        )
    if not resume and (out / "last.safetensors").exists():
        raise BadInput(
            f"{out} holds an unfinished run: --resume (resume=True) goes on with it; to begin anew delete "
            f"{out / 'last.safetensors'} or choose another folder"
        )
    state = _resumed(out, identity) if resume else None
    if state is None:
        model.initialise(recipe.initialisation, statistics(split), torch.Generator().manual_seed(seed))
    else:
        model.load_state_dict({k.removeprefix("model."): v for k, v in state[0].items() if k.startswith("model.")})
    target = choose_device(device)
    model.to(target).to(memory_format=torch.channels_last)  # ty: ignore[no-matching-overload]
    log = runlog.RunLog(out, keep=state is not None, show=progress)
    begin = state[1] if state else {"stage": 0, "step": 0, "seconds": 0.0}
    precision = begin.get("precision") or (faster_precision(target) if precision == "auto" else precision)

    def save(stage: int, step: int, optimiser: torch.optim.Optimizer | None) -> None:
        at = {
            "stage": stage,
            "step": step,
            "precision": precision,
            "seconds": begin["seconds"] + time.monotonic() - started,
        }
        _save(out, identity | at, model, optimiser)

    with log, _stop_requests() as stop:
        for number, stage in enumerate(recipe.stages):
            if number < begin["stage"]:
                continue
            optimiser, first = _optimiser(recipe, stage, model), 0
            if state and number == begin["stage"]:
                first = begin["step"]
                _load_optimiser(optimiser, model, state[0])
            saved = time.monotonic()
            for done in _steps(
                recipe, number, first, model, optimiser, split, validation, seed, precision == "bf16", stop, log
            ):
                if stop or time.monotonic() - saved > SAVE_EVERY_S:
                    save(number, done, optimiser)
                    saved = time.monotonic()
                if stop:
                    log.say(f"stopped: {out / 'last.safetensors'} holds what was done; --resume goes on from there")
                    raise KeyboardInterrupt
            save(number + 1, 0, None)
            if validation:
                _draw_samples(out / "samples.png", recipe, stage, model, validation, device)
    seconds = begin["seconds"] + time.monotonic() - started
    samples = {stage.scale: _step_count(recipe, stage) * recipe.batch for stage in recipe.stages}
    took = {"samples": samples, "seconds": round(seconds), "device": str(target), "precision": precision}
    about = {"model": recipe.model, **identity, **took}
    write_weights(out / "weights.safetensors", model.state_dict(), about)
    (out / "last.safetensors").unlink(missing_ok=True)
    if recipe.stages:
        runlog.draw_curves(log.path, f"{recipe.name}, seed {seed}, {split.title}")
    return Run(out, out / "weights.safetensors", recipe, samples, seconds)


def _steps(
    recipe: Recipe,
    number: int,
    first: int,
    model: DepthModel,
    optimiser: torch.optim.Optimizer,
    split: Split,
    validation: Split | None,
    seed: int,
    bf16: bool,
    stop: list[int],
    log: runlog.RunLog,
) -> Iterator[int]:
    """Runs the steps of one stage from ``first`` on. Yields how many are done whenever the loss was read and found
    finite: every few steps, at the end, and as soon as ``stop`` asks; so no spoilt weights are ever saved."""
    stage = recipe.stages[number]
    steps, device = _step_count(recipe, stage), next(model.parameters()).device
    validate_every = max(1, steps // VALIDATIONS)
    log_every = min(LOG_EVERY, validate_every)
    unread: list[Tensor] = []
    log.begin(stage.scale, steps * recipe.batch, first * recipe.batch)
    for step in range(first, steps):
        _freeze_all_but(stage, model)
        _set_rate(optimiser, stage, (step + 0.5) / steps)
        rng = np.random.default_rng([seed, number, step]).integers(2**62, size=2)
        indices = batch_indices(len(split), recipe.batch, step, [seed, number])
        drawn = augment.draw(recipe.augmentation, recipe.batch, torch.Generator().manual_seed(int(rng[0])))
        rgb, truth_m = gather(split, indices, drawn, model.spec, device)
        with torch.random.fork_rng(), torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            torch.manual_seed(int(rng[1]))  # dropout's
            prediction = model(rgb, stage.scale)
        loss = losses.scale_invariant_loss(prediction, truth_m, recipe.lam, recipe.reduction)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        unread.append(loss.detach())
        last = step + 1 == steps
        read = len(unread) == log_every or last or bool(stop)
        if read:
            mean = torch.stack(unread).mean().item()
            unread.clear()
            if not math.isfinite(mean):
                names = ", ".join(split.sample(int(i)).name for i in indices)
                raise TrainingFailed(
                    f"the loss is {mean} at step {step + 1} of stage {stage.scale}; the last batch was {names}. "
                    "Look at these samples, or lower the rates of the recipe"
                )
            log.step(stage.scale, (step + 1) * recipe.batch, mean, optimiser.param_groups[0]["lr"])
        if validation and ((step + 1) % validate_every == 0 or last):
            with log.paused():
                error, abs_rel = validate(model, stage.scale, validation, recipe)
            log.validated(stage.scale, (step + 1) * recipe.batch, error, abs_rel)
        if read:
            yield step + 1


def gather(
    split: Split, indices: np.ndarray, drawn: augment.Draw, spec: InputSpec, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The batch: colour float32 (B, 3, *spec.crop) in 0..1 and truth in metres (B, *spec.output), NaN if absent.

    Frames go to the device as they are stored; everything else happens there.
    """
    rows = split.indices[indices]
    rgb = torch.from_numpy(split.store.rgb[rows]).to(device)
    depth_m = torch.from_numpy(split.store.depth_m(rows)).to(device)
    matrix = augment.matrices(drawn, spec.frame, spec.crop).to(device)
    colour = augment.warp_colour(rgb, matrix, spec.crop, drawn.gain.to(device))
    truth_m = augment.warp_depth(
        depth_m, matrix, spec.output, drawn.scale.to(device), stride=spec.stride, offset=spec.offset
    )
    return colour.contiguous(memory_format=torch.channels_last), truth_m


def batch_indices(count: int, batch: int, step: int, seed: list[int]) -> np.ndarray:
    """Which of ``count`` samples step ``step`` sees: epoch after epoch, each a new order, no sample lost."""
    wanted = np.arange(step * batch, (step + 1) * batch)
    epochs, places = np.divmod(wanted, count)
    orders = {int(e): np.random.default_rng([*seed, int(e)]).permutation(count) for e in np.unique(epochs)}
    return np.array([orders[int(e)][p] for e, p in zip(epochs, places, strict=True)])


@torch.no_grad()
def validate(model: DepthModel, scale: str, split: Split, recipe: Recipe) -> tuple[float, float]:
    """(loss, abs rel) on the centre crops of up to a hundred samples, means over images. Not a score: those
    come from ``fathom.evaluate`` and carry their protocol."""
    device = next(model.parameters()).device
    model.eval()
    count = min(len(split), VALIDATION_SAMPLES)
    chosen = np.linspace(0, len(split) - 1, count).round().astype(int)
    error, abs_rel = [], []
    for start in range(0, count, recipe.batch):
        indices = chosen[start : start + recipe.batch]
        drawn = augment.draw(augment.Ranges(), len(indices), torch.Generator())
        rgb, truth_m = gather(split, indices, drawn, model.spec, device)
        prediction = model(rgb, scale)
        error.append(losses.scale_invariant_loss(prediction, truth_m, recipe.lam, "none"))
        relative = (prediction.exp() - truth_m).abs() / truth_m
        abs_rel.append(relative.flatten(1).nanmean(1))
    return torch.cat(error).mean().item(), torch.cat(abs_rel).nanmean().item()


def _draw_samples(
    path: Path, recipe: Recipe, stage: Stage, model: DepthModel, split: Split, device: str, count: int = 4
) -> None:
    """A contact sheet photo | truth | every scale trained so far, of samples spread over the split."""
    scales = model.scales[: model.scales.index(stage.scale) + 1]
    predictors = [Predictor(model, recipe.model, scale, device) for scale in scales]
    rows = []
    for index in np.unique(np.linspace(0, len(split) - 1, count).round().astype(int)):
        sample = split.sample(int(index))
        photo = Photo(sample.rgb, sample.camera, sample.name)
        rows.append([sample.rgb, sample.depth_m, *(p(photo, geometry="paper").depth_m for p in predictors)])
    save_contact_sheet(path, ["photo", "truth", *scales], rows)


def statistics(split: Split) -> DepthStatistics:
    """Mean log depth over all pixels of a split, and its mean depth image."""
    frame = split.store.depth.shape[1:]
    total, count = np.zeros(frame), np.zeros(frame)
    log_total = 0.0
    for start in range(0, len(split), 64):
        depth_m = split.store.depth_m(split.indices[start : start + 64])
        total += np.nansum(depth_m, 0, dtype=np.float64)
        count += np.isfinite(depth_m).sum(0)
        log_total += float(np.nansum(np.log(depth_m), dtype=np.float64))
    if not count.any():
        raise BadInput(f"{split.title}: not one pixel of {len(split)} samples has depth")
    with np.errstate(invalid="ignore"):
        mean_depth_m = torch.from_numpy((total / np.where(count > 0, count, np.nan)).astype(np.float32))
    return DepthStatistics(log_total / float(count.sum()), mean_depth_m)


def _validation(store: Store) -> Split | None:
    return store.split("test") if "test" in store.splits else None


def _step_count(recipe: Recipe, stage: Stage) -> int:
    return math.ceil(stage.samples / recipe.batch)


def _optimiser(recipe: Recipe, stage: Stage, model: DepthModel) -> torch.optim.Optimizer:
    """One group of parameters for each rate and decay that occur."""
    groups: dict[tuple[float, float], list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        rate = stage.of(stage.rates, name)
        decay = 0.0 if name.endswith("bias") else stage.of(stage.weight_decay, name) or 0.0
        if rate is not None:
            groups.setdefault((rate, decay), []).append(parameter)
    if not groups:
        raise BadInput(f"recipe {recipe.name}, stage {stage.scale}: its rates name no parameter of {recipe.model}")
    settings: list[dict[str, Any]] = [
        {"params": parameters, "lr": rate, "rate": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]
    if recipe.optimiser == "sgd":
        return torch.optim.SGD(settings, momentum=recipe.momentum, fused=True)
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(settings, fused=True)
    raise BadInput(f"recipe {recipe.name}: the optimiser is 'sgd' or 'adamw', not '{recipe.optimiser}'")


def _set_rate(optimiser: torch.optim.Optimizer, stage: Stage, done: float) -> None:
    if stage.schedule == "constant":
        factor = 1.0
    elif stage.schedule == "cosine":  # the first twentieth warms up: Adam's first steps are long whatever the slope
        factor = min(1.0, done * 20) * (1 + math.cos(math.pi * done)) / 2
    else:
        raise BadInput(f"a stage's schedule is 'constant' or 'cosine', not '{stage.schedule}'")
    for group in optimiser.param_groups:
        group["lr"] = group["rate"] * factor


def _freeze_all_but(stage: Stage, model: DepthModel) -> None:
    """Only what the stage trains asks for gradients or drops out; the rest runs as it does in use."""
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(stage.of(stage.rates, name) is not None)
    for part in model.children():
        part.train(any(parameter.requires_grad for parameter in part.parameters()))


@contextmanager
def _stop_requests() -> Generator[list[int]]:
    """A list that is empty until Ctrl-C or SIGTERM: a step under way is finished, so that what is saved is whole.
    A second Ctrl-C ends at once."""
    asked: list[int] = []

    def note(number: int, _: object) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread alone
        yield asked
        return
    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _save(out: Path, meta: dict[str, Any], model: DepthModel, optimiser: torch.optim.Optimizer | None) -> None:
    tensors = {f"model.{name}": tensor for name, tensor in model.state_dict().items()}
    if optimiser:
        names = {id(p): name for name, p in model.named_parameters()}
        for parameter, values in optimiser.state.items():
            for key, value in values.items():
                tensors[f"optimiser.{names[id(parameter)]}/{key}"] = torch.as_tensor(value)
    write_weights(out / "last.safetensors", tensors, {"model": meta["recipe"]["model"], **meta})


def _resumed(out: Path, identity: dict[str, Any]) -> tuple[dict[str, Tensor], dict[str, Any]]:
    path = out / "last.safetensors"
    if not path.exists():
        raise MissingData(f"{path}: there is nothing to resume; leave out --resume, or name the folder of the run")
    tensors, meta = read_weights(path)
    for key, wanted in identity.items():
        if meta.get(key) != wanted:
            raise BadCheckpoint(
                f"{path} belongs to another run: its {key} differs; resume with the recipe, samples, seed and data "
                "that it began with, or train into another folder"
            )
    return tensors, meta


def _load_optimiser(optimiser: torch.optim.Optimizer, model: DepthModel, tensors: dict[str, Tensor]) -> None:
    parameters = dict(model.named_parameters())
    for key, tensor in tensors.items():
        if key.startswith("optimiser."):
            name, _, entry = key.removeprefix("optimiser.").rpartition("/")
            parameter = parameters[name]
            value = tensor.to(parameter.device)  # Adam's step count too: the fused kernels read it there
            if tensor.shape == parameter.shape and parameter.ndim == 4:
                value = value.contiguous(memory_format=torch.channels_last)
            optimiser.state[parameter][entry] = value
