"""Storages under random changes, repairs, undos and crashes: the invariants hold after every step."""

from hypothesis import HealthCheck, settings

from tests.reliability.machine import RepairMachine

TestMachine = RepairMachine.TestCase
TestMachine.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
