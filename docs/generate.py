"""Makes the documents that are derived from the code: `make docs`. A test tells when one is out of date.

deploy/.env.example, docs/settings.md: from `unifier.settings`
docs/contracts/: from `unifier schema`
"""

import contextlib
import io
import textwrap
from pathlib import Path

from unifier import cli
from unifier.settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def env_example() -> str:
    """The file of the compose stack's environment: every setting, those commented out at their default."""
    lines = [
        "# Settings of the service. Copy to .env beside it; a line that is commented out shows the default.",
        "# UNIFIER_KAFKA and UNIFIER_REDIS are set in compose.yaml, to the services of its own.",
    ]
    for name, field in Settings.model_fields.items():
        lines += ["", *textwrap.wrap(f"# {field.description}", 108, subsequent_indent="# ")]
        if name == "secret":
            lines += ["# Required. Make one: openssl rand -hex 32", "UNIFIER_SECRET="]
        else:
            lines.append(f"#UNIFIER_{name.upper()}={field.default}")
    return "\n".join(lines) + "\n"


def settings_table() -> str:
    """Every setting as a Markdown table."""
    rows = [
        f"| `UNIFIER_{name.upper()}` | {f'`{field.default}`' if field.default != '' else ''} "
        f"| {str(field.description).replace('|', '&#124;')} |"
        for name, field in Settings.model_fields.items()
    ]
    head = """# Settings

Environment variables, or the same names in a TOML file that `UNIFIER_CONFIG` names; the environment wins.
`unifier doctor` names a wrong one. Made by `make docs`.

| setting | default | meaning |
| --- | --- | --- |
"""
    return head + "\n".join(rows) + "\n"


def contract(*words: str) -> str:
    """What `unifier schema …` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        if code := cli.main(["schema", *words]):
            raise SystemExit(code)
    return printed.getvalue()


def documents() -> dict[str, str]:
    """Path under the root → text, of every generated document."""
    return {
        "deploy/.env.example": env_example(),
        "docs/settings.md": settings_table(),
        "docs/contracts/asyncapi.json": contract("asyncapi"),
        "docs/contracts/openapi.json": contract("openapi"),
        "docs/contracts/schemas.json": contract("json"),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
