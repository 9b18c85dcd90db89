"""kill -9 at random moments under load: nothing lost, nothing answered twice, nothing out of order."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.supervisor.stack import Stack
from tests.endtoend.insides import Insides
from tests.endtoend.town import Town

pytestmark = [pytest.mark.fault, pytest.mark.rasa]

CONVERSATIONS = 200
MESSAGES = 1000
KILLS = 12
VICTIMS = ("worker", "web", "redis", "rasa")
TEXTS = (
    "dang ky khai sinh can giay to gi",
    "le phi bao nhieu",
    "lam giay ket hon o dau",
    "bao lau xong",
    "cam on nhe",
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    env = {"SANDBOX_LADDER_FACTOR": "0.01", "ZALO_RATE": "", "LOG_LEVEL": "INFO"}
    with Stack(Path(tmp_path_factory.mktemp("kill")), env=env) as running:
        yield running


def residents() -> list[tuple[str, str]]:
    """Half on Zalo, half on Facebook."""
    return [
        ("zalo" if n % 2 else "facebook", f"{'77' if n % 2 else '88'}{n:012d}") for n in range(CONVERSATIONS)
    ]


def send_all(town: Town, people: list[tuple[str, str]], chance: random.Random) -> dict[str, list[str]]:
    """Every message of every resident, handed over bit by bit; returns the texts in order per resident."""
    said: dict[str, list[str]] = {user: [] for _, user in people}
    turns = [person for person in people for _ in range(MESSAGES // CONVERSATIONS)]
    chance.shuffle(turns)
    killed = 0
    for start in range(0, len(turns), 25):
        acts = []
        for platform, user in turns[start : start + 25]:
            text = TEXTS[len(said[user]) % len(TEXTS)]
            said[user].append(text)
            acts.append({"platform": platform, "user_id": user, "text": text})
        town.api("POST", "/residents/batch", json={"acts": acts})
        if killed < KILLS and start % 75 == 0:
            killed += 1
            victim = VICTIMS[killed % len(VICTIMS)] if killed <= len(VICTIMS) else chance.choice(VICTIMS)
            if town.stack.pid(victim) is not None:
                town.stack.kill(victim)
        time.sleep(chance.uniform(0.1, 0.6))  # random moments are the point of this test
    assert killed == KILLS
    return said


def test_nothing_lost_nothing_twice_nothing_out_of_order(stack: Stack) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    town, people = Town(stack), residents()
    said = send_all(town, people, random.Random(seed))
    stack.wait_ready(120)
    town.wait_quiet(240)
    insides = Insides(stack)
    assert insides.dead_letters() == 0
    for platform, user in people:
        transcript = town.api("GET", f"/transcript/{platform}/{user}")["messages"]
        asked = [m for m in transcript if m["author"] == "resident"]
        answers = [m for m in transcript if m["author"] == "bot"]
        check_story(insides.story(user), [m["message_id"] for m in asked], len(said[user]))
        outbox = insides.outbox(user)
        assert [status for status, _, _ in outbox] == ["sent"] * len(outbox)
        assert [m["message_id"] for m in answers] == [external for _, external, _ in outbox]


def check_story(story: list[tuple[str, str, str | None]], asked: list[str], expected: int) -> None:
    """Each question once, in order, each followed by its own answer."""
    questions = [event_id for author, _, event_id in story if author == "resident"]
    assert len(questions) == expected == len(asked)
    assert [q for q in questions if q] == sorted(questions, key=asked.index)
    for (author, _, _), (after, _, _) in zip(story, [*story[1:], ("resident", "", None)], strict=True):
        assert author != "resident" or after == "bot", "a question without an answer"
    assert {author for author, _, _ in story} == {"resident", "bot"}
