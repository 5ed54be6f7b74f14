"""`unifier explain RECORD_A RECORD_B`: why two records of a file are, or are not, one person."""

import sys
from collections.abc import Sequence
from typing import Any

import orjson

from unifier.linking.link import read_and_link
from unifier.linking.why import why
from unifier.settings import Settings


def run(
    settings: Settings, records: tuple[str, str], files: Sequence[str], spec: str, model: str, as_json: bool
) -> int:
    """The command. Raises SpecError, InputError and RulesError; gives the exit code."""
    story = why(read_and_link(settings, files, spec, model), *records)
    text = orjson.dumps(story, option=orjson.OPT_INDENT_2).decode() if as_json else in_words(story)
    sys.stdout.write(text + "\n")
    return 0


def in_words(story: dict[str, Any]) -> str:
    """The waterfall as a table."""
    told = story["lines"]
    field = max(len(line["field"]) for line in told)
    level = max(len(line["level"]) for line in told)
    verdict = "one person" if story["one_person"] else "two people"
    lines = [f"{' and '.join(story['records'])}: {verdict}: {story['because']}", ""]
    lines += [f"  {line['field']:<{field}}  {line['level']:<{level}}  {line['bits']:+7.2f}" for line in told]
    lines += [
        f"  {'sum':<{field}}  {'bits; as a probability ' + _percent(story['probability']):<{level}}"
        f"  {story['bits']:+7.2f}",
        f"  {'threshold':<{field}}  {'':<{level}}  {story['threshold']:+7.2f}",
    ]
    if len(story["through"]) > 1:
        lines += ["", "  linked through"]
        for step in story["through"]:
            lines.append(f"    {' – '.join(step['records'])}  {step['rule']}  {step['bits']:+.2f}")
    return "\n".join(lines)


def _percent(share: float) -> str:
    """Never 0 % or 100 %: nothing is that sure."""
    return f"{min(max(share, 0.0001), 0.9999):.2%}"
