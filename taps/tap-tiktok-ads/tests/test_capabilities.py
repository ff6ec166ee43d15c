"""What a Singer tap offers: what it says of itself, catalogs and maps."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tap_tiktok_ads.streams import REPORTS, STREAMS
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import Run, discover, executable, run, run_tap, selecting

Config = dict[str, Any]
TAP = "tap-tiktok-ads"


def test_about_names_what_it_can_and_every_setting() -> None:
    about = json.loads(run(executable(TAP), "--about", "--format=json").stdout)
    settings = about["settings"]["properties"]
    assert {"catalog", "discover", "state", "stream-maps", "batch"} <= set(about["capabilities"])
    assert set(about["settings"]["required"]) == {"advertiser_ids", "start_date"}
    assert {name for name, setting in settings.items() if setting.get("secret")} == {"access_token", "app_secret"}
    assert not {"refresh_tokens", "pii_salt", "report_minutes"} & set(settings), "say nothing to this platform"
    assert settings["requests_per_second"]["default"] == 4


def test_discovery_asks_nobody_and_lists_the_objects_the_reports_and_the_ledger(config: Config) -> None:
    unreachable = {**config, "api_url": "http://no-such-host.invalid"}
    streams = {stream["tap_stream_id"]: stream for stream in discover(TAP, unreachable)["streams"]}
    assert set(streams) == {stream.name for stream in STREAMS} | set(REPORTS.data["default"]) | {*LEDGER}
    creative = streams["gmv_max_daily_creative"]
    assert set(creative["key_properties"]) == {
        "advertiser_id", "store_id", "campaign_id", "item_group_id", "item_id", "date_start",
    }  # fmt: skip
    assert "PII" not in json.dumps(streams)
    assert not {"email", "contacter"} & set(streams["advertisers"]["schema"]["properties"])


def test_only_what_is_selected_is_asked_for_and_written(config: Config, full: Run) -> None:
    done = run_tap(TAP, config, catalog=selecting(discover(TAP, config), ["daily_advertiser"]))
    assert done.exit_code == 0, done.log
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"daily_advertiser"}
    rows = (run.records("daily_advertiser") for run in (done, full))
    assert len({str(sorted(map(str, some))) for some in rows}) == 1


def test_stream_maps_change_what_is_written(only: Callable[..., Run], full: Run) -> None:
    renamed = {"advertiser_id": "advertiser_id", "title": "name.upper()", "__else__": None}
    done = only("advertisers", stream_maps={"advertisers": renamed})
    assert done.exit_code == 0, done.log
    assert {row["title"] for row in done.records("advertisers")} == {
        row["name"].upper() for row in full.records("advertisers")
    }
