"""What a Singer tap can do besides reading."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, discover, executable, run, run_tap, selecting

Config = dict[str, Any]
Reader = Callable[..., Run]


def test_singer_capabilities(only: Reader) -> None:
    about = json.loads(run(executable("tap-lazada"), "--about", "--format=json").stdout)
    assert {
        "about",
        "catalog",
        "discover",
        "state",
        "stream-maps",
        "schema-flattening",
        "batch",
        "structured-logging",
    } <= set(about["capabilities"])
    settings = about["settings"]["properties"]
    assert settings["app_secret"]["secret"]
    for name in ("app_key", "app_secret", "seller_ids", "country", "start_date", "token_store", "pii_salt"):
        assert settings[name]["title"]
        assert settings[name]["description"]
        assert settings[name]["type"]
    renamed = {"seller_id": "seller_id", "title": "name.upper()", "__else__": None}
    mapped = only("seller", stream_maps={"seller": renamed})
    assert {tuple(sorted(r)) for r in mapped.records("seller")} == {("seller_id", "title")}
    flat = only("reverse_orders", flattening_enabled=True, flattening_max_depth=1)
    assert all("product__product_id" in r for r in flat.records("reverse_orders"))


def test_fields_can_be_left_out_by_the_catalog(config: Config) -> None:
    catalog = selecting(discover("tap-lazada", config), ["orders"])
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "payment_method"]:
                entry["metadata"]["selected"] = False
    done = run_tap("tap-lazada", config, catalog=catalog)
    assert done.records("orders")
    assert not any("payment_method" in o for o in done.records("orders"))


def test_test_says_in_a_sentence_whether_the_credentials_work(config: Config, sandbox: Sandbox) -> None:
    works = run_tap("tap-lazada", config, "--test")
    assert works.exit_code == 0
    assert works.stdout.count("the credentials work (") == 3
    wrong = run_tap("tap-lazada", {**config, "app_secret": "x" * 48}, "--test")
    assert wrong.exit_code == 1
    assert "IncompleteSignature" in wrong.log
    assert "Traceback" not in wrong.log
