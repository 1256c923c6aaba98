"""Compiled kernels for multilayer perceptrons: import them into `@njit` functions of your own, or call from Python.

They know arrays and numbers only; they allocate nothing and keep no state. Arguments come in this order: data,
parameters, numbers, scratch, outputs. Everything is C-contiguous, float32 or float64. `Network` and `Trainer` check the
input and call them; `docs/guides/kernels.md` and `examples/` show how to.

Called from Python, they first check dtypes, shapes, the numbers of samples, labels, and that what is overwritten is not
read-only, and raise ValueError with one sentence: 1 us for a prediction. Called from compiled code nothing is checked,
and a wrong shape reads and writes beside the arrays: call `check_train`, `check_evaluate`, `check_loss_and_gradient`,
`check_predict_outputs` or `check_predict_labels` from Python before, once. Each other kernel has its check as an
attribute, such as `forward_layer.check`.

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
from fastmlp.kernels._numba.compile import cache_folder as cache_folder
from fastmlp.kernels._numba.compile import why_not_kept as why_not_kept
from fastmlp.kernels.activations import ACTIVATIONS
from fastmlp.kernels.arguments import Methods, Model, Rule, Work
from fastmlp.kernels.checks.tasks import (
    check_evaluate,
    check_loss_and_gradient,
    check_predict_labels,
    check_predict_outputs,
    check_train,
)
from fastmlp.kernels.layout import make_layout
from fastmlp.kernels.losses import LABEL_LOSSES, LOSSES
from fastmlp.kernels.optimizers import OPTIMIZERS, STATES
from fastmlp.kernels.public import (
    activate,
    activate_outputs,
    add_outer_packed,
    all_finite,
    argmax,
    backward_inputs,
    backward_weights,
    barrier,
    count_nonzeros,
    evaluate,
    forward_layer,
    forward_packed,
    layer_biases,
    layer_weights,
    loss_and_delta,
    loss_and_gradient,
    multiply_by_derivative,
    pack_rows,
    predict_labels,
    predict_outputs,
    scratch_size,
    sgd_update,
    split_rows,
    sum_losses,
    sum_rows,
    thread_range,
    train,
    transpose,
)
from fastmlp.kernels.sparse import PackedRows, PackedSamples
from fastmlp.kernels.threads import Worker, alone, new_arrivals

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
    "check_evaluate",
    "check_loss_and_gradient",
    "check_predict_labels",
    "check_predict_outputs",
    "check_train",
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
