#!/usr/bin/env python3
"""Build what `make` needs: the tool venv, the main environment and the Rasa environment.

Standard library only, for any Python from 3.9 on, because it runs before anything is installed.
Every environment is installed from a lock file with hashes and left alone as long as its stamp
(hash of the lock, version of the interpreter) matches. Words go to standard error, so that
`make -s ask` prints nothing but its answers; the output of the installers goes to var/log/.
"""

from __future__ import annotations

import argparse
import fcntl
import glob
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

if sys.version_info < (3, 9):  # noqa: UP036 - the message is the reason why it stands here
    sys.exit("Cần Python 3.9 trở lên để cài đặt (make PYTHON=/đường/dẫn/python3 ...).")

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "var" / "tools"
LOG_DIR = ROOT / "var" / "log"
STAMP = ".bootstrap.json"
MAIN_VERSIONS = ("3.11", "3.12", "3.13")
RASA_VERSIONS = ("3.10",)
BROWSER_PACKAGES = ("chromium", "fonts-noto-core")
READER_PACKAGES = ("tesseract-ocr", "tesseract-ocr-vie")
OWN_VERSION = f"{sys.version_info[0]}.{sys.version_info[1]}"
INSTALL_TIMEOUT = 1800  # seconds; a slow line downloads about 700 MB for Rasa


class SetupError(Exception):
    """Set-up can't go on; the message says what is missing and how to mend it."""


class Progress:
    """Short lines with the elapsed seconds; a long step says every so often that it still works."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            print(f"[{time.monotonic() - self._start:4.0f}s] {text}", file=sys.stderr, flush=True)

    @contextmanager
    def step(self, text: str, every: float = 15.0):
        """Announce a step, repeat it while it lasts, and tell how long it took."""
        self.say(f"{text} …")
        began = time.monotonic()
        done = threading.Event()

        def beat() -> None:
            while not done.wait(every):
                self.say(f"{text}: vẫn đang làm ({time.monotonic() - began:.0f}s)")

        threading.Thread(target=beat, daemon=True).start()
        try:
            yield
        except BaseException:
            self.say(f"{text}: không xong ({time.monotonic() - began:.0f}s)")
            raise
        finally:
            done.set()
        self.say(f"{text}: xong ({time.monotonic() - began:.0f}s)")


PROGRESS = Progress()


def run(command: list[str], log: str, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run one installer; its output goes to var/log/`log`, the end of which is shown when it fails."""
    LOG_DIR.mkdir(parents=True, exist_ok=True)
    path = LOG_DIR / log
    with path.open("ab") as out:
        out.write(("\n$ " + " ".join(command) + "\n").encode())
        out.flush()
        try:
            code = subprocess.run(
                command, cwd=cwd, env=env, stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, timeout=INSTALL_TIMEOUT, check=False,
            ).returncode  # fmt: skip
        except subprocess.TimeoutExpired:
            raise SetupError(f"Quá {INSTALL_TIMEOUT // 60} phút mà chưa xong: {' '.join(command)}") from None
        except OSError as error:
            raise SetupError(f"Không chạy được {command[0]}: {error}") from error
    if code != 0:
        tail = path.read_text("utf-8", "replace").splitlines()[-20:]
        raise SetupError("Lệnh không thành công: " + " ".join(command) + "\n  " + "\n  ".join(tail))


