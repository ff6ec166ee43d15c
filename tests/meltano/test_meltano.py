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

from tap_toolkit.testing import Run, executable, run
from tests.checkout import ROOT, copy_checkout

TAPS = sorted(path.name for path in ROOT.glob("taps/tap-*"))


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
            **{f"{tap.upper().replace('-', '_')}_API_URL": f"http://127.0.0.1:{port}" for tap in TAPS},
            "TAP_TIKTOK_SHOP_AUTH_URL": f"http://127.0.0.1:{port}",
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
            timeout=500,
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


def test_the_same_job_works_as_typed_on_bigquery(project: Project) -> None:
    project.succeed("run", "sandbox:start")
    run_in = ("--environment=emulator", "run")
    project.succeed(*run_in, "bigquery-emulator:start")
    project.succeed(*run_in, "tap-shopee", "target-bigquery", "dbt-bigquery:build")


def test_shops_and_ads_are_loaded_one_after_the_other_and_meet_in_the_marts(project: Project) -> None:
    project.succeed("run", "demo")
    with duckdb.connect(str(project.folder / "output" / "demo.duckdb"), read_only=True) as db:
        ((revenue, spend, sold),) = db.sql(
            "select sum(revenue_thb), sum(ads_spend_thb), sum(ads_conversion_value_thb) "
            "from marts.mart_daily_performance where ads_spend_thb > 0 and revenue_thb > 0"
        ).fetchall()
        assert revenue > sold > 0
        assert spend > 0
        ((loaded,),) = db.sql(
            "select sum(spend) from raw_facebook_ads.daily_ad where account_currency = 'THB'"
        ).fetchall()
        ((shown,),) = db.sql(
            "select sum(ads_spend) from marts.mart_daily_performance where currency = 'THB'"
        ).fetchall()
        assert shown == loaded


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
    config = yaml.safe_load((ROOT / "meltano.yml").read_text())["environments"][0]["config"]["plugins"]["extractors"]
    settings = next(plugin["config"] for plugin in config if plugin["name"] == tap)
    lists = {"shop_ids", "account_ids", "seller_ids"} & set(settings)
    accounts = settings[lists.pop()] if lists else json.loads(settings["api_keys"])
    assert done.stdout.count("the credentials work") == len(accounts) > 1


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
    jobs = {job["name"] for job in yaml.safe_load((ROOT / "meltano.yml").read_text())["jobs"]}
    for schedule, line in zip(schedules, lines, strict=True):
        assert line.startswith(schedule["interval"] + " ")
        assert f"schedule run {schedule['name']} " in line
        assert schedule["job"] in jobs


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
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
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
