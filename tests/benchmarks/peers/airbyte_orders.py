"""Shopee's orders with Airbyte's declarative CDK; the stream itself is in airbyte_manifest.yaml.

    python airbyte_orders.py read --config settings.json --catalog catalog.json

The settings are those of shopee_api.py, and `workers`: slices that are read side by side, 40 at most.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import InitVar, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from airbyte_cdk.entrypoint import AirbyteEntrypoint, launch
from airbyte_cdk.sources.declarative.auth.declarative_authenticator import DeclarativeAuthenticator
from airbyte_cdk.sources.declarative.extractors.record_extractor import RecordExtractor
from airbyte_cdk.sources.declarative.yaml_declarative_source import YamlDeclarativeSource
from shopee_api import batches, signed_params

_MANIFEST = Path(__file__).with_name("airbyte_manifest.yaml")


@dataclass
class ShopeeAuthenticator(DeclarativeAuthenticator):
    """Signs each request for the shop that its parameters name."""

    config: Mapping[str, Any]
    parameters: InitVar[Mapping[str, Any]]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the parameters that every call carries."""
        url = urlsplit(str(request.url))
        (shop_id,) = parse_qs(url.query)["shop_id"]
        signed = signed_params(self.config, url.path, shop_id)
        del signed["shop_id"]
        request.prepare_url(request.url, signed)
        return request

    @property
    def auth_header(self) -> str:
        """None: it is all in the parameters."""
        return ""

    @property
    def token(self) -> str:
        """None: it is all in the parameters."""
        return ""


@dataclass
class SerialBatches(RecordExtractor):
    """One record for each 50 serials of a page: what one call of get_order_detail takes."""

    def extract_records(self, response: requests.Response) -> Iterable[Mapping[str, Any]]:
        """The batches of a page of get_order_list."""
        serials = [row["order_sn"] for row in response.json()["response"]["order_list"]]
        for batch in batches(serials):
            yield {"order_sn_list": ",".join(batch)}


def main() -> None:
    """Read what the arguments say."""
    arguments = sys.argv[1:]
    parsed = AirbyteEntrypoint.parse_args(arguments)
    config = YamlDeclarativeSource.read_config(parsed.config)
    catalog = YamlDeclarativeSource.read_catalog(parsed.catalog)
    launch(YamlDeclarativeSource(str(_MANIFEST), catalog=catalog, config=config), arguments)


if __name__ == "__main__":
    main()
