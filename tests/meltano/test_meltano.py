"""The project as its users run it: a fresh copy, the commands of the README, Meltano's own environments."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestrate.demo import PLATFORMS, addresses
from tap_toolkit.testing import Run, executable, run
from tests.checkout import ROOT, copy_checkout
from tests.longer import LONGER

TAPS = sorted(path.name for path in ROOT.glob("taps/tap-*"))
DUCKDB = ("-duckdb", "target-duckdb", "dbt-duckdb:build")


def flat(tasks: list[str] | list[list[str]]) -> list[str]:
    """Tasks as Meltano runs them, one after the other, whatever lists they stand in."""
    return [part for task in tasks for part in ([task] if isinstance(task, str) else flat(task))]


JOBS = {
    job["name"]: flat(job["tasks"])
    for job in yaml.safe_load((ROOT / "orchestrate/jobs.meltano.yml").read_text())["jobs"]
}


def schema(tap: str) -> str:
    """Where a loader puts a tap's tables."""
    return tap.replace("tap-", "raw_").replace("-", "_")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Project:
    """A copy of the repository as git has it, with Meltano run inside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        port, emulator = free_port(), free_port()
        keep = ("PATH", "HOME", "LANG", "TMPDIR", "UV_CACHE_DIR", "XDG_CACHE_HOME")
        self.env = {name: os.environ[name] for name in keep if name in os.environ} | {
            "PATH": f"{Path(executable('meltano')).parent}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            # Plugins install from what the lock file has already brought: nothing reaches the internet.
            "UV_OFFLINE": "1",
            "SANDBOX_PORT": str(port),
            "SANDBOX_DAYS": "20",
            "SANDBOX_ORDERS_PER_DAY": "12",
            **addresses(port),
            "BIGQUERY_EMULATOR_PORT": str(emulator),
        }
        copy_checkout(folder)
        # What an environment of meltano.yml sets cannot be set from outside.
        settings = folder / "meltano.yml"
        settings.write_text(settings.read_text().replace("127.0.0.1:9050", f"127.0.0.1:{emulator}"))

    def meltano(self, *args: str, **env: str) -> Run:
        done = subprocess.run(
            [executable("meltano"), *args],
            cwd=self.folder,
            env=self.env | env,
            capture_output=True,
            encoding="utf-8",
            timeout=900,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def succeed(self, *args: str, **env: str) -> Run:
        done = self.meltano(*args, **env)
        assert done.exit_code == 0, (done.stdout + done.log)[-6000:]
        return done


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("talat"))
    try:
        yield made
    finally:
        made.meltano("run", "sandbox:stop")
        made.meltano("--environment=emulator", "run", "bigquery-emulator:stop")


def test_the_main_job_works_as_typed_and_its_second_run_is_incremental(project: Project) -> None:
    project.succeed("run", "sandbox:start")
    first = project.succeed("run", "tap-shopee", "target-duckdb", "dbt-duckdb:build")
    assert "hub.meltano.com" not in first.stdout + first.log
    path = project.folder / "output" / "demo.duckdb"
    with duckdb.connect(str(path), read_only=True) as db:
        before = db.sql("select count(*), count(distinct order_sn) from raw_shopee.orders").fetchall()
        assert before[0][0] == before[0][1] > 200
        assert db.sql("select sum(revenue) from marts.mart_daily_performance").fetchall()[0][0] > 0
    project.succeed("run", "tap-shopee", "target-duckdb")
    with duckdb.connect(str(path), read_only=True) as db:
        runs = db.sql(
            "select sum(requests) from raw_shopee.sync_windows where stream = 'orders' group by run_id order by run_id"
        ).fetchall()
        assert len(runs) == 2
        assert runs[1][0] < runs[0][0] / 3
        assert db.sql("select count(*) from raw_shopee.orders").fetchall()[0][0] >= before[0][0]
    state = json.loads(project.succeed("state", "get", "demo:tap-shopee-to-target-duckdb").stdout.splitlines()[-1])
    accounts = state["singer_state"]["bookmarks"]["orders"]["accounts"]
    assert set(accounts) == {"226001234", "226001235", "226001236"}


def test_everything_is_read_into_duckdb_and_shops_and_ads_meet_in_the_marts(project: Project) -> None:
    project.succeed("run", "sandbox:start", "everything-duckdb")
    with duckdb.connect(str(project.folder / "output" / "demo.duckdb"), read_only=True) as db:
        for tap in TAPS:
            ledger = f"{schema(tap)}.sync_windows"
            assert db.sql(f"select distinct status from {ledger}").fetchall() == [("done",)], tap
            assert db.sql(f"select sum(rows) > 0 from {ledger}").fetchall() == [(True,)], tap
        ((revenue, spend, sold),) = db.sql(
            "select sum(revenue_thb), sum(ads_spend_thb), sum(ads_conversion_value_thb) "
            "from marts.mart_daily_performance where ads_spend_thb > 0 and revenue_thb > 0"
        ).fetchall()
        assert min(revenue, spend, sold) > 0
        ((loaded,),) = db.sql(
            "select sum(spend) from raw_facebook_ads.daily_ad where account_currency = 'THB'"
        ).fetchall()
        ((shown,),) = db.sql(
            "select sum(spend) from marts.mart_ads_channel_performance "
            "where platform = 'facebook_ads' and currency = 'THB'"
        ).fetchall()
        assert shown == loaded


def test_a_job_works_as_typed_on_bigquery(project: Project) -> None:
    project.succeed("run", "sandbox:start")
    project.succeed("--environment=emulator", "run", "bigquery-emulator:start")
    if LONGER:
        project.succeed("--environment=emulator", "run", "everything")
    else:
        # The truth's suite builds all marts on BigQuery; here are Meltano's settings for it.
        project.succeed("--environment=emulator", "run", "tap-shopee-orders", "target-bigquery")
        project.succeed("--environment=emulator", "run", "exchange-rates")
        project.succeed("--environment=emulator", "invoke", "dbt-bigquery", "build", "--select", "+stg_exchange_rates")


def test_a_dead_shop_fails_the_run_and_the_rest_is_loaded(project: Project) -> None:
    project.succeed("run", "sandbox:start")
    shops = "[226001234, 999]"
    done = project.meltano(
        "run", "--force", "--state-id-suffix=dead", "tap-shopee", "target-duckdb", TAP_SHOPEE_SHOP_IDS=shops
    )
    assert done.exit_code != 0
    assert "shop 999 was skipped" in done.stdout + done.log
    with duckdb.connect(str(project.folder / "output" / "demo.duckdb"), read_only=True) as db:
        skipped = db.sql("select distinct account_id from raw_shopee.sync_windows where status = 'skipped'").fetchall()
    assert skipped == [("999",)]


def test_a_taken_port_is_told_in_a_sentence(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = project.meltano("invoke", "sandbox:start", SANDBOX_PORT=port, SANDBOX_STATE_DIR=".sandbox-other")
    assert done.exit_code == 1
    assert f"{port}" in done.stdout + done.log
    assert "Traceback" not in done.stdout + done.log


@pytest.mark.parametrize("tap", TAPS)
def test_a_tap_says_whether_its_credentials_work(project: Project, tap: str) -> None:
    project.succeed("run", "sandbox:start")
    done = project.succeed("--environment=demo", "invoke", f"{tap}:test")
    demo = yaml.safe_load((ROOT / "meltano.yml").read_text())["environments"][0]["config"]["plugins"]["extractors"]
    settings = next(plugin["config"] for plugin in demo if plugin["name"] == tap)
    named = [value for name, value in settings.items() if re.fullmatch(r"\w+_ids", name)]
    accounts = named[0] if named else json.loads(settings.get("api_keys", '["of a bank"]'))
    assert done.stdout.count("the credentials work") == len(accounts)


@pytest.mark.parametrize("tap", sorted({*TAPS} - {"tap-exchange-rates"}))
def test_a_tap_without_its_credentials_says_in_a_sentence_which_are_missing(project: Project, tap: str) -> None:
    definition = yaml.safe_load((ROOT / f"plugins/extractors/{tap}.meltano.yml").read_text())
    needed = definition["plugins"]["extractors"][0]["settings_group_validation"][0]
    done = project.meltano("--environment=dev", "invoke", f"{tap}:test")
    said = done.stdout + done.log
    assert done.exit_code == 1
    assert "Traceback" not in said
    assert any(f"Setting {name} is missing" in said for name in needed), said[-2000:]


def test_meltano_never_needs_the_hub_or_a_lock_file() -> None:
    for path in (ROOT / "plugins").glob("*/*.meltano.yml"):
        for kind, plugins in yaml.safe_load(path.read_text())["plugins"].items():
            for plugin in plugins:
                assert "inherit_from" in plugin or {"namespace", "pip_url"} <= set(plugin), (kind, plugin["name"])


def test_schedules_and_crontab_say_the_same() -> None:
    schedules = yaml.safe_load((ROOT / "orchestrate/schedules.meltano.yml").read_text())["schedules"]
    crontab = (ROOT / "orchestrate/crontab").read_text()
    assert "CRON_TZ=Asia/Bangkok" in crontab
    lines = [line for line in crontab.splitlines() if "schedule run" in line]
    assert len(lines) == len(schedules)
    for schedule, line in zip(schedules, lines, strict=True):
        assert line.startswith(schedule["interval"] + " ")
        assert f"schedule run {schedule['name']} " in line
        assert schedule["job"] in JOBS


def test_every_platform_has_a_job_and_the_jobs_of_several_have_them_all() -> None:
    """So a run of everything is a run of each part of every other job."""
    for suffix, loader, marts in (("", "target-bigquery", "dbt-bigquery:build"), DUCKDB):
        parts = {name: JOBS[f"{name}{suffix}"] for name in ("all-shops", "all-ads", "everything")}
        *everything, last = parts["everything"]
        assert {*parts["all-shops"], *parts["all-ads"]} == {*parts["everything"]}
        assert {part.split(" ")[1] for part in everything} == {loader}
        assert {last} == {job[-1] for job in parts.values()} == {marts}
        halves = {"tap-shopee-orders": "tap-shopee", "tap-shopee-products": "tap-shopee"}
        assert {halves.get(tap, tap) for tap in (part.split(" ")[0] for part in everything)} == {*TAPS}
    singles = [job for job in JOBS.values() if len(job) <= 2]
    assert {job[0] for job in singles} == {*JOBS["everything"][:-1]}
    assert {part for job in JOBS.values() for part in job} == {*JOBS["everything"], *JOBS["everything-duckdb"]}


def test_the_demo_reads_every_platform() -> None:
    assert sorted(PLATFORMS.values()) == TAPS


@pytest.mark.parametrize("tap", TAPS)
def test_a_taps_definition_has_every_setting_of_the_tap(tap: str) -> None:
    about = json.loads(run(executable(tap), "--about", "--format=json").stdout)
    definition = yaml.safe_load((ROOT / f"plugins/extractors/{tap}.meltano.yml").read_text())
    plugin = definition["plugins"]["extractors"][0]
    settings = {setting["name"]: setting for setting in plugin["settings"]}
    built_in = re.compile("^(stream_map|faker_|flattening_|batch_config|emit_)")
    own = {n: s for n, s in about["settings"]["properties"].items() if not built_in.match(n)}
    assert set(own) == set(settings)
    for name, setting in own.items():
        assert bool(setting.get("secret")) == bool(settings[name].get("sensitive")), name
        assert setting.get("default") == settings[name].get("value"), name
        assert settings[name]["kind"]
        assert settings[name]["description"]
    assert set(plugin["capabilities"]) <= set(about["capabilities"])


def test_every_variable_is_in_the_example() -> None:
    named = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    for tap in TAPS:
        plugin = yaml.safe_load((ROOT / f"plugins/extractors/{tap}.meltano.yml").read_text())
        prefix = tap.upper().replace("-", "_")
        assert {f"{prefix}_{s['name'].upper()}" for s in plugin["plugins"]["extractors"][0]["settings"]} <= named
    files = (ROOT / "plugins/extractors/tap-spreadsheets.meltano.yml").read_text()
    assert set(re.findall(r"\$\{?([A-Z_]+)", files)) <= named
    assert {"BQ_PROJECT", "BQ_LOCATION", "GOOGLE_APPLICATION_CREDENTIALS", "DUCKDB_PATH", "SANDBOX_PORT"} <= named


def test_every_tap_has_a_definition() -> None:
    published = {"tap-spreadsheets"}
    defined = {path.name.partition(".")[0] for path in ROOT.glob("plugins/extractors/*.meltano.yml")}
    assert defined == {*TAPS, *published}
