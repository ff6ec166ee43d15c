"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, executable, run, run_tap

Config = dict[str, Any]
AS_OF = "2026-10-20T17:00:00Z"
TAP = "tap-facebook-ads"
UNKNOWN = "1010035716099999"


def refused(done: Run, *words: str, written: bool = False) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line
    if not written:
        assert {m["type"] for m in done.messages} <= {"SCHEMA"}


def refused_unasked(done: Run, *words: str) -> None:
    """Refused before anything was asked or written at all."""
    refused(done, *words)
    assert done.stdout == ""


def written_streams(done: Run) -> set[str]:
    return {m["stream"] for m in done.messages if m["type"] == "RECORD"}


@pytest.fixture
def broken() -> Iterator[Sandbox]:
    """A sandbox of one's own, for what cannot be mended again."""
    with running_sandbox(orders_per_day=6, days=4, as_of=AS_OF, products=12, job_ms=10, job_ms_max=40) as running:
        yield running


@pytest.fixture
def few(broken: Sandbox, settings: Callable[..., Config]) -> Config:
    """Settings for it, with two streams that cost a call or two each."""
    return settings(broken, start_date="2026-10-17T00:00:00Z", reports=["daily_account"])


@pytest.mark.parametrize("missing", ["account_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    for bare in ({k: v for k, v in config.items() if k != missing}, {**config, missing: ""}):
        refused_unasked(run_tap(TAP, bare), f"Setting {missing} is missing.")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"account_ids": "1010035716096001", "access_token": ["S3CRET"], "app_secret": 5, "app_id": {"S3CRET": 1},
             "concurrency": 0, "report_minutes": 0, "reports": "daily_ad", "api_version": "26",
             "custom_reports": {"name": "S3CRET"}, "token_store": 7},
            ["account_ids must be a list", "access_token must be a text.", "app_secret must be a text.",
             "app_id must be a text.", "concurrency must be at least 1.", "report_minutes must be at least 1.",
             "reports must be a list", "api_version must be a text of the form", "custom_reports must be a list",
             "token_store must be a text."],
        ),
        (
            {"account_ids": [["S3CRET"]], "concurrency": "S3CRET", "api_version": "v26.0/S3CRET", "start_date": 5,
             "reports": [{"name": "S3CRET"}], "report_minutes": "S3CRET"},
            ["account_ids.0 must be a text or a whole number.", "concurrency must be a whole number.",
             "api_version must be a text of the form", "start_date must be a text.", "reports.0 must be a text.",
             "report_minutes must be a whole number."],
        ),
        ({"account_ids": ["act_S3CRET"]}, ["account_ids"]),
        ({"start_date": "S3CRET", "end_date": "S3CRET"}, ["start_date is not a time", "end_date is not a time"]),
        ({"end_date": "2020-01-01T00:00:00Z"}, ["end_date must be later than start_date."]),
        ({"start_date": "2099-01-01T00:00:00Z", "end_date": None}, ["start_date is in the future"]),
    ],
)  # fmt: skip
def test_malformed_settings_are_named_and_never_shown(config: Config, wrong: Config, says: list[str]) -> None:
    done = run_tap(TAP, {**config, **wrong})
    refused_unasked(done, *(f"Setting {sentence}" for sentence in says))
    assert "S3CRET" not in done.log


def test_no_account_at_all_is_told(config: Config) -> None:
    refused_unasked(run_tap(TAP, {**config, "account_ids": []}), "There is no ad account to read: name one at least.")


def test_a_store_of_tokens_that_cannot_be_is_told(config: Config) -> None:
    bare = {name: value for name, value in config.items() if name != "access_token"}
    refused(run_tap(TAP, {**bare, "token_store": "gsm:"}), "write gsm:PROJECT")


def test_an_address_that_is_none_is_refused(config: Config) -> None:
    refused_unasked(
        run_tap(TAP, {**config, "api_url": "graph.example"}), "is not a web address: write it like https://host."
    )


def test_a_configuration_that_is_not_json_is_refused() -> None:
    refused_unasked(run_tap(TAP, "{not json"), "configuration file is not JSON")  # type: ignore[arg-type]
    refused_unasked(run(executable(TAP), "--config", "/nowhere/config.json"), "/nowhere/config.json", "not found")


