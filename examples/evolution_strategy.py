"""An evolution strategy: a network learns to balance a pole in a simulation that is compiled as well.

    python examples/evolution_strategy.py [SEED]

The task is the cart-pole of Barto, Sutton and Anderson (1983) with the constants and limits of Gymnasium's CartPole-v1:
fifty times a second the network pushes a cart to the left or right, so that the pole on it stays up for 500 steps. The
strategy is that of Salimans et al. (2017): it plays with random changes of the weights and with their opposites, and
moves the weights towards the changes that balanced longer, in units of the spread of all steps (Mania et al. 2018).
Whole episodes are one call of compiled code, and threads share the population. It prints the mean of each generation,
episodes per second, and the steps in 100 new episodes; 475 count as solved.
"""

import math
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat

import numpy as np
from numba import njit

from fastmlp import Network, kernels

GRAVITY, CART, POLE, HALF_LENGTH, FORCE, SECONDS = 9.8, 1.0, 0.1, 0.5, 10.0, 0.02
FARTHEST, STEEPEST, STEPS, SOLVED = 2.4, math.radians(12), 500, 475
PAIRS, EPISODES, SIGMA, LEARNING_RATE, GENERATIONS = 32, 16, 0.5, 1.0, 200
THREADS = os.cpu_count() or 1


@njit(nogil=True, cache=True)
def push(state, force):
    """Move cart and pole on by one step; `state` is place, speed, angle and angular speed."""
    speed, angle, spin = state[1], state[2], state[3]
    sine, cosine, mass = math.sin(angle), math.cos(angle), CART + POLE
    thrust = (force + POLE * HALF_LENGTH * spin**2 * sine) / mass
    torque = GRAVITY * sine - cosine * thrust
    angular = torque / (HALF_LENGTH * (4 / 3 - POLE * cosine**2 / mass))
    state[0] += SECONDS * speed
    state[1] += SECONDS * (thrust - POLE * HALF_LENGTH * angular * cosine / mass)
    state[2] += SECONDS * spin
    state[3] += SECONDS * angular


@njit(nogil=True, cache=True)
def play(starts, candidates, model):
    """Return for how many steps each candidate (a row of parameters) balances the pole, the mean over the starts.

    Its episodes go side by side, so that one call of the kernel decides for all whose pole still stands.
    """
    layout, _, activation, loss = model
    n, steps = len(starts), np.zeros(len(candidates))
    scratch = np.empty(kernels.scratch_size(layout, n), candidates.dtype)
    actions = np.empty(n, np.int64)
    for i in range(len(candidates)):
        states, standing, step = starts.copy(), n, 0
        while standing > 0 and step < STEPS:
            step += 1
            steps[i] += standing
            rows, answers = states[:standing], actions[:standing]
            kernels.predict_labels(rows, None, layout, candidates[i], activation, loss, scratch, answers)
            for j in range(standing - 1, -1, -1):
                push(rows[j], FORCE if answers[j] == 1 else -FORCE)
                if abs(rows[j, 0]) > FARTHEST or abs(rows[j, 2]) > STEEPEST:
                    standing -= 1
                    for k in range(4):
                        rows[j, k] = rows[standing, k]  # the last one that stands takes the place
    return steps / n


def evolve(network, rng, pool):
    """Take one step of the strategy; return for how many steps the population balances the pole, on average."""
    noise = rng.standard_normal((PAIRS, network.n_params)).astype(network.dtype)
    candidates = np.concatenate((network.params + SIGMA * noise, network.params - SIGMA * noise))
    parts, same = np.array_split(candidates, THREADS), rng.uniform(-0.05, 0.05, (EPISODES, 4))
    steps = np.concatenate(list(pool.map(play, repeat(same), parts, repeat(network.model))))
    network.params[:] += LEARNING_RATE / PAIRS * ((steps[:PAIRS] - steps[PAIRS:]) / (steps.std() + 1) @ noise)
    return steps.mean()


def main(seed: int = 0) -> float:
    """Train until the population has solved the task; print and return the mean steps in 100 new episodes."""
    rng, network = np.random.default_rng(seed), Network((4, 16, 2), "tanh", seed=seed)
    began = time.perf_counter()
    play(np.zeros((1, 4)), network.params[None][:0], network.model)
    print(f"compiled or loaded in {time.perf_counter() - began:.1f} s")
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for generation in range(1, GENERATIONS + 1):
            mean = evolve(network, rng, pool)
            print(f"generation {generation}: {mean:.0f} steps")
            if mean >= SOLVED:
                break
    seconds, episodes = time.perf_counter() - began, generation * 2 * PAIRS * EPISODES
    print(f"{episodes:,} episodes in {seconds:.1f} s, {episodes / seconds:,.0f} a second")
    reached = float(play(rng.uniform(-0.05, 0.05, (100, 4)), network.params[None], network.model)[0])
    print(f"{reached:.1f} of {STEPS} steps in 100 new episodes")
    return reached


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
