"""A field is an option everywhere: in a target's table, as a flag and as a parameter."""

from dataclasses import dataclass, field

import click
import msgspec
import pytest
from click.testing import CliRunner

from mendlite.cli.options import given_values, options_from
from mendlite.cli.repair import repair as command
from mendlite.errors import BadInputError
from mendlite.model.option import option, options_of, with_values
from mendlite.model.repair_options import Passing, RepairOptions
from mendlite.repair.settings import Settings
from mendlite.repair.strategies.registry import STRATEGIES, strategies_that_read
from mendlite.solvers.registry import DEFAULT
from mendlite.targets.schema import RepairDefaults

NAMES = {option.name for option in options_of(RepairOptions)}


@dataclass(frozen=True, kw_only=True)
class Inner:
    limit: int | None = option(None, "A limit.", at_least=2)


@dataclass(frozen=True, kw_only=True)
class Outer:
    inner: Inner = field(default_factory=Inner)
    words: tuple[str, ...] | None = option(None, "Words.")
    careful: bool = option(True, "Do not be careful.", key="care")
    share: float = option(0.5, "A share.", above=0)
    passing: Passing = option(Passing.NONE, "A choice.")  # noqa: RUF009 - it makes a field


def test_a_new_field_is_a_flag_a_key_and_a_parameter():
    @click.command()
    @options_from(Outer)
    def shown(**options):
        table = msgspec.defstruct("T", [("limit", int, 7), ("words", list, None), ("care", bool, None),
                                        ("share", float, None), ("passing", str, None)])()  # fmt: skip
        click.echo(with_values(Outer(), given_values(Outer, options, table)))

    done = CliRunner().invoke(shown, ["--no-careful", "--words", "a, b", "--passing", "hard"])
    assert done.exit_code == 0, done.output
    expected = Outer(inner=Inner(limit=7), words=("a", "b"), careful=False, passing=Passing.HARD)
    assert done.output.strip() == str(expected)
    assert CliRunner().invoke(shown, ["--limit", "1"]).exit_code == 2
    assert CliRunner().invoke(shown, ["--share", "0"]).exit_code == 2
    assert CliRunner().invoke(shown, ["--share", "nan"]).exit_code == 2


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"limit": 1}, "limit is at least 2, not 1"),
        ({"limit": True}, "limit is a int, not True"),
        ({"limit": 2.5}, "limit is a int"),
        ({"share": 0}, "share is above 0, not 0"),
        ({"share": float("nan")}, "share is a float"),
        ({"careful": 1}, "careful is a bool"),
        ({"passing": "no"}, "passing is one of none, hard, soft, not 'no'"),
        ({"zzz": 1}, "no option is called 'zzz'; there are: limit, words"),
    ],
)
def test_a_value_out_of_its_range_names_the_option(values, message):
    with pytest.raises(BadInputError, match=message):
        with_values(Outer(), values)


def test_none_is_the_default():
    assert with_values(Outer(), {"limit": None, "share": None}) == Outer()


def test_every_option_of_a_repair_is_a_flag_and_a_key():
    flags = {parameter.name for parameter in command.params}
    assert flags >= NAMES
    keys = {one.name for one in msgspec.structs.fields(RepairDefaults)}
    assert keys == {"strategy", "allow_other_network"} | {
        one.key for one in options_of(RepairOptions) if one.info.in_toml
    }


def test_a_target_cannot_break_an_options_range():
    with pytest.raises(msgspec.ValidationError, match="max_bytes"):
        msgspec.toml.decode("max_bytes = 0", type=RepairDefaults)
    with pytest.raises(msgspec.ValidationError, match="passing"):
        msgspec.toml.decode('passing = "never"', type=RepairDefaults)


def test_moves_read_options_that_there_are():
    read = {name for row in STRATEGIES.values() for name in row.reads}
    assert read <= NAMES
    checked = {one.name for one in options_of(RepairOptions) if one.info.checked}
    assert all(strategies_that_read(name) for name in checked)


def test_defaults_are_the_solvers():
    options = Settings.of().options
    assert options.solver.backend == DEFAULT
    assert options == RepairOptions()


@pytest.mark.parametrize("words", [",", " , ,"])
def test_a_list_of_nothing_is_an_error(words):
    with pytest.raises(BadInputError, match="names nothing"):
        Settings.of("auto", layers=words)
