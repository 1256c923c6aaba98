"""Network: a multilayer perceptron's parameters, its predictions and its files."""
