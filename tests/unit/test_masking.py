"""Secrets give way to their kind; everything else stays as it is.

The secrets are put together here from pieces, so that no scanner takes this file for a leak.
"""

import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from livesop_bot.masking import mask_secrets

ALNUM = string.ascii_uppercase + string.digits + string.ascii_lowercase
HEX = "0123456789abcdef"


def chars(count: int, alphabet: str = ALNUM) -> str:
    """As many characters, all of the alphabet's in turn."""
    return (alphabet * (count // len(alphabet) + 1))[:count]


def lines(count: int) -> str:
    return "\n".join(chars(64) for _ in range(count))


def pem(kind: str, body: str) -> str:
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----"


WORDS = [
    ("Slack token", "xoxb-" + "123456789012-1234567890123-" + chars(24)),
    ("Slack token", "xoxp-" + "12-34-56-" + chars(32, HEX)),
    ("Slack token", "xoxc-" + "12-34-56-" + chars(64, HEX)),
    ("Slack token", "xoxd-" + chars(40)),
    ("Slack token", "xoxe-" + "1-" + chars(60)),
    ("Slack token", "xoxe." + "xoxp-1-" + chars(60)),
    ("Slack token", "xapp-" + "1-A0123-456-" + chars(64, HEX)),
    ("AWS access key", "AKIA" + chars(16)[:16].upper()),
    ("AWS access key", "ASIA" + "QWERTYUIOPASDFGH"),
    ("Google API key", "AIza" + chars(35)),
    ("Google OAuth secret", "GOCSPX-" + chars(28)),
    ("Google access token", "ya29." + chars(60)),
    ("Azure client secret", "abc8Q~" + chars(34)),
    ("GitHub token", "ghp_" + chars(36)),
    ("GitHub token", "gho_" + chars(36)),
    ("GitHub token", "github_pat_" + chars(22) + "_" + chars(59)),
    ("GitLab token", "glpat-" + chars(20)),
    ("OpenAI key", "sk-" + chars(20) + "T3BlbkFJ" + chars(20)),
    ("OpenAI key", "sk-proj-" + chars(40) + "_T3BlbkFJ-" + chars(40)),
    ("Anthropic key", "sk-ant-" + "api03-" + chars(93) + "-" + chars(8)),
    ("Hugging Face token", "hf_" + chars(34)),
    ("Stripe key", "sk_live_" + chars(24)),
    ("Stripe key", "rk_live_" + chars(99)),
    ("Stripe key", "sk_test_" + chars(24)),
    ("Stripe key", "whsec_" + chars(32)),
    ("Twilio key", "SK" + chars(32, HEX)),
    ("SendGrid key", "SG." + chars(22) + "." + chars(43)),
    ("npm token", "npm_" + chars(36)),
    ("PyPI token", "pypi-" + "AgEIcHlwaS5vcmc" + chars(80)),
    ("Mailchimp key", chars(32, HEX) + "-us12"),
    ("Square secret", "sq0csp-" + chars(43)),
    ("Telegram token", "123456789:" + "AA" + chars(33)),
    ("Atlassian token", "ATATT3" + chars(60) + "=1A2B3C4D"),
    ("JSON web token", "eyJ" + chars(20) + ".eyJ" + chars(40) + "." + chars(43)),
    ("card number", "4111" + " 1111" * 3),
    ("card number", "4111" + "1111" * 3),
    ("card number", "5555-" + "5555-5555-4444"),
    ("card number", "2223" + "000048400011"),
    ("card number", "3782" + " 822463 " + "10005"),
    ("card number", "3056" + " 930902 " + "5904"),
    ("card number", "3530" + "111333300000"),
    ("card number", "6011\u00a0" + "1111\u00a0" + "1111\u00a0" + "1117"),
]
"""Secrets that say themselves what they are."""


@pytest.mark.parametrize(("kind", "secret"), WORDS)
@pytest.mark.parametrize(
    "around", ["{}", "look: {}, please", "<{}>", "({})\nthanks", "“{}”", "`{}`"]
)
def test_a_secret_gives_way_to_its_kind(kind: str, secret: str, around: str) -> None:
    assert mask_secrets(around.format(secret)) == around.format(f"[masked: {kind}]")


def test_several_secrets_in_a_text_are_all_masked() -> None:
    text = " and ".join(secret for _, secret in WORDS)
    assert mask_secrets(text) == " and ".join(f"[masked: {kind}]" for kind, _ in WORDS)


SHORT = "hunter" + "2"

PLACES = [
    ("https://ada:" + SHORT + "@host/x", "https://ada:[masked: password]@host/x"),
    ("<https://ada:" + SHORT + "@host|host>", "<https://ada:[masked: password]@host|host>"),
    ("postgresql://a:se:cr@et@db/livesop", "postgresql://a:[masked: password]@db/livesop"),
    ("redis://:" + SHORT + "@cache", "redis://:[masked: password]@cache"),
    ("hooks.slack.com/services/T1/B1/abc now", "hooks.slack.com/[masked: Slack webhook] now"),
    ("wss://s.example/?ticket=ab-cd-ef&app=1", "wss://s.example/?ticket=[masked: token]&app=1"),
    ("GET /v1?api_key=abc123def", "GET /v1?api_key=[masked: token]"),
    (
        "aws_secret_access_key = " + chars(40),
        "aws_secret_access_key = [masked: AWS secret key]",
    ),
    (
        "AccountName=a;AccountKey=" + chars(86) + "==;EndpointSuffix=x",
        "AccountName=a;[masked: Azure storage key];EndpointSuffix=x",
    ),
    ("SharedAccessKey=" + chars(43) + "=", "SharedAccessKey=[masked: Azure access key]"),
    ("?sv=1&sig=" + chars(40) + "%3D&se=2", "?sv=1&sig=[masked: Azure access key]&se=2"),
    ("Authorization: Bearer " + chars(30), "Authorization: Bearer [masked: credentials]"),
    ("authorization: basic YWRhOnNlY3JldDEy==", "authorization: basic [masked: credentials]"),
    ("//registry/:_authToken=" + "npm_" + chars(36), "//registry/:_authToken=[masked: npm token]"),
    ("password=swordfish&x=1", "password=[masked: password]&x=1"),
    ("DB_PASSWORD = swordfish", "DB_PASSWORD = [masked: password]"),
    ("password: swordfish", "password: [masked: password]"),
    ("Password: " + SHORT + " for staging", "Password: [masked: password] for staging"),
    ("the password is " + SHORT + " for now", "the password is [masked: password] for now"),
    ("client_secret: 'a b c'", "client_secret: '[masked: password]'"),
    ('{"secret": "sword fish"}', '{"secret": "[masked: password]"}'),
    ("api_key := abc", "api_key := [masked: password]"),
    ("Passwort: Schwertfisch7", "Passwort: [masked: password]"),
    ("contraseña: pezespada1", "contraseña: [masked: password]"),
]
"""Secrets where the place says that it is one."""


@pytest.mark.parametrize(("text", "expected"), PLACES)
def test_a_secret_is_known_by_its_place(text: str, expected: str) -> None:
    assert mask_secrets(text) == expected


RSA = "RSA PRIVATE KEY"
KEYS = [
    pem(RSA, lines(20)),
    pem("PRIVATE KEY", lines(3)),
    pem("OPENSSH PRIVATE KEY", lines(6)),
    pem("PGP PRIVATE KEY BLOCK", "Version: GnuPG v2\n\n" + lines(4)),
    pem(RSA, "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n\n" + lines(9)),
    pem(RSA, lines(20)).replace("\n", "\\n"),
    pem(RSA, lines(20)).replace("\n", "\n&gt; "),
    pem(RSA, lines(20)).replace("\n", " "),
    pem(RSA, lines(20))[:400],  # cut off at its end
    pem(RSA, lines(20))[100:],  # … and at its beginning
    pem(RSA, ""),
    "PuTTY-User-Key-File-2: ssh-rsa\nComment: a\nPrivate-Lines: 2\n"
    + lines(2)
    + "\nPrivate-MAC: 0a",
    "PuTTY-User-Key-File-3: ssh-rsa\nComment: a\nPrivate-Lines: 2\n" + lines(2),
]


@pytest.mark.parametrize("key", KEYS)
def test_a_private_key_goes_whole_and_only_it(key: str) -> None:
    masked = mask_secrets(f"My key does not work:\n{key}\nCan someone look at it?")
    assert masked == "My key does not work:\n[masked: private key]\nCan someone look at it?"


HARMLESS = [
    "Customer wants a refund for order 4111111111111112",  # Luhn says no
    "order 1234567812345670",  # Luhn says yes, but no card begins with a 1
    "1712345678.000100 and 1753257600.512345",
    "https://team.slack.com/archives/C012AB3CD/p1712345678000100?thread_ts=1712345678.000100",
    "IBAN DE89 3704 0044 0532 0130 00",
    "call +49 30 1234567 or 0800 123 4567",
    "postgresql://user:password@host:5432/livesop",
    "https://example.com:8080/a?b=c&monkey=1",
    "mailto:ada@example.com",
    "<https://example.com|ada@example.com>",
    "task-runner-is-late-again, risk-assessment-document-2024-final",
    "I forgot my password: can you reset it?",
    "I forgot my password. It is expired",
    "the password is expired again",
    "password=$DB_PASSWORD and password=<your password> and password: ***",
    "Password reset link: <https://example.com/reset>",
    "password: https://wiki.example/how-to-reset",
    "secret santa is on friday",
    "The key is under the mat, key: the blue one",
    "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
    "The basic troubleshooting-and-escalation guide",
    "bearer of bad-news-and-other-things",
    "commit 0f46d8f555b8684a516d83a218e5e245f00bcdaa broke it",
    "9f1c2d3e-0000-4aaa-8bbb-0123456789ab",
    "2026-01-02T03:04:05Z took 1234567890123 ns",
    "npm_config_cache and hf_hub_download and pypi-server",
    "xoxb- tokens begin with xoxb-",
    "what does AKIA mean in AKIA...?",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert mask_secrets(text) == text


PIECES = st.sampled_from(
    [
        *(secret for _, secret in WORDS),
        *(text for text, _ in PLACES),
        *KEYS,
        *(key[:20] for key in KEYS),
        "[masked: password]",
        "[masked: ",
        "-----END RSA PRIVATE KEY-----",
        *"\n [](){}<>\"'`:=?&@/-_.,;|1a",
        "password: ",
        "secret=",
        "api_key",
        "https://a:",
        "4111",
        "sk-",
    ]
)


@given(st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join))
@example("password: ab[masked: password]")
@example("api_key='[masked: token]")
@example("https://a:[masked: password]b@c@d")
def test_masking_what_is_masked_changes_nothing(text: str) -> None:
    masked = mask_secrets(text)
    assert mask_secrets(masked) == masked


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(mask_secrets(text), str)


@pytest.mark.parametrize(
    "piece",
    [
        *"4a=-\n >",
        "4111 ",
        "sk-",
        "eyJ",
        "eyJabcdefghij.",
        "xoxb-",
        "://a:",
        "password: ",
        "password='",
        "secret",
        "api_key",
        "key is ",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "A" * 64 + "\n",
        "PuTTY-User-Key-File-2:\n",
        "aws key: ",
        "bearer ",
        "?token=",
        "a" * 31 + "-us",
        "[masked: password]",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "-----BEGIN PRIVATE KEY-----{}", "password: '{}", "://{}"]
)
def test_no_text_makes_it_hang(piece: str, around: str) -> None:
    """A pattern that took time squared would need minutes for the longest: the suite's limit."""
    mask_secrets(around.format(piece * (400_000 // len(piece))) + "PRIVATE KEY-----")
