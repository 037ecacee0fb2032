"""What holds for all tests."""

from __future__ import annotations

import hypothesis

# No test depends on the clock: the machine may be busy.
hypothesis.settings.register_profile("lastmile", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("lastmile")
