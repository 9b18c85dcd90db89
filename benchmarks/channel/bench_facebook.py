"""Rasa's own Facebook channel with one thing changed: its Graph is the stand-in (Rasa's environment).

``fbmessenger`` writes the address of Graph into each client; ``BENCH_GRAPH_URL`` replaces it there. All
else, from the signature to the four calls that each answer costs, is Rasa's.
"""

import os
from typing import Any

from fbmessenger import MessengerClient
from rasa.core.channels import facebook


class StandInClient(MessengerClient):
    """The client of fbmessenger, with another address."""

    def __init__(self, page_access_token: str, **kwargs: Any) -> None:
        super().__init__(page_access_token, **kwargs)
        self.graph_url = os.environ["BENCH_GRAPH_URL"]


facebook.MessengerClient = StandInClient


class FacebookInput(facebook.FacebookInput):
    """For credentials.yml; the class itself is Rasa's."""
