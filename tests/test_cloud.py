"""An export to a place elsewhere: there once it is whole, taken up again, and refused in one message."""

import json
from pathlib import Path
from typing import Any

import fsspec
import pytest
from typer.testing import CliRunner

from aquamind.errors import UserError
from datagen.cli import app
from datagen.files import cloud
from tests.test_cli import SMALL, aquamind

URL = "memory://bucket/record"


@pytest.fixture(autouse=True)
def aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "aquamind" / "exports"


def export(*arguments: str) -> dict[str, Any]:
    """What it says; nothing, if it is interrupted."""
    command = ["export", URL, *SMALL, "--workers", "1", "--json", *arguments]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_it_is_there_once_it_is_whole_and_what_arrived_is_not_sent_again(
    aside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, sent = fsspec.filesystem("memory"), list[Path]()
    put = cloud.Place._put

    def killed(place: cloud.Place, paths: list[Path]) -> None:
        if len(sent) > cloud.AT_ONCE:
            raise KeyboardInterrupt
        put(place, paths)
        sent.extend(paths)

    monkeypatch.setattr(cloud.Place, "_put", killed)
    with pytest.raises(json.JSONDecodeError):
        export()
    arrived = set(there.find("/bucket/record"))
    assert len(arrived) == len(sent)
    assert not there.exists("/bucket/record/manifest.json")
    again = list[Path]()

    def seen(place: cloud.Place, paths: list[Path]) -> None:
        put(place, paths)
        again.extend(paths)

    monkeypatch.setattr(cloud.Place, "_put", seen)
    told = export()
    assert set(again).isdisjoint(sent)
    assert again[-1].name == "manifest.json"
    with there.open("/bucket/record/manifest.json") as file:
        manifest = json.load(file)
    assert manifest["content_hash"] == told["content_hash"]
    sizes = {path: each["size"] for path, each in there.find("/bucket/record", detail=True).items()}
    assert sum(sizes.values()) - sizes["/bucket/record/manifest.json"] == sum(
        entry["bytes"] for entry in manifest["tables"].values()
    )
    assert not list(aside.iterdir())
    # The same again finds it there; another is refused, and nothing is lost.
    assert export()["content_hash"] == told["content_hash"]
    with pytest.raises(UserError, match=r"record'\. It holds another export \(seed 1, "):
        export("--seed", "2")
    assert not list(aside.iterdir())
    assert {path: each["size"] for path, each in there.find("/bucket/record", detail=True).items()} == sizes


def test_other_files_are_left_alone(aside: Path) -> None:
    fsspec.filesystem("memory").pipe("/other/record/own.txt", b"mine")
    with pytest.raises(UserError, match="Other files are there"):
        cloud.reached("memory://other/record").take_up()
    assert not aside.exists()


@pytest.mark.parametrize("url", ["s3://bucket/record", "s3://key:secret@bucket/record?token=secret"])
def test_missing_credentials_are_one_message_and_those_that_are_given_are_not_printed(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked of any host: there is none at this address."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="Set the credentials of that place") as refused:
        cloud.reached(url).take_up()
    assert "secret" not in str(refused.value)


WRONG = {
    "an unknown scheme": ("nowhere://bucket/record", "No place begins with nowhere://. Known: s3://, gs://, az://"),
    "a library that is not installed": ("az://bucket/record", "pip install '.[cloud]'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_place_that_is_not_known_is_one_message(case: str) -> None:
    url, message = WRONG[case]
    done = aquamind("export", url, *SMALL)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
    assert message in done.stderr
