"""One thread a matrix product, where the library behind NumPy lets itself be told."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager

try:
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped, unused-ignore]
except ImportError:  # Only speed depends on it: counts are the same with any number of threads.
    threadpool_limits = None


def single_threaded_products() -> AbstractContextManager[object]:
    """Return a context in which each matrix product uses one thread, so that several may run side by side.

    Needs ``threadpoolctl``; without it the context does nothing and worker threads compete with the library's own.
    """
    if threadpool_limits is None:
        return contextlib.nullcontext()
    return threadpool_limits(limits=1, user_api="blas")  # type: ignore[no-any-return]
