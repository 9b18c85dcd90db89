"""Crashes, kills and stops of real child processes under a real supervisor."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.settings import ROOT
from bot.supervisor import state as states
from bot.supervisor.runner import restart_wait
from tests.supervisor.procs import wait_for, with_mark

SCRIPT = Path(__file__).with_name("fake_stack.py")


class Fake:
    """A fake stack of one test; whatever is left of it at the end is killed."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(SCRIPT), str(self.var_dir), *arguments]

    def start(self, *arguments: str, ready: bool = True) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            self.command(*arguments), cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if ready:
            wait_for(lambda: self.state().status == states.READY, about="ready")
        return self.process

    def state(self) -> states.State:
        return states.read_state(self.var_dir) or states.State(pid=0)

    def log(self) -> str:
        return (self.var_dir / "log" / "supervisor.log").read_text("utf-8")

    def all_gone(self, timeout_s: float = 15.0) -> None:
        wait_for(lambda: not with_mark(self.var_dir), timeout_s, f"all gone: {with_mark(self.var_dir)}")

    def leash(self) -> int:
        """The leash is the supervisor's child that runs leash.py."""
        assert self.process is not None
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii").split()
        )
        return next(
            int(pid) for pid in children if b"leash.py" in Path(f"/proc/{pid}/cmdline").read_bytes()
        )  # fmt: skip


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[Fake]:
    stack = Fake(tmp_path)
    yield stack
    for pid in with_mark(tmp_path):
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
    if stack.process is not None:
        stack.process.wait(timeout=10)


@pytest.mark.parametrize(
    ("deaths", "wait"), [(0, 0.2), (1, 0.4), (2, 0.8), (3, 1.6), (4, 3.2), (5, 6.4), (6, 10.0), (900, 10.0)]
)
def test_restarts_wait_longer_and_longer(deaths: int, wait: float) -> None:
    assert restart_wait(deaths) == pytest.approx(wait)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_in_reverse_order(fake: Fake, sign: int) -> None:
    process = fake.start("first=sleeper", "second=family", "third=stubborn")
    process.send_signal(sign)
    assert process.wait(timeout=15) == 0
    fake.all_gone()
    assert re.findall(r"Dừng (\w+) …", fake.log()) == ["third", "second", "first"]


def test_kill_9_of_the_supervisor_leaves_no_process(fake: Fake) -> None:
    process = fake.start("one=sleeper", "two=family")
    assert len(with_mark(fake.var_dir)) >= 4
    process.kill()
    process.wait(timeout=5)
    fake.all_gone()


def test_kill_9_of_leash_and_supervisor_leaves_no_process(fake: Fake) -> None:
    """A leash that is killed is replaced, and the new one knows what runs."""
    process = fake.start("two=family", "three=stubborn")
    old = fake.leash()
    os.kill(old, signal.SIGKILL)

    def replaced() -> bool:
        try:
            return fake.leash() != old
        except (StopIteration, FileNotFoundError):  # between the two
            return False

    wait_for(replaced, about="a new leash")
    process.kill()
    process.wait(timeout=5)
    fake.all_gone()


def test_it_follows_its_parent(fake: Fake) -> None:
    """`make run` killed by -9 takes the supervisor and its children along."""
    code = (
        "import os, subprocess, sys, time\n"
        "subprocess.Popen([*sys.argv[1:], f'--parent={os.getpid()}'], stderr=subprocess.DEVNULL)\n"
        "time.sleep(600)"
    )
    make = subprocess.Popen(
        [sys.executable, "-c", code, *fake.command("one=sleeper", "two=family")],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    wait_for(lambda: fake.state().status == states.READY, about="ready")
    make.kill()
    make.wait(timeout=5)
    fake.all_gone()


def test_a_killed_child_is_restarted_with_what_it_left_cleaned_up(fake: Fake) -> None:
    process = fake.start("other=sleeper", "victim=family")
    before = fake.state().services
    first = with_mark(fake.var_dir)
    victim = before["victim"].pid
    assert victim is not None
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: fake.state().services["victim"].pid not in {None, victim}, about="restart")
    after = fake.state().services
    assert after["victim"].restarts == 1
    assert after["other"] == before["other"]
    # the grandchild, which ignores SIGTERM, did not survive its parent
    group = [pid for pid in first if pid in with_mark(fake.var_dir)]
    assert before["other"].pid in group
    assert len(group) == 2  # the supervisor and the other child
    assert "victim" in fake.log()
    assert "SIGKILL" in fake.log()
    assert process.poll() is None


def test_a_child_that_keeps_dying_is_tried_again_with_growing_waits(fake: Fake) -> None:
    fake.start("flaky=flaky")
    pid = fake.state().services["flaky"].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: fake.state().services["flaky"].restarts >= 3, about="three restarts")
    waits = re.findall(r"khởi động lại sau ([\d.]+) giây", fake.log())
    assert waits[:3] == ["0.2", "0.4", "0.8"]
    assert "mã 4" in fake.log()


@pytest.mark.parametrize(("kind", "said"), [("crasher", "last words"), ("hanging", "chưa sẵn sàng sau 1s")])
def test_a_service_that_does_not_start_ends_everything_and_is_named(fake: Fake, kind: str, said: str) -> None:
    process = fake.start("good=family", f"bad={kind}", ready=False)
    assert process.wait(timeout=20) == 1
    fake.all_gone()
    assert "bad" in fake.log()
    assert said in fake.log()
    assert fake.state().status == states.FAILED


def test_a_service_that_may_try_twice_is_started_again(fake: Fake) -> None:
    fake.start("slow=late")
    assert fake.state().services["slow"].restarts == 1
    assert "mã 5" in fake.log()
