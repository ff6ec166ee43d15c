"""What a Singer tap offers: what it says of itself, catalogs, maps, batches and states of another day."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tap_facebook_ads.streams import STREAMS
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import Run, discover, executable, run, run_tap, selecting

Config = dict[str, Any]
Reader = Callable[..., Run]
TAP = "tap-facebook-ads"
DAILY = {"daily_account", "daily_campaign", "daily_adset", "daily_ad"}
MONTHLY = {"name": "mine", "level": "campaign", "fields": ["spend"], "breakdowns": ["age"], "time_increment": "monthly"}


def in_order(rows: Iterable[dict[str, Any]]) -> list[str]:
    """As texts, because accounts are read side by side; the order within a record means nothing."""
    return sorted(str(sorted(row.items())) for row in rows)


def test_about_names_what_it_can_and_every_setting() -> None:
    about = json.loads(run(executable(TAP), "--about", "--format=json").stdout)
    assert about["name"] == TAP
    for capability in ("about", "catalog", "discover", "state", "stream-maps", "schema-flattening", "batch"):
        assert capability in about["capabilities"]
    settings = about["settings"]["properties"]
    assert set(about["settings"]["required"]) == {"account_ids", "start_date"}
    assert {name for name, setting in settings.items() if setting.get("secret")} == {"access_token", "app_secret"}
    assert not {"refresh_tokens", "pii_salt", "requests_per_second"} & set(settings), "say nothing to this platform"
    for name in ("account_ids", "access_token", "reports", "custom_reports", "start_date", "token_store"):
        assert settings[name]["title"]
        assert settings[name]["description"]
        assert settings[name]["type"]


def test_discovery_asks_nobody_and_lists_the_objects_the_reports_and_the_ledger(config: Config) -> None:
    unreachable = {**config, "api_url": "http://no-such-host.invalid", "custom_reports": [MONTHLY]}
    streams = {stream["tap_stream_id"]: stream for stream in discover(TAP, unreachable)["streams"]}
    assert set(streams) == {stream.name for stream in STREAMS} | DAILY | {*LEDGER} | {"mine"}
    mine = streams["mine"]
    assert set(mine["key_properties"]) == {"account_id", "campaign_id", "date_start", "age"}
    assert {"spend", "age", "campaign_name", "date_stop", "extra_fields"} <= set(mine["schema"]["properties"])
    assert not {"impressions", "ad_id", "creative"} & set(mine["schema"]["properties"]), "what was not asked for"
    assert streams["adcreatives"].get("replication_key") is None
    for name, stream in streams.items():
        automatic = {
            entry["breadcrumb"][1]
            for entry in stream["metadata"]
            if entry["breadcrumb"] and entry["metadata"]["inclusion"] == "automatic"
        }
        assert set(stream["key_properties"]) <= automatic, name


def test_reports_are_those_of_the_settings(config: Config) -> None:
    streams = discover(TAP, {**config, "reports": ["performance_creative"]})["streams"]
    assert {s["tap_stream_id"] for s in streams} == {s.name for s in STREAMS} | {*LEDGER} | {"performance_creative"}
    none = discover(TAP, {**config, "reports": []})["streams"]
    assert {s["tap_stream_id"] for s in none} == {s.name for s in STREAMS} | {*LEDGER}


def test_only_what_is_selected_is_asked_for_and_written(config: Config, full: Run) -> None:
    catalog = selecting(discover(TAP, config), ["daily_campaign"])
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"][-1:] in (["campaign_name"], ["account_id"]):
                entry["metadata"]["selected"] = False
    done = run_tap(TAP, config, catalog=catalog)
    assert done.exit_code == 0, done.log
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"daily_campaign"}
    rows, whole = done.records("daily_campaign"), full.records("daily_campaign")
    assert in_order(rows) == in_order({k: v for k, v in row.items() if k != "campaign_name"} for row in whole)
    (schema,) = (m["schema"]["properties"] for m in done.messages if m["type"] == "SCHEMA")
    assert "campaign_name" not in schema


def test_stream_maps_change_what_is_written(only: Reader, full: Run) -> None:
    renamed = {"account_id": "account_id", "title": "name.upper()", "__else__": None}
    done = only("ad_accounts", stream_maps={"ad_accounts": renamed})
    assert done.exit_code == 0, done.log
    expected = ({"account_id": a["account_id"], "title": a["name"].upper()} for a in full.records("ad_accounts"))
    assert in_order(done.records("ad_accounts")) == in_order(expected)
    wrong = only("ad_accounts", stream_maps={"ad_accounts": {"title": "name.upper()", "__else__": None}})
    assert wrong.exit_code == 1
    assert "Setting stream_maps cannot be used" in wrong.last_line
    assert "Traceback" not in wrong.log


def test_nested_fields_can_be_flattened(only: Reader) -> None:
    flat = only("ads", flattening_enabled=True, flattening_max_depth=1)
    assert flat.exit_code == 0, flat.log
    assert any(ad.get("creative__id") for ad in flat.records("ads"))


def test_batches_hold_what_records_would(only: Reader, tmp_path: Path) -> None:
    files = {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": f"file://{tmp_path}", "prefix": "b-"},
    }
    batches, records = only("daily_ad", batch_config=files), only("daily_ad")
    assert batches.exit_code == 0, batches.log
    assert batches.records("daily_ad") == []
    rows = [
        json.loads(line, parse_float=Decimal)
        for message in batches.messages
        if message["type"] == "BATCH" and message["stream"] == "daily_ad"
        for path in message["manifest"]
        for line in gzip.decompress(Path(path.removeprefix("file://")).read_bytes()).splitlines()
    ]
    assert rows
    assert in_order(rows) == in_order(records.records("daily_ad"))
    assert batches.state == records.state


def test_a_state_outlives_its_streams_and_accounts(only: Reader, full: Run, config: Config) -> None:
    """What is no longer read keeps its bookmarks; what is read goes on from its own."""
    state = json.loads(json.dumps(full.state))
    gone, (left, *others) = "1010035716099999", config["account_ids"]
    bookmarks = state["bookmarks"]
    read = {"covered": [["2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z"]]}
    bookmarks["retired_report"] = {"accounts": {left: read}}
    bookmarks["daily_account"]["accounts"][gone] = read
    done = only("daily_account", account_ids=[left], state=state)
    assert done.exit_code == 0, done.log
    rows = done.records("daily_account")
    assert {row["account_id"] for row in rows} == {left}
    assert min(row["date_start"] for row in rows) > "2026-09-20", "the days that cannot change are not read again"
    assert done.state["bookmarks"]["retired_report"] == bookmarks["retired_report"]
    kept = done.state["bookmarks"]["daily_account"]["accounts"]
    for account in (gone, *others):
        assert kept[account] == bookmarks["daily_account"]["accounts"][account]
    assert done.state["bookmarks"]["daily_ad"] == bookmarks["daily_ad"]


def test_an_account_that_is_new_is_read_from_the_start(only: Reader, full: Run, config: Config) -> None:
    first, second, _ = config["account_ids"]
    before = only("daily_account", account_ids=[first])
    both = only("daily_account", account_ids=[first, second], state=before.state)
    assert both.exit_code == 0, both.log
    whole = [row for row in full.records("daily_account") if row["account_id"] == second]
    assert [row for row in both.records("daily_account") if row["account_id"] == second] == whole
    assert len([row for row in both.records("daily_account") if row["account_id"] == first]) < len(whole)
