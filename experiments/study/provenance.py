"""What a study was made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..journal.journal import Journal


@dataclass(frozen=True)
class Provenance:
    """What a study was made from, if it was described in a file.

    Its networks have labels then, as one cell may be tried with several settings and seeds.

    Attributes:
        name: name of the study; may be empty.
        parameters: that all runs have.
        models: by label, what the networks that differ by their seed are called together.
        colors: by label; by default that of the cell.
        configs: by label, the experiment that repeats this run alone, in YAML; under `""` the
            whole experiment.
    """

    name: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)
    colors: Mapping[str, str] = field(default_factory=dict)
    configs: Mapping[str, str] = field(default_factory=dict)

    def tell(self, journal: Journal, label: str) -> None:
        """Tells the journal of a run where it comes from."""
        if self.parameters and label:  # the study's own may grow: the file says what it is now
            journal.parameters(dict(self.parameters))
        if label in self.configs:
            journal.text("config.yaml", self.configs[label])
