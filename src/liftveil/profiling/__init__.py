"""What a training costs here: memory by batch size, time and its split, the largest batch for a budget."""

from liftveil.profiling.budget import parse_bytes
from liftveil.profiling.measuring import Activations, Measurement
from liftveil.profiling.profiler import Profile, measure_apart, profile
from liftveil.profiling.rehearsal import Rehearsal
from liftveil.profiling.stopwatch import Part

__all__ = [
    "Activations",
    "Measurement",
    "Part",
    "Profile",
    "Rehearsal",
    "measure_apart",
    "parse_bytes",
    "profile",
]
