"""numpy's linear algebra (OpenBLAS), kept to the thread that asks for it.

By itself it takes every core for a product of small matrices, and its threads turn in circles
while they wait for each other: a message cost 20 ms of processor time instead of 5, and far longer
to wait for wherever other work had one of the cores.
"""

import ctypes
from contextlib import suppress
from importlib import import_module
from typing import Any

_PREFIXES, _SUFFIXES = ("scipy_openblas", "openblas"), ("64_", "")
"""How builds of numpy name OpenBLAS's functions."""


def keep_to_one_core() -> None:
    """Let no product be spread over cores, from now on; other libraries than OpenBLAS are left."""
    if (set_threads := openblas("set_num_threads")) is not None:
        set_threads(1)


def openblas(function: str) -> Any:
    """Find a function of the OpenBLAS that numpy uses; None where it uses another library."""
    with suppress(OSError, TypeError):
        library = ctypes.CDLL(import_module("numpy._core._multiarray_umath").__file__)
        for prefix in _PREFIXES:
            for suffix in _SUFFIXES:
                if (found := getattr(library, f"{prefix}_{function}{suffix}", None)) is not None:
                    return found
    return None
