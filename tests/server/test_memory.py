from __future__ import annotations

import subprocess
import sys

import pytest

# Blocks between those that stay are free afterwards, and yet in the middle of the heap.
GIVES_BACK = """
import gc; gc.disable()
from server.memory import give_back, share_heaps
from server.seats import memory_bytes

share_heaps()
blocks = [bytearray(100_000) for _ in range(2_000)]
ring = {}
ring["self"], ring["blocks"] = ring, blocks[::2]
del blocks[::2], ring
before = memory_bytes()
give_back()
print(before - memory_bytes())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only there memory is handed back on request")
def test_what_hangs_in_a_circle_goes_and_its_memory_returns_to_the_system():
    found = subprocess.run([sys.executable, "-c", GIVES_BACK], capture_output=True, text=True, check=True)
    assert int(found.stdout) > 50_000_000, found
