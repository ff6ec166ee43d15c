"""What a Singer tap can do besides reading."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, discover, executable, run, run_tap, selecting

Config = dict[str, Any]
Reader = Callable[..., Run]


def test_singer_capabilities(only: Reader, full: Run, tmp_path: Path) -> None:
    about = json.loads(run(executable("tap-line-shop"), "--about", "--format=json").stdout)
    assert {"catalog", "discover", "state", "stream-maps", "schema-flattening", "batch", "structured-logging"} <= set(
        about["capabilities"]
    )
    settings = about["settings"]["properties"]
    assert settings["api_keys"]["secret"]
    assert settings["requests_per_second"]["default"] == 16
    assert not {"refresh_tokens", "token_store", "pii_salt"} & set(settings), "there is nothing to do with them"
    mapped = only("products", stream_maps={"products": {"id": "id", "shop_id": "shop_id", "__else__": None}})
    assert {tuple(sorted(r)) for r in mapped.records("products")} == {("id", "shop_id")}
    flat = only("products", flattening_enabled=True, flattening_max_depth=1)
    assert all("category__id" in r for r in flat.records("products"))
    batches = only(
        "orders",
        batch_config={
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": f"file://{tmp_path}", "prefix": "b-"},
        },
    )
    lines = [
        json.loads(line)
        for message in batches.messages
        if message["type"] == "BATCH"
        for path in message["manifest"]
        for line in gzip.decompress(Path(path.removeprefix("file://")).read_bytes()).splitlines()
    ]
    assert {r["orderNumber"] for r in lines} == {o["orderNumber"] for o in full.records("orders")}
    assert batches.state == full.state | {"bookmarks": batches.state["bookmarks"]}
    assert batches.state["bookmarks"]["orders"] == full.state["bookmarks"]["orders"]


def test_fields_can_be_left_out_by_the_catalog(config: Config) -> None:
    catalog = selecting(discover("tap-line-shop", config), ["orders"])
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "paymentMethod"]:
                entry["metadata"]["selected"] = False
    done = run_tap("tap-line-shop", config, catalog=catalog)
    assert done.records("orders")
    assert not any("paymentMethod" in o for o in done.records("orders"))


def test_what_is_a_persons_is_in_no_schema(config: Config) -> None:
    text = json.dumps(discover("tap-line-shop", config))
    for name in ("recipientName", "phoneNumber", "postalCode", "trackingNumber", "remarkBuyer", "customer"):
        assert f'"{name}"' not in text


def test_test_says_in_a_sentence_whether_the_keys_work(config: Config, sandbox: Sandbox, shops: list[str]) -> None:
    sandbox.reset_stats()
    works = run_tap("tap-line-shop", config, "--test")
    assert works.exit_code == 0
    assert works.stdout.count("the credentials work (12 products)") == 2
    assert sandbox.stats()["total_calls"] == 2
    wrong = run_tap("tap-line-shop", {**config, "api_keys": {**config["api_keys"], shops[0]: "nobodys-key"}}, "--test")
    assert wrong.exit_code == 1
    assert f"shop {shops[0]}: the credentials do not work" in wrong.log
    assert f"shop {shops[1]}: the credentials work" in wrong.stdout
    assert "nobodys-key" not in wrong.log + wrong.stdout
    assert "Traceback" not in wrong.log


def test_there_is_nothing_to_authorize(config: Config) -> None:
    told = run(executable("tap-line-shop"), "--help")
    assert "authorize" not in told.stdout
    assert run_tap("tap-line-shop", config, "authorize").exit_code != 0


def test_structured_logs_carry_the_progress(full: Run) -> None:
    assert "windows done" in full.log
    assert "seconds throttled" in full.log
