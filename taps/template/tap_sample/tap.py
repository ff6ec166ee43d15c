"""tap-sample: settings and shops."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_sample.client import SampleClient
from tap_sample.streams import STREAMS
from tap_toolkit.http import Call
from tap_toolkit.keyed_tap import KeyedTap, key_settings
from tap_toolkit.settings import setting


class TapSample(KeyedTap):
    """Orders of shops on Sample."""

    name = "tap-sample"
    stream_types = STREAMS
    unused_settings = KeyedTap.unused_settings | {"pii_salt"}
    config_jsonschema = th.PropertiesList(
        *key_settings("shop", "Made in Sample's console."),
        setting(
            "api_url", th.StringType, "API address", "Sample's, or a sandbox's.", default="https://api.platform.example"
        ),
    ).to_dict()

    def make_client(self, **common: Any) -> SampleClient:
        """The client."""
        return SampleClient(base_url=self.config["api_url"], **common)

    def identify(self, account: str) -> str:
        """The shop's name, by a call that costs little."""
        return str(self.client.call(Call("shop", account))["name"])
