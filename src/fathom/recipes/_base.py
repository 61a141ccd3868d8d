"""What every recipe is: frozen data in which each number says where it comes from.

Sources: P the paper, C the authors' released code, A our judgement where both are silent or cannot be followed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from fathom.errors import BadInput, UnknownName
from fathom.ops.augment import Ranges


@dataclass(frozen=True)
class Stage:
    """One stage of training.

    scale         the model's output that the loss is taken of; also the name of the stage
    samples       how many (augmented) images are seen
    rates         learning rate by the beginning of a parameter's name; the longest match counts, and parameters
                  without a match are frozen: no gradient is computed for them
    weight_decay  likewise, for weights; biases are never decayed
    schedule      "constant", or "cosine": up over the first twentieth, then down to zero at the end
    """

    scale: str
    samples: int
    rates: Mapping[str, float]
    weight_decay: Mapping[str, float] = field(default_factory=dict)
    schedule: str = "constant"

    def of(self, table: Mapping[str, float], parameter: str) -> float | None:
        """The value that ``table`` (rates or weight_decay) has for a parameter, None if it names none."""
        matches = [prefix for prefix in table if parameter.startswith(prefix)]
        return table[max(matches, key=len)] if matches else None


@dataclass(frozen=True)
class Recipe:
    """All that training a model takes, besides data and seed.

    sources     source of every other field, by its name, and of every field of the stages ("P 4.1", "C", "A")
    departures  how this differs from the paper, in sentences; printed with every result
    """

    name: str
    model: str
    initialisation: str
    stages: tuple[Stage, ...]
    sources: Mapping[str, str]
    lam: float = 0.5
    reduction: str = "mean"
    optimiser: str = "sgd"
    momentum: float = 0.9
    batch: int = 32
    augmentation: Ranges = field(default_factory=Ranges)
    departures: tuple[str, ...] = ()

    def with_samples(self, **samples: int) -> "Recipe":
        """The same recipe with other lengths, by stage: ``recipe.with_samples(coarse=4000, fine=2000)``."""
        known = {stage.scale: stage for stage in self.stages}
        if unknown := sorted(samples.keys() - known.keys()):
            raise UnknownName(f"recipe {self.name} has the stages {list(known)}, not {unknown}")
        if any(n < 1 for n in samples.values()):
            raise BadInput(f"a stage sees at least one sample, not {samples}")
        said = ", ".join(f"{n:,} for {scale} (recipe: {known[scale].samples:,})" for scale, n in samples.items())
        return replace(
            self,
            stages=tuple(replace(s, samples=samples.get(s.scale, s.samples)) for s in self.stages),
            departures=(*self.departures, f"Samples: {said}."),
        )

    def to_json(self) -> dict[str, object]:
        """The recipe as plain data, as it is kept in checkpoints."""
        return json.loads(json.dumps(asdict(self)))
