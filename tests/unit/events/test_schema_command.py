import orjson
import pytest

from unifier import cli
from unifier.events.schemas import json_schemas


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        (["asyncapi"], "asyncapi", "3.0.0"),
        (["openapi"], "openapi", "3.1.0"),
        (["json", "online"], "title", "OnlineEvent"),
        (["json", "unifier.profile.v1"], "title", "Profile"),
    ],
)
def test_contracts_are_printed_as_json(
    words: list[str], field: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["schema", *words]) == 0
    assert orjson.loads(capsys.readouterr().out)[field] == value


def test_without_a_name_all_schemas_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["schema", "json"]) == 0
    assert orjson.loads(capsys.readouterr().out).keys() == json_schemas().keys()


@pytest.mark.parametrize("words", [["json", "nothing"], ["asyncapi", "online"]])
def test_wrong_use_is_told_in_one_line_on_stderr(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["schema", *words]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("unifier: ")
    assert told.err.count("\n") == 1
