import gzip

import pytest

from unifier.linking.rows import InputError, rows_of

from .conftest import Put

CSV = 'id,name\n1,Änne\n2,"Bo, the\nsecond"\n'
JSON = '{"id": 1, "name": "Änne"}\n\n{"name": "Bo, the\\nsecond", "id": "2", "x": [1]}\n'
SAME = [{"id": "1", "name": "Änne"}, {"id": "2", "name": "Bo, the\nsecond"}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", CSV.encode()),
        ("bom.csv", CSV.encode("utf-8-sig")),
        ("dos.csv", CSV.replace("\n1,", "\r\n1,").encode()),
        ("german.csv", CSV.replace("Bo, the", "Bo; the").replace(",", ";").replace("Bo;", "Bo,").encode()),
        ("tabs.csv", 'id\tname\n1\tÄnne\n2\t"Bo, the\nsecond"\n\n'.encode()),
        ("a.csv.gz", gzip.compress(CSV.encode(), mtime=0)),
        ("packed_by_another_name.csv", gzip.compress(CSV.encode(), mtime=0)),
        (
            "a.jsonl",
            '{"id": 1, "name": "Änne"}\n\n{"name": "Bo, the\\nsecond", "id": "2", "x": [1]}\n'.encode(),
        ),
        (
            "a.jsonl.gz",
            gzip.compress(
                '{"id": 1, "name": "Änne"}\n{"name": "Bo, the\\nsecond", "id": 2}'.encode(), mtime=0
            ),
        ),
    ],
)
def test_every_form_of_file_gives_the_same_rows(put: Put, name: str, content: bytes) -> None:
    rows = [row.cells for row in rows_of(put(name, content), ["id", "name"])]
    assert [{key: row[key] for key in ("id", "name")} for row in rows] == SAME


def test_a_short_row_lacks_its_last_cells_and_null_is_empty(put: Put) -> None:
    assert [row.cells for row in rows_of(put("a.csv", "id,name\n1\n"), ["id"])] == [{"id": "1"}]
    path = put("a.jsonl", '{"id": true, "name": null}')
    assert [row.cells for row in rows_of(path, ["id"])] == [{"id": "true", "name": ""}]


def test_a_cell_of_a_million_characters_is_read(put: Put) -> None:
    (row,) = rows_of(put("a.csv", f"id,name\n1,{'x' * 10**6}\n"), ["id"])
    assert len(row.cells["name"]) == 10**6


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.jsonl", b"\n", "is empty"),
        ("a.csv", b"id,name\n", "has column names alone"),
        ("a.csv", b"id,nome\n1,secret\n", "has no column 'name', which the spec names; it has id, nome"),
        ("a.jsonl", b'{"id": "secret"}\n', "has no column 'name'"),
        ("a.csv", b"id,name\n1,a\n2,secr\xe9t\n", "line 3: not UTF-8; save the file as UTF-8"),
        ("a.csv", "id,name\n1,a\n".encode("utf-16"), "line 1: not UTF-8"),
        ("a.csv", b"id,name\n1,a\n2,secret,secret\n", "line 3: 3 cells for 2 columns"),
        ("a.csv", b"id,name\n1,a\rsecret\n", "line 2: not CSV"),
        ("a.csv", b"id,name\r1,secret\r", "lines end as on an old Mac"),
        ("a.csv", b'id,"name\n1,secret\n', "line 2: not CSV (unexpected end of data); close each quote"),
        (
            "a.csv",
            b'id,name\n1,a\n2,"secret\n3,b\n',
            "line 4: not CSV (unexpected end of data); close each quote",
        ),
        ("a.csv", b"id,name,name\n1,a,secret\n", "has several columns 'name'; give each a name of its own"),
        ("a.jsonl", b'{"id": 1, "name": "a"}\n{"secret"\n', "line 2: not a JSON object"),
        ("a.jsonl", b'{"id": 1, "name": ["secret"]}\n', "line 1: name is a list or an object"),
        ("a.csv.gz", gzip.compress(b"id,name\n1,secret\n" * 99, mtime=0)[:-20], "not whole gzip"),
        ("a.csv.gz", b"\x1f\x8b\x08\x00 broken", "not whole gzip"),
    ],
)
def test_what_cannot_be_read_is_named_by_file_and_line_and_not_by_value(
    put: Put, name: str, content: bytes, words: str
) -> None:
    path = put(name, content)
    with pytest.raises(InputError) as error:
        list(rows_of(path, ["id", "name"]))
    assert str(error.value).startswith(f"{path}: ")
    assert words in str(error.value)
    assert "secr" not in str(error.value).removeprefix(str(path))


def test_a_missing_file_is_an_error_of_one_line(put: Put) -> None:
    path = put("a.csv", "").with_name("none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        list(rows_of(path, ["id"]))
