"""What table streams and log streams have in common: both write the rows of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk.singerlib import Schema
from singer_sdk.singerlib.catalog import Metadata
from typing_extensions import override

from tap_wix_users.sdk import SdkStream

if TYPE_CHECKING:
    from singer_sdk import Tap
    from singer_sdk.singerlib import CatalogEntry, MetadataMapping

    from tap_wix_users.tables.models import Row


class ModelStream(SdkStream):
    """A stream of a model's rows: the columns that decide which rows are current are always selected."""

    def __init__(self, tap: Tap, model: type[Row], schema: dict[str, Any], moment: str) -> None:
        self._model = model
        super().__init__(tap, model, schema)
        self.replication_key = moment

    @property
    @override
    def metadata(self) -> MetadataMapping:
        found = super().metadata
        for name in self._model.rule_columns:
            if column := found.get(("properties", name)):
                column.inclusion = Metadata.InclusionType.AUTOMATIC
        return found

    def complete(self, entry: CatalogEntry) -> None:
        """Add to the stream's entry in a catalog whatever the stream cannot do without.

        A catalog that was made without `history` would keep one version, and one of an older release lacks newer
        columns.
        """
        entry.key_properties = list(self.primary_keys)
        entry.replication_key = self.replication_key
        properties = entry.schema.properties = entry.schema.properties or {}
        for name in (*self.primary_keys, *self._model.rule_columns):
            entry.metadata[("properties", name)] = Metadata(inclusion=Metadata.InclusionType.AUTOMATIC)
            if name not in properties:
                properties[name] = Schema.from_dict(self.schema["properties"][name])
