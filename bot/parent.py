"""Tying a child process to the life of its parent (Linux)."""

from __future__ import annotations

import ctypes
import os
import signal

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


def die_with_parent(parent: int, sign: int = signal.SIGTERM) -> None:
    """Ask the kernel to signal this process when its parent ends; exit if it has ended already.

    The signal comes when the *thread* that forked ends, so children are spawned by the main thread.
    """
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(PR_SET_PDEATHSIG, sign, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
