"""The sections of a configuration, as frozen dataclasses; what a field may be is part of its type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from liftveil.config.values import (
    Count,
    Decay,
    Levels,
    Natural,
    Positive,
    RampedFactor,
    RampedQuality,
    RampedShare,
    RampedWeight,
    Seed,
    Share,
    Side,
    Size,
    Workers,
)

OptimiserName = Literal[
    "adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "asgd", "muon", "nadam", "radam", "rmsprop", "sgd"
]
Precision = Literal["32", "64", "16-mixed", "bf16-mixed"]


@dataclass(frozen=True)
class ModelConfig:
    """What a StarINN is made of.

    Attributes:
        wavelet: Name of a lifting scheme.
        wavelet_mode: ``"float"`` (stego pixels are rounded) or ``"integer"`` (coefficients are).
        levels: Wavelet levels; a picture's sides are padded to multiples of ``2 ** levels``.
        colour: ``"opponent"`` (orthonormal, for the float wavelet) or ``"reversible"`` (for the integer one).
        secret_channels: 3 for a colour secret, 1 for a grey one.
        luma_strength: Relative strength of changes in luma, ``kY``.
        chroma_strength: Relative strength of changes in chroma, ``kC``.
        learned_strengths: Whether training may change the strengths.
        blocks: Number of flow blocks.
        conditioner: Name of one of :data:`liftveil.networks.CONDITIONERS`.
        width: Channels inside a conditioner.
        mixing: ``"lu"`` or ``"orthogonal"``.
        scale_bound: Bound on a coupling's log-scale.
    """

    wavelet: Literal["haar", "legall5/3", "9/7-m", "cdf9/7"]
    wavelet_mode: Literal["float", "integer"]
    levels: Levels
    colour: Literal["opponent", "reversible"]
    secret_channels: Literal[3, 1]
    luma_strength: Positive
    chroma_strength: Positive
    learned_strengths: bool
    blocks: Size
    conditioner: Literal["plain", "star", "next", "naf"]
    width: Size
    mixing: Literal["lu", "orthogonal"]
    scale_bound: Positive


@dataclass(frozen=True)
class DataConfig:
    """How training samples are drawn.

    Attributes:
        crop_px: Side of the square crops.
        batch: Pairs that a device computes together; a step has ``batch * accumulate`` of them on each device.
        ragged: Share of pairs that are a little smaller than the crops, so that padding is part of training.
        stretch: Share of crops whose contrast is stretched, so that bright and dark parts saturate.
        drawn: Share of crops that are drawn instead of cut from a photograph: flat colours, patterns, boxes.
    """

    crop_px: Side
    batch: Size
    ragged: Share
    stretch: Share
    drawn: Share


@dataclass(frozen=True)
class ObjectiveConfig:
    """Weights of the objective's terms, each a number or a ramp, never all 0; see :mod:`liftveil.training.terms`.

    A term is left out while its weight is 0.

    Attributes:
        unit: Grey levels that the terms count as one.
        hiding_mse: Squared error of the stego.
        hiding_log: Logarithm of one plus that error, picture by picture, so that no picture outweighs the others.
        recovery_mse: Squared error of the recovered secret.
        recovery_log: Logarithm of one plus that error, picture by picture.
        recovery_ssim: One minus the structural similarity of the recovered secret.
        recovery_gradient: Error of the recovered secret's edges.
        total_variation: Roughness of the recovered secret.
        out_of_range: Squared distance of the unclipped stego from 0..255.
        band_ll: Squared error of the stego in its coarse band.
        band_lh: In its horizontal details.
        band_hl: In its vertical details.
        band_hh: In its diagonal details.
        band_ll2: In the coarse band of the second level.
    """

    unit: Positive
    hiding_mse: RampedWeight
    hiding_log: RampedWeight
    recovery_mse: RampedWeight
    recovery_log: RampedWeight
    recovery_ssim: RampedWeight
    recovery_gradient: RampedWeight
    total_variation: RampedWeight
    out_of_range: RampedWeight
    band_ll: RampedWeight
    band_lh: RampedWeight
    band_hl: RampedWeight
    band_hh: RampedWeight
    band_ll2: RampedWeight


@dataclass(frozen=True)
class ChannelConfig:
    """What happens to a stego between embedding and extraction; see :mod:`liftveil.training.curriculum`.

    Attributes:
        rounding: Probability that a stego is rounded to whole grey levels, 1 for files; it is always clipped.
        shaping: How much the recovered picture's error counts against the stego's own when that is rounded with
            shaped noise (:mod:`liftveil.shaping`); 0 leaves the rounding as it is, at first to the nearest.
        noise: Probability that a stego gets Gaussian noise.
        noise_sigma: Deviation of the noise in grey levels.
        jpeg: Probability that a stego is saved as JPEG.
        jpeg_quality: Lowest JPEG quality; each picture's own lies between it and 100.
        resize: Probability that a stego is scaled and scaled back.
        resize_factor: Factor furthest from 1; each picture's own lies between it and 1.
    """

    rounding: RampedShare
    shaping: RampedWeight
    noise: RampedShare
    noise_sigma: RampedWeight
    jpeg: RampedShare
    jpeg_quality: RampedQuality
    resize: RampedShare
    resize_factor: RampedFactor


@dataclass(frozen=True)
class OptimiserConfig:
    """How the parameters move.

    Attributes:
        name: An optimiser of ``torch.optim`` in small letters, or ``"muon"`` (for the conditioners' kernels, in
            float32; AdamW for the rest).
        rate: Peak learning rate.
        warmup_steps: Steps of linear warm-up.
        final_share: Share of the rate that is left at the end of the cosine.
        clip_norm: Bound on the gradient's norm.
        ema_decay: Decay of the averaged weights, which are the ones that are validated and shipped.
    """

    name: OptimiserName
    rate: Positive
    warmup_steps: Natural
    final_share: Share
    clip_norm: Positive
    ema_decay: Decay


@dataclass(frozen=True)
class TrainingConfig:
    """Length and rhythm of a run.

    Attributes:
        steps: Number of optimiser steps.
        seed: Seed of weights, crops, pairings and perturbations.
        normalise: Whether the ActNorms start from data.
        validate_every: Steps between validations.
        validation_pairs: Pairs in a validation.
        validation_px: Side of the centre crops in a validation.
        picture_every: Steps between validation pictures; 0 for none.
        checkpoint_every: Steps between checkpoints.
    """

    steps: Count
    seed: Seed
    normalise: bool
    validate_every: Count
    validation_pairs: Count
    validation_px: Side
    picture_every: Natural
    checkpoint_every: Count


@dataclass(frozen=True)
class ComputeConfig:
    """How a step is computed; but for ``accumulate`` and rounding errors, none of this changes what a run gives.

    Attributes:
        accumulate: Batches whose gradients make one step, on each device.
        precision: ``"32"``, ``"64"``, or what the conditioners compute in: ``"16-mixed"``, ``"bf16-mixed"``.
        recompute: Whether activations are recomputed through the inverse instead of being stored.
        compile: Whether ``torch.compile`` translates the conditioners.
        workers: Loader processes; 0 loads in the training process.
        prefetch: Batches that each loader process keeps ready.
    """

    accumulate: Size
    precision: Precision
    recompute: Literal["auto", "always", "never"]
    compile: bool
    workers: Workers
    prefetch: Size


@dataclass(frozen=True)
class Config:
    """A whole training run."""

    model: ModelConfig
    data: DataConfig
    objective: ObjectiveConfig
    channel: ChannelConfig
    optimiser: OptimiserConfig
    training: TrainingConfig
    compute: ComputeConfig
