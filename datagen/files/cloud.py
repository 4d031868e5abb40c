"""Places that fsspec reaches (s3://, gs://, az://): an export grows in a folder here, and goes there once it is whole.

What stands there is told by its manifest, which goes last: without one, no reader takes files for an export.
"""

import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aquamind.errors import UserError
from datagen.files.layout import MANIFEST

AT_ONCE = 16
"""Files on their way at the same time."""

ONLY_READ = frozenset(("data", "gist", "git", "github", "http", "https", "libarchive", "tar", "zip"))
"""What fsspec knows and cannot fill with files: none of these says so before the first is put there."""


def is_one(directory: str) -> bool:
    return "://" in directory


@dataclass(frozen=True)
class Place:
    """A folder of a filesystem that fsspec has, and the one here in which what goes there is made."""

    url: str
    files: Any
    path: str
    here: Path

    def take_up(self) -> None:
        """Have here what is there already: of a whole export its manifest; another one's files are refused."""
        with _told(self.url):
            there = self.files.find(self.path)
            whole = f"{self.path}/{MANIFEST}" in there
            if whole:
                shutil.rmtree(self.here, ignore_errors=True)
                self.here.mkdir(parents=True)
                self.files.get_file(f"{self.path}/{MANIFEST}", str(self.here / MANIFEST))
        if there and not whole and not self.here.exists():
            raise UserError("directory", shown(self.url), "Other files are there. Name a folder that is new or empty")

    @contextmanager
    def meant(self) -> Iterator[None]:
        """Whoever says that something is wrong with the folder here means the place."""
        try:
            yield
        except UserError as error:
            if [path.name for path in self.here.glob("*")] == [MANIFEST]:
                shutil.rmtree(self.here)  # another export's
            if str(error.value).startswith(str(self.here)):
                raise UserError(error.field, shown(self.url), error.cure) from None
            raise

    def send(self, advance: Callable[[float], None]) -> None:
        """Have there what is here, the manifest last, and then nothing here; what arrived before is not sent again."""
        made = sorted(path for path in self.here.rglob("*") if path.is_file() and path.name != MANIFEST)
        with _told(self.url):
            there = {path: known["size"] for path, known in self.files.find(self.path, detail=True).items()}
            missing = [path for path in made if there.get(self._target(path)) != path.stat().st_size]
            for some in [missing[place : place + AT_ONCE] for place in range(0, len(missing), AT_ONCE)]:
                self._put(some)
                advance(sum(path.stat().st_size for path in some))
            self._put([self.here / MANIFEST])
        shutil.rmtree(self.here)

    def _target(self, path: Path) -> str:
        return f"{self.path}/{path.relative_to(self.here).as_posix()}"

    def _put(self, paths: list[Path]) -> None:
        targets = [self._target(path) for path in paths]
        for parent in {target.rpartition("/")[0] for target in targets}:
            self.files.makedirs(parent, exist_ok=True)
        self.files.put([str(path) for path in paths], targets)


def reached(url: str) -> Place:
    """The place of this name; one that cannot be reached, or not written with the credentials at hand, is refused."""
    scheme = url.partition("://")[0]
    try:
        import fsspec  # an extra
    except ModuleNotFoundError:
        raise UserError("directory", shown(url), f"{scheme}:// needs fsspec: pip install '.[cloud]'") from None
    known = "Known: s3://, gs://, az://, and a folder here"
    if scheme.lower() in ONLY_READ:
        raise UserError("directory", shown(url), f"{scheme}:// can be read and takes no folder of files. {known}")
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        cure = f"{scheme}:// needs {error.name or 'a package'}, which is not installed: pip install '.[cloud]'"
        raise UserError("directory", shown(url), cure) from None
    except ValueError:
        raise UserError("directory", shown(url), f"No place begins with {scheme}://. {known}") from None
    with _told(url):
        files, path = fsspec.url_to_fs(url)
    if not path.strip("/"):
        cure = f"Name a bucket and a folder in it, such as {scheme}://bucket/record"
        raise UserError("directory", f"{scheme}://", cure)
    return Place(url, files, path.rstrip("/"), _aside(url))


