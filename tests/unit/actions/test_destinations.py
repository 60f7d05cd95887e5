"""Where webhooks may go; how addresses are written is tried in the integration tests."""

import pytest

from livesop_bot.actions.destinations import Destinations


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
        "2002:101:101::1",
    ],
)
def test_public_addresses_are_open_to_all(address: str) -> None:
    assert Destinations().admits("example.com", address)


@pytest.mark.parametrize(
    ("allowed", "host", "address", "admitted"),
    [
        ("10.1.0.0/16", "a.example", "10.1.2.3", True),
        ("10.1.0.0/16", "a.example", "10.2.0.1", False),
        ("10.1.0.0/16", "a.example", "::ffff:10.1.2.3", True),
        ("10.1.2.3", "a.example", "10.1.2.3", True),
        ("10.1.2.3", "a.example", "10.1.2.4", False),
        ("10.1.2.3/16", "a.example", "10.1.9.9", True),
        ("fd00::/8", "a.example", "fd12::1", True),
        ("hooks.example", "hooks.example", "10.1.2.3", True),
        ("Hooks.Example.", "HOOKS.example.", "10.1.2.3", True),
        ("hooks.example", "evil.hooks.example", "10.1.2.3", False),
        ("hooks.example", "a.example", "10.1.2.3", False),
    ],
)
def test_what_is_allowed_and_nothing_beside_it(
    allowed: str, host: str, address: str, admitted: bool
) -> None:
    assert Destinations([allowed]).admits(host, address) is admitted
