"""Storages under random changes, repairs, undos and crashes: the invariants hold after every step."""

import pytest
from hypothesis import HealthCheck, settings

from tests.reliability.machine import RepairMachine

TestMachine = RepairMachine.TestCase
TestMachine.settings = settings(
    max_examples=15,
    stateful_step_count=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
TestMachine.pytestmark = [pytest.mark.timeout(600)]  # type: ignore[attr-defined]