def shown(url: str) -> str:
    """A URL without what may be secret in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _aside(url: str) -> Path:
    """The folder here of a place elsewhere: the same after a kill."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "aquamind" / "exports" / hashlib.sha256(url.encode()).hexdigest()[:16]


CURES = {
    "full": "It is full. Free space there, or have its quota raised, and run the same again: what arrived stays",
    "missing": "No bucket or container is called so. Make it, or correct its name. Credentials go in the environment",
    "credentials": "Set the credentials of that place in the environment, and see that they may list and write there",
    "connection": "It does not answer, or no more. Check its network, and run the same again: what arrived stays",
    "other": "Check that it exists, may be written with the credentials at hand, and answers; then run the same again",
}
CODES = {
    "InsufficientStorage": "full",
    "QuotaExceeded": "full",
    "ServiceQuotaExceededException": "full",
    "XMinioStorageFull": "full",
    "ContainerNotFound": "missing",
    "NoSuchBucket": "missing",
    "AuthenticationFailed": "credentials",
    "AuthorizationHeaderMalformed": "credentials",
    "ExpiredToken": "credentials",
    "InvalidAccessKeyId": "credentials",
    "InvalidToken": "credentials",
    "SignatureDoesNotMatch": "credentials",
    "InternalError": "connection",
    "RequestTimeout": "connection",
    "ServiceUnavailable": "connection",
    "SlowDown": "connection",
}
"""What places answer: S3 and what speaks like it, Azure."""
STATUSES = {401: "credentials", 403: "credentials", 404: "missing", 500: "connection", 503: "connection", 507: "full"}
ERRNOS = {errno.ENOSPC: "full", errno.EDQUOT: "full", errno.EREMOTEIO: "connection", errno.EBUSY: "connection"}
CLASSES = {
    "FileNotFoundError": "missing",
    "PermissionError": "credentials",
    "ConnectionError": "connection",
    "TimeoutError": "connection",
    # botocore's; NoRegionError and ProfileNotFound are of what is set beside credentials.
    "HTTPClientError": "connection",
    "ParamValidationError": "missing",
    "NoAuthTokenError": "credentials",
    "NoRegionError": "credentials",
    "ProfileNotFound": "credentials",
    "TokenRetrievalError": "credentials",
    # aiohttp's, with which gcsfs and s3fs ask; Google's and Azure's.
    "ClientConnectionError": "connection",
    "ClientPayloadError": "connection",
    "ClientAuthenticationError": "credentials",
    "DefaultCredentialsError": "credentials",
    "RefreshError": "credentials",
    "ServiceRequestError": "connection",
    "ServiceResponseError": "connection",
    "TransportError": "connection",
}
"""By name, their bases too: most are of libraries that need not be installed."""


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What goes wrong there, in one message without a word of what was sent: each library has errors of its own."""
    disabled = logging.root.manager.disable
    # Some log a failure, with all that led to it, before they raise it.
    logging.disable(logging.CRITICAL)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - libraries have errors of their own
        raise UserError("directory", shown(url), f"{type(error).__name__}. {CURES[_kind(error)]}") from None
    finally:
        logging.disable(disabled)


def _kind(error: BaseException | None) -> str:
    """What kind of failure it is; the first cause says most, for fsspec wraps what a place answered."""
    kind = "other"
    while error is not None:
        kind = _own_kind(error) or kind
        error = error.__cause__
    return kind


def _own_kind(error: BaseException) -> str | None:
    known: Any = error
    response, number = getattr(known, "response", None), getattr(known, "errno", None)
    of_s3 = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    answered = of_s3 or getattr(known, "error_code", None)
    statuses = [getattr(known, name, None) for name in ("status_code", "status", "code")]
    names = [base.__name__ for base in type(error).__mro__]
    kinds = (
        CODES.get(str(answered)),
        *(STATUSES.get(status) for status in statuses if isinstance(status, int)),
        ERRNOS.get(number or 0),
        *(CLASSES.get(name) for name in names),
        "credentials" if "Credential" in names[0] else None,
    )
    return next((kind for kind in kinds if kind is not None), None)
