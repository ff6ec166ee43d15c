"""How many order details a second the sandbox can serve, cold and warm.

Run it on an idle machine: `python plugins/sandbox/benchmarks/ceiling.py [orders]`. The client speaks over plain
sockets with prepared requests, so that it costs little itself; the server's own CPU time is reported beside the rate.
"""

from __future__ import annotations

import json
import socket
import sys
import time
import urllib.request
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode

from talat_sandbox.platforms.shopee.protocol import sign
from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"
END = 1_795_194_000
DAYS = 30
FIELDS = "item_list,total_amount,pay_time,buyer_user_id,payment_method,package_list,shipping_carrier"
THREADS = 4


def main() -> None:
    """Measure and print one line for each pass."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with running_sandbox(orders=orders, days=DAYS, shops=10, as_of=AS_OF, app_rps=0, shop_rps=0) as sandbox:
        tokens = {shop: _token(sandbox, shop) for shop in sandbox.shop_ids}
        started = time.perf_counter()
        serials = {shop: _serials(sandbox, shop, tokens[shop]) for shop in sandbox.shop_ids}
        found = sum(map(len, serials.values()))
        _say(f"list: {found} orders found in {time.perf_counter() - started:.2f} s")
        for name in ("cold", "warm", "warm"):
            requests = [
                _detail(sandbox, shop, tokens[shop], batch) for shop in serials for batch in _batches(serials[shop])
            ]
            cpu, started = _cpu(sandbox), time.perf_counter()
            received = _drive(sandbox.port, requests)
            wall, cpu = time.perf_counter() - started, _cpu(sandbox) - cpu
            _say(
                f"{name}: {len(requests)} detail calls, {found / wall:,.0f} orders/s,"
                f" {len(requests) / wall:,.0f} calls/s, {received / wall / 1e6:,.0f} MB/s;"
                f" server CPU {cpu / len(requests) * 1e6:.0f} µs a call,"
                f" so at most {found / max(cpu, 0.01):,.0f} orders/s"
            )


def _query(path: str, token: str, shop: int, **params: object) -> str:
    stamp = int(time.time())
    common = {"partner_id": 2001887, "timestamp": stamp, "access_token": token, "shop_id": shop}
    common["sign"] = sign(f"2001887{path}{stamp}{token}{shop}")
    return f"{path}?{urlencode({**common, **params}, safe=',')}"


def _detail(sandbox: Sandbox, shop: int, token: str, batch: list[str]) -> bytes:
    target = _query(
        "/api/v2/order/get_order_detail",
        token,
        shop,
        order_sn_list=",".join(batch),
        response_optional_fields=FIELDS,
    )
    return f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{sandbox.port}\r\n\r\n".encode()


def _serials(sandbox: Sandbox, shop: int, token: str) -> list[str]:
    found: set[str] = set()
    for day in range(DAYS + 1):
        first, cursor, more = END - (day + 1) * 86400, "", True
        while more:
            target = _query(
                "/api/v2/order/get_order_list", token, shop, time_range_field="create_time", time_from=first,
                time_to=first + 86400, page_size=100, cursor=cursor,
            )  # fmt: skip
            with urllib.request.urlopen(sandbox.url + target) as answer:
                page = json.load(answer)["response"]
            found.update(row["order_sn"] for row in page["order_list"])
            more, cursor = page["more"], page["next_cursor"]
    return sorted(found)


def _batches(serials: list[str]) -> list[list[str]]:
    return [serials[place : place + 50] for place in range(0, len(serials), 50)]


def _drive(port: int, requests: list[bytes]) -> int:
    received = [0] * THREADS

    def work(number: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            for request in requests[number::THREADS]:
                connection.sendall(request)
                received[number] += _read(connection)

    threads = [Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(received)


def _read(connection: socket.socket) -> int:
    """Read one response and return the length of its body; raise ValueError when it is an error."""
    data = connection.recv(1 << 20)
    head, _, body = data.partition(b"\r\n\r\n")
    if not body.startswith(b'{"error":""'):
        raise ValueError(body[:200].decode())
    length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
    left = length - len(body)
    while left > 0:
        left -= len(connection.recv(1 << 20))
    return length


def _cpu(sandbox: Sandbox) -> float:
    """Return the server's CPU seconds so far (Linux)."""
    fields = Path(f"/proc/{sandbox.health()['pid']}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _token(sandbox: Sandbox, shop: int) -> str:
    path, stamp = "/api/v2/auth/access_token/get", int(time.time())
    query = urlencode({"partner_id": 2001887, "timestamp": stamp, "sign": sign(f"2001887{path}{stamp}")})
    body = {"refresh_token": sandbox.refresh_tokens[shop], "partner_id": 2001887, "shop_id": shop}
    with urllib.request.urlopen(f"{sandbox.url}{path}?{query}", json.dumps(body).encode()) as answer:
        return str(json.load(answer)["access_token"])


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
