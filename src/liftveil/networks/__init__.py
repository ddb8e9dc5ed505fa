"""StarINN, the conditioners inside it, and its weights files."""

from liftveil.networks.growing import can_grow, grown
from liftveil.networks.loading import load_weights, weights_bytes, weights_facts
from liftveil.networks.starinn import StarINN
from liftveil.networks.subnets import CONDITIONERS

__all__ = ["CONDITIONERS", "StarINN", "can_grow", "grown", "load_weights", "weights_bytes", "weights_facts"]
