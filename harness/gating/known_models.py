"""What the names of one asking mean, and what this machine knows of each model; every base and adapter is read once."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from harness.config.whole import HarnessConfig
from harness.errors import InputError
from harness.gating.local_models import LocalModels
from harness.gating.naming import Named, check_tables, default_baseline, meaning, newest_adapter
from harness.gating.origins import runs_already
from harness.gating.promoted import as_baseline, promoted_entry
from harness.gating.served import ByName, is_elsewhere, known_by_name, suggest, text_of_base
from harness.models.digests import DigestFile, remembered
from harness.models.local import LocalModel
from harness.records.parties import Party


class KnownModels:
    """Turns names into what is meant, and reads it. ``say`` is called with what is unusual about a model.

    Where a server runs already, a base model on a hub is what this machine has of it; weights are not fetched for it.

    Raises:
        ConfigError: the name of a table in the settings means something else.
    """

    def __init__(
        self, config: HarnessConfig, root: Path, say: Callable[[str], None], digest_file: DigestFile = remembered
    ) -> None:
        check_tables(config)
        self._config = config
        self._root = root
        self._say = say
        self._local = LocalModels(root, config.engine, say, digest_file)
        self._bases: dict[str, str] = {}
        self.why_baseline = ""
        """Which model is the baseline where none was named, and why; empty where that goes without saying."""

    def candidate(self, name: str | None) -> Named:
        """Return what a candidate's name means; without one, the adapter that was trained last.

        Raises:
            InputError: there is none, or it means nothing.
        """
        return self.meaning("candidate", newest_adapter(self._root / self._config.adapters) if name is None else name)

    def baseline_of(self, candidate: Named) -> Named:
        """Return what a candidate is compared with: what the settings name, the promoted adapter, or its base model.

        ``why_baseline`` says then which of the two was taken, and why.

        Raises:
            InputError: the name means nothing.
            PromotionRefused, RegistryError: the promoted adapter is not there any more, or the ledger can't be read.
        """
        if self._config.baseline is not None:
            return self.meaning("baseline", self._config.baseline)
        plain = self._beside_a_server(default_baseline(candidate, self._config, self._root))
        entry = promoted_entry(self._config, self._root)
        if entry is None or plain.kind != "here":
            return plain
        known = self.by_name(plain).model if self.is_elsewhere(plain) else self.read(plain).ref
        given = msgspec.structs.replace(plain.settings, adapter=candidate.settings.adapter)
        settings, self.why_baseline = as_baseline(entry, given, known, self._config, self._root)
        return (
            plain
            if settings is None
            else msgspec.structs.replace(plain, model=str(settings.adapter), settings=settings)
        )

    def meaning(self, party: Party, name: str) -> Named:
        """Return what a name means.

        Raises:
            InputError: it means nothing, or two things.
        """
        return self._beside_a_server(meaning(party, name, self._config, self._root))

    def is_elsewhere(self, named: Named) -> bool:
        """Tell whether a model is only a name at a running server.

        Raises:
            ConfigError: it is named as one of a server, and none is named.
        """
        return is_elsewhere(named, self._config, self._root)

    def read(self, named: Named) -> LocalModel:
        """Return a model whose weights are here; where they aren't, say whether a running server has one of that name.

        Raises:
            InputError: there is no such model, or it can't be used.
        """
        try:
            return self._local.read(named)
        except InputError as problem:
            suggest(named, problem, self._config, self._root)
            raise

    def by_name(self, named: Named) -> ByName:
        """Return what is known of a model that is only a name at a running server.

        Raises:
            InputError: there is no such model, or it can't be used.
        """
        try:
            return known_by_name(named, self._root)
        except InputError as problem:
            suggest(named, problem, self._config, self._root)
            raise

    def _beside_a_server(self, named: Named) -> Named:
        base = named.settings.base
        if named.kind != "here" or base is None or not runs_already(self._config.engine):
            return named
        if base not in self._bases:
            self._bases[base] = text_of_base(base, self._root, self._say)
        return msgspec.structs.replace(named, settings=msgspec.structs.replace(named.settings, base=self._bases[base]))
