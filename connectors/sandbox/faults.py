"""Faults that one can switch on: for everybody or one person, for so many times or by chance."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from connectors.sandbox.state import Platform


class FaultKind(StrEnum):
    """What goes wrong."""

    DELAY = "delay"  # a send takes ``ms`` longer
    SLOW = "slow"  # every call, also typing and look-ups, is carried out at once and answered ``ms`` later
    ERROR_BEFORE = "error_before"  # HTTP ``status`` (502), nothing delivered
    ERROR_AFTER = "error_after"  # delivered and echoed, then HTTP ``status`` (502)
    TIMEOUT_AFTER = "timeout_after"  # delivered and echoed, then ``ms`` of silence and a closed connection
    DROP_BEFORE = "drop_before"  # the connection closes, nothing delivered
    RATE_LIMIT = "rate_limit"  # the platform's own rate-limit error
    TOKEN_EXPIRED = (
        "token_expired"  # the token is refused: Zalo until it is refreshed, Facebook while it lasts
    )
    ERROR_CODE = "error_code"  # any platform error: ``code``, ``subcode``
    DUPLICATE = "duplicate"  # a webhook is delivered twice
    OUT_OF_ORDER = "out_of_order"  # a webhook is overtaken by the next one of the conversation
    PROCESSING = "processing"  # an article is worked at for ``ms`` before it is verified and listed
    NO_ECHO = "no_echo"  # a send is not echoed
    NO_RECEIPT = "no_receipt"  # no delivered and seen receipts


@dataclass(slots=True)
class Fault:
    """One switched-on fault. ``count`` is how often it may still strike (None: no end)."""

    kind: FaultKind
    platform: Platform | None = None
    user_id: str = ""
    count: int | None = None
    probability: float = 1.0
    seed: int = 0
    ms: int = 0
    status: int = 502
    code: int = 0
    subcode: int = 0
    message: str = ""
    id: int = 0
    struck: int = 0
    _random: random.Random = field(default_factory=random.Random, repr=False)

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        return {k: v for k, v in asdict(self).items() if not k.startswith("_")}

    def concerns(self, platform: Platform, user_id: str) -> bool:
        """Is this call or webhook within the fault's scope?"""
        return (self.platform is None or self.platform is platform) and (
            not self.user_id or self.user_id == user_id
        )


_NUMBERS = {
    "count": int,
    "probability": float,
    "seed": int,
    "ms": int,
    "status": int,
    "code": int,
    "subcode": int,
}


def parse_fault(body: dict[str, Any]) -> Fault:
    """A fault from the control API's JSON.

    :raises ValueError: naming the field that is wrong.
    """
    known = {f.name for f in fields(Fault) if not f.name.startswith("_")} - {"id", "struck"}
    if unknown := set(body) - known:
        raise ValueError(f"unknown field {min(unknown)!r}; known: {', '.join(sorted(known))}")
    try:
        kind = FaultKind(body.get("kind", ""))
        platform = Platform(body["platform"]) if body.get("platform") else None
    except ValueError as error:
        raise ValueError(
            f"{error}; kinds: {', '.join(FaultKind)}; platforms: {', '.join(Platform)}"
        ) from error
    values: dict[str, Any] = {}
    for name, convert in _NUMBERS.items():
        if body.get(name) is not None:
            try:
                values[name] = convert(body[name])
            except (TypeError, ValueError) as error:
                raise ValueError(f"{name} must be a number") from error
    if values.get("count", 1) < 1:
        raise ValueError("count must be at least 1")
    if not 0 <= values.get("probability", 1.0) <= 1:
        raise ValueError("probability must be between 0 and 1")
    fault = Fault(
        kind, platform, str(body.get("user_id") or ""), message=str(body.get("message") or ""), **values
    )
    fault._random = random.Random(fault.seed)
    return fault


class Faults:
    """The faults that are on. Costs one attribute read while none is."""

    def __init__(self, changed: Callable[[], None] | None = None) -> None:
        """``changed`` is called when a fault has struck for the last time."""
        self._changed = changed
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._next = 1

    def add(self, fault: Fault) -> Fault:
        """Switch a fault on."""
        with self._lock:
            fault.id = self._next
            self._next += 1
            self._faults = [*self._faults, fault]
        return fault

    def remove(self, fault_id: int) -> bool:
        """Switch one fault off; False if it was not on."""
        with self._lock:
            kept = [f for f in self._faults if f.id != fault_id]
            found = len(kept) < len(self._faults)
            self._faults = kept
        return found

    def clear(self) -> None:
        """Switch all faults off."""
        with self._lock:
            self._faults = []

    def active(self) -> list[dict[str, Any]]:
        """The faults that are on, with how often they struck."""
        return [f.to_dict() for f in self._faults]

    def strikes(self, kind: FaultKind, platform: Platform, user_id: str) -> Fault | None:
        """The fault of this kind that strikes now, if any; its count goes down."""
        if not self._faults:
            return None
        with self._lock:
            fault = self._strike(kind, platform, user_id)
            spent = fault is not None and fault.count == 0
        if spent and self._changed is not None:
            self._changed()
        return fault

    def _strike(self, kind: FaultKind, platform: Platform, user_id: str) -> Fault | None:
        for fault in self._faults:
            if fault.kind is not kind or not fault.concerns(platform, user_id):
                continue
            if fault.probability < 1 and fault._random.random() >= fault.probability:
                continue
            fault.struck += 1
            if fault.count is not None:
                fault.count -= 1
                if fault.count <= 0:
                    self._faults = [f for f in self._faults if f is not fault]
            return fault
        return None
