"""Records: the rows of files with what the matching needs of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from unifier.linking.bar import Bar
from unifier.linking.rows import InputError, rows_of
from unifier.matching.identity import Identity
from unifier.matching.spec import CELL_MAX, Spec, SpecError, parse_spec


@dataclass(slots=True)
class Records:
    """One entry for each row, in the order of the files."""

    ids: list[str] = field(default_factory=list)
    truth: list[str] = field(default_factory=list)  # empty without a truth column
    identities: list[Identity] = field(default_factory=list)
    homes: list[str] = field(default_factory=list)  # true households; empty without a column
    too_long: int = 0  # cells that were left out

    def number(self, record: str) -> int:
        """The row of a record. Raises InputError."""
        try:
            return self.ids.index(record)
        except ValueError:
            raise InputError(f"no record has the id {record!r}; give the id as the file has it") from None


def read_spec(path: Path) -> Spec:
    """Read a spec file. Raises SpecError."""
    return parse_spec(spec_text(path), str(path))


def spec_text(path: Path) -> str:
    """What is in a spec file. Raises SpecError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SpecError(f"{path}: cannot be read ({reason}); give the path of a TOML file") from None


def read_records(paths: Sequence[Path], spec: Spec, bar: Bar) -> Records:
    """Read files that one spec describes. Raises InputError."""
    found = Records()
    seen: dict[str, tuple[Path, int]] = {}
    known: dict[Identity, Identity] = {}
    for path in paths:
        size = path.stat().st_size if path.is_file() else 0
        for row in bar.reading(rows_of(path, spec.needed), size):
            record = row.cells.get(spec.id, "")
            if not record:
                raise InputError(f"{path}: line {row.line}: {spec.id} is empty; every record needs an id")
            if record in seen:
                first, line = seen[record]
                raise InputError(
                    f"{path}: line {row.line}: {spec.id} is that of {first}, line {line}; "
                    "give each record its own"
                )
            seen[record] = path, row.line
            found.ids.append(record)
            identity = spec.identity(row.cells)
            found.identities.append(known.setdefault(identity, identity))
            if spec.truth:
                found.truth.append(row.cells.get(spec.truth, ""))
            if spec.household:
                found.homes.append(row.cells.get(spec.household, ""))
            found.too_long += sum(len(row.cells.get(column, "")) > CELL_MAX for column in spec.columns)
    return found
