"""The run beside a busy core."""

import os
import time

import pytest

from benchmarks import busy, speed


def test_a_core_is_busy_for_as_long_as_is_asked():
    before = os.times()
    with busy.busy_core():
        time.sleep(1)
    after = os.times()
    used = after.children_user - before.children_user  # known once the program has ended
    assert 0.1 < used < after.elapsed - before.elapsed


@pytest.mark.parametrize("chosen", [(), ("wide",)])
def test_the_wide_workloads_are_measured_meanwhile(monkeypatch, chosen):
    asked = []
    monkeypatch.setattr(speed, "measure", lambda *arguments: asked.append(arguments))
    monkeypatch.setattr(busy, "digits_here", lambda: "digits")
    options = busy.Options(workloads=chosen)
    busy.run(options)
    assert asked == [("busy", options, chosen or busy.WORKLOADS, "digits")]
