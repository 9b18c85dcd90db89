"""The stand-in of a one-stop system: what it knows, whom it tells, how it fails."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from connectors.sandbox import defaults
from connectors.sandbox.app import create_sandbox
from connectors.sandbox.config import SandboxConfig

CODE = "H19.29-261102-0001"
TOKEN = {"Authorization": f"Bearer {defaults.DOSSIERS_TOKEN}"}


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    app = create_sandbox(SandboxConfig())
    yield app.test_client()
    app.extensions["sandbox"].close()


def test_a_record_for_the_token_alone(client: FlaskClient) -> None:
    assert client.get(f"/dossiers/{CODE}").status_code == 401
    assert client.get(f"/dossiers/{CODE}", headers=TOKEN).json["tenThuTuc"] == "Đăng ký khai sinh"
    assert client.get("/dossiers/H19-260101-9999", headers=TOKEN).status_code == 404


def test_a_code_with_slashes_and_a_change(client: FlaskClient) -> None:
    client.put("/sandbox/api/dossiers/03706/2026/07906", json={"trangThai": "Đang xử lý"})
    found = client.get("/dossiers/03706%2F2026%2F07906", headers=TOKEN).json
    assert found == {"maHoSo": "03706/2026/07906", "trangThai": "Đang xử lý"}
    client.put(f"/sandbox/api/dossiers/{CODE}", json={"trangThai": "Đã xử lý xong"})
    found = client.get(f"/dossiers/{CODE}", headers=TOKEN).json
    assert (found["trangThai"], found["maThuTuc"]) == ("Đã xử lý xong", "1.001193")


def test_a_fault_lasts_for_its_count(client: FlaskClient) -> None:
    client.post("/sandbox/api/dossiers/faults", json={"status": 503, "count": 2})
    assert [client.get(f"/dossiers/{CODE}", headers=TOKEN).status_code for _ in range(3)] == [503, 503, 200]
    assert client.get("/sandbox/api/dossiers").json == {"asked": 3}
    assert client.post("/sandbox/api/dossiers/faults", json={"status": "x"}).status_code == 400
    client.delete("/sandbox/api/dossiers")
    assert client.get("/sandbox/api/dossiers").json == {"asked": 0}
