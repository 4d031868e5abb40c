"""Reads a catalog folder; whatever is wrong in it is told in one error, each fault with file, line, value and cure."""

import difflib
import inspect
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from aquamind.errors import UserError
from datagen.catalog import Catalog
from datagen.catalog.cross_checks import faults as cross_faults
from datagen.catalog.spec import Fault, Loc, Ref, Unique

DEFAULT_FOLDER = Path(__file__).parent / "default"

MOST_BYTES = 20_000_000
"""A schedule of a thousand batches takes about 3 MB."""

MOST_DEPTH = 12
"""A schedule nests 7 deep, a catalog less; libyaml crashes on nesting without end."""

MOST_FAULTS = 20
"""Faults told at once: looking up the closest of 2,000 names for each of thousands would take minutes."""

SLIP = 0.8
"""Likeness, 0 to 1, from which on a name is taken for the other's misspelling: Scotland and Shetland have 0.75."""

# PyYAML without libyaml is ten times slower, and as right.
_Loader: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

_SCALARS: dict[str, Callable[[str], Any]] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() in ("true", "yes", "on"),
    "int": int,
    "float": float,
}
_STANDARD_TAG = "tag:yaml.org,2002:"


def load(folder: Path | None = None) -> Catalog:
    """The catalog of a folder with one YAML file a subject; the default company without a folder."""
    folder = folder or DEFAULT_FOLDER
    nodes, data, faults = _read(folder)
    _raise(folder, nodes, faults)
    try:
        # Through JSON, because only there strict types go with lists for tuples and text for dates.
        catalog = Catalog.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        _raise(folder, nodes, [_fault(detail) for detail in error.errors(include_url=False)[: MOST_FAULTS + 1]])
        raise
    _raise(folder, nodes, [*_duplicates(catalog), *_dangling(catalog)])
    _raise(folder, nodes, [*cross_faults(catalog)])
    return catalog


def closest(name: str, known: Sequence[str]) -> str:
    """The cure for a name that nothing has: the one that a slip of the pen makes of it, or a few that exist.

    Another number is another thing (S03 is no slip for S08), and so is what is as close to two names: no guess is made.
    """
    numbers = _numbers(name)
    alike = {each.casefold(): each for each in known if _numbers(each) == numbers}
    folded = name.casefold()
    matches = difflib.get_close_matches(folded, alike, n=2, cutoff=SLIP)
    likeness = [difflib.SequenceMatcher(a=match, b=folded).ratio() for match in matches]
    if len(set(likeness)) == len(likeness) > 0:
        return f"Did you mean {alike[matches[0]]!r}?"
    return f"Known: {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}" if known else "There is none"


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"[0-9]+", name)]


def _read(folder: Path) -> tuple[dict[str, yaml.Node], dict[str, Any], list[Fault]]:
    """By subject: the YAML nodes, which know their lines, and the data made of them."""
    # A name that no folder can have is an error to Path.is_dir.
    if not os.path.isdir(folder):
        raise UserError("catalog", str(folder), "No such folder; name one with a YAML file per subject")
    nodes: dict[str, yaml.Node] = {}
    data: dict[str, Any] = {}
    subjects = list(Catalog.model_fields)
    paths = sorted(folder.glob("*.yaml"))
    missing = [
        name
        for name, info in Catalog.model_fields.items()
        if info.is_required() and folder / f"{name}.yaml" not in paths
    ]
    faults = [Fault((subject,), None, "The file is missing; copy the default company's") for subject in missing]
    for path in paths:
        if path.stem not in subjects:
            faults.append(Fault((path.stem,), path.name, f"No such subject. {closest(path.stem, subjects)}"))
            continue
        node = parse(read_text(path, "catalog", "Name a folder as the default company's"), path)
        if node is None:
            raise UserError(f"{path}:1", None, "The file is empty; fill it or copy the default company's")
        nodes[path.stem], data[path.stem] = node, plain(node)
        faults += islice(node_faults(node, (path.stem,)), MOST_FAULTS + 1)
    return nodes, data, faults


