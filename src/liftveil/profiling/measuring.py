"""What a step of a run costs, measured in this process; ``main`` is what a fresh process runs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any, Final, Literal

from torch import Tensor

from liftveil.config import Config, config_from
from liftveil.errors import LiftveilError
from liftveil.profiling.gpu import Gpu, gpu_now
from liftveil.profiling.meters import Meter, meter_for
from liftveil.profiling.rehearsal import Rehearsal
from liftveil.profiling.stopwatch import Part, split_time
from liftveil.training.state import RunState

Activations = Literal["stored", "recomputed"]
"""Where the backward pass has them from."""

STEPS: Final = 5
"""Steps whose median time is taken."""

_FIRST_STEPS = 2  # the first one makes the optimiser's state and the second one has it from the start
_SPLIT_STEPS = 2
_WARM_PX = 32
_WARM_BLOCKS = 2


@dataclass(frozen=True)
class Holdings:
    """What a run holds on to between or within all steps, whatever the batch.

    Attributes:
        parameters: Number of trained numbers.
        parameter_bytes: Memory of the weights, with frozen ones and constants.
        gradient_bytes: Memory of their gradients, while there are any.
        optimiser_bytes: Memory of the optimisers' state, as found after a step.
        average_bytes: Memory of the averaged weights.
    """

    parameters: int
    parameter_bytes: int
    gradient_bytes: int
    optimiser_bytes: int
    average_bytes: int


@dataclass(frozen=True)
class Measurement:
    """The cost of a step at one batch size.

    Attributes:
        batch: Pairs that are computed together.
        accumulate: Batches in a step.
        activations: Whether they were stored or recomputed.
        device: Type of the device.
        before_bytes: Memory in use before the model was built: Python and torch, or what others use of a GPU.
        holdings: What does not depend on the batch.
        gradient_peak_bytes: Peak of the memory in use while the very first gradient is computed, above
            ``before_bytes``; there is no optimiser's state yet.
        peak_bytes: Peak of whole steps with what the allocator keeps: what a run takes from the machine, above
            ``before_bytes``.
        step_s: Time of a step in seconds, the median.
        shares: Share of a step's time by part.
        gpu: The GPU right behind the timed steps; None where there is none or nothing can be said.
    """

    batch: int
    accumulate: int
    activations: Activations
    device: str
    before_bytes: int
    holdings: Holdings
    gradient_peak_bytes: int
    peak_bytes: int
    step_s: float
    shares: Mapping[Part, float]
    gpu: Gpu | None

    @property
    def activation_bytes(self) -> int:
        """Memory of a gradient beyond weights, their average and the gradient itself; never below 0."""
        held = self.holdings.parameter_bytes + self.holdings.average_bytes + self.holdings.gradient_bytes
        return max(0, self.gradient_peak_bytes - held)

    @property
    def pictures_per_s(self) -> float:
        """Pictures that steps get through in a second, two for each pair."""
        return 2 * self.batch * self.accumulate / self.step_s

    def record(self) -> dict[str, Any]:
        """Everything as plain tables."""
        return asdict(self) | {"activation_bytes": self.activation_bytes, "pictures_per_s": self.pictures_per_s}


def measure(config: Config, activations: Activations) -> Measurement:
    """Measure steps of a run, in a process that has not computed anything yet.

    Args:
        config: The run.
        activations: Where the backward pass shall have them from.

    Returns:
        What a step costs.

    Raises:
        HardwareError: If the system does not tell, or is slower in the configured precision.
    """
    recompute = activations == "recomputed"
    meter = _warm_meter(config, recompute=recompute)
    rehearsal = Rehearsal(config, recompute=recompute)
    rehearsal.gradient()
    gradient_peak = meter.peak_bytes()
    meter.relax()
    for _ in range(_FIRST_STEPS):
        rehearsal.step()
    seconds = [_seconds(rehearsal) for _ in range(STEPS)]
    gpu = gpu_now(rehearsal.fabric.device)
    peak = meter.peak_bytes()
    return Measurement(
        batch=config.data.batch,
        accumulate=config.compute.accumulate,
        activations=activations,
        device=rehearsal.fabric.device.type,
        before_bytes=meter.before_bytes,
        holdings=_holdings(rehearsal.state),
        gradient_peak_bytes=gradient_peak,
        peak_bytes=peak,
        step_s=median(seconds),
        shares=split_time(rehearsal, _SPLIT_STEPS),
        gpu=gpu,
    )


def measurement_from(table: Mapping[str, Any]) -> Measurement:
    """What :meth:`Measurement.record` came from."""
    fields = {name: table[name] for name in Measurement.__dataclass_fields__}
    gpu = table["gpu"] and Gpu(**table["gpu"])
    return Measurement(**fields | {"holdings": Holdings(**table["holdings"]), "gpu": gpu})


def main() -> None:
    """Measure what standard input asks for, and write the result to standard output."""
    order = json.load(sys.stdin)
    try:
        record = measure(config_from(order["config"]), order["activations"]).record()
    except LiftveilError as error:
        sys.exit(str(error))
    sys.stdout.write(json.dumps(record) + "\n")


def _warm_meter(config: Config, *, recompute: bool) -> Meter:
    """A meter that will not see what happens only once: threads that start, modules that are imported late."""
    data = replace(config.data, batch=1, crop_px=min(_WARM_PX, config.data.crop_px))
    model = replace(config.model, blocks=min(_WARM_BLOCKS, config.model.blocks))
    warm = Rehearsal(replace(config, data=data, model=model), recompute=recompute)
    warm.step()
    device = warm.fabric.device
    del warm
    return meter_for(device)


def _seconds(rehearsal: Rehearsal) -> float:
    began = time.perf_counter()
    rehearsal.step()
    return time.perf_counter() - began


def _holdings(state: RunState) -> Holdings:
    trained = [parameter for parameter in state.model.parameters() if parameter.requires_grad]
    states = [entries for optimiser in state.optimisers for entries in optimiser.state.values()]
    return Holdings(
        parameters=sum(parameter.numel() for parameter in trained),
        parameter_bytes=_bytes(state.model.parameters()) + _bytes(state.model.buffers()),
        gradient_bytes=_bytes(trained),
        optimiser_bytes=_bytes(value for entries in states for value in entries.values() if isinstance(value, Tensor)),
        average_bytes=_bytes(state.average.parameters()) + _bytes(state.average.buffers()),
    )


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)
