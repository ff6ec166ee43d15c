"""Another Meltano project: our taps by their Hub pages, from git and wheels, into our loaders and published ones."""

from __future__ import annotations

import functools
import json
import re
import shlex
import threading
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from plugins.hub.generate import HERE, repository
from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, executable, run, run_tap
from tests.anywhere.machine import REQUIREMENTS, loaders, offline
from tests.anywhere.subjects import CHOSEN
from tests.chaos.pipes import Tables
from tests.checkout import ROOT
from tests.emulator.launcher import Emulator, running_emulator
from tests.subject import Row, Subject

LEDGER = {"sync_windows", "rejected_records"}
OURS = ("target-duckdb", "target-bigquery")
#: The published loaders of this machine, and the Python for each.
PUBLISHED = loaders()
Z3 = "z3-target-bigquery"
#: What `meltano init` writes.
NEW = {"project_id": "elsewhere", "default_environment": "dev", "environments": [{"name": "dev"}]}
#: A user's definition of a published loader, which the Hub would give.
DEFINITIONS: dict[str, dict[str, Any]] = {
    "target-jsonl": {"executable": "target-jsonl", "settings": [{"name": "destination_path"}]},
    Z3: {
        "executable": "target-bigquery",
        "settings": [
            {"name": "project"},
            {"name": "dataset"},
            {"name": "method"},
            {"name": "denormalized", "kind": "boolean"},
            {"name": "upsert", "kind": "boolean"},
        ],
    },
}


class OtherProject:
    """A Meltano project that has nothing of this repository but what is added to it."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.env = offline(**env) | {"MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false", "NO_COLOR": "1"}
        folder.mkdir()
        (folder / "meltano.yml").write_text(yaml.safe_dump(NEW))

    def meltano(self, *args: str, **env: str) -> None:
        """Meltano to its end. Raises AssertionError with what it said when it fails."""
        done = run(executable("meltano"), *args, env=self.env | env, cwd=self.folder)
        assert done.exit_code == 0, (done.stdout + done.log)[:12000]

    def add(self, kind: str, name: str, definition: Mapping[str, Any], *options: str, **env: str) -> None:
        """Add a plugin by a file, as somebody who has downloaded its page."""
        path = self.folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(dict(definition)))
        self.meltano("add", name, "--plugin-type", kind, "--from-ref", path.name, *options, **env)

    def configure(self, kind: str, name: str, config: Mapping[str, Any], **more: Any) -> None:
        """Write a plugin's settings into meltano.yml, and ``more`` beside them; one that inherits is new there."""
        path = self.folder / "meltano.yml"
        content = yaml.safe_load(path.read_text())
        plugins = content["plugins"][f"{kind}s"]
        if "inherit_from" in more:
            plugins.append({"name": name})
        (plugin,) = (plugin for plugin in plugins if plugin["name"] == name)
        plugin |= {"config": dict(config), **more}
        path.write_text(yaml.safe_dump(content))


def page_with(kind: str, name: str, wheels: Path) -> dict[str, Any]:
    """A page that installs wheels of the packages that it installs from git, and nothing beside them."""
    found: dict[str, Any] = yaml.safe_load((HERE / f"{kind}s" / name / "talat.yml").read_text())
    folders = re.findall(r"#subdirectory=(\S+)", found["pip_url"])
    packages = (tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]["name"] for folder in folders)
    paths = (path for package in packages for path in wheels.glob(f"{package.replace('-', '_')}-*.whl"))
    return {**found, "pip_url": " ".join(map(str, paths))}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Say nothing: standard error is the tests'."""


def advice(package: str) -> list[str]:
    """The commands of a README that add its plugins to another project."""
    return re.findall(r"^ *meltano (add .*)$", (ROOT / package / "README.md").read_text(), re.MULTILINE)


@pytest.fixture(scope="module")
def files(clone: Path) -> Iterator[str]:
    """The address below which the repository's files are, as they are on the web."""
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=clone)) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


@pytest.fixture(scope="module")
def client(emulator: Emulator) -> Iterator[bigquery.Client]:
    with bigquery.Client("p", AnonymousCredentials(), client_options={"api_endpoint": emulator.host}) as made:
        yield made


@pytest.fixture(scope="module")
def reads(sandbox: Sandbox, tokens: Path) -> dict[str, Run]:
    """What each tap writes by itself."""
    return {subject.name: run_tap(subject.name, subject.config(sandbox, tokens)) for subject in CHOSEN}


