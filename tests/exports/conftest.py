"""The files, loaded into a project of their own for each module of tests, and the staging models built on them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tap_toolkit.testing import Run, executable
from tests.checkout import ROOT, copy_checkout
from tests.dbt.conftest import Done, run_dbt

FILES = Path(__file__).parent / "files"
TAPS = ("tap-web-shop", "tap-web-shop-excel", "tap-google-ads-exports", "tap-meta-ads-exports")
#: Models that files reach, and what these are made of.
STAGING = (
    *(f"+stg_{name}" for name in ("orders", "order_items", "products", "returns", "shops")),
    "+path:models/staging/web_shop",
    "+path:models/staging/ads_exports",
    "warn_export_lines_left_out",
)


class Project:
    """A copy of the repository as git has it, with the files in its folder ``exports``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.exports = folder / "exports"
        self.warehouse = folder / "warehouse.duckdb"
        copy_checkout(folder)
        shutil.copytree(FILES, self.exports)
        keep = ("PATH", "HOME", "LANG", "TMPDIR", "UV_CACHE_DIR", "XDG_CACHE_HOME")
        self.env = {name: os.environ[name] for name in keep if name in os.environ} | {
            "PATH": f"{Path(executable('meltano')).parent}{os.pathsep}{os.environ['PATH']}",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            "UV_OFFLINE": "1",
            "DUCKDB_PATH": str(self.warehouse),
        }

    def meltano(self, *arguments: str) -> Run:
        done = subprocess.run(
            [executable("meltano"), "--environment=dev", *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr)

    def load(self, *taps: str) -> None:
        """Read the files with these taps and load what they say."""
        done = self.meltano("run", *(name for tap in taps for name in (tap, "target-duckdb")))
        assert done.exit_code == 0, (done.stdout + done.log)[-4000:]

    def build(self, *selected: str) -> Done:
        done = run_dbt(
            self.folder,
            *(
                "build",
                "--exclude-resource-type",
                "unit_test",
                "--indirect-selection",
                "cautious",
                "--select",
                *selected,
            ),
        )
        assert done.code == 0, done.output[-4000:]
        return done

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            return connection.sql(sql).fetchall()

    def lines(self, tap: str) -> set[tuple[str, str, str]]:
        """Stream, file and hash of each line that a tap reads."""
        done = self.meltano("invoke", tap)
        assert done.exit_code == 0, done.log[-4000:]
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"type":"RECORD"')]
        return {
            (it["stream"], it["record"]["_sdc_filename"].rpartition("/")[2], it["record"]["row_hash"])
            for it in messages
        }


def sources(name: str) -> dict[str, list[str]]:
    """Columns of each table of raw files, as the models declare them, without what the taps add."""
    text = (ROOT / f"transform/models/base/{name}/_sources.yml").read_text()
    tables = yaml.safe_load(text)["sources"][0]["tables"]
    known = {"row_hash", "ads_platform"}
    return {
        table["name"]: [c["name"] for c in table["columns"] if not c["name"].startswith("_") and c["name"] not in known]
        for table in tables
    }


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("exports"))
    made.load(*TAPS)
    return made


@pytest.fixture(scope="module")
def built(project: Project) -> Done:
    return project.build(*STAGING)
