"""An export to a place elsewhere: there once it is whole, taken up again, and refused in one message."""

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest
from gcp_storage_emulator.server import create_server
from typer.testing import CliRunner

from aquamind.errors import UserError
from datagen.cli import app
from datagen.files import cloud
from datagen.files.layout import MANIFEST
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


@pytest.fixture
def without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of any host: there is none at this address."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.mark.usefixtures("without_credentials")
@pytest.mark.parametrize("url", ["s3://bucket/record", "s3://key:secret@bucket/record?token=secret"])
def test_missing_credentials_are_one_message_and_those_that_are_given_are_not_printed(url: str) -> None:
    with pytest.raises(
        UserError, match=r"Set the credentials of that place in the env|Credentials go in the env"
    ) as refused:
        cloud.reached(url).take_up()
    assert "secret" not in str(refused.value)


class Bucket(BaseHTTPRequestHandler):
    """A place that speaks like S3, holds nothing, and answers what is put there with an error, or hangs up."""

    protocol_version = "HTTP/1.1"  # what is put waits to be asked for
    answer: tuple[int, str] | None = None

    def do_GET(self) -> None:
        self._tell(200, "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")

    def do_HEAD(self) -> None:
        self._tell(200 if self.path.strip("/") == "bucket" else 404, "")

    def do_PUT(self) -> None:
        if self.answer is None:
            self.close_connection = True
            return
        self.rfile.read(int(self.headers["Content-Length"]))
        self._tell(self.answer[0], f"<Error><Code>{self.answer[1]}</Code><Message>of secret</Message></Error>")

    def _tell(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.usefixtures("without_credentials")
@pytest.mark.parametrize(
    ("answer", "cure"),
    [
        ((403, "AccessDenied"), "Set the credentials"),
        ((403, "InvalidAccessKeyId"), "Set the credentials"),
        ((404, "NoSuchBucket"), "No bucket or container is called so"),
        ((507, "XMinioStorageFull"), "It is full"),
        (None, "It does not answer, or no more"),
    ],
)
def test_a_place_that_fails_midway_says_how_and_another_cure_each_time(
    answer: tuple[int, str] | None, cure: str, aside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is here stays, to be sent once the cure has helped."""
    monkeypatch.setattr(Bucket, "answer", answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    # Else that of another test, connected elsewhere.
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    place = cloud.reached("s3://bucket/record")
    place.take_up()
    place.here.mkdir(parents=True)
    (place.here / "rows.parquet").write_bytes(b"rows")
    with pytest.raises(UserError, match=rf"directory: 's3://bucket/record'\. \w+\. {cure}") as refused:
        place.send(lambda _: None)
    server.shutdown()
    assert "secret" not in str(refused.value)
    assert [path.name for path in place.here.iterdir()] == ["rows.parquet"]


def test_a_bucket_of_google_takes_what_was_missing_and_then_is_whole(
    aside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An emulator of it, which knows nothing of the kinds of buckets that gcsfs asks for by gRPC."""
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")
    with create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket") as emulator:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{emulator._api._httpd.server_port}")
        place, sent = cloud.reached("gs://bucket/record"), list[Path]()
        put = cloud.Place._put

        def seen(place: cloud.Place, paths: list[Path]) -> None:
            if len(sent) == cloud.AT_ONCE:
                sent.clear()
                raise KeyboardInterrupt
            put(place, paths)
            sent.extend(paths)

        monkeypatch.setattr(cloud.Place, "_put", seen)
        place.take_up()
        (place.here / "readings").mkdir(parents=True)
        for name in [MANIFEST, *(f"readings/{number:02}" for number in range(cloud.AT_ONCE + 4))]:
            (place.here / name).write_text(name)
        with pytest.raises(KeyboardInterrupt):
            place.send(lambda _: None)
        assert len(place.files.find(place.path)) == cloud.AT_ONCE
        place.take_up()
        place.send(lambda _: None)
        assert len(sent) == 4 + 1
        place.take_up()
        assert [path.name for path in place.here.iterdir()] == [MANIFEST]
        with pytest.raises(UserError, match=r"'gs://nowhere/record'\. \w+\. No bucket or container is called so"):
            cloud.reached("gs://nowhere/record").take_up()


def test_errors_of_other_libraries_are_told_apart_by_name_and_answer() -> None:
    """Of Google's and Azure's, the latter not installed here, classes of the same names."""

    def named(name: str, **known: Any) -> Exception:
        error: Exception = type(name, (Exception,), {})()
        for attribute, value in known.items():
            setattr(error, attribute, value)
        return error

    told = {
        cloud._kind(error): error
        for error in (
            named("HttpError", code=507),
            named("ResourceNotFoundError", error_code="ContainerNotFound", status_code=404),
            named("DefaultCredentialsError"),
            named("ServiceRequestError"),
            ValueError("of this library"),
        )
    }
    assert list(told) == list(cloud.CURES)


def test_what_a_library_logs_of_a_failure_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> None:
        logging.getLogger("gcsfs").error("sent with secret")
        raise TimeoutError

    with pytest.raises(UserError, match="TimeoutError"), cloud._told(URL):
        failing()
    assert not caplog.records
    logging.getLogger("gcsfs").error("after it")
    assert len(caplog.records) == 1


WRONG = {
    "an unknown scheme": ("nowhere://bucket/record", "No place begins with nowhere://. Known: s3://, gs://, az://"),
    "a page": ("https://u:secret@host/record", "'https://host/record'. https:// can be read and takes no folder of"),
    "no bucket": ("gs://", "directory: 'gs://'. Name a bucket and a folder in it, such as gs://bucket/record"),
    "a library that is not installed": ("az://bucket/record", "pip install '.[cloud]'"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_place_that_is_not_known_is_one_message(case: str) -> None:
    url, message = WRONG[case]
    done = aquamind("export", url, *SMALL)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done.stderr
    assert message in done.stderr
