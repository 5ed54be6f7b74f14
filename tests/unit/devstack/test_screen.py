from io import StringIO

import pytest

from unifier.devstack.demo.screen import Screen


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("term", "written_over"), [("xterm", True), ("dumb", False)])
def test_only_a_terminal_that_can_is_written_over(
    term: str, written_over: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("sys.stdout", terminal := Terminal())
    screen = Screen()
    screen.title("A week")
    for step in ("1 of 2", "2 of 2"):
        screen.progress([step], every_s=0)
    assert ("\x1b" in terminal.getvalue()) == written_over
