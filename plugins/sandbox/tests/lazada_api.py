"""A client of Lazada's API, and the shops, paths and times that its tests ask for."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from talat_sandbox.platforms.lazada.protocol import APP_KEY, APP_SECRET
from talat_sandbox.testing import Sandbox
from talat_sandbox.vault import Vault

AS_OF = "2026-11-20T17:00:00Z"
START = "2026-08-01T00:00:00+07:00"
TH, SG = 100100100, 100100102
ORDERS, ITEMS, PRODUCTS = "/orders/get", "/orders/items/get", "/products/get"
REVERSE, FINANCE, SELLER = "/reverse/getreverseordersforseller", "/finance/transaction/details/get", "/seller/get"


@dataclass
class Client:
    """A client written from the documentation, sharing no code with the sandbox."""

    sandbox: Sandbox
    tokens: dict[int, str] = field(default_factory=dict)
    refresh_tokens: dict[int, str] = field(default_factory=dict)

    def send(self, path: str, params: dict[str, str], method: str = "GET", change: dict[str, str] | None = None) -> Any:
        query = {
            "app_key": APP_KEY,
            "timestamp": str(int(time.time() * 1000)),
            "sign_method": "sha256",
            **params,
            **(change or {}),
        }
        base = path + "".join(name + query[name] for name in sorted(query) if query[name] and name != "sign")
        query.setdefault("sign", hmac.new(APP_SECRET.encode(), base.encode(), hashlib.sha256).hexdigest().upper())
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            if method == "POST":
                connection.request("POST", f"/rest{path}", urlencode(query))
            else:
                connection.request(method, f"/rest{path}?{urlencode(query)}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def refresh(self, shop: int, token: str = "") -> Any:
        token = token or self.refresh_tokens.get(shop) or Vault.first_refresh_token(shop)
        answer = self.send("/auth/token/refresh", {"refresh_token": token})
        if answer["code"] == "0":
            self.tokens[shop], self.refresh_tokens[shop] = answer["access_token"], answer["refresh_token"]
        return answer

    def call(
        self, shop: int, path: str, method: str = "GET", change: dict[str, str] | None = None, **params: Any
    ) -> Any:
        if shop not in self.tokens:
            assert self.refresh(shop)["code"] == "0"
        texts = {name: str(value) for name, value in params.items()}
        return self.send(path, {"access_token": self.tokens[shop], **texts}, method, change)

    def get(self, shop: int, path: str, **params: Any) -> Any:
        answer = self.call(shop, path, **params)
        assert answer["code"] == "0", answer
        return answer["result"] if path == REVERSE else answer["data"]

    def orders(self, shop: int) -> list[dict[str, Any]]:
        """Return all orders, each with its units under `items`."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(shop, ORDERS, update_after=START, sort_by="updated_at", sort_direction="ASC",
                            limit=100, offset=len(found))  # fmt: skip
            found += page["orders"]
            if len(found) == page["countTotal"]:
                break
        units: dict[int, list[dict[str, Any]]] = {}
        for place in range(0, len(found), 50):
            ids = ",".join(str(order["order_id"]) for order in found[place : place + 50])
            units |= {entry["order_id"]: entry["order_items"] for entry in self.get(shop, ITEMS, order_ids=f"[{ids}]")}
        return [{**order, "items": units[order["order_id"]]} for order in found]
