"""Set-up decisions: which Python, which lock, when nothing is to do, what a person is told."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from bot.settings import ROOT


@pytest.fixture
def bootstrap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The script as a module, writing under a temporary folder."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", ROOT / "tools" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "requirements").mkdir()
    for name in ("main.lock", "dev.lock"):
        (tmp_path / "requirements" / name).write_text(f"# {name}\n")
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "TOOLS", tmp_path / "var" / "tools")
    monkeypatch.setattr(module, "LOG_DIR", tmp_path / "var" / "log")
    return module


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_broken_shim_is_passed_over(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyenv leaves a python3.12 on PATH that answers 127 when that version is not switched on."""
    minor = "3.12" if sys.version_info[:2] != (3, 12) else "3.13"
    shims = program(tmp_path / "shims" / f"python{minor}", "#!/bin/sh\nexit 127\n").parent
    good = program(
        tmp_path / "pyenv" / "versions" / f"{minor}.1" / "bin" / f"python{minor}",
        f"#!/bin/sh\necho {minor}.1\n",
    )
    monkeypatch.setenv("PATH", f"{shims}:{os.environ['PATH']}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert bootstrap.version_of(str(shims / f"python{minor}")) is None
    assert str(shims / f"python{minor}") in bootstrap.candidates(minor)
    assert bootstrap.find_python((minor,)) == str(good)
    assert bootstrap.find_python(("2.1",)) is None


def test_a_missing_python_is_named_with_the_command_that_mends_it(bootstrap: ModuleType) -> None:
    with pytest.raises(bootstrap.SetupError, match=r"Thiếu Python 2\.1 .*pyenv install 2\.1"):
        bootstrap.need_python(("2.1",), "Rasa", None)


@pytest.mark.parametrize(
    ("stamp", "dev", "expected"),
    [
        (None, False, "main.lock"),
        (None, True, "dev.lock"),
        ("main.lock", False, "main.lock"),
        ("main.lock", True, "dev.lock"),
        ("dev.lock", False, "dev.lock"),  # never cut back
        ("dev.lock", True, "dev.lock"),
    ],
)
def test_which_lock_is_installed(
    bootstrap: ModuleType, tmp_path: Path, stamp: str | None, dev: bool, expected: str
) -> None:
    (tmp_path / ".venv").mkdir()
    if stamp:
        (tmp_path / ".venv" / bootstrap.STAMP).write_text(json.dumps({"lock": stamp}))
    assert bootstrap.main_environment(dev).lock.name == expected


def test_an_environment_is_built_once_and_again_when_its_lock_or_python_changes(
    bootstrap: ModuleType, tmp_path: Path
) -> None:
    """With pip and an empty lock, so that nothing is downloaded."""
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    lock = tmp_path / "requirements" / "main.lock"
    environment = bootstrap.Environment("thử", tmp_path / ".venv", lock, (own,), False)
    assert not environment.fresh()
    environment.build(None)
    assert environment.fresh()
    assert bootstrap.build([environment]) is None
    lock.write_text("# other\n")
    assert not environment.fresh()
    environment.build(None)
    assert environment.fresh()
    stamp = json.loads((tmp_path / ".venv" / bootstrap.STAMP).read_text())
    (tmp_path / ".venv" / bootstrap.STAMP).write_text(json.dumps({**stamp, "python": "3.11.0"}))
    assert not environment.fresh()
    (tmp_path / ".venv" / bootstrap.STAMP).write_text("{half")
    assert not environment.fresh()


def test_a_failed_installation_leaves_no_stamp_and_shows_the_end_of_the_log(
    bootstrap: ModuleType, tmp_path: Path
) -> None:
    own = f"{sys.version_info[0]}.{sys.version_info[1]}"
    lock = tmp_path / "requirements" / "main.lock"
    lock.write_text("click==8.5.1\n")  # no hash: pip refuses before it asks anybody
    environment = bootstrap.Environment("thử", tmp_path / ".venv", lock, (own,), False)
    with pytest.raises(bootstrap.SetupError, match="require-hashes"):
        environment.build(None)
    assert not environment.fresh()


def test_who_may_not_install_is_told_the_one_command(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.SetupError, match=r"sudo apt-get install -y .* chromium"):
        bootstrap.apt_install(["chromium"], "để thử")


def test_it_writes_nothing_to_standard_output() -> None:
    """`make -s ask` answers in JSON lines there."""
    answer = subprocess.run(
        [sys.executable, "tools/bootstrap.py", "--no-rasa"], cwd=ROOT, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout == ""


def test_locks_name_no_host_and_have_hashes() -> None:
    locks = [*(ROOT / "requirements").glob("*.lock"), ROOT / "rasa_project" / "requirements.lock"]
    assert len(locks) == 4
    for lock in locks:
        text = lock.read_text("utf-8")
        assert "://" not in text, lock
        assert "--index-url" not in text, lock
        assert text.count("--hash=sha256:") >= text.count("=="), lock