def report(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "level": "campaign", "fields": ["spend"], **more}


FORM = "Setting custom_reports"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"custom_reports": [
                report("No Name"), report("b", level="advert"), report("c", time_increment=2), {"name": "d"},
                report("e", breakdown=["age"]), report("f", fields="spend"),
            ]},
            [f"{FORM}.0.name must be a text of the form", f"{FORM}.1.level must be one of account, ",
             f"{FORM}.2.time_increment must be one of 1, 7, monthly, all_days.",
             f"{FORM}.3 lacks level.", f"{FORM}.3 lacks fields.",
             f"{FORM}.4 knows no breakdown: the nearest is breakdowns.", f"{FORM}.5.fields must be a list"],
        ),
        (
            {"reports": ["daily_adds"], "custom_reports": [
                report("a", fields=["spent"]),
                report("b", fields=["age"]),
                report("c", breakdowns=["age", "gender", "country"]),
                report("d", breakdowns=["platform_position"]),
                report("e", breakdowns=["dma"]),
                report("f", attribution_windows=["28d_view"]),
                report("campaigns"),
                report("sync_windows"),
                report("g"),
                report("g"),
            ]},
            ["Report daily_adds is not known: the nearest is daily_ad. There are daily_account, ",
             "Report a: field spent is not known: the nearest is spend.",
             "Report b: age is a breakdown: name it in breakdowns, not in fields.",
             "Report c: Meta refuses the breakdowns age, gender, country together: the nearest it allows is age, ge",
             "Report d: Meta refuses platform_position alone: the nearest it allows is publisher_platform, platf",
             "Report e: Meta has dropped the breakdown dma: use comscore_market.",
             "the attribution window 28d_view: the nearest is 1d_view.",
             "Report campaigns: the name is a stream's already.",
             "Report sync_windows: the name is a stream's already.",
             "Two reports are named g."],
        ),
        ({"custom_reports": [report("daily_ad")]}, ["Two reports are named daily_ad."]),
    ],
)  # fmt: skip
def test_reports_that_cannot_be_had_are_refused_before_any_call(
    config: Config, sandbox: Sandbox, settings: Config, says: list[str]
) -> None:
    before = sandbox.stats()["total_calls"]
    refused_unasked(run_tap(TAP, {**config, **settings}), *says)
    assert sandbox.stats()["total_calls"] == before


def test_an_unknown_account_is_named_and_the_others_are_read(config: Config) -> None:
    config = {**config, "reports": ["daily_account"]}
    done = run_tap(TAP, {**config, "account_ids": [*config["account_ids"], UNKNOWN]})
    refused(done, f"ad account {UNKNOWN} was skipped", "100/33", "Check account_ids", written=True)
    assert {row["account_id"] for row in done.records("daily_account")} == set(config["account_ids"])
    alone = run_tap(TAP, {**config, "account_ids": [UNKNOWN]})
    refused(alone, f"ad account {UNKNOWN} was skipped", written=True)
    assert written_streams(alone) == {"sync_windows"}


def test_act_before_a_number_and_a_number_twice_are_no_mistake(config: Config) -> None:
    account = config["account_ids"][0]
    done = run_tap(TAP, {**config, "account_ids": [f"act_{account}", int(account), account]}, "--test")
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work") == 1


def test_a_token_that_has_expired_ends_the_run_with_what_to_do(few: Config, broken: Sandbox) -> None:
    broken.expire_tokens(platform="facebook_ads")
    done = run_tap(TAP, few)
    refused(done, "190/463", "Make a new token, or run `tap-facebook-ads authorize` again", "setting access_token.")
    assert broken.facebook_token not in done.log
    tested = run_tap(TAP, few, "--test")
    assert tested.log.count("the credentials do not work") == 3
    refused(tested, "190/463", "Make a new token")


def test_a_token_that_meta_repeats_is_not_shown(config: Config) -> None:
    for token in ("S3CRET-token", "S3CRET token"):
        done = run_tap(TAP, {**config, "access_token": token})
        refused(done, "190/467: Malformed access token …", "Make a new token")
        assert "S3CRET" not in done.log


