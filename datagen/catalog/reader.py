"""Reads a catalog folder; whatever is wrong in it is told in one error, each fault with file, line, value and cure."""

import difflib
import inspect
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from datagen.catalog import Catalog
from datagen.catalog.spec import Ref, Unique
from datagen.errors import UserError

DEFAULT_FOLDER = Path(__file__).parent / "default"

Loc = tuple[str | int, ...]


@dataclass(frozen=True)
class Fault:
    """Something wrong at a place of the catalog; `loc` begins with the subject, the name of its file."""

    loc: Loc
    value: object
    cure: str


class _Loader(yaml.SafeLoader):
    """Leaves dates as text: a wrong one is then found together with all other values, and its line known."""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda _, node: node.value)


def load(folder: Path | None = None) -> Catalog:
    """The catalog of a folder with one YAML file a subject; the default company without a folder."""
    folder = folder or DEFAULT_FOLDER
    nodes, data, faults = _read(folder)
    _raise(folder, nodes, faults)
    try:
        # Through JSON, because only there strict types go with lists for tuples and text for dates.
        catalog = Catalog.model_validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        _raise(folder, nodes, [_fault(detail) for detail in error.errors(include_url=False)])
        raise
    faults = [*_duplicates(catalog), *_dangling(catalog)]
    _raise(folder, nodes, faults)
    return catalog


def catalog_hash(folder: Path | None = None) -> str:
    """A hash of what the catalog says, blind to comments and formatting."""
    return load(folder).content_hash()


def closest(name: str, known: Sequence[str]) -> str:
    """The cure for a name that nothing has: the closest one that exists, or a few that do."""
    if match := difflib.get_close_matches(name, known, n=1, cutoff=0.5):
        return f"Did you mean {match[0]!r}?"
    return f"Known: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}" if known else "There is none"


def _read(folder: Path) -> tuple[dict[str, yaml.Node], dict[str, Any], list[Fault]]:
    """By subject: the YAML nodes, which know their lines, and the data made of them."""
    if not folder.is_dir():
        raise UserError("catalog", str(folder), "No such folder; name one with a YAML file per subject")
    nodes: dict[str, yaml.Node] = {}
    data: dict[str, Any] = {}
    subjects = list(Catalog.model_fields)
    paths = sorted(folder.glob("*.yaml"))
    missing = [subject for subject in subjects if folder / f"{subject}.yaml" not in paths]
    faults = [Fault((subject,), None, "The file is missing; copy the default company's") for subject in missing]
    for path in paths:
        if path.stem not in subjects:
            faults.append(Fault((path.stem,), path.name, f"No such subject. {closest(path.stem, subjects)}"))
            continue
        nodes[path.stem], data[path.stem] = _parse(path)
        faults += _repeated_keys(nodes[path.stem], (path.stem,))
    return nodes, data, faults


def _parse(path: Path) -> tuple[yaml.Node, Any]:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), _Loader)
        if node is not None:
            return node, _Loader("").construct_document(node)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"{path}:{line}", error.problem, "Correct the YAML") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UserError(str(path), str(error), "Write it as YAML in UTF-8") from error
    raise UserError(f"{path}:1", None, "The file is empty; fill it or copy the default company's")


def _repeated_keys(node: yaml.Node, loc: Loc) -> Iterator[Fault]:
    """YAML itself would silently keep the last of two equal keys."""
    if isinstance(node, yaml.MappingNode):
        for key, times in Counter(key.value for key, _ in node.value).items():
            if times > 1:
                yield Fault((*loc, key), key, f"The key stands here {times} times; keep one")
        for key, value in node.value:
            yield from _repeated_keys(value, (*loc, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _repeated_keys(value, (*loc, index))


def _raise(folder: Path, nodes: dict[str, yaml.Node], faults: list[Fault]) -> None:
    if not faults:
        return
    errors = [UserError(_place(folder, nodes, fault.loc), fault.value, fault.cure) for fault in faults]
    if len(errors) == 1:
        raise errors[0]
    raise UserError(f"catalog {folder}", None, "\n  ".join([f"{len(errors)} faults", *map(str, errors)]))


def _place(folder: Path, nodes: dict[str, yaml.Node], loc: Loc) -> str:
    """`folder/sites.yaml:12 stations[3].climate`; a key that is not there is looked for where it should be."""
    subject, *steps = loc
    node, line = nodes.get(str(subject)), 1
    path = ""
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            key, node = found[-1] if found else (None, None)
            line = key.start_mark.line + 1 if key else line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step] if step < len(node.value) else None
            line = node.start_mark.line + 1 if node else line
        path += f"[{step}]" if isinstance(step, int) else f"{'.' if path else ''}{step}"
    return f"{folder / f'{subject}.yaml'}:{line} {path}".rstrip()


def _fault(detail: ErrorDetails) -> Fault:
    loc = detail["loc"]
    # A whole mapping or list as the value found would bury the message.
    value = detail["input"] if isinstance(detail["input"], str | int | float) else None
    match detail["type"]:
        case "extra_forbidden":
            return Fault(loc, loc[-1], f"Unknown key. {closest(str(loc[-1]), _known_keys(loc[:-1]))}")
        case "missing":
            return Fault(loc, None, "This key is missing; add it")
        case _:
            return Fault(loc, value, detail["msg"].removeprefix("Value error, "))


def _known_keys(loc: Loc) -> list[str]:
    annotation: Any = Catalog
    for step in loc:
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1]
        elif isinstance(step, str):
            annotation = _spec(annotation).model_fields[step].annotation
    return list(_spec(annotation).model_fields)


def _spec(annotation: Any) -> type[BaseModel]:
    """The spec inside an annotation such as `tuple[Station, ...]` or `Silo | None`."""
    while not (inspect.isclass(annotation) and issubclass(annotation, BaseModel)):
        annotation = get_args(annotation)[0]
    return annotation


def _fields(value: object, loc: Loc) -> Iterator[tuple[Loc, FieldInfo, Any]]:
    """Every field of every spec in the tree."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            child = getattr(value, name)
            yield (*loc, name), info, child
            yield from _fields(child, (*loc, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _fields(item, (*loc, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(item, (*loc, key))


def _duplicates(catalog: Catalog) -> Iterator[Fault]:
    for loc, info, items in _fields(catalog, ()):
        for mark in info.metadata:
            if isinstance(mark, Unique):
                seen: set[tuple[object, ...]] = set()
                for index, item in enumerate(items):
                    value = tuple(getattr(item, attribute) for attribute in mark.attributes)
                    if value in seen:
                        place = (*loc, index, mark.attributes[-1])
                        yield Fault(place, value[-1], "Another one before has the same; rename one")
                    seen.add(value)


def _dangling(catalog: Catalog) -> Iterator[Fault]:
    for loc, info, value in _fields(catalog, ()):
        for mark in info.metadata:
            if isinstance(mark, Ref):
                many = [((*loc, index), name) for index, name in enumerate(value or ())]
                named = [(loc, value)] if isinstance(value, str) else many
                known = _names(catalog, mark.target)
                for place, name in named:
                    if name not in known:
                        yield Fault(place, name, f"Nothing in {mark.target} is called so. {closest(name, known)}")


def _names(catalog: Catalog, target: str) -> list[str]:
    values: list[Any] = [catalog]
    for step in target.split("."):
        values = [getattr(value, step) for value in values]
        values = [item for value in values for item in (value if isinstance(value, tuple | dict) else [value])]
    return values