def hash_of(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


# --- finding a Python ---------------------------------------------------------------------------


def version_of(python: str) -> str | None:
    """Return 'major.minor.micro' of an interpreter, None when it does not run (a broken pyenv shim)."""
    code = "import sys;print('%d.%d.%d' % sys.version_info[:3])"
    try:
        # -S would hide a broken installation; -I keeps PYTHON* variables out of the question
        answer = subprocess.run(
            [python, "-I", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL, timeout=30, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.decode().strip() if answer.returncode == 0 else None


def candidates(version: str) -> list[str]:
    """Where a Python of this minor version may be: PATH, pyenv's versions, the system, uv's own."""
    name = "python" + version
    pyenv = os.environ.get("PYENV_ROOT") or str(Path.home() / ".pyenv")
    found = [sys.executable] if sys.executable and version == OWN_VERSION else []
    on_path = shutil.which(name)
    found += [on_path] if on_path else []
    found += [f"/usr/bin/{name}", f"/usr/local/bin/{name}"]
    for pattern in (
        f"{glob.escape(pyenv)}/versions/{version}.*/bin/{name}",
        f"{glob.escape(str(TOOLS))}/python/cpython-{version}*/bin/{name}",
        f"{glob.escape(str(Path.home()))}/.local/share/uv/python/cpython-{version}*/bin/{name}",
        f"/opt/python*/bin/{name}",
    ):
        found += sorted(glob.glob(pattern), reverse=True)  # noqa: PTH207 - the patterns are absolute
    return found


def find_python(versions: tuple[str, ...]) -> str | None:
    """The first interpreter of the wanted versions that really runs."""
    for version in sorted(versions, key=lambda v: v != OWN_VERSION):
        for python in candidates(version):
            if (version_of(python) or "").startswith(version + "."):
                return python
    return None


def need_python(versions: tuple[str, ...], what: str, uv: str | None) -> str:
    """A Python of the wanted versions; uv downloads one when the machine has none."""
    python = find_python(versions)
    if python is None and uv is not None:
        where = ["--install-dir", str(TOOLS / "python")]
        try:
            with PROGRESS.step(f"Tải Python {versions[0]} cho {what}"):
                run([uv, "python", "install", *where, versions[0]], "python.log")
        except SetupError as error:
            PROGRESS.say(str(error))
        python = find_python(versions)
    if python is None:
        wanted = " hoặc ".join(versions)
        raise SetupError(
            f"Thiếu Python {wanted} cho {what}. Cài bằng một lệnh: pyenv install {versions[0]} "
            f"(hoặc, nếu kho của hệ điều hành có: sudo apt-get install python{versions[0]}-venv)"
        )
    return python


# --- Debian packages ----------------------------------------------------------------------------


def apt_install(packages: list[str], why: str) -> None:
    """Install Debian packages when this user may; otherwise say the one command that does it."""
    command = "sudo apt-get install -y --no-install-recommends " + " ".join(packages)
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        raise SetupError(f"Thiếu {', '.join(packages)} ({why}). Cài bằng một lệnh: {command}")
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with PROGRESS.step(f"Cài gói Debian: {', '.join(packages)}"):
        wait = ["-o", "DPkg::Lock::Timeout=120"]
        try:
            run([apt, *wait, "update"], "apt.log", env=env)
            run([apt, *wait, "install", "-y", "--no-install-recommends", *packages], "apt.log", env=env)
        except SetupError as error:
            raise SetupError(f"{error}\nCài bằng tay rồi thử lại: {command}") from error


def has_vietnamese_font() -> bool:
    """Whether a font that draws Vietnamese letters is installed."""
    try:
        answer = subprocess.run(
            ["fc-list", ":lang=vi", "family"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=60, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return bool(answer.stdout.strip())


def reads_vietnamese() -> bool:
    """Whether tesseract is installed with its Vietnamese data."""
    try:
        answer = subprocess.run(
            ["tesseract", "--list-langs"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=60, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return "vie" in answer.stdout.decode("utf-8", "replace").split()


def ensure_for_tests() -> None:
    """Chromium and a font for the browser tests; tesseract, without which pictures are tested half only."""
    missing = []
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        missing.append(BROWSER_PACKAGES[0])
    if not has_vietnamese_font():
        missing.append(BROWSER_PACKAGES[1])
    if not reads_vietnamese():
        missing += READER_PACKAGES
    if missing:
        apt_install(missing, "để kiểm thử trang web trong trình duyệt và đọc chữ trong ảnh")


# --- environments -------------------------------------------------------------------------------


def make_venv(python: str, folder: Path, log: str) -> None:
    """A fresh venv with the standard library's venv module; on bare Debian that is a package."""
    if folder.exists():
        shutil.rmtree(folder)
    command = [python, "-m", "venv", str(folder)]
    try:
        run(command, log)
    except SetupError as error:
        version = ".".join((version_of(python) or "3").split(".")[:2])
        if "ensurepip" not in str(error) and "No module named venv" not in str(error):
            raise
        apt_install([f"python{version}-venv"], "để tạo môi trường Python")
        shutil.rmtree(folder, ignore_errors=True)
        run(command, log)


def ensure_uv() -> str | None:
    """Path of uv in the tool venv, or one on PATH; None when it can't be had (pip does it then)."""
    lock = ROOT / "requirements" / "tools.lock"
    uv = TOOLS / "venv" / "bin" / "uv"
    stamp = TOOLS / STAMP
    wanted = hash_of(lock)
    if uv.exists() and stamp.exists() and stamp.read_text() == wanted:
        return str(uv)
    try:
        with PROGRESS.step("Chuẩn bị công cụ cài đặt (uv)"):
            TOOLS.mkdir(parents=True, exist_ok=True)
            make_venv(sys.executable, TOOLS / "venv", "tools.log")
            pip = [str(TOOLS / "venv" / "bin" / "python"), "-m", "pip"]
            pip += ["--disable-pip-version-check", "install", "-q"]
            run([*pip, "--require-hashes", "-r", str(lock)], "tools.log")
    except SetupError as error:
        fallback = shutil.which("uv")
        PROGRESS.say(f"{error}\n       → dùng {fallback or 'pip'} thay thế")
        return fallback
    stamp.write_text(wanted)
    return str(uv)


class Environment:
    """One venv that is installed from one lock."""

    def __init__(
        self, name: str, folder: Path, lock: Path, versions: tuple[str, ...], bytecode: bool
    ) -> None:
        self.name, self.folder, self.lock = name, folder, lock
        self.versions, self.bytecode = versions, bytecode
        self.python = folder / "bin" / "python"

    def stamp(self) -> dict[str, str]:
        """What the environment was last built from; empty when unknown."""
        try:
            return json.loads((self.folder / STAMP).read_text("utf-8"))
        except (OSError, ValueError):
            return {}

    def version(self) -> str | None:
        """Version of its interpreter when it is usable."""
        version = version_of(str(self.python)) if self.python.exists() else None
        return version if version and version.startswith(tuple(v + "." for v in self.versions)) else None

    def fresh(self) -> bool:
        """Whether nothing needs to be done."""
        made = self.stamp()
        return made.get("hash") == hash_of(self.lock) and made.get("python") == (self.version() or "-")

    def build(self, uv: str | None) -> None:
        """Create the venv if need be and install the lock, all of it and nothing else."""
        log = f"setup-{self.name}.log"
        with PROGRESS.step(f"Cài môi trường {self.name}"):
            (self.folder / STAMP).unlink(missing_ok=True)
            if self.version() is None:
                self._create(need_python(self.versions, self.name, uv), uv, log)
            self._install(uv, log)
        made = {"lock": self.lock.name, "hash": hash_of(self.lock), "python": self.version() or "-"}
        (self.folder / STAMP).write_text(json.dumps(made), "utf-8")

    def _create(self, python: str, uv: str | None, log: str) -> None:
        if uv is None:
            make_venv(python, self.folder, log)
            return
        # The path, not a version: uv's own search gives up at the first broken pyenv shim
        run([uv, "venv", "--clear", "--python", python, str(self.folder)], log)

    def _install(self, uv: str | None, log: str) -> None:
        if uv is not None:
            command = [uv, "pip", "sync", "--require-hashes", "--python", str(self.python), str(self.lock)]
            run(command + (["--compile-bytecode"] if self.bytecode else []), log)
            return
        pip = [str(self.python), "-m", "pip", "--disable-pip-version-check"]
        if subprocess.run([*pip, "--version"], stdout=subprocess.DEVNULL, check=False).returncode != 0:
            run([str(self.python), "-m", "ensurepip", "--upgrade"], log)
        # --no-deps: Rasa's metadata asks for packages that the lock leaves out on purpose
        run([*pip, "install", "--require-hashes", "--no-deps", "-r", str(self.lock)], log)


def main_environment(dev: bool) -> Environment:
    """The main environment; once it holds the development tools it is never cut back."""
    folder, requirements = ROOT / ".venv", ROOT / "requirements"

    def made(name: str) -> Environment:
        return Environment("chính", folder, requirements / name, MAIN_VERSIONS, bytecode=False)

    was_dev = made("dev.lock").stamp().get("lock") == "dev.lock" or (folder / "bin" / "pytest").exists()
    return made("dev.lock" if dev or was_dev else "main.lock")


def rasa_environment() -> Environment:
    """The environment of the Rasa server; compiled ahead, since Rasa's first import takes 25 s otherwise."""
    project = ROOT / "rasa_project"
    return Environment("Rasa", project / ".venv", project / "requirements.lock", RASA_VERSIONS, bytecode=True)


def build(environments: list[Environment]) -> None:
    """Build the stale environments side by side; the first error is raised when all have ended."""
    stale = [environment for environment in environments if not environment.fresh()]
    if not stale:
        return
    machine = f"{platform.system()} {platform.machine()}"
    if machine != "Linux x86_64" and any(environment.name == "Rasa" for environment in stale):
        raise SetupError(
            f"Rasa (tensorflow-cpu 2.12) chỉ chạy trên Linux x86_64, máy này là {machine}. "
            "Đặt RASA_URL tới một máy chủ Rasa khác, rồi: make run BOOTSTRAP_FLAGS=--no-rasa"
        )
    uv = ensure_uv()
    errors: list[Exception] = []

    def one(environment: Environment) -> None:
        try:
            environment.build(uv)
        except (SetupError, OSError) as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(environment,)) for environment in stale]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise SetupError("\n".join(str(error) for error in errors))


@contextmanager
def alone():
    """Only one set-up at a time in a checkout; the second waits."""
    TOOLS.mkdir(parents=True, exist_ok=True)
    with (TOOLS / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            PROGRESS.say("Một lần cài đặt khác đang chạy, chờ …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(arguments: list[str] | None = None) -> int:
    """Build what the flags ask for; 1 with a clear message when that can't be done."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with the development tools (tests, linters)")
    parser.add_argument("--no-rasa", action="store_true", help="leave the Rasa environment out")
    parser.add_argument("--for-tests", action="store_true", help="with Chromium, a font and tesseract")
    options = parser.parse_args(arguments)
    try:
        with alone():
            if options.for_tests:
                ensure_for_tests()
            build([main_environment(options.dev)] + ([] if options.no_rasa else [rasa_environment()]))
    except SetupError as error:
        PROGRESS.say(f"Không cài đặt được.\n{error}\nNhật ký: {LOG_DIR}")
        return 1
    except KeyboardInterrupt:
        PROGRESS.say("Đã dừng; chạy lại lệnh để làm tiếp.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
