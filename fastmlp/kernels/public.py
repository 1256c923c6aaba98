"""The kernels that the package offers, each behind the check of its arguments."""

from typing import Any

from fastmlp.kernels import (
    activations,
    backprop,
    dense,
    epochs,
    losses,
    optimizers,
    prediction,
    sparse,
    special,
    threads,
)
from fastmlp.kernels import layout as table
from fastmlp.kernels._numba.checked import Checked
from fastmlp.kernels.checks import layers as of_layers
from fastmlp.kernels.checks import packed as of_packed
from fastmlp.kernels.checks import tasks as of_tasks
from fastmlp.kernels.layout import B_AT, N_IN, N_OUT, W_AT


def _view_weights(layout: Any, params: Any, layer: int) -> Any:
    """Return what layer_weights does, as a view that keeps `params` alive."""
    n_in, n_out, at = (int(layout[layer, column]) for column in (N_IN, N_OUT, W_AT))
    return params[at : at + n_in * n_out].reshape(n_in, n_out)


def _view_biases(layout: Any, params: Any, layer: int) -> Any:
    """Return what layer_biases does, as a view that keeps `params` alive."""
    n_out, at = (int(layout[layer, column]) for column in (N_OUT, B_AT))
    return params[at : at + n_out]


activate = Checked(activations.activate, of_layers.check_activate)
activate_outputs = Checked(losses.activate_outputs, of_layers.check_activate_outputs)
add_outer_packed = Checked(sparse.add_outer_packed, of_packed.check_add_outer_packed)
all_finite = Checked(special.all_finite, of_layers.check_all_finite)
argmax = Checked(losses.argmax, of_layers.check_argmax)
backward_inputs = Checked(dense.backward_inputs, of_layers.check_backward_inputs)
backward_weights = Checked(dense.backward_weights, of_layers.check_backward_weights)
barrier = Checked(threads.barrier, of_layers.check_barrier)
count_nonzeros = Checked(sparse.count_nonzeros, of_packed.check_count_nonzeros)
evaluate = Checked(prediction.evaluate, of_tasks.check_evaluate)
forward_layer = Checked(dense.forward_layer, of_layers.check_forward_layer)
forward_packed = Checked(sparse.forward_packed, of_packed.check_forward_packed)
layer_biases = Checked(table.layer_biases, of_layers.check_layer, _view_biases)
layer_weights = Checked(table.layer_weights, of_layers.check_layer, _view_weights)
loss_and_delta = Checked(losses.loss_and_delta, of_layers.check_loss_and_delta)
loss_and_gradient = Checked(backprop.loss_and_gradient, of_tasks.check_loss_and_gradient)
multiply_by_derivative = Checked(activations.multiply_by_derivative, of_layers.check_multiply_by_derivative)
pack_rows = Checked(sparse.pack_rows, of_packed.check_pack_rows)
predict_labels = Checked(prediction.predict_labels, of_tasks.check_predict_labels)
predict_outputs = Checked(prediction.predict_outputs, of_tasks.check_predict_outputs)
scratch_size = Checked(table.scratch_size, of_layers.check_scratch_size)
sgd_update = Checked(optimizers.sgd_update, of_layers.check_sgd_update)
split_rows = Checked(sparse.split_rows, of_packed.check_split_rows)
sum_losses = Checked(losses.sum_losses, of_layers.check_sum_losses)
sum_rows = Checked(dense.sum_rows, of_layers.check_sum_rows)
thread_range = Checked(threads.thread_range, of_layers.check_thread_range)
train = Checked(epochs.train, of_tasks.check_train)
transpose = Checked(dense.transpose, of_layers.check_transpose)
