"""How long somebody waits who failed to sign in."""

from harmony_app.server.attempts import Attempts


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def tried(times: int, name: str = "ana", address: str = "10.0.0.5") -> tuple[Attempts, Clock]:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(times):
        attempts.failed(name, address)
    return attempts, clock


def test_mistyping_a_few_times_costs_nothing():
    assert tried(4)[0].wait("ana", "10.0.0.5") == 0


def test_each_failure_after_that_doubles_the_wait_up_to_five_minutes():
    waits = [tried(times)[0].wait("ana", "10.0.0.5") for times in range(5, 20)]
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 300


def test_the_wait_ends():
    attempts, clock = tried(6)
    clock.now = 2.0
    assert attempts.wait("ana", "10.0.0.5") == 0


def test_who_knows_a_name_does_not_lock_its_person_out_at_once():
    attempts, _ = tried(10)
    assert attempts.wait("ana", "10.0.0.6") == 0
    assert attempts.wait("ben", "10.0.0.5") == 0


def test_many_addresses_or_many_names_are_slowed_down_too():
    attempts, _ = tried(0)
    for number in range(60):
        attempts.failed("ana", f"10.0.0.{number}")
        attempts.failed(f"user {number}", "10.1.0.1")
    assert attempts.wait("ana", "10.0.0.200") > 0
    assert attempts.wait("ben", "10.1.0.1") > 0


def test_signing_in_forgets_what_was_mistyped():
    attempts, _ = tried(10)
    attempts.succeeded("ana", "10.0.0.5")
    assert attempts.wait("ana", "10.0.0.5") == 0


def test_what_is_remembered_is_bounded():
    attempts, clock = tried(0)
    for number in range(20_000):
        clock.now += 1.0
        attempts.failed(f"user {number}", f"10.0.{number % 250}.{number // 250}")
    assert len(attempts._failed) < 13_000
