"""Coroutines in a thread of their own: the browser driver of other tests keeps a loop running in this one."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run_apart[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and give back what it returns."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
