"""Tables: header or none, the label's column, and every cell that is no number."""

import numpy as np
import pytest
from opened import everything, opened

from mendlite.errors import BadInputError


def table(folder, text, name="t.csv"):
    (folder / name).write_text(text, encoding="utf-8")
    return name


@pytest.mark.parametrize(
    ("text", "values", "labels"),
    [
        ("a,b,label\n1,2,0\n3,4,1\n", [[1, 2], [3, 4]], [0, 1]),
        ("1,2\n3,4\n", [[1, 2], [3, 4]], None),
        ("1;2\n3;4\n", [[1, 2], [3, 4]], None),
        ("1 2\n3  4\n", [[1, 2], [3, 4]], None),
        ("\ufeffx\ty\tz\n1\t2\t3\n", [[1, 2, 3]], None),
        ("x,y\n1,2\n", [[1]], [2]),
        ('"x","the ""class"""\n1,cat\n2,"a, b"\n', [[1], [2]], ["cat", "a, b"]),
        ("1,cat\n2,dog\n", [[1], [2]], ["cat", "dog"]),
        ("1.5e-3,-2.\n\n.5,+4\n", [[0.0015, -2], [0.5, 4]], None),
    ],
)
def test_tables_as_people_write_them(tmp_path, text, values, labels):
    found = everything(opened(tmp_path, table(tmp_path, text)))
    assert np.array_equal(found.arrays[0], values)
    assert (found.labels if found.labels is None else found.labels.tolist()) == labels


def test_tabs_are_those_of_tsv(tmp_path):
    found = everything(opened(tmp_path, table(tmp_path, "1\t2\n3\t4\n", "t.tsv")))
    assert found.arrays[0].tolist() == [[1, 2], [3, 4]]


def test_columns_by_name_and_number(tmp_path):
    name = table(tmp_path, "time,x,y,kind\n1,2,3,up\n2,5,6,down\n")
    found = everything(opened(tmp_path, name, columns=("y", "x"), labels="kind"))
    assert found.arrays[0].tolist() == [[3, 2], [6, 5]]
    assert found.label_origin == "column 'kind'"
    assert found.class_names == ("down", "up")
    plain = table(tmp_path, "1,2,0\n3,4,1\n", "p.csv")
    assert everything(opened(tmp_path, plain, labels="-1")).labels.tolist() == [0, 1]
    with pytest.raises(BadInputError, match=r"no column 'z' \(`columns`\): 4 columns: time, x"):
        opened(tmp_path, name, columns=("z",))


def test_several_tables_are_one(tmp_path):
    for name, value in (("a.csv", 1), ("b.csv", 2)):
        table(tmp_path, f"x,label\n{value},0\n", name)
    assert everything(opened(tmp_path, "*.csv")).arrays[0].tolist() == [[1], [2]]
    table(tmp_path, "z,label\n2,0\n", "b.csv")
    with pytest.raises(BadInputError, match="b.csv: its columns are not those of .*a.csv"):
        opened(tmp_path, "a.csv", "b.csv")


def test_a_few_rows_in_any_order(tmp_path):
    name = table(tmp_path, "".join(f"{i},{-i}\n" for i in range(300)))
    found = opened(tmp_path, name).load(np.array([299, 0, 7, 0]))
    assert found.arrays[0][:, 0].tolist() == [299, 0, 7, 0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2\n3\n", "row 2 has 1 columns, the first one 2"),
        ("1,2\n3,nan\n", "row 2, column 1: 'nan' is no finite number"),
        ("1,2\n3,1e400\n", "row 2, column 1: '1e400' is no finite number"),
        ("1,2\n3,\n", "row 2, column 1: the cell is empty"),
        ("1,2\n3,1_0\n", "row 2, column 1: '1_0' is no finite number"),
        ("1;2\n3;1,5\n", "'1,5' has a decimal comma: write numbers with a point"),
        ("a,b\n1,2\n3,4\n5,six\n", "row 4, column b: 'six' is no finite number"),
        (",x\n0,1\n1,2\n", "column 0 has no name, as a row number would: choose the `columns`"),
        ("name,place,x\na,b,1\nc,d,2\n", "column name: 'a' is no finite number; `columns` chooses"),
        ('1,2\n"3,4\n', "no readable table"),
        ("\n\n", "the table is empty"),
        ("1,2\n3,\x1d4.0\n", r"row 2, column 1: '.x1d4.0' is no finite number"),
        ("1,2\n3,٣x\n", "is no finite number"),
        ("a,b,c\n1,2\n", "row 2 has 2 columns, the first one 3"),
        ("x,y\n", "there are no samples"),
        ("x,label\n1,nan\n2,3\n", "label 1 is nan: no finite number"),
    ],
)
def test_what_is_no_number_is_named(tmp_path, text, message):
    with pytest.raises(BadInputError, match=message):
        everything(opened(tmp_path, table(tmp_path, text)))


def test_other_bytes_are_no_table(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"1,2\n\xff\xfe,3\n")
    with pytest.raises(BadInputError, match="not UTF-8"):
        opened(tmp_path, "t.csv")
    (tmp_path / "t.csv").write_bytes(b"1" * (2**24 + 2))
    with pytest.raises(BadInputError, match="a line of more than 16 MB"):
        opened(tmp_path, "t.csv")


def test_many_columns_take_no_time_that_grows_with_their_square(tmp_path):
    # Each of 50,000 columns was compared with all names: hours for a line of a megabyte.
    names = ",".join(f"c{n}" for n in range(50_000))
    row = ",".join(["1"] * 50_000)
    found = everything(opened(tmp_path, table(tmp_path, f"{names}\n{row}\n{row}\n")))
    assert found.arrays[0].shape == (2, 50_000)


def test_a_row_of_too_many_cells_is_refused(tmp_path):
    name = table(tmp_path, "1," * 2**18 + "1\n")
    with pytest.raises(BadInputError, match="a row of more than 262144 columns"):
        opened(tmp_path, name)
