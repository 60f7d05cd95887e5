"""Masking: secrets in a text give way to their kind, as in `[masked: Slack token]`.

The rules come from detect-secrets where it has one that holds for prose; its rules that take time
squared (OpenAI, npm, JWT), guess by entropy, find only where a secret begins (private keys, which
must go whole) or know only older forms (Slack) have one of our own here, as have the kinds that it
does not know.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from detect_secrets.plugins.aws import AWSKeyDetector
from detect_secrets.plugins.azure_storage_key import AzureStorageKeyDetector
from detect_secrets.plugins.github_token import GitHubTokenDetector
from detect_secrets.plugins.gitlab_token import GitLabTokenDetector
from detect_secrets.plugins.keyword import DENYLIST
from detect_secrets.plugins.mailchimp import MailchimpDetector
from detect_secrets.plugins.pypi_token import PypiTokenDetector
from detect_secrets.plugins.sendgrid import SendGridDetector
from detect_secrets.plugins.square_oauth import SquareOAuthDetector
from detect_secrets.plugins.stripe import StripeDetector
from detect_secrets.plugins.telegram_token import TelegramBotTokenDetector
from detect_secrets.plugins.twilio import TwilioKeyDetector


@dataclass(frozen=True, slots=True)
class _Rule:
    """One kind of secret: the named group that the pattern finds, or all of it where it has none.

    A text without any of the hints (lower-case) is not searched. No pattern finds anything inside
    a mark, and each takes time linear in the text: what repeats without bound begins at a border.
    """

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = bool

    def mask(self, text: str) -> str:
        return self.pattern.sub(self._mark, text)

    def _mark(self, found: re.Match[str]) -> str:
        if not self.holds(found[0]):
            return found[0]
        start, end = found.span(found.lastgroup or 0)
        before, after = found.string[found.start() : start], found.string[end : found.end()]
        return f"{before}[masked: {self.kind}]{after}"


def _rule(kind: str, hints: str, pattern: str, flags: int = 0) -> _Rule:
    return _Rule(kind, tuple(hints.split("|")), re.compile(pattern, flags))


def _word(kind: str, hints: str, pattern: str, flags: int = 0) -> _Rule:
    """A secret that is a word of its own: what follows it unspaced belongs to it."""
    return _rule(kind, hints, rf"(?<![\w-])(?:{pattern})[\w-]*", flags)


def _theirs(kind: str, hints: str, rules: Iterable[re.Pattern[str]]) -> _Rule:
    """The rules of a detector of detect-secrets, as one."""
    rules = list(rules)
    return _word(kind, hints, "|".join(rule.pattern for rule in rules), rules[0].flags)


def _luhn(number: str) -> bool:
    """Whether the check digit of a card number is right."""
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


# Private keys span lines, which may be quoted (> ), or be one line with \n written out.
_BREAK = r"(?:\s|\\[nr]|>|&gt;)"
_END_KEY = r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
# No group is possessive: before 3.11.5 Python forgets to give back what its last try took.
_KEY_LINES = rf"(?:{_BREAK}*[A-Za-z0-9+/=]{{16,}}+)*"

# What a value can be: never a mark, a placeholder (<password>, $PASSWORD, ***) or a link.
_OPEN = r"(?!\[masked: |[<$*{]|https?://)"
_CHAR = r"(?:(?!\[masked: )[^\s\"'`<>])"
_SIGN = r"[\d@#$%^&*+=_~]"

# Names of keys and passwords: theirs, and what people say in other languages and for tokens.
_KEYS = (*DENYLIST, "pass_?phrase", "passwort", "kennwort", "senha", "access_?token", "auth_?token")
_KEY_HINTS = tuple({key.replace("_?", joint) for key in _KEYS for joint in ("", "_")})
# key="…" | key=… | key: … | The key is … After a colon prose may go on (my password: it is lost):
# what counts has a digit or a sign, or ends its line; after “is” it has a letter and one of those.
_ASSIGNED = (
    rf"(?:{'|'.join(_KEYS)})\w{{0,20}}[\"'`]?\s{{0,3}}(?:"
    rf"(?::=|=>|[:=])\s{{0,3}}([\"'`])(?P<quoted>{_OPEN}(?:(?!\1|\[masked: )[^\n]){{3,200}})\1"
    rf"|(?::=|=>?)\s{{0,3}}(?P<given>{_OPEN}(?:(?![,;&]){_CHAR}){{3,}})"
    rf"|:\s{{0,3}}(?P<said>{_OPEN}(?=(?:{_CHAR}{{0,80}}?{_SIGN})|{_CHAR}{{1,80}}\s{{0,80}}(?:\n|$))"
    rf"{_CHAR}{{3,}})"
    rf"|(?:is|ist|es|est)\s{{1,3}}(?P<told>{_OPEN}(?={_CHAR}{{0,40}}[a-z])(?={_CHAR}{{0,40}}{_SIGN})"
    rf"{_CHAR}{{6,}}))"
)

_RULES = (
    _rule(  # to its end, or as far as lines of key go where it was cut off
        "private key",
        "private key",
        r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        rf"(?:(?:(?!-----BEGIN ).)*?{_END_KEY}"
        rf"|(?:\s*+(?:Proc-Type|DEK-Info|Version|Comment): [^\n]*+)*{_KEY_LINES})",
        re.DOTALL,
    ),
    _rule(  # the rest of one whose beginning was cut off
        "private key",
        "private key",
        rf"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{{16,}}+(?:{_BREAK}{{1,4}}[A-Za-z0-9+/=]{{1,80}}+){{0,80}}"
        rf"{_BREAK}{{0,4}}{_END_KEY}",
    ),
    _rule(
        "private key",
        "putty-user-key-file",
        r"PuTTY-User-Key-File-\d:(?:(?:(?!PuTTY-User-Key-File-).)*?Private-MAC: *+\w++"
        rf"|[^\n]*+(?:\n[A-Z][\w-]*+: [^\n]*+)*{_KEY_LINES})",
        re.DOTALL,
    ),
    _word("Slack token", "xox|xapp-", r"(?:xoxe\.)?xox[a-z]-\w|xapp-\w"),
    _rule("Slack webhook", "hooks.slack", r"hooks\.slack(?:-gov)?\.com/(?P<secret>[^\s\"'<>|[]+)"),
    _theirs("AWS access key", "akia|asia|abia|acca|a3t", AWSKeyDetector.denylist[:1]),
    _rule(
        "AWS secret key",
        "aws",
        r"aws.{0,40}?(?:key|secret|token)[\"']?\s{0,3}[:=]\s{0,3}[\"']?"
        r"(?P<secret>[A-Za-z0-9/+=]{40,})",
        re.IGNORECASE,
    ),
    _word("Google API key", "aiza", r"AIza[\w-]{35}"),
    _word("Google OAuth secret", "gocspx-", r"GOCSPX-[\w-]{20}"),
    _word("Google access token", "ya29.", r"ya29\.[\w-]{20}"),
    _theirs("Azure storage key", "accountkey=", AzureStorageKeyDetector.denylist),
    _rule(
        "Azure access key",
        "sharedaccesskey=|sig=",
        r"(?:SharedAccessKey=|[?&;]sig=)(?P<secret>[A-Za-z0-9+/%=]{32,})",
    ),
    _rule("Azure client secret", "q~", r"(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,40}"),
    _theirs("GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_", GitHubTokenDetector.denylist),
    _word("GitHub token", "github_pat_", r"github_pat_\w{20}"),
    _theirs("GitLab token", "gl|gr1348941", GitLabTokenDetector.denylist),
    _word("npm token", "npm_", r"npm_[A-Za-z0-9]{30}"),
    _theirs("PyPI token", "pypi-age", PypiTokenDetector.denylist),
    _word("Anthropic key", "sk-ant-", r"sk-ant-[\w-]{8}"),
    _word(
        "OpenAI key", "sk-", r"sk-(?:(?:proj|svcacct|admin)-[\w-]{8}|(?=[a-zA-Z]{0,40}\d)\w{16})"
    ),
    _word("Hugging Face token", "hf_", r"hf_[A-Za-z0-9]{30}"),
    _rule("Atlassian token", "atatt", r"(?<![\w-])ATATT[\w=-]{8,}"),
    _theirs("Stripe key", "k_live_", StripeDetector.denylist),
    _word("Stripe key", "k_test_|whsec_", r"[rs]k_test_\w{16}|whsec_[\w+/=]{24}"),
    _theirs("Twilio key", "ac|sk", TwilioKeyDetector.denylist),
    _theirs("SendGrid key", "sg.", SendGridDetector.denylist),
    _theirs("Mailchimp key", "-us", MailchimpDetector.denylist),
    _theirs("Square secret", "sq0csp-", SquareOAuthDetector.denylist),
    _theirs("Telegram token", ":aa", TelegramBotTokenDetector.denylist),
    _rule("JSON web token", "eyj", r"(?<![\w.=-])eyJ[\w=-]{8,}\.[\w=-]+(?:\.[\w.=-]*)?"),
    _rule(
        "credentials",
        "bearer |basic ",
        r"\b(?:basic|bearer) +(?P<secret>(?=[\w+/.~-]{0,200}[\d=])[\w+/=.~-]{16,})",
        re.IGNORECASE,
    ),
    _rule(  # ://user:password@ is an example, as in the documentation of this project
        "password",
        "://",
        rf"://[^\s/:@\"'<>|]*:(?!password@){_OPEN}(?P<secret>(?:(?!\[masked: )[^\s/\"'<>|])+)@",
    ),
    _rule(
        "token",
        "ticket=|token=|key=",
        rf"[?&](?:ticket|\w{{0,20}}token|(?:api_?)?key)={_OPEN}(?P<secret>(?:(?!&){_CHAR}){{6,}})",
        re.IGNORECASE,
    ),
    _Rule("password", _KEY_HINTS, re.compile(_ASSIGNED, re.IGNORECASE)),
    _Rule(  # as cards are grouped and numbered: Amex, Diners, JCB, and the others
        "card number",
        tuple("23456"),
        re.compile(
            r"(?<![\w.-])(?:3[47][0-9]{2}([ \u00a0-]?)[0-9]{6}\1[0-9]{5}"
            r"|3[068][0-9]{2}([ \u00a0-]?)[0-9]{6}\2[0-9]{4}"
            r"|(?:[2456][0-9]|35)[0-9]{2}([ \u00a0-]?)[0-9]{4}\3[0-9]{4}\3[0-9]{1,7})"
            r"(?![\w-]|\.[0-9])"
        ),
        _luhn,
    ),
)


def _any_of(words: Iterable[str]) -> str:
    """A pattern that finds any of the words, each letter looked at once however many there are."""
    rest: dict[str, list[str]] = {}
    for word in words:
        if not word:
            return ""  # a word ends here, and what goes on from here has it in it
        rest.setdefault(word[0], []).append(word[1:])
    return f"(?:{'|'.join(re.escape(first) + _any_of(more) for first, more in rest.items())})"


# Most texts, above all what is logged, have nothing of a secret: found out in two searches.
_HINTS = re.compile(_any_of(hint for rule in _RULES for hint in rule.hints if not hint.isdigit()))
_CARD_LENGTH = re.compile(r"[0-9](?:[ \u00a0-]?[0-9]){12}")


def mask_secrets(text: str) -> str:
    """The text with every secret replaced by its kind; the same text where it has none.

    Masking it again changes nothing: what one mask uncovers is masked as well.
    """
    while (masked := _once(text)) != text:
        text = masked
    return text


def _once(text: str) -> str:
    lowered = text.lower()
    if _HINTS.search(lowered) is None and _CARD_LENGTH.search(lowered) is None:
        return text
    for rule in _RULES:
        for hint in rule.hints:
            if hint in lowered:
                text = rule.mask(text)
                break
    return text
