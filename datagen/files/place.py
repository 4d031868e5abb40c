"""The folder of an export: not there under its name before it is whole, and one session's until then."""

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aquamind.errors import UserError
from datagen.files.formats import publish
from datagen.files.layout import MANIFEST
from datagen.files.store import UNITS

NOT_TO_BE_WRITTEN = {
    errno.EACCES, errno.EEXIST, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.ENOTEMPTY, errno.EPERM,
    errno.EROFS,
}  # fmt: skip


def there(folder: Path, of: dict[str, Any]) -> dict[str, Any] | None:
    """The manifest of this export if it is there and whole, None if nothing is; anything else is refused."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return None
    if not (folder / MANIFEST).is_file():
        raise UserError("directory", str(folder), "Other files are there. Name a folder that is new or empty")
    found = manifest(folder)
    if told := _different(found, of):
        raise UserError("directory", str(folder), f"It holds another export ({told}). Name another, or delete it")
    return found


@contextmanager
def growing(folder: Path, of: dict[str, Any]) -> Iterator[Path]:
    """The folder beside in which an export grows, new or as an interrupted one left it; in the end it gets its name."""
    beside = folder.with_name(f"{folder.name}.partial")
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with _held(beside):
            _begin(beside, of)
            try:
                yield beside
            except UserError:
                if not any((beside / UNITS).iterdir()):
                    shutil.rmtree(beside)  # refused before the first unit: nothing is to be taken up
                raise
            shutil.rmtree(beside / UNITS)
            beside.rename(folder)
    except OSError as error:
        if error.errno not in NOT_TO_BE_WRITTEN:
            raise
        raise UserError("directory", str(folder), f"{error.strerror}. Name a folder that can be written") from None


def manifest(folder: Path) -> dict[str, Any]:
    """What an export says of itself; while it grows, only what it is of."""
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
    return found


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    aside = folder / f"{MANIFEST}.part"
    aside.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")
    publish(aside, folder / MANIFEST)


def check_space(folder: Path, needed_bytes: int) -> None:
    """Refuse a disk that cannot hold so much more."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        cure = f"About {needed_bytes / 1e6:,.0f} MB are needed for {folder}. Free space, or name a folder elsewhere"
        raise UserError("disk", f"{free / 1e6:,.0f} MB free", cure)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UserError("directory", str(folder), "Another session writes it. Wait until it ends, or end it") from None
    finally:
        os.close(handle)


def _begin(folder: Path, of: dict[str, Any]) -> None:
    """Enter what the folder is to be of, if it is new."""
    if (folder / MANIFEST).exists():
        if told := _different(manifest(folder), of):
            cure = f"An export that was interrupted is there ({told}). Finish it with the same options, or delete it"
            raise UserError("directory", str(folder), cure)
    elif any(folder.iterdir()):
        raise UserError("directory", str(folder), "It is in the way, and no export. Move it, or name another folder")
    else:
        write_manifest(folder, of)
    (folder / UNITS).mkdir(exist_ok=True)


def _different(found: dict[str, Any], of: dict[str, Any]) -> str:
    """In what an export is another, in words; one that does not say of how many companies it is, is of one."""
    found, of = {"companies": 1, **found}, {"companies": 1, **of}
    return ", ".join(f"{name} {found.get(name)}" for name, value in of.items() if found.get(name) != value)
