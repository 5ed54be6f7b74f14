"""Why people are one person, or are not, over HTTP and on the command line, from what a worker has stored."""

import json

import pytest

from tests.conftest import SettingsFactory
from tests.integration.service import drained_and_served, new_key
from tests.integration.spine import Publisher, ago, inherit
from tests.waiting import eventually
from unifier.cli import main
from unifier.client import NotFoundError

SECRETS = ("greta", "geheim", "loyal-4711", "1715551234", "browser-1", "xaver", "unterhuber")
FORMS = {"text": "p_", "json": "{", "svg": "<svg ", "html": "<!doctype html>"}


def test_every_link_is_told_with_its_bits_and_the_one_that_would_be_missed_most(
    settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = settings()
    key = new_key(own.redis, "profiles:read", "steward:write")
    mail, name = {"email": "greta.geheim@example.org"}, {"firstName": "Greta", "lastName": "Geheim"}
    phone = {"phone": "+491715551234"}
    publish = Publisher(own)
    publish.identify(ago(900), {**mail, **name, **phone}, userId="1", anonymousId="browser-1")
    publish.online("Product Viewed", ago(800), anonymousId="browser-1")
    publish.sale(ago(700), "10.00", {**mail, **phone, "loyalty_id": "LOYAL-4711", "first_name": "Greta"})
    publish.identify(ago(600), {**mail, **name}, userId="2")
    publish.identify(ago(500), {"firstName": "Xaver", "lastName": "Unterhuber"}, anonymousId="browser-3")
    publish.flush()
    with drained_and_served(own, key) as client:
        greta, second, third = (
            client.lookup(**asked).profile_id
            for asked in ({"loyalty_id": "LOYAL-4711"}, {"account_id": "2"}, {"cookie_id": "browser-3"})
        )
        told = client.evidence(greta)
        assert {link.rule for link in told.links} == {"email", "cookie_id"}
        for link in told.links:
            assert sum(line.bits for line in link.waterfall.lines) == pytest.approx(link.bits, abs=0.05)
        assert told.missed_most is not None
        assert len(told.missed_most.falls_off) == 1
        (refused,) = [one for one in told.refused if one.other == second]
        assert refused.reason == "unique:account_id"
        assert refused.because
        against = client.evidence(greta, second).other
        assert against is not None
        assert (against.one_person, against.reason) == (False, "unique:account_id")
        strangers = client.evidence(greta, third).other
        assert strangers is not None
        assert strangers.reason == "never_compared"
        with pytest.raises(NotFoundError):
            client.evidence(greta, "p_" + "0" * 20)
        client.link(second, third, reason="she told us at the desk")
        eventually(lambda: client.profile(third).profile_id == client.profile(second).profile_id)
        merged = client.evidence(second, third).other
        assert merged is not None
        assert merged.one_person
        assert merged.waterfall.lines[-1].field == "steward"
        assert not [secret for secret in SECRETS if secret in told.model_dump_json().lower()]

    capsys.readouterr()  # what the workers logged
    inherit(monkeypatch, own)
    for form, start in FORMS.items():
        for ids in ([greta], [greta, second], [second, third]):
            assert main(["explain", *ids, "--format", form]) == 0
            shown = capsys.readouterr()
            assert shown.out.startswith(start)
            assert not [secret for secret in SECRETS if secret in shown.out.lower() + shown.err]
    assert main(["explain", second, "--format", "json"]) == 0
    assert [link["rule"] for link in json.loads(capsys.readouterr().out)["links"]] == ["steward"]
    for ids, code, words in (
        (["p_" + "0" * 20], 1, "there is no profile"),
        (["greta@example.org"], 2, "no profile id"),
        ([greta, greta], 2, "are one profile"),
    ):
        assert main(["explain", *ids]) == code
        line = capsys.readouterr().err
        assert words in line
        assert line.count("\n") == 1
        assert "greta" not in line
