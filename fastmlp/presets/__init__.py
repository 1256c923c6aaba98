"""Presets: ready hyperparameters, the network and Trainer they describe, and their description in words."""
