"""The domain of the hand-written intents joined with the generated one of the procedures.

Rasa's file importer reads one domain file; the procedures' intents come from faq_data and are
generated (``bot train``), so they stand in a file of their own that is not committed.
"""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

GENERATED = Path("data/generated/domain.yml")


class ProcedureImporter(RasaFileImporter):
    """Rasa's own importer plus the generated domain, if there is one beside the configuration."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **kwargs: dict,
    ) -> None:
        super().__init__(config_file, domain_path, training_data_paths)
        self._generated = Path(config_file or "config.yml").resolve().parent / GENERATED

    def get_domain(self) -> Domain:
        domain = super().get_domain()
        if self._generated.exists():
            domain = domain.merge(Domain.load(str(self._generated)))
        return domain
