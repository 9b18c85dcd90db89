"""A one-stop system's status interface, to stand in for the live one that has not been found.

``GET /dossiers/<code>`` answers with one JSON object, or 404. The keys are Vietnamese and the dates as such
systems write them, so that the assistant's field mapping has something to map. What it knows, and how it
misbehaves, is set through the control API (``/sandbox/api/dossiers``).
"""

from __future__ import annotations

import threading
import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from connectors.sandbox import defaults

MAX_DELAY_S = 60.0
EXAMPLES: dict[str, dict[str, Any]] = {
    "H19.29-261102-0001": {
        "maHoSo": "H19.29-261102-0001",
        "maThuTuc": "1.001193",
        "tenThuTuc": "Đăng ký khai sinh",
        "trangThai": "Đang xử lý",
        "ngayTiepNhan": "02/11/2026 08:15",
        "ngayHenTra": "04/12/2026",
        "soDienThoai": "0900000021",
        "soGiayTo": "075000000021",
        "capNhatLuc": "24/11/2026 16:30",
    },
    "000.00.32.H19-261110-0002": {
        "maHoSo": "000.00.32.H19-261110-0002",
        "maThuTuc": "1.012753",
        "tenThuTuc": "Đăng ký đất đai",
        "trangThai": "Yêu cầu bổ sung giấy tờ",
        "ngayTiepNhan": "10/11/2026 09:40",
        "ngayHenTra": "20/11/2026",
        "soDienThoai": "0900000022",
        "soGiayTo": "075000000022",
        "ghiChu": "Bổ sung bản sao giấy chứng nhận quyền sử dụng đất",
        "capNhatLuc": "24/11/2026 16:30",
    },
}
"""Of nobody: written for the sandbox."""


class DossierDesk:
    """What the stand-in knows; thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._records: dict[str, dict[str, Any]] = {}
        self._status, self._delay_s, self._left, self._asked = 0, 0.0, 0, 0
        self.reset()

    def reset(self) -> None:
        """Back to the examples, without faults."""
        with self._lock:
            self._records = {code: dict(record) for code, record in EXAMPLES.items()}
            self._status, self._delay_s, self._left, self._asked = 0, 0.0, 0, 0

    def find(self, code: str) -> tuple[dict[str, Any] | None, int, float]:
        """The record, the status to answer with instead (0: none) and how long to wait before it."""
        with self._lock:
            self._asked += 1
            record = self._records.get(code)
            if self._left <= 0:
                return record, 0, 0.0
            self._left -= 1
            return record, self._status, self._delay_s

    def put(self, code: str, changes: dict[str, Any]) -> dict[str, Any]:
        """Add a record, or change fields of one."""
        with self._lock:
            self._records[code] = {**self._records.get(code, {"maHoSo": code}), **changes}
            return self._records[code]

    def misbehave(self, status: int, delay_s: float, count: int) -> None:
        """The next ``count`` questions are answered with ``status`` (0: as usual) after ``delay_s``."""
        with self._lock:
            self._status, self._delay_s, self._left = status, min(delay_s, MAX_DELAY_S), count

    def asked(self) -> int:
        """How many questions came since the last reset."""
        with self._lock:
            return self._asked


def dossiers_blueprint(desk: DossierDesk) -> Blueprint:
    """The interface itself, behind a token as such systems are."""
    blueprint = Blueprint("sandbox_dossiers", __name__)

    @blueprint.get("/<path:code>")
    def one(code: str) -> tuple[Response, int]:
        if request.headers.get("Authorization") != f"Bearer {defaults.DOSSIERS_TOKEN}":
            return jsonify(error="unauthorized"), 401
        record, status, delay_s = desk.find(code)
        if delay_s:
            time.sleep(delay_s)
        if status:
            return jsonify(error="fault"), status
        return (jsonify(record), 200) if record else (jsonify(error="not found"), 404)

    return blueprint


def dossiers_control(desk: DossierDesk) -> Blueprint:
    """``PUT /dossiers/<code> {fields}``, ``POST /dossiers/faults``, ``GET`` and ``DELETE /dossiers``."""
    blueprint = Blueprint("sandbox_dossiers_control", __name__)

    @blueprint.put("/dossiers/<path:code>")
    def put(code: str) -> Response:
        body = request.get_json(silent=True)
        return jsonify(desk.put(code, body if isinstance(body, dict) else {}))

    @blueprint.post("/dossiers/faults")
    def faults() -> tuple[Response, int]:
        body = request.get_json(silent=True) or {}
        try:
            desk.misbehave(
                int(body.get("status", 503)), float(body.get("delay_s", 0)), int(body.get("count", 1))
            )
        except (TypeError, ValueError):
            return jsonify(error="status, delay_s and count must be numbers"), 400
        return jsonify(ok=True), 200

    @blueprint.get("/dossiers")
    def state() -> Response:
        return jsonify(asked=desk.asked())

    @blueprint.delete("/dossiers")
    def reset() -> Response:
        desk.reset()
        return jsonify(ok=True)

    return blueprint
