"""The files for production, as far as they can be checked without Docker, systemd and nginx."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

import pytest
import yaml

from bot.rasa_environment import RASA_ENVIRONMENT
from bot.settings import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


def stages() -> dict[str, str]:
    """Name -> text of each stage of the Dockerfile, what it inherits included."""
    found: dict[str, str] = {}
    for part in re.split(r"^(?=FROM )", DOCKERFILE, flags=re.M)[1:]:
        match = re.match(r"FROM (\S+) AS (\S+)", part)
        assert match is not None, part
        found[match[2]] = found.get(match[1], "") + part
    return found


@pytest.mark.parametrize("target", ["web", "worker", "sandbox", "rasa"])
def test_every_process_has_an_image_without_root_and_with_a_health_check(target: str) -> None:
    stage = stages()[target]
    assert "USER troly" in stage
    assert "HEALTHCHECK" in stage
    assert re.search(r"^CMD \[", stage, flags=re.M)


def test_what_the_dockerfile_copies_is_there() -> None:
    made = {"rasa_project/models/nlu.tar.gz"}  # by `make train`
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, flags=re.M):
        for source in line.split()[:-1]:
            assert source in made or (ROOT / source).exists(), source


def test_rasa_runs_with_the_same_environment_everywhere() -> None:
    unit = (ROOT / "deploy" / "systemd" / "troly-rasa.service").read_text("utf-8")
    for name, value in RASA_ENVIRONMENT.items():
        assert f"{name}={value}" in stages()["rasa"], name
        assert f"{name}={value}" in unit, name


def test_compose_builds_the_targets_and_saves_every_write() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yml").read_text("utf-8"))
    targets = {service["build"]["target"] for service in compose["services"].values() if "build" in service}
    assert targets == {"web", "worker", "rasa", "sandbox"}
    assert compose["services"]["redis"]["command"][3:5] == ["--appendfsync", "always"]
    for service in compose["services"].values():
        for published in service.get("ports", []):
            assert published.startswith("127.0.0.1:")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_run_what_is_there_as_nobody_special(path: Path) -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text("utf-8"))
    service = unit["Service"]
    assert service["User"] == "troly"
    assert service["Restart"] == "always"
    for file in re.findall(r"/opt/troly/(\S+\.py)", service["ExecStart"]):
        assert (ROOT / file).exists()
    assert unit["Install"]["WantedBy"] == "troly.target"
    assert path.name in (path.parent / "troly.target").read_text("utf-8")


def test_the_deployment_names_no_secret() -> None:
    for path in (ROOT / "deploy").rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert not re.search(r"(?i)(secret|token|password)\w*\s*[=:]\s*[\"']?[0-9a-f]{16,}", text), path
