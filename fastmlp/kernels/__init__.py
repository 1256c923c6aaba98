"""Compiled kernels for multilayer perceptrons: import them into `@njit` functions of your own, or call from Python.

They know arrays and numbers only; they allocate nothing, keep no state, check nothing. Arguments come in
this order: data, parameters, numbers, scratch, outputs. Everything is C-contiguous, float32 or float64.
`Network` and `Trainer` check the input and call them; `examples/own_loop.py` calls them from a loop of its own.

======================  ==============================================================  ==============================
name                    what it is                                                      shape
======================  ==============================================================  ==============================
``X``, ``y``            inputs (uint8 means value / 255, or floats), labels             (n, n_in); (n,) int64
``sizes``, ``layout``   units of each layer; where each layer lies (``make_layout``)    (784, 16, 16, 10); (layers, 5)
``params``              all weights and biases, layer by layer: W, then b               (n_params,)
``gradient``            dC/dparams, laid out the same way                               (n_params,)
``W``, ``b``            weights and biases of one layer (``layer_weights``, ...)        (n_in, n_out); (n_out,)
``Z``, ``A``            weighted sums Z = A_below @ W + b, activations A = f(Z)         (batch, n_out)
``delta``               dC/dZ, the error of a layer                                     (batch, n_out)
``dW``, ``db``          dC/dW, dC/db                                                    as W, b
``scratch``             working memory, what it holds before a call never matters       (scratch_size(layout, batch),)
======================  ==============================================================  ==============================

Source of the method: M. Nielsen, Neural Networks and Deep Learning, chapters 1 to 3.
"""

from fastmlp.kernels._cache import compile_listeners as compile_listeners
from fastmlp.kernels._cache import interrupts as interrupts
from fastmlp.kernels.activations import (
    ACTIVATIONS,
    ELU,
    GELU,
    IDENTITY,
    LEAKY_RELU,
    RELU,
    SIGMOID,
    SILU,
    SOFTPLUS,
    TANH,
    activate,
    derive_from_sums,
    multiply,
    multiply_by_derivative,
    needs_sums,
    sigmoids,
)
from fastmlp.kernels.augmentation import augment_and_pack, augment_images, draw_field, shift_packed
from fastmlp.kernels.dense import (
    backward_inputs,
    backward_weights,
    forward_layer,
    matrix_product,
    sum_rows,
    transpose,
)
from fastmlp.kernels.dropout import drop, dropout_bits, dropout_key
from fastmlp.kernels.epochs import train, train_packed
from fastmlp.kernels.exponential import exp32, exponentials
from fastmlp.kernels.finite import all_finite
from fastmlp.kernels.layout import (
    gradient_norms,
    group_losses,
    layer_biases,
    layer_delta,
    layer_derivatives,
    layer_inputs,
    layer_outputs,
    layer_weights,
    make_layout,
    rows_that_fit,
    scratch_size,
    transposed_weights,
)
from fastmlp.kernels.losses import (
    BINARY_CROSS_ENTROPY,
    CROSS_ENTROPY,
    LOSSES,
    OF_LABELS,
    REGRESSION,
    SQUARED_ERROR,
    activate_outputs,
    argmax,
    loss_and_delta,
    sum_losses,
)
from fastmlp.kernels.norms import (
    clip_factor,
    limit_norms,
    part_norms,
    parts_of,
)
from fastmlp.kernels.passes import (
    BatchRules,
    backward,
    forward,
    forward_first_layer,
    forward_in_training,
    forward_loss_backward,
    load_sample,
    loss_and_gradient,
    no_rules,
    transpose_weights,
)
from fastmlp.kernels.prediction import (
    evaluate,
    evaluate_packed,
    predict_labels,
    predict_labels_packed,
    predict_outputs,
    predict_outputs_packed,
)
from fastmlp.kernels.random import random_below, random_bits, random_uniform
from fastmlp.kernels.rasterize import rasterize
from fastmlp.kernels.settings import make_settings
from fastmlp.kernels.sparse import (
    PackedSamples,
    add_outer_packed,
    add_outer_transposed,
    count_nonzeros,
    forward_packed,
    pack_row,
    pack_rows,
    split_rows,
    transpose_batch,
)
from fastmlp.kernels.team import (
    GROUP_ROWS,
    barrier,
    new_team,
    part,
    part_of_rows,
)
from fastmlp.kernels.updates import (
    ADAM,
    MOMENTUM,
    NESTEROV,
    OPTIMIZERS,
    RMSPROP,
    SGD,
    STATES,
    Factors,
    average,
    bias_factors,
    regularise,
    sgd_update,
    shrink_weights,
    step_factors,
    update,
)
from fastmlp.kernels.warping import AugmentationScratch, new_augmentation_scratch

__all__ = [
    "ACTIVATIONS",
    "ADAM",
    "BINARY_CROSS_ENTROPY",
    "CROSS_ENTROPY",
    "ELU",
    "GELU",
    "GROUP_ROWS",
    "IDENTITY",
    "LEAKY_RELU",
    "LOSSES",
    "MOMENTUM",
    "NESTEROV",
    "OF_LABELS",
    "OPTIMIZERS",
    "REGRESSION",
    "RELU",
    "RMSPROP",
    "SGD",
    "SIGMOID",
    "SILU",
    "SOFTPLUS",
    "SQUARED_ERROR",
    "STATES",
    "TANH",
    "AugmentationScratch",
    "BatchRules",
    "Factors",
    "PackedSamples",
    "activate",
    "activate_outputs",
    "add_outer_packed",
    "add_outer_transposed",
    "all_finite",
    "argmax",
    "augment_and_pack",
    "augment_images",
    "average",
    "backward",
    "backward_inputs",
    "backward_weights",
    "barrier",
    "bias_factors",
    "clip_factor",
    "count_nonzeros",
    "derive_from_sums",
    "draw_field",
    "drop",
    "dropout_bits",
    "dropout_key",
    "evaluate",
    "evaluate_packed",
    "exp32",
    "exponentials",
    "forward",
    "forward_first_layer",
    "forward_in_training",
    "forward_layer",
    "forward_loss_backward",
    "forward_packed",
    "gradient_norms",
    "group_losses",
    "layer_biases",
    "layer_delta",
    "layer_derivatives",
    "layer_inputs",
    "layer_outputs",
    "layer_weights",
    "limit_norms",
    "load_sample",
    "loss_and_delta",
    "loss_and_gradient",
    "make_layout",
    "make_settings",
    "matrix_product",
    "multiply",
    "multiply_by_derivative",
    "needs_sums",
    "new_augmentation_scratch",
    "new_team",
    "no_rules",
    "pack_row",
    "pack_rows",
    "part",
    "part_norms",
    "part_of_rows",
    "parts_of",
    "predict_labels",
    "predict_labels_packed",
    "predict_outputs",
    "predict_outputs_packed",
    "random_below",
    "random_bits",
    "random_uniform",
    "rasterize",
    "regularise",
    "rows_that_fit",
    "scratch_size",
    "sgd_update",
    "shift_packed",
    "shrink_weights",
    "sigmoids",
    "split_rows",
    "step_factors",
    "sum_losses",
    "sum_rows",
    "train",
    "train_packed",
    "transpose",
    "transpose_batch",
    "transpose_weights",
    "transposed_weights",
    "update",
]
