"""`unifier doctor`: looks at all that a worker needs and says of each that it is well, or how to mend it."""

import sys
from collections.abc import Generator, Iterator, Mapping

from unifier.doctor.broker import look_at_kafka
from unifier.doctor.finding import Finding
from unifier.doctor.server import look_at_redis
from unifier.matching.model import shipped_model
from unifier.rules import Rules, RulesError, load_model, load_rules
from unifier.settings import Settings, SettingsError, load_settings, misspelt

_SECRET_LENGTH = 16


def run(environ: Mapping[str, str]) -> int:
    """The command: a line each; exit code 1 if anything is wrong."""
    code = 0
    for part, well, words in examine(environ):
        sys.stdout.write(f"{'ok   ' if well else 'WRONG'}  {part:<12} {words}\n")
        sys.stdout.flush()
        code = code if well else 1
    return code


def examine(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Look at settings, model, rules, secret, Kafka, Redis and tokens, in this order."""
    try:
        settings = load_settings(environ)
    except SettingsError as error:
        yield Finding("settings", False, str(error))
        return
    wrong = [f"{name}: no such setting; {meant} may be meant" for name, meant in misspelt(environ).items()]
    yield Finding("settings", not wrong, "; ".join(wrong) or "read")
    rules = yield from _rules(settings)
    yield _secret(settings)
    yield from look_at_kafka(settings)
    yield from look_at_redis(settings, rules)
    if settings.jwt_issuer or settings.jwt_audience or settings.jwt_keys:
        yield _tokens(settings)


def _rules(settings: Settings) -> Generator[Finding, None, Rules | None]:
    """The model, and the rules with whatever they say in its place; gives both, None if one is wrong."""
    model = None
    try:
        model = load_model(settings.model) if settings.model else shipped_model()
    except RulesError as error:
        yield Finding("model", False, str(error))
    else:
        trained = f"trained on {model.trained_on.rows} rows" if model.trained_on.rows else "set by hand"
        when = f", {model.trained_on.date}" if model.trained_on.date else ""
        yield Finding(
            "model", True, f"{settings.model or 'the shipped one'}: {model.fingerprint}, {trained}{when}"
        )
    try:
        rules = load_rules(settings.rules, forecast=settings.forecast)
    except RulesError as error:
        yield Finding("rules", False, str(error))
        return None
    words = f"{settings.rules or 'the shipped ones'}: {len(rules.identifiers)} identifier types"
    if own := rules.own_weights():
        words += f"; in place of the model's weights they say {', '.join(own)}"
    yield Finding("rules", True, words)
    return rules.with_model(model) if model else None


def _secret(settings: Settings) -> Finding:
    if len(settings.secret) < _SECRET_LENGTH:
        return Finding(
            "secret",
            False,
            f"UNIFIER_SECRET is {'too short' if settings.secret else 'not set'}: give all workers the same, "
            "such as `openssl rand -hex 32` prints, and never change it on stored data",
        )
    return Finding("secret", True, f"{len(settings.secret)} characters")


def _tokens(settings: Settings) -> Finding:
    from unifier.serving.tokens import tokens_of  # needs what else the service alone needs

    try:
        tokens_of(settings)
    except SettingsError as error:
        return Finding("tokens", False, str(error))
    return Finding("tokens", True, f"of {settings.jwt_issuer}")
