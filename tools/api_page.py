"""The page of the Python API, from the public names and their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec

import mendlite
from mendlite.jobs.front_door.options import DataOptions
from mendlite.model.option import options_of
from mendlite.model.repair_options import RepairOptions

HEAD = """# The Python API

`make docs` writes this page from the program; every example runs in the tests.

```python
import mendlite

result = mendlite.repair("int8.tflite", float_model="float.tflite", samples=x)
print(result)  # the verdict in two lines
result.save("build/")  # what the command writes
```

Everything that `import mendlite` offers (`mendlite.__all__`, below) is public and stable: a name, a
parameter or a field goes only with a new major version and a line in the CHANGELOG. All other
modules are internal.

- A model is a path or bytes. A repaired model is bytes.
- `samples` are as stored, before preprocessing: one array (n, ...), a list with one array for each
  model input, a `Dataset`, the path of data of any form (a folder, images, .npz, .npy, .csv, .wav,
  .h5, .tfrecord; of an .npz the array x and labels y), a function that yields samples, or three
  `Dataset` for repair, selection and validation. One set is split into three disjoint ones, drawn
  by `seed`: at most 40 % and 1000 samples to repair on, 10 % and 1000 to select by, the rest to
  validate on. Samples that are equal to one of a later set are dropped.
- `task` and `preprocessing` are found out where they are not given, from the graph, the samples
  and the labels, as the command does; `report.understood` states what was found, and
  `NotSureError` what decides where it is not sure. `preprocessing=Preprocessing()` feeds samples as
  they are. The decisions below (`layout`, `multiply`, `label_offset`, ...) narrow the search.
- `labels`, `teacher` and `gate` are values with defaults. Without a float model, labels or a
  `Dataset` with recorded outputs say what the model should give.
- `progress` is called with what is being done, how many of it are done, and of how many.
- Nothing is printed, and only `RepairResult.save` writes files.
- Errors are `MendliteError`; `BadInputError` names the parameter that does not fit in `backticks`.
- Importing mendlite is cheap: numpy and the solvers are imported when they are used.

[STRATEGIES.md](STRATEGIES.md) describes the strategies,
[examples/repair.ipynb](examples/repair.ipynb) goes through a repair with a move of one's own.
"""


def api_page() -> str:
    """The page."""
    functions = [name for name in mendlite.__all__ if inspect.isfunction(getattr(mendlite, name))]
    classes = [name for name in mendlite.__all__ if inspect.isclass(getattr(mendlite, name))]
    parts = [HEAD, "\n## Functions\n", *map(_function, functions), _options(), "\n## Values\n"]
    parts += [*map(_class, classes), _moves()]
    return "".join(parts)


def _function(name: str) -> str:
    found = getattr(mendlite, name)
    return f"\n### {name}\n\n```python\n{_signature(name, found)}\n```\n\n{_docstring(found)}"


def _signature(name: str, found: Any) -> str:
    """One parameter a line, types as they are written."""
    rows, star = [], False
    for parameter in inspect.signature(found).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            rows.append("    *,")
            star = True
        rows.append(f"    {_parameter(parameter)},")
    returned = inspect.signature(found).return_annotation
    return "\n".join([f"{name}(", *rows, f") -> {returned}"])


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
    known = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars}{parameter.name}: {parameter.annotation}{known}"


def _docstring(found: Any) -> str:
    """Its paragraphs; examples as code, names as code."""
    text = inspect.getdoc(found) or ""
    parts = []
    for part in text.split("\n\n"):
        code = part.startswith(">>>")
        parts.append(f"```python\n{part}\n```" if code else _words(part))
    return "\n\n".join(parts) + "\n"


def _words(text: str) -> str:
    return " ".join(text.replace("``", "`").split())


def _class(name: str) -> str:
    found = getattr(mendlite, name)
    names = list(_fields(found))
    text = f"\n### {name}\n\n{_docstring(found)}"
    text += f"\nFields: {', '.join(f'`{one}`' for one in names)}.\n" if names else ""
    makers = [maker for maker in vars(found) if isinstance(vars(found)[maker], staticmethod)]
    return text + "".join(_maker(name, found, maker) for maker in makers)


def _maker(name: str, found: type, maker: str) -> str:
    """A static method that makes a value, such as ``Dataset.from_folder``."""
    function = getattr(found, maker)
    signature = _signature(f"{name}.{maker}", function)
    return f"\n#### {name}.{maker}\n\n```python\n{signature}\n```\n\n{_docstring(function)}"


def _fields(found: type) -> Iterator[str]:
    if issubclass(found, msgspec.Struct):
        yield from (one.name for one in msgspec.structs.fields(found))
    elif is_dataclass(found):
        yield from (one.name for one in fields(found) if not one.name.startswith("_"))


def _options() -> str:
    return (
        f"\n### Options of repair\n\n{_rows(RepairOptions)}"
        "\n### Decisions about data and task\n\nOf `repair`, `validate` and `analyze`; what is "
        f"left out is found out.\n\n{_rows(DataOptions)}"
    )


def _rows(group: type) -> str:
    rows = "".join(
        f"| `{option.name}` | {'False: ' if option.default is True else ''}{option.info.help} |\n"
        for option in options_of(group)
    )
    return f"| parameter | effect |\n|---|---|\n{rows}"


def _moves() -> str:
    names = ", ".join(f"`{name}`" for name in mendlite.moves.__all__)
    return (
        "\n## mendlite.moves\n\n`strategy=[...]` runs these moves in the order given, or a move of "
        f"one's own: a subclass of `Move`.\n\n{names}.\n"
    )
