"""What all documents that go out are made of."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

ProfileId = Annotated[str, Field(pattern=r"^p_[0-9a-v]{20}(-\d{1,4})?$", examples=["p_0123456789abcdefghij"])]
FragmentId = Annotated[str, Field(pattern=r"^[0-9a-f]{24}$", examples=["0123456789abcdef01234567"])]
ReviewId = Annotated[
    str, Field(pattern=r"^r_[0-9a-v]{20}[0-9a-f]{16}$", examples=["r_0123456789abcdefghij0123456789abcdef"])
]
UtcTime = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$",
        json_schema_extra={"format": "date-time"},
        examples=["2026-11-20T16:03:11.120Z"],
    ),
]
Money = Annotated[str, Field(pattern=r"^-?\d+(\.\d{1,4})?$", examples=["149.70"])]


class Document(BaseModel):
    """A part of a message. Later versions may add fields, never take one away."""

    model_config = ConfigDict(frozen=True, validate_by_alias=True, validate_by_name=True)
