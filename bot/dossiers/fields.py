"""Which fields a live source's answer has where: the setting DOSSIER_HTTP_FIELDS. Pure, imports nothing."""

from __future__ import annotations

FIELDS = (
    "code", "status", "procedure", "procedure_code", "office", "received", "due", "finished", "note",
    "phone", "identity", "as_of",
)  # fmt: skip
NEEDED = ("code", "status")
FACTORS = ("phone", "identity")


class BadMapping(ValueError):
    """The setting is no field mapping; the message says what is wrong."""


def parse_fields(text: str) -> dict[str, tuple[str, ...]]:
    """``status=data.trangThai due=ngayHenTra`` as field -> path into the JSON.

    :raises BadMapping: if it is something else, or lacks code, status, or any factor.
    """
    found: dict[str, tuple[str, ...]] = {}
    for pair in text.replace(",", " ").split():
        field, equals, path = pair.partition("=")
        if field not in FIELDS or not equals or not all(path.split(".")):
            raise BadMapping(f"{pair}: must be one of {', '.join(FIELDS)}, =, and a path like data.status")
        found[field] = tuple(path.split("."))
    absent = [field for field in NEEDED if field not in found]
    if absent or not any(field in found for field in FACTORS):
        raise BadMapping(f"needs {', '.join(NEEDED)}, and phone or identity as the second factor")
    return found
