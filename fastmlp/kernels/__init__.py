"""Compiled kernels for multilayer perceptrons: import them into `@njit` functions of your own, or call from Python.

They know arrays and numbers only; they allocate nothing, keep no state and check nothing. Arguments come in this order:
data, parameters, numbers, scratch, outputs. Everything is C-contiguous, float32 or float64. `Network` and `Trainer`
check the input and call them; `examples/own_loop.py` calls them from a loop of its own.

======================  ==============================================================  ==============================
name                    meaning                                                         shape
======================  ==============================================================  ==============================
``X``, ``y``            inputs (uint8 means value / 255, or floats), labels             (n, n_in); (n,) int64
``sizes``, ``layout``   units of each layer; offsets of each layer (``make_layout``)    (784, 16, 16, 10); (layers, 5)
``params``              all weights and biases, layer by layer: W, then b               (n_params,)
``gradient``            dC/dparams, laid out the same way                               (n_params,)
``W``, ``b``            weights and biases of one layer (``layer_weights``, ...)        (n_in, n_out); (n_out,)
``Z``, ``A``            weighted sums Z = A_below @ W + b, activations A = f(Z)         (batch, n_out)
``delta``               dC/dZ, the error of a layer                                     (batch, n_out)
``dW``, ``db``          dC/dW, dC/db                                                    as W, b
``scratch``             working memory; its contents before a call never matter         (scratch_size(layout, batch),)
======================  ==============================================================  ==============================

The arguments of whole tasks are grouped by how long they live: `Model` is a network, `Rule` says how steps are taken,
`Methods` what training does beyond that, `Work` is working memory, `Worker` one of the threads. Codes of activations,
losses and optimizers stand in ACTIVATIONS, LOSSES and OPTIMIZERS by name. Single steps of the passes are reached by
module, such as `fastmlp.kernels.backprop`.

Source of the method: M. Nielsen, Neural Networks and Deep Learning, chapters 1 to 3.
"""

from fastmlp.kernels._numba.cache import compile_listeners as compile_listeners
from fastmlp.kernels.activations import ACTIVATIONS, activate, multiply_by_derivative
from fastmlp.kernels.arguments import Methods, Model, Rule, Work
from fastmlp.kernels.backprop import loss_and_gradient
from fastmlp.kernels.dense import backward_inputs, backward_weights, forward_layer, sum_rows, transpose
from fastmlp.kernels.epochs import train
from fastmlp.kernels.layout import layer_biases, layer_weights, make_layout, scratch_size
from fastmlp.kernels.losses import LABEL_LOSSES, LOSSES, activate_outputs, argmax, loss_and_delta, sum_losses
from fastmlp.kernels.optimizers import OPTIMIZERS, STATES, sgd_update
from fastmlp.kernels.prediction import evaluate, predict_labels, predict_outputs
from fastmlp.kernels.sparse import (
    PackedRows,
    PackedSamples,
    add_outer_packed,
    count_nonzeros,
    forward_packed,
    pack_rows,
    split_rows,
)
from fastmlp.kernels.special import all_finite
from fastmlp.kernels.threads import Worker, alone, barrier, new_arrivals, thread_range

__all__ = [
    "ACTIVATIONS",
    "LABEL_LOSSES",
    "LOSSES",
    "OPTIMIZERS",
    "STATES",
    "Methods",
    "Model",
    "PackedRows",
    "PackedSamples",
    "Rule",
    "Work",
    "Worker",
    "activate",
    "activate_outputs",
    "add_outer_packed",
    "all_finite",
    "alone",
    "argmax",
    "backward_inputs",
    "backward_weights",
    "barrier",
    "count_nonzeros",
    "evaluate",
    "forward_layer",
    "forward_packed",
    "layer_biases",
    "layer_weights",
    "loss_and_delta",
    "loss_and_gradient",
    "make_layout",
    "multiply_by_derivative",
    "new_arrivals",
    "pack_rows",
    "predict_labels",
    "predict_outputs",
    "scratch_size",
    "sgd_update",
    "split_rows",
    "sum_losses",
    "sum_rows",
    "thread_range",
    "train",
    "transpose",
]
