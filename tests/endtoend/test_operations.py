"""What an operator does beside a running assistant."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import requests

from bot.settings import ROOT
from bot.supervisor.stack import Stack
from connectors.sandbox import defaults
from tests.endtoend.town import Town

pytestmark = pytest.mark.rasa


def bot(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=ROOT,
        env={**os.environ, **stack.env},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return done.stdout


def test_messenger_shows_the_start_button_and_the_menu(stack: Stack) -> None:
    assert bot(stack, "accounts", "profile") == f"{defaults.FACEBOOK_PAGE_ID}\txong\n"
    shown = requests.get(
        f"{stack.sandbox_url}/graph/v25.0/{defaults.FACEBOOK_PAGE_ID}/messenger_profile",
        params={"fields": "get_started,persistent_menu", "access_token": defaults.FACEBOOK_PAGE_TOKEN},
        timeout=10,
    ).json()["data"][0]
    assert shown["get_started"] == {"payload": "GET_STARTED"}
    assert "Gặp cán bộ" in [entry["title"] for entry in shown["persistent_menu"][0]["call_to_actions"]]


def test_accounts_are_listed_without_tokens(stack: Stack) -> None:
    shown = bot(stack, "accounts", "list")
    assert defaults.ZALO_OA_ID in shown
    assert defaults.FACEBOOK_PAGE_TOKEN not in shown


def test_the_start_button_is_answered_with_what_the_assistant_is(town: Town) -> None:
    user = "8811110001"
    town.api("POST", "/residents/facebook/send", json={"user_id": user, "kind": "get_started"})
    assert "trợ lý tự động" in town.heard("facebook", user)[0]["text"]


def test_every_dependency_is_ready_by_name(stack: Stack) -> None:
    answer = requests.get(f"{stack.web_url}/readyz", timeout=10)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"redis", "database", "rasa", "worker", "spool", "accounts"}


def test_metrics_of_web_and_worker_in_one_place(stack: Stack, town: Town) -> None:
    town.says("zalo", "7711110002", "xin chào")
    town.settled("zalo", "7711110002")
    shown = requests.get(f"{stack.web_url}/metrics", timeout=10).text
    assert 'troly_webhooks_total{channel="zalo",outcome="kept"}' in shown
    assert 'troly_sends_total{channel="zalo",outcome="sent"}' in shown
