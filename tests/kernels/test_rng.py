"""Random numbers by key and counter: evenly distributed, uncorrelated, and the published ones of SplitMix64."""

import numpy as np

from fastmlp.kernels.rng import random_below, random_bits, random_uniform

KEY = np.uint64(0x1234567890ABCDEF)


def test_random_numbers_are_even_and_uncorrelated():
    u = np.array([[random_uniform(KEY + np.uint64(k), c) for c in range(2000)] for k in range(3)])
    assert np.all((u >= 0) & (u < 1))
    assert np.all(np.abs(u.mean(axis=1) - 0.5) < 5 * np.sqrt(1 / 12 / 2000))
    assert np.abs(np.corrcoef(u) - np.eye(3)).max() < 5 / np.sqrt(2000)
    assert np.abs(np.corrcoef(u[0, 1:], u[0, :-1])[0, 1]) < 5 / np.sqrt(2000)
    below = [random_below(KEY, c, 7) for c in range(7000)]
    assert np.all(np.abs(np.bincount(below, minlength=7) - 1000) < 5 * np.sqrt(1000))


def test_random_bits_are_those_of_splitmix64():
    key = np.uint64(1234567)
    expected = (  # the first five of the test vectors published with the generator
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    )
    assert tuple(int(random_bits(key, c)) for c in range(5)) == expected
