"""Steps that nothing comes between: what a signal handler raises arrives before all of them or after all of them.

An exception can arrive in a thread at almost any moment: from a signal handler (Ctrl-C, a time limit by SIGALRM), or
from another thread (`PyThreadState_SetAsyncExc`). Python raises it between two of its own instructions, never inside a
function written in C. So a chain of C functions that is run by one C function can't be torn apart.
"""

import operator
from collections.abc import Callable
from typing import Any


def in_one_step(*calls: Callable[[], Any]) -> list[Any]:
    """Call functions one after the other and return their results; no exception of a signal handler comes between.

    Parameters
    ----------
    calls : functions
        Written in C, such as a `functools.partial` of a built-in method or of a compiled kernel. They must not wait for
        a lock or a queue, where Python listens to signals. One that is written in Python works, but can be interrupted.
    """
    return list(map(operator.call, calls))