def test_an_app_that_was_removed_is_told(few: Config, broken: Sandbox) -> None:
    broken.remove_app()
    refused(run_tap(TAP, few), "190/458", "has not authorized application", "Make a new token")


def test_without_a_token_the_person_is_told_to_authorize(config: Config, tmp_path: Path) -> None:
    bare = {name: value for name, value in config.items() if name != "access_token"}
    done = run_tap(TAP, {**bare, "token_store": str(tmp_path)})
    refused(done, "There are no tokens for 1010035716096001: run `tap-facebook-ads authorize`", written=True)
    assert written_streams(done) == {"sync_windows"}


def test_a_missing_permission_skips_what_it_is_missing_for(few: Config, broken: Sandbox) -> None:
    first, second, third = few["account_ids"]
    broken.deny(account=first, path="insights")
    broken.revoke(account=second)
    done = run_tap(TAP, few)
    refused(done, f"ad account {first} was skipped", f"ad account {second} was skipped", written=True)
    refused(done, "answered «10: ", "answered «200: ", "the permission ads_read", written=True)
    assert third not in done.last_line
    assert {row["account_id"] for row in done.records("daily_account")} == {third}
    assert second not in {row["account_id"] for row in done.records("campaigns")}


@pytest.mark.parametrize("secret", ["", "S3CRET" * 5])
def test_a_wrong_or_missing_app_secret_is_named_and_not_shown(settings: Callable[..., Config], secret: str) -> None:
    with running_sandbox(orders_per_day=2, days=3, as_of=AS_OF, products=12, require_proof=True) as sandbox:
        done = run_tap(TAP, settings(sandbox, app_secret=secret))
        refused(done, "appsecret_proof", "Set app_secret to that of the app the token was made with")
        assert "S3CRET" not in done.log
        works = run_tap(TAP, settings(sandbox, app_secret=sandbox.facebook_app_secret), "--test")
        assert works.exit_code == 0, works.log


def test_a_version_that_meta_has_ended_names_its_setting(config: Config) -> None:
    refused(run_tap(TAP, {**config, "api_version": "v20.0"}), "Meta has ended this API version: set api_version")


def test_an_unreachable_host_is_told_before_anything_is_written(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    refused_unasked(run_tap(TAP, {**config, "api_url": f"http://127.0.0.1:{port}"}), f"Cannot reach 127.0.0.1:{port}")
    done = run_tap(TAP, {**config, "api_url": "http://no-such-host.invalid"})
    refused_unasked(done, "Cannot reach no-such-host.invalid", "api_url")


@pytest.mark.parametrize(
    "state",
    [
        "{cut off",
        [1, 2],
        {"bookmarks": []},
        {"bookmarks": {"daily_ad": {"replication_key": "date_start", "replication_key_value": "2026-01-01"}}},
        {"bookmarks": {"campaigns": {"accounts": {"1": {"covered": [["now", "then"]]}}}}},
        {"singer_state": {"bookmarks": {}}},
    ],
)
def test_a_corrupt_or_foreign_state_is_refused(config: Config, state: Any) -> None:
    refused_unasked(run_tap(TAP, config, state=state), "state")


def test_a_corrupt_catalog_is_refused(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text("[")
    refused_unasked(run_tap(TAP, config, "--catalog", str(path)), "catalog file", "not JSON")


def test_settings_may_come_from_the_environment(config: Config) -> None:
    env = {
        f"TAP_FACEBOOK_ADS_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in {
            **config,
            "reports": ["daily_ad"],
            "custom_reports": [report("mine")],
            "report_minutes": 5,
        }.items()
    }
    env |= {"TAP_FACEBOOK_ADS_CONCURRENCY": "", "TAP_FACEBOOK_ADS_END_DATE": "", "TAP_FACEBOOK_ADS_BATCH_CONFIG": ""}
    done = run(executable(TAP), "--config=ENV", "--test", env=env)
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work") == 3
    found = run(executable(TAP), "--config=ENV", "--discover", env=env)
    names = {stream["tap_stream_id"] for stream in json.loads(found.stdout)["streams"]}
    assert {"daily_ad", "mine"} <= names
    assert "daily_account" not in names