@pytest.fixture(scope="module")
def project(
    clone: Path,
    files: str,
    emulator: Emulator,
    sandbox: Sandbox,
    tokens: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> OtherProject:
    """All taps and loaders, added as the READMEs say, but that their address is one of this machine."""
    folder = tmp_path_factory.mktemp("other")
    # A person's own credentials, as z3-target-bigquery finds them; they are never refreshed.
    person = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
    (folder / "adc.json").write_text(json.dumps({**person, "token": "local", "expiry": "2099-01-01T00:00:00Z"}))
    made = OtherProject(
        folder / "project",
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0=f"url.{clone.as_uri()}.insteadOf",
        GIT_CONFIG_VALUE_0=repository(),
        BIGQUERY_EMULATOR_HOST=emulator.host,
        GOOGLE_APPLICATION_CREDENTIALS=str(folder / "adc.json"),
    )
    for package in [*(f"taps/{subject.name}" for subject in CHOSEN), "plugins/warehouse"]:
        for command in advice(package):
            made.meltano(*shlex.split(command.replace(f"{repository()}/raw/main", files)))
    for subject in CHOSEN:
        made.configure("extractor", subject.name, subject.config(sandbox, tokens), load_schema=subject.schema)
        one = {"inherit_from": subject.name, "select": [f"{subject.tables[0].stream}.*"]}
        made.configure("extractor", f"{subject.name}-one", {}, **one)
    for name, python in PUBLISHED.items():
        full = {"name": name, "namespace": name.replace("-", "_"), "variant": "published", "pip_url": name}
        pinned = {"UV_OVERRIDE": str(REQUIREMENTS[name]), "UV_CONSTRAINT": ""}
        made.add("loader", name, full | DEFINITIONS[name], "--python", python, **pinned)
    made.configure("loader", "target-duckdb", {"path": "$MELTANO_PROJECT_ROOT/warehouse.duckdb"})
    made.configure("loader", "target-bigquery", {"project": "p"})
    output = "$MELTANO_PROJECT_ROOT/output/$MELTANO_EXTRACT__LOAD_SCHEMA"
    made.configure("loader", "target-jsonl", {"destination_path": output})
    for subject in CHOSEN:
        (made.folder / "output" / subject.schema).mkdir(parents=True)
        if Z3 in PUBLISHED:
            merging = {"project": "p", "method": "batch_job", "denormalized": True, "upsert": True}
            made.configure("loader", f"z3-{subject.platform}", merging | {"dataset": z3(subject)}, inherit_from=Z3)
    return made


def z3(subject: Subject) -> str:
    """The dataset that z3-target-bigquery loads."""
    return f"z3_{subject.platform}"


@pytest.fixture(scope="module")
def loaded(project: OtherProject) -> OtherProject:
    """Every tap into every loader.

    z3-target-bigquery waits twelve seconds for each stream: it gets one of each tap, while the others run.
    """
    project.meltano("state", "list")  # makes Meltano's database, which several cannot do at once
    published = [[f"{subject.name}-one", f"z3-{subject.platform}"] for subject in CHOSEN if Z3 in PUBLISHED]
    with ThreadPoolExecutor() as pool:
        others = pool.map(lambda words: project.meltano("run", "--no-install", *words), published)
        for subject in CHOSEN:  # a run each: all together would take longer than a command may
            words = [word for name in (*OURS, "target-jsonl") for word in (subject.name, name)]
            project.meltano("run", "--no-install", *words)
        list(others)
    return project


def rows_in(loader: str, subject: Subject, stream: str, project: OtherProject, client: bigquery.Client) -> list[Row]:
    if loader == "target-jsonl":
        (path,) = (project.folder / "output" / subject.schema).glob(f"{stream}-*.jsonl")
        return [json.loads(line) for line in path.read_text().splitlines()]
    if loader == "target-duckdb":
        tables = Tables(subject, project.folder / "warehouse.duckdb")
        return list(tables.query(f"select * from {subject.schema}.{stream}"))
    dataset = z3(subject) if loader == Z3 else subject.schema
    return [dict(row) for row in client.query(f"select * from {dataset}.{stream}")]


@pytest.mark.parametrize("loader", [*OURS, *PUBLISHED])
@pytest.mark.parametrize("subject", CHOSEN, ids=lambda subject: subject.name)
def test_a_loader_has_the_rows_that_the_tap_wrote(
    subject: Subject, loader: str, loaded: OtherProject, client: bigquery.Client, reads: dict[str, Run]
) -> None:
    read = reads[subject.name]
    assert read.exit_code == 0, read.log
    written = Counter(m["stream"] for m in read.messages if m["type"] == "RECORD" and m["stream"] not in LEDGER)
    tables = subject.tables
    if loader == Z3:
        tables = tables[:1]
        written = Counter({table.stream: written[table.stream] for table in tables})
    found = {stream: rows_in(loader, subject, stream, loaded, client) for stream in written}
    assert {stream: len(rows) for stream, rows in found.items()} == written
    for table in tables:
        assert table.found(found[table.stream]) == table.found(read.records(table.stream)) != {}


def test_the_same_from_wheels(
    wheels: Path, sandbox: Sandbox, tokens: Path, reads: dict[str, Run], tmp_path: Path
) -> None:
    project = OtherProject(tmp_path / "project")

    for subject in CHOSEN:
        project.add("extractor", subject.name, page_with("extractor", subject.name, wheels))
        project.configure("extractor", subject.name, subject.config(sandbox, tokens), load_schema=subject.schema)
    project.add("loader", "target-duckdb", page_with("loader", "target-duckdb", wheels))
    project.configure("loader", "target-duckdb", {"path": "$MELTANO_PROJECT_ROOT/warehouse.duckdb"})
    project.meltano("run", *(word for subject in CHOSEN for word in (subject.name, "target-duckdb")))
    for subject in CHOSEN:
        tables = Tables(subject, project.folder / "warehouse.duckdb")
        for table in subject.tables:
            rows = tables.query(f"select * from {subject.schema}.{table.stream}")
            assert table.found(rows) == table.found(reads[subject.name].records(table.stream))