def read_text(path: Path, field: str, cure: str) -> str:
    """The text of a file that somebody named, of a size that fits the memory."""
    try:
        if not path.is_file():
            what = "It is not a file" if path.exists() else "There is no such file"
            raise UserError(field, str(path), f"{what}. {cure}")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(field, str(path), f"{error.strerror}. {cure}") from error
    if len(raw) > MOST_BYTES:
        raise UserError(field, str(path), f"It is larger than {MOST_BYTES:,} bytes. {cure}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(field, str(path), "Write it in UTF-8") from error


def parse(text: str, path: Path) -> yaml.Node | None:
    """A file's YAML nodes, which know their lines, without aliases or deep nesting; None of an empty file."""
    try:
        _refuse_traps(text, path)
        return yaml.compose(text, _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        tabs = any("\t" in found for found in text.split("\n")[line - 1 : line])
        cure = "Write spaces for tabs" if tabs else "Correct the YAML"
        raise UserError(f"{path}:{line}", error.problem, cure) from error
    except yaml.YAMLError as error:
        raise UserError(str(path), str(error), "Correct the YAML") from error


def _refuse_traps(text: str, path: Path) -> None:
    """Few bytes of YAML can stand for more than any memory holds; seen before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise UserError(f"{path}:{line}", f"*{event.anchor}", "Aliases are not allowed here; write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_DEPTH:
            raise UserError(f"{path}:{line}", None, f"Nested more than {MOST_DEPTH} deep; correct the YAML")


def node_faults(node: yaml.Node, loc: Loc) -> Iterator[Fault]:
    """What is wrong with YAML before its meaning: keys that are none, keys twice, foreign tags, text of no database."""
    if not node.tag.startswith(_STANDARD_TAG):
        yield Fault(loc, node.tag, "Correct the YAML: no such tag is known here")
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from node_faults(value, (*loc, index))
    elif isinstance(node, yaml.MappingNode):
        if any(not isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            yield Fault(loc, None, "A key here is a list or a mapping; write a name")
            return
        # YAML itself would silently keep the last of two equal keys.
        for key, times in Counter(key.value for key, _ in node.value).items():
            if times > 1:
                yield Fault((*loc, key), key, f"The key is here {times} times; keep one")
        for key, value in node.value:
            yield from node_faults(key, (*loc, key.value))
            yield from node_faults(value, (*loc, key.value))
    elif any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in node.value):
        yield Fault(loc, ascii(node.value), "Write characters of Unicode, none of them NUL")


def plain(node: yaml.Node) -> Any:
    """Plain values of nodes without faults; what is not a number, a truth or nothing is text, days too."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: plain(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    if isinstance(node, yaml.SequenceNode):
        return [plain(value) for value in node.value]
    try:
        return _SCALARS.get(node.tag.removeprefix(_STANDARD_TAG), str)(node.value)
    except ValueError:
        # Such as 1:30, which YAML takes for a number: the text will be told as the wrong value it is.
        return node.value


def _raise(folder: Path, nodes: dict[str, yaml.Node], faults: list[Fault]) -> None:
    if not faults:
        return
    raise as_one_error(f"catalog {folder}", faults, lambda loc: _place(folder, nodes, loc))


def as_one_error(what: str, faults: Sequence[Fault], place: Callable[[Loc], str]) -> UserError:
    """One error of all faults, or of the first where they are many; `place` says where in the file one is."""
    told_faults = [(_short(place(fault.loc), 300), fault) for fault in faults[:MOST_FAULTS]]
    errors = [UserError(where, _short(fault.value, 60), fault.cure) for where, fault in told_faults]
    if len(faults) == 1:
        return errors[0]
    count = f"{len(faults)} faults" if len(faults) <= MOST_FAULTS else f"More than {MOST_FAULTS} faults, the first are"
    return UserError(what, None, "\n  ".join([count, *map(str, errors)]))


def _short(value: Any, most: int) -> Any:
    return value if len(str(value)) <= most else f"{str(value)[: most - 3]}..."


def _place(folder: Path, nodes: dict[str, yaml.Node], loc: Loc) -> str:
    """`folder/sites.yaml:12 stations[3].climate`."""
    subject, *steps = loc
    line, words = locate(nodes.get(str(subject)), steps)
    return f"{folder / f'{subject}.yaml'}:{line} {words}".rstrip()


def locate(node: yaml.Node | None, steps: Sequence[str | int]) -> tuple[int, str]:
    """Line and path of a place below a node; a key that is not there is looked for where it should be."""
    line, words = 1, ""
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == step]
            key, node = found[-1] if found else (None, None)
            line = key.start_mark.line + 1 if key else line
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
            node = node.value[step] if step < len(node.value) else None
            line = node.start_mark.line + 1 if node else line
        words += f"[{step}]" if isinstance(step, int) else f"{'.' if words else ''}{step}"
    return line, words


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


def fields(value: object, loc: Loc) -> Iterator[tuple[Loc, FieldInfo, Any]]:
    """Every field of every spec in the tree."""
    if isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            child = getattr(value, name)
            yield (*loc, name), info, child
            yield from fields(child, (*loc, name))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from fields(item, (*loc, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from fields(item, (*loc, key))


def _duplicates(catalog: Catalog) -> Iterator[Fault]:
    for loc, info, items in fields(catalog, ()):
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
    for loc, info, value in fields(catalog, ()):
        for mark in info.metadata:
            if isinstance(mark, Ref):
                many = [((*loc, index), name) for index, name in enumerate(value or ())]
                named = [(loc, value)] if isinstance(value, str) else many
                known = _names(catalog, mark.target)
                for place, name in named:
                    if name not in known:
                        yield Fault(place, name, f"{mark.target} has no such name. {closest(name, known)}")


def _names(catalog: Catalog, target: str) -> list[str]:
    values: list[Any] = [catalog]
    for step in target.split("."):
        values = [getattr(value, step) for value in values]
        values = [item for value in values for item in (value if isinstance(value, tuple | dict) else [value])]
    return values
