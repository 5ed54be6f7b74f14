"""Makes the documents that are derived from the code: `make docs`. A test tells when one is out of date.

deploy/.env.example, docs/settings.md: from `unifier.settings`
docs/metrics.md: from `unifier.metrics`
docs/contracts/: from `unifier schema`
"""

import contextlib
import io
import textwrap
from pathlib import Path

from prometheus_client.metrics import MetricWrapperBase

from unifier import cli, metrics
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


def metrics_table() -> str:
    """Every metric as a Markdown table, in the order in which they are declared."""
    rows = []
    for name, metric in vars(metrics).items():
        if isinstance(metric, MetricWrapperBase):
            (told,) = metric.describe()
            labels = ", ".join(f"`{label}`" for label in metric._labelnames)
            rows.append(f"| `unifier_{name}` | {told.type} | {labels} | {told.documentation} |")
    head = """# Metrics

In the text format of Prometheus, at `/metrics` of `unifier api` and of `unifier worker --http-port P`,
without a key. Each process tells of itself alone. Made by `make docs`.

| metric | type | labels | meaning |
| --- | --- | --- | --- |
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
        "docs/metrics.md": metrics_table(),
        "docs/contracts/asyncapi.json": contract("asyncapi"),
        "docs/contracts/openapi.json": contract("openapi"),
        "docs/contracts/schemas.json": contract("json"),
    }


if __name__ == "__main__":
    for path, text in documents().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text, encoding="utf-8")
