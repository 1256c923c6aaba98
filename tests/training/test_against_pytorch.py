"""Trainer step for step against PyTorch, where it is installed: every optimizer, activation and loss, in float64."""

import numpy as np
import pytest

from fastmlp import Network, Regularization, Trainer, kernels

torch = pytest.importorskip("torch")

OPTIMIZERS = {
    "sgd": lambda params: torch.optim.SGD(params, 0.1),
    "momentum": lambda params: torch.optim.SGD(params, 0.02, momentum=0.9),
    "nesterov": lambda params: torch.optim.SGD(params, 0.02, momentum=0.9, nesterov=True),
    "rmsprop": lambda params: torch.optim.RMSprop(params, 0.01),
    "adam": lambda params: torch.optim.Adam(params, 0.01),
    "adamw": lambda params: torch.optim.AdamW(params, 0.01),
}
ACTIVATIONS = {
    "identity": torch.nn.Identity,
    "sigmoid": torch.nn.Sigmoid,
    "tanh": torch.nn.Tanh,
    "relu": torch.nn.ReLU,
    "leaky_relu": torch.nn.LeakyReLU,
    "elu": torch.nn.ELU,
    "softplus": torch.nn.Softplus,
    "silu": torch.nn.SiLU,
    "gelu": torch.nn.GELU,
}
LOSSES = {
    "squared_error": lambda z, y: ((torch.sigmoid(z) - torch.eye(4, dtype=z.dtype)[y]) ** 2).sum() / (2 * len(z)),
    "cross_entropy": torch.nn.functional.cross_entropy,
    "binary_cross_entropy": lambda z, y: (
        torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="sum") / len(z)
    ),
    "regression": lambda z, y: torch.nn.functional.mse_loss(z, y, reduction="sum") / (2 * len(z)),
}
SIZES = (9, 8, 7, 4)


def data(loss):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((40, 9)), rng.integers(0, 4, 40)
    if loss in kernels.LABEL_LOSSES:
        return X, y
    return X, rng.standard_normal((40, 4)) if loss == "regression" else np.eye(4)[y]


def of_torch(network, activation):
    """PyTorch's network with the same weights; its weights and its biases."""
    layers, weights, biases = [], [], []
    for W, b in zip(network.weights, network.biases, strict=True):
        layer = torch.nn.Linear(*W.shape, dtype=torch.float64)
        with torch.no_grad():
            layer.weight[:], layer.bias[:] = torch.from_numpy(W.T.copy()), torch.from_numpy(b.copy())
        layers += [layer, ACTIVATIONS[activation]()]
        weights.append(layer.weight)
        biases.append(layer.bias)
    return torch.nn.Sequential(*layers[:-1]), weights, biases


def train_both(optimizer, activation, loss, make_optimizer=None, clip_norm=None, **options):
    """Two epochs in batches of 8; returns the parameters of either."""
    network = Network(SIZES, activation, loss, seed=1, dtype="float64")
    X, y = data(loss)
    model, weights, biases = of_torch(network, activation)
    steps = (make_optimizer or OPTIMIZERS[optimizer])([{"params": weights}, {"params": biases, "weight_decay": 0}])
    rate = steps.defaults["lr"]
    Trainer(network, optimizer, rate, 8, seed=3, **options).fit(X, y, 2)
    for epoch in (1, 2):
        order = np.random.default_rng((3, epoch)).permutation(40)
        for start in range(0, 40, 8):
            batch = order[start : start + 8]
            steps.zero_grad()
            LOSSES[loss](model(torch.from_numpy(X[batch])), torch.from_numpy(y[batch])).backward()
            if clip_norm:
                torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)
            steps.step()
    wanted = [array for W, b in zip(weights, biases, strict=True) for array in (W.T, b)]
    return network.params, np.concatenate([array.detach().numpy().ravel() for array in wanted])


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_optimizers(optimizer):
    np.testing.assert_allclose(*train_both(optimizer, "tanh", "cross_entropy"), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations(activation):
    np.testing.assert_allclose(*train_both("sgd", activation, "cross_entropy"), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss):
    np.testing.assert_allclose(*train_both("sgd", "gelu", loss), rtol=1e-6, atol=1e-9)


def test_all_of_them_are_tested():
    assert set(OPTIMIZERS) == set(kernels.OPTIMIZERS)
    assert set(ACTIVATIONS) == set(kernels.ACTIVATIONS)
    assert set(LOSSES) == set(kernels.LOSSES)


def test_l2_is_what_pytorch_calls_weight_decay():
    params = train_both(
        "sgd",
        "tanh",
        "cross_entropy",
        lambda groups: torch.optim.SGD(groups, 0.1, weight_decay=0.05),
        regularization=Regularization(l2=0.05),
    )
    np.testing.assert_allclose(*params, rtol=1e-6, atol=1e-9)


def test_weight_decay_is_that_of_adamw():
    params = train_both(
        "adam",
        "tanh",
        "cross_entropy",
        lambda groups: torch.optim.AdamW(groups, 0.01, weight_decay=0.3),
        weight_decay=0.3,
    )
    np.testing.assert_allclose(*params, rtol=1e-6, atol=1e-9)


def test_clipping():
    params = train_both("sgd", "tanh", "cross_entropy", clip_norm=0.1, regularization=Regularization(clip_norm=0.1))
    plain, _ = train_both("sgd", "tanh", "cross_entropy")
    np.testing.assert_allclose(*params, rtol=2e-5, atol=1e-7)  # it divides by the norm + 1e-6
    assert np.max(np.abs(plain - params[0])) > 1e-3
