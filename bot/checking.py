"""`bot check`: everything that can be wrong before a resident meets it. `bot settings`: .env.example."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import requests
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.knowledge.checking import WARNING, check_faq
from bot.knowledge.loading import KnowledgeError, load_knowledge
from bot.posts.templates import load_templates
from bot.rasa_environment import RASA_ENVIRONMENT
from bot.settings import ROOT, Settings, SettingsError, example_file, load_settings
from bot.store.migrate import is_current
from bot.store.redis import connect
from bot.texts import load_texts

RASA_CHECK_S = 240


@click.command("settings")
def settings_command() -> None:
    """Print .env.example: every setting with its comment."""
    click.echo(example_file(), nl=False)


@click.command()
@click.option("--no-rasa", is_flag=True, help="Leave rasa_project out (it takes half a minute).")
def check(no_rasa: bool) -> None:
    """Validate the settings, faq_data, rasa_project and the services that the settings name."""
    try:
        settings = load_settings()
    except SettingsError as error:
        raise click.ClickException(f"Cài đặt chưa đúng:\n{error}") from error
    problems = [*_faq(settings), *_services(settings), *([] if no_rasa else _rasa_project())]
    warnings = [p for p in problems if p.startswith(WARNING)]
    errors = [p for p in problems if not p.startswith(WARNING)]
    for line in [*warnings, *errors]:
        click.echo(line)
    click.echo(f"{len(errors)} lỗi, {len(warnings)} cảnh báo.")
    if errors:
        sys.exit(1)


def _faq(settings: Settings) -> list[str]:
    try:
        load_knowledge(settings.faq_dir, settings.commune)
        load_texts(settings.faq_dir)
        load_templates(settings.faq_dir)
    except KnowledgeError as error:
        return str(error).splitlines()
    return check_faq(settings.faq_dir)


def _services(settings: Settings) -> list[str]:
    """Only what the settings name: what `make run` starts itself need not run now."""
    problems = []
    if settings.redis_url:
        try:
            connect(settings.redis_url).ping()
        except RedisError as error:
            problems.append(f"REDIS_URL: không tới được ({type(error).__name__})")
    if settings.database_url:
        try:
            if not is_current(settings.sql_url):
                problems.append("DATABASE_URL: chưa đúng phiên bản; chạy: bot migrate")
        except SQLAlchemyError as error:
            problems.append(f"DATABASE_URL: không dùng được ({type(error).__name__})")
    if settings.rasa_url:
        try:
            requests.get(f"{settings.rasa_url}/", timeout=3).raise_for_status()
        except requests.RequestException as error:
            problems.append(f"RASA_URL: không tới được ({type(error).__name__})")
    return problems


def _rasa_project() -> list[str]:
    """Rasa's own validation, in Rasa's environment."""
    project = ROOT / "rasa_project"
    rasa = project / ".venv" / "bin" / "rasa"
    if not rasa.exists():
        return ["rasa_project/.venv: chưa có; chạy: make setup"]
    done = subprocess.run(
        [str(rasa), "data", "validate"],
        cwd=project,
        env={**os.environ, **RASA_ENVIRONMENT, "LOG_LEVEL": "WARNING", "PYTHONPATH": f"{ROOT}:{project}"},
        capture_output=True,
        text=True,
        timeout=RASA_CHECK_S,
        check=False,
    )
    if done.returncode == 0:
        return []
    lines = [
        line for line in (done.stdout + done.stderr).splitlines() if "UserWarning" in line or "rror" in line
    ]
    return [f"rasa_project: {line.strip()}" for line in lines[:20]] or [
        "rasa_project: rasa data validate báo lỗi"
    ]
