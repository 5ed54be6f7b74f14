"""Python client: typed objects from the HTTP service. Needs httpx and pydantic alone.

from unifier.client import Client

with Client("http://127.0.0.1:8080", key) as unifier:
    profile = unifier.lookup(email="anna@example.org")
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel

from unifier.serving.models import (
    BATCH_MAX,
    Accepted,
    BatchAnswer,
    BatchEntry,
    Candidate,
    Evidence,
    FoundProfile,
    Guidance,
    Matches,
    ProblemDocument,
    ReviewPage,
    Timeline,
    Touch,
)

__all__ = [
    "Client",
    "ErasedError",
    "ForbiddenError",
    "InvalidError",
    "NotFoundError",
    "RestrictedError",
    "TooManyRequestsError",
    "UnauthorizedError",
    "UnavailableError",
    "UnifierError",
]

NO_ANSWER = "not an answer of unifier api, or of another version of it: is this its address?"

Answer = TypeVar("Answer", bound=BaseModel)


class UnifierError(Exception):
    """The service said no; `status` is the HTTP status (0: no answer), the message says what to do."""

    def __init__(self, status: int, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.retry_after_s = retry_after_s


class UnauthorizedError(UnifierError):
    """401: no API key or token, or one that does not count."""


class ForbiddenError(UnifierError):
    """403: the key lacks the scope."""


class NotFoundError(UnifierError):
    """404: no such profile."""


class ErasedError(UnifierError):
    """410: the person was erased."""


class RestrictedError(UnifierError):
    """423: nothing may be done with what is known of the person."""


class InvalidError(UnifierError):
    """400, 413, 415, 422: the request does not fit the contract."""


class TooManyRequestsError(UnifierError):
    """429: wait `retry_after_s`."""


class UnavailableError(UnifierError):
    """503, no answer, or that of a proxy which has none (502, 504): repeat after `retry_after_s`."""


_ERRORS: dict[int, type[UnifierError]] = {
    400: InvalidError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    410: ErasedError,
    413: InvalidError,
    415: InvalidError,
    422: InvalidError,
    423: RestrictedError,
    429: TooManyRequestsError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


class Client:
    """A connection to `unifier api`. Every method raises a UnifierError; safe to use from several threads."""

    def __init__(self, url: str, key: str, timeout_s: float = 10.0) -> None:
        """`key`: an API key or a token; what surrounds it in a file does not count. Raises ValueError."""
        key = key.strip()
        if not key.isascii() or not key.isprintable() or " " in key or not key:  # httpx would repeat it
            raise ValueError("key: give it as `unifier keys add` printed it")
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def profile(self, profile_id: str) -> FoundProfile:
        """A profile by id; a merged-away id gives the survivor, and `requested_id` says so."""
        return self._get(FoundProfile, profile_id)

    def lookup(self, **identifiers: str) -> FoundProfile:
        """The profile of the first identifier that is known: lookup(email="…", phone="…")."""
        return self._post(FoundProfile, "/v1/profiles/lookup", {"identifiers": identifiers})

    def batch(
        self, ids: Iterable[str] | None = None, identifiers: Iterable[Mapping[str, str]] | None = None
    ) -> list[BatchEntry]:
        """One answer per entry, in order; any number of entries, asked for by the 500. Raises ValueError."""
        if (ids is None) == (identifiers is None):
            raise ValueError("give either ids or identifiers")
        if isinstance(ids, str) or isinstance(identifiers, Mapping):
            raise ValueError("give a list, also of one")
        name, entries = ("ids", ids) if ids is not None else ("identifiers", identifiers)
        found: list[BatchEntry] = []
        for part in _parts(list(entries or ())):
            found += self._post(BatchAnswer, "/v1/profiles/batch", {name: part}).answers
        return found

    def match(self, traits: Mapping[str, Any], limit: int = 10) -> list[Candidate]:
        """Whom these traits may be of, the most probable first: match({"firstName": "Anna", …}).

        Nothing is written. InvalidError: by these traits nobody can be looked up.
        """
        return self._post(Matches, "/v1/profiles/match", {"traits": traits, "limit": limit}).candidates

    def timeline(self, profile_id: str) -> list[Touch]:
        """The touches that are kept, newest first."""
        return self._get(Timeline, profile_id, "/timeline").touches

    def next_action(self, profile_id: str) -> Guidance:
        """What to do next for the profile, when, through which channel, and why."""
        return self._get(Guidance, profile_id, "/next-action")

    def evidence(self, profile_id: str, other: str | None = None) -> Evidence:
        """Why the profile is one person, and why others, `other` among them, are not part of it."""
        asked = "" if other is None else f"?other={_quoted(other)}"
        return self._get(Evidence, profile_id, f"/evidence{asked}")

    def link(self, a: str, b: str, *, reason: str) -> str:
        """These two profiles are one person; gives the command id. The stream carries it out."""
        return self._post(Accepted, "/v1/steward/link", {"profiles": [a, b], "reason": reason}).command_id

    def separate(self, a: str, b: str, *, reason: str) -> str:
        """These two are not one person; of two ids that were merged, this undoes the merge."""
        return self._post(Accepted, "/v1/steward/separate", {"profiles": [a, b], "reason": reason}).command_id

    def reviews(self, limit: int = 20, after: str | None = None) -> ReviewPage:
        """Pairs in the grey zone, those with the greatest doubt first; go on with `after=page.next`."""
        rest = "" if after is None else f"&after={_quoted(after)}"
        return self._ask(ReviewPage, "GET", f"/v1/steward/reviews?limit={limit}{rest}")

    def decide(
        self, review_id: str, decision: Literal["same", "different", "unsure"], *, reason: str = ""
    ) -> str:
        """Say of a review task what it is; gives the command id. NotFoundError: it is not asked any more."""
        path = f"/v1/steward/reviews/{_quoted(review_id)}"
        return self._post(Accepted, path, {"decision": decision, "reason": reason}).command_id

    def _get(self, form: type[Answer], profile_id: str, rest: str = "") -> Answer:
        return self._ask(form, "GET", f"/v1/profiles/{_quoted(profile_id)}{rest}")

    def _post(self, form: type[Answer], path: str, body: Mapping[str, Any]) -> Answer:
        return self._ask(form, "POST", path, _encoded(json.dumps(body, ensure_ascii=False)))

    def _ask(self, form: type[Answer], method: str, path: str, body: bytes | None = None) -> Answer:
        kind = {} if body is None else {"Content-Type": "application/json"}
        try:
            response = self._http.request(method, path, content=body, headers=kind)
        except httpx.RequestError as error:
            raise UnavailableError(0, f"no answer from {self._http.base_url}: {error}") from error
        if not response.is_success:
            raise _error(response)
        try:
            return form.model_validate_json(response.content)
        except ValueError:  # its words would repeat the answer, which may be a person's data
            raise UnifierError(response.status_code, NO_ANSWER) from None


def _error(response: httpx.Response) -> UnifierError:
    kind = _ERRORS.get(response.status_code, UnifierError)
    try:
        problem = ProblemDocument.model_validate_json(response.content)
    except ValueError:
        detail = NO_ANSWER
        if kind not in (UnavailableError, TooManyRequestsError):
            kind = UnifierError  # another server's "not found" says nothing of a profile
    else:
        wrong = "; ".join(
            f"{error.pointer}: {error.detail}" if error.pointer else error.detail
            for error in problem.errors or ()
        )
        detail = f"{problem.detail} ({wrong})" if wrong else problem.detail
    retry_after = response.headers.get("Retry-After", "")
    seconds = float(retry_after) if retry_after.isdecimal() else None
    return kind(response.status_code, detail, seconds)


def _quoted(text: str) -> str:
    return quote(_encoded(text), safe="")


def _encoded(text: str) -> bytes:
    """UTF-8; half a pair of surrogates, as JSON may hold it, too: the service says what is wrong with it."""
    return text.encode(errors="surrogatepass")


def _parts(entries: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(entries), BATCH_MAX):
        yield list(entries[start : start + BATCH_MAX])
