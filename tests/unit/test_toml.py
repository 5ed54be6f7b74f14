"""TOML that nobody can read is told in one line, whatever it is the file of."""

from collections.abc import Callable
from pathlib import Path

import pytest

from unifier.clickstream.spec import is_of_clicks, read_click_spec
from unifier.matching.spec import SpecError, parse_spec
from unifier.rules import RulesError, load_rules
from unifier.settings import SettingsError, load_settings

DEEP = 20_000
READERS: list[tuple[Callable[[Path], object], type[Exception]]] = [
    (load_rules, RulesError),
    (read_click_spec, SpecError),
    (lambda path: parse_spec(path.read_text(), path.name), SpecError),
    (lambda path: load_settings({"UNIFIER_CONFIG": str(path)}), SettingsError),
]


@pytest.mark.parametrize(("read", "raises"), READERS, ids=["rules", "clicks", "people", "settings"])
@pytest.mark.parametrize(
    "content",
    ["x = " + "[" * DEEP + "]" * DEEP, "x = " + "{a=" * DEEP + "1" + "}" * DEEP, "x = " + "1" * DEEP],
    ids=["lists", "tables", "digits"],
)
def test_too_deep_and_too_long_are_one_line_that_names_the_file(
    content: str, read: Callable[[Path], object], raises: type[Exception], tmp_path: Path
) -> None:
    path = tmp_path / "told.toml"
    path.write_text(content)
    with pytest.raises(raises, match=r"told\.toml: not TOML") as error:
        read(path)
    assert "\n" not in str(error.value)
    assert not is_of_clicks(path)
