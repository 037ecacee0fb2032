"""What holds for all tests."""

from __future__ import annotations

import os

import hypothesis
import scipy.linalg  # noqa: F401 (it brings the second of the two libraries that are limited below)
import threadpoolctl

# Tests run side by side: threads of one's linear algebra would wait for those of the other, in processes of theirs too.
threadpoolctl.threadpool_limits(1, user_api="blas")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# No test depends on the clock: the machine may be busy.
hypothesis.settings.register_profile("lastmile", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("lastmile")
