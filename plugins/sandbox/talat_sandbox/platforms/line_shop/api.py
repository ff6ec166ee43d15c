"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import orjson

from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit, Window
from talat_sandbox.platforms.line_shop.bodies import product_row
from talat_sandbox.platforms.line_shop.call import Call, page_of
from talat_sandbox.platforms.line_shop.orders import Orders
from talat_sandbox.platforms.line_shop.protocol import KEY, PREFIX, ApiError, api_key, error_response, with_id
from talat_sandbox.web import Request, Response
from talat_sandbox.world import Command, World

_PER_MINUTE = 20  # LINE allows 50 requests a second and 1,000 a minute for each resource


class LineShop:
    """LINE's MyShop API over the business's shops there; what writes is not served."""

    name = "line_shop"

    def __init__(self, world: World, business: Business) -> None:
        self._world, self._business = world, business
        self.commands: dict[str, Command] = {}
        self._orders = Orders(business, world.options.cache_orders)
        self._per_second = RateLimit(world.options.shop_rps)
        self._minutes: dict[str, Window] = {}
        self._generations = dict.fromkeys(business.by_shop_id, 1)
        self._denied: set[tuple[int, str]] = set()
        self._gone: set[tuple[int, int]] = set()

    def serves(self, path: str) -> bool:
        """Whether a path is LINE's."""
        return path.startswith(PREFIX)

    def has(self, account: str) -> bool:
        """Whether an account is one of the shops."""
        return account.isdigit() and int(account) in self._business.by_shop_id

    def account(self, request: Request) -> str:
        """Return the shop whose key a request shows, valid or deleted; empty for a key of nobody."""
        shop_id = request.token.removeprefix(KEY).partition("-")[0]
        return shop_id if self.has(shop_id) else ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return with_id(self._answer(request))
        except ApiError as error:
            return error_response(error.status, error.message)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; its code may be one of LINE's texts, `HTTP 404` or `malformed`."""
        options = fault.options
        if fault.kind not in ("error", "rate_limit"):
            return None
        code, status = str(options.get("code", "")), int(options.get("status", 400))
        if fault.kind == "rate_limit":
            code, status = "", 429
        elif code.startswith("HTTP "):
            code, status = "", int(code.removeprefix("HTTP ").partition("-")[0])
        elif code == "malformed":
            return Response(b'{"data":"maintenance"}')
        response = error_response(status, str(options.get("message", "")), code)
        if "retry_after" in options:
            response.headers.append(("Retry-After", str(options["retry_after"])))
        return response

    def drift(self, request: Request, response: Response) -> None:
        """Change an order that a page showed and one that none has shown yet; or delete a product that it showed."""
        if response.status != 200:
            return
        shop = self._shop(request)
        if request.path == f"{PREFIX}orders":
            self._orders.drift(Call(request, shop, self._world.clock.now()))
        elif request.path == f"{PREFIX}products" and (shown := orjson.loads(response.body)["data"]):
            self._gone.add((shop.index, shown[0]["id"]))

    def deny(self, account: str, path: str) -> None:
        """Take a key's permission for a resource (`orders`, with or without the prefix) away."""
        self._denied.add((int(account), path.removeprefix(PREFIX).partition("/")[0]))

    def revoke(self, account: str) -> None:
        """Delete a shop's key; the admin makes another, with the next number behind it, which may do everything."""
        self._generations[int(account)] += 1
        self._denied = {entry for entry in self._denied if entry[0] != int(account)}

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Do nothing: keys do not expire."""

    def secrets(self) -> dict[str, list[str]]:
        """Return the keys, those that were deleted included; the last of each shop is valid."""
        made = self._generations.items()
        return {"api_keys": [api_key(shop, number) for shop, count in made for number in range(1, count + 1)]}

    def _answer(self, request: Request) -> Response:
        shop = self._shop(request)
        resource, _, rest = request.path.removeprefix(PREFIX).partition("/")
        if (shop.shop_id, resource) in self._denied:
            raise ApiError(403)
        left = self._take(f"{shop.shop_id}/{resource}")
        call = Call(request, shop, self._world.clock.now())
        if request.method != "GET" or (resource == "products" and rest) or resource not in ("orders", "products"):
            raise ApiError(404, f"no {request.method} {request.path}")
        if resource == "products":
            body = self._products(call)
        else:
            body = self._orders.detail(call, rest) if rest else self._orders.listing(call)
        return Response(body, headers=[("RateLimit-Remaining", str(left))] if left is not None else [])

    def _shop(self, request: Request) -> Shop:
        account = self.account(request)
        if not account or request.token != api_key(int(account), self._generations[int(account)]):
            raise ApiError(401)
        return self._business.by_shop_id[int(account)]

    def _take(self, key: str) -> int | None:
        """Count a call of a shop's resource; return how many are left of its minute, or None without a limit."""
        limit = self._per_second.per_second
        if limit <= 0:
            return None
        minute = self._minutes.setdefault(key, Window(60))
        if minute.total() >= limit * _PER_MINUTE or not self._per_second.allows(key):
            self._world.stats.limit_violations[key] += 1
            raise ApiError(429)
        minute.add(1)
        return limit * _PER_MINUTE - minute.total()

    def _products(self, call: Call) -> bytes:
        """GET products: all that there are, or those of some `ids` or `skus`."""
        catalogue = self._business.catalogues[call.shop.index]
        page, size = call.paging()
        ids, skus = call.several("ids"), set(call.several("skus"))
        found = [
            product
            for product in catalogue.products
            if product.launched <= call.as_of
            and (call.shop.index, product.item_id) not in self._gone
            and (not ids or str(product.item_id) in ids)
            and (not skus or skus & {model.sku for model in product.models})
        ]
        rows = [
            orjson.dumps(product_row(catalogue, product, catalogue.version(product, call.as_of)))
            for product in found[(page - 1) * size : page * size]
        ]
        return page_of(rows, page, size, len(found))
