"""How text gives instructions to an evaluator: one rule for each way.

The rules look at plain text (see `disguises`): lower case, no accents, no look-alikes. A rule finds
where an instruction is; the whole sentence goes then, unless the rule says `exact`. Gaps between
words are bounded, so that time stays linear. What people ask of people must not be found: most
rules therefore want two things together, as an order to ignore and instructions to be ignored.
"""

import re
from dataclasses import dataclass

from livesop_bot.evaluation.disguises import plain


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to instruct. A text without any of the hints is not searched."""

    kind: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    exact: bool = False


def rule(kind: str, hints: str, *parts: str, exact: bool = False) -> Rule:
    """A rule with its hints (words with commas between) and the parts of its pattern."""
    return Rule(kind, tuple(hints.split(",")), re.compile("".join(parts)), exact)


def gap(words: int) -> str:
    """Up to as many words that may stand between two others."""
    return rf"\W{{1,20}}(?:\w{{1,30}}\W{{1,20}}){{0,{words}}}?"


LESS, MORE = "(?:<|&lt;)", "(?:>|&gt;)"
"""Angle brackets, as Slack escapes them too."""


_OWN = "my|our|his|her|their|mein\\w*|unser\\w*|mes|nos|mis|mi|minhas|meus|mie|mijn"


def _override(hints: str, verbs: str, nouns: str, which: str) -> Rule:
    """A verb, soon after it the noun, and near it which are meant; but not one's own."""
    return rule(
        "override",
        hints,
        rf"\b(?:{verbs})\b(?!\W{{1,3}}(?:{_OWN})\b)",
        rf"(?=(?:\W{{1,20}}\w{{1,30}}){{0,9}}?\W{{1,20}}(?:{which})\b)",
        rf"{gap(6)}(?:{nouns})\b",
    )


_MODEL = (
    r"(?:an? |the )?(?:automated )?(?:ai|a\.i\.|llm|language model|evaluator|classifier|gpt"
    r"|chatgpt)(?: (?:model|assistant|agent|evaluator|system|classifier|bot))?s?"
)
_WORKFLOW_KEY = r"[\"']?(?:matched_)?(?:workflow|sop|match)(?:_id|_slug)?[\"']?\s{0,3}[:=]"
_TOKEN = (
    rf"(?:{LESS}\|[a-z_ ]{{2,30}}\|{MORE}|\[/?inst\]|{LESS}{{2}}/?sys{MORE}{{2}}"
    rf"|{LESS}/?(?:start_of_turn|end_of_turn|system|assistant|instructions?){MORE})"
)

RULES = (
    # Orders to forget what the evaluator was told.
    _override(
        "ignor,disregard,forget,overrid,overrul,bypass,follow,obey,discard,aside,apply,scrap",
        r"ignore|ignoring|disregard|forget|override|overrule|bypass|discard"
        r"|(?:do not|don.?t|never|stop) (?:follow|obey|apply)(?:ing)?|set aside|scrap",
        r"instructions?|prompts?|rules?|guidelines?|directives?|guardrails?|polic(?:y|ies)"
        r"|constraints?|restrictions?|commands?|programming|training|context|safeguards?|criteria|guidance|directions|brief",
        "previous|prior|above|earlier|preceding|foregoing|all|any|every|your|system|original"
        "|initial|safety|default",
    ),
    _override(  # German
        "ignorier,vergiss,vergesst,missacht,ubergeh",
        r"ignorier\w*|vergiss|vergesst|vergessen|missacht\w*|ubergeh\w*",
        r"\w*(?:anweisung|instruktion|vorgabe|regel|befehl|richtlinie|systemprompt)\w*",
        r"all\w{0,2}|vorherig\w*|bisherig\w*|obig\w*|vorig\w*|fruher\w*|dein\w*|samtlich\w*|oben",
    ),
    _override(  # French
        "ignor,oubli,tenez,tiens",
        r"ignor\w+|oubli\w+|ne (?:tiens|tenez) pas compte",
        r"instructions?|consignes?|directives?|regles?|ordres?",
        r"tou\w+|precedente?s?|ci-dessus|anterieure?s?|vos|tes|initiale?s?",
    ),
    _override(  # Spanish and Portuguese
        "ignor,olvid,descart,omi,esquec,desconsider",
        r"ignor\w+|olvid\w+|descart\w+|omit\w+|esquec\w+|desconsider\w+|caso omiso",
        r"instruc\w+|indicac\w+|reglas?|regras?|ordenes|diretrizes|directrices",
        r"tod\w+|anterior\w*|previ\w+|arriba|acima|tus|sus|suas|teus",
    ),
    _override(  # Italian and Dutch
        "ignora,dimentica,trascura,negeer,vergeet",
        r"ignora\w*|dimentica\w*|trascura\w*|negeer|vergeet",
        r"istruzion\w+|regol\w+|direttiv\w+|instructies|opdrachten|aanwijzingen|regels",
        r"tutt\w+|precedent\w+|tue|alle|vorige|eerdere|bovenstaande",
    ),
    _override(  # Russian
        plain("игнорир,забуд,не следуй"),
        plain("игнорируйте|игнорируй|забудьте|забудь|не следуй|не следуйте"),
        rf"(?:{plain('инструкци|указани|правил|команд')})\w*",
        rf"(?:{plain('все|предыдущ|прежн|выше|тво')})\w*",
    ),
    rule(  # Chinese and Japanese, where words have no gaps
        "override",
        "忽略,无视,無視,忘记,忘記,忘れ",
        r"(?:忽略|无视|無視|忘记|忘記).{0,10}(?:指令|指示|说明|說明|规则|規則|提示)"
        r"|(?:指示|指令|命令|規則).{0,10}(?:無視|忘れ)",
    ),
    rule(
        "override",
        "you were,you have been,no longer apply,gesagt wurde,prior,previous,above,ignore what",
        r"\b(?:what|everything|instructions?|rules?|guidelines?|prompts?) you (?:were|have been)"
        r" (?:told|given|instructed)\b"
        r"|\b(?:your|all) (?:\w{1,20} )?(?:instructions?|rules?|guidelines?)"
        r" (?:no longer|do not) apply\b"
        r"|\b(?:everything|all|anything)\W{1,3}(?:prior|previous|above|before)\b.{0,40}?"
        r"\b(?:void|invalid|wrong|cancelled|obsolete)\b"
        r"|\b(?:ignore|disregard) what (?:the|this) (?:user|customer|message|person|text)\b"
        r"|\b(?:vergiss|ignorier\w*|missacht\w*)\W{1,3}alles\b.{0,40}gesagt wurde",
    ),
    rule(  # ... without calling them instructions
        "override",
        "ignor,disregard,forget",
        r"\b(?:ignore|disregard|forget)\W{1,3}(?:about )?(?:everything|anything|all)\W{1,3}",
        r"(?:\w{1,12}\W{1,3}){0,3}(?:above|before|previous|prior|so far|up to (?:now|here)"
        r"|you (?:were|have been|know|are) ?(?:told|given|instructed)?)\b",
    ),
    rule(
        "override",
        "the above,what came before",
        r"\b(?:ignore|disregard|forget)\W{1,3}(?:all )?(?:of )?(?:the above|what came before)"
        r"\W{1,3}(?:and|instead|then|text|message|context)\b",
    ),
    rule(  # written without spaces, after the spaces between letters were taken out
        "override",
        "ignore,disregard,forget",
        r"(?:ignore|disregard|forget)(?:all|any|the|your|every){0,3}"
        r"(?:previous|prior|above|earlier|system)(?:instructions?|rules?|prompts?|context)",
    ),
    # Another person to be, with other rules.
    rule(
        "persona",
        "you are,du bist,ihr seid,tu es,vous etes,eres,voce e,sei ,you're",
        r"\b(?:you are|you're|du bist|tu es|vous etes|eres|voce e|sei)\W{1,4}"
        r"(?:now|no longer|from now on|jetzt|nun|ab sofort|maintenant|desormais|ahora|agora|adesso"
        r"|an?|ein|eine|un|une|um|uma)\W{1,4}(?:\w{1,20}\W{1,3}){0,3}?"
        r"(?:ai|ki|ia|llm|gpt|chatgpt|dan|language model|sprachmodell|evaluator|classifier|chatbot"
        r"|unrestricted|unfiltered|jailbroken|bound by|restricted by|assistant without"
        r"|(?:developer|debug|maintenance|god|admin\w*|root|test|unrestricted|override)\W?mode"
        r"|assistent|assistente|asistente|modell|modele|modelo)\b",
    ),
    rule(
        "persona",
        "act as,behave as,act like,pretend,roleplay,role-play,role play,answer as,speak as",
        r"\b(?:act|behave|answer|speak)\W{1,3}(?:as|like)\W{1,3}(?:if you were )?(?:an?|the|my)"
        r"\W{1,3}(?:\w{1,20}\W{1,3}){0,3}?(?:ai|assistant|model|llm|gpt|dan|evaluator|classifier"
        r"|system prompt|root|terminal|shell)\b"
        r"|\bpretend\W{1,3}(?:to be|(?:that )?you(?:'re| are| have| can| were))\b"
        r"|\brole\W?play\W{1,3}(?:as|that)\b",
    ),
    rule(
        "persona",
        "from now on,ab sofort,ab jetzt,desormais,a partir de,henceforth",
        r"\b(?:from now on|henceforth|ab sofort|ab jetzt|desormais|a partir de (?:ahora|agora))\b"
        rf"{gap(6)}(?:match|choose|select|classify|confidence|ignore|workflow|sop|auto-?pilot|obey"
        r"|wahl\w*|ignorier\w*|ignor\w*|eres|evaluator)\b",
    ),
    rule(
        "persona",
        "jailbreak,dan mode,do anything now",
        r"\b(?:dan mode|do anything now|jailbreak mode)\b",
    ),
    # Text that addresses whatever evaluates it.
    rule(
        "address",
        "note,message,instruction,attention,attn,memo,reminder,hinweis,dear,anweisung",
        r"\b(?:notes?|message|instructions?|attention|attn|memo|reminder|hinweis\w*|anweisung\w*"
        r"|dear)\W{1,3}(?:(?:to|for|an|fur)\W{1,3})?(?:(?:the|any|all|every|die|den)\W{1,3})?"
        r"(?:automated )?(?:ai|a\.i\.|ki|llm|language model|model|evaluator|classifier|assistant"
        r"|bot|livesop|gpt|chatgpt)s?(?: (?:model|assistant|agent|evaluator|system|bot)s?)?"
        r"(?:\W{0,3}[:,]|\W{1,3}(?:reading|processing|evaluating|that|which|who|when)\b)",
    ),
    rule(
        "address",
        "if you,as an ai,as a language,as the ,as an ,ing this,als ki,als sprachmodell",
        rf"\bif you(?: are|'re)\W{{1,3}}{_MODEL}\b"
        r"|\bas (?:an ai|a language model|an llm|an ai model|(?:the|an) (?:evaluator|classifier))"
        r"\W{1,3}(?:you|it is your|language|model)\b"
        r"|\b(?:ai|llm|model|assistant|evaluator|classifier|bot)s?\W{1,3}(?:that is )?"
        r"(?:reading|processing|evaluating|classifying|indexing|parsing)\W{1,3}this\b"
        r"|\bals (?:ki|sprachmodell)\b\W{1,3}(?:musst|sollst|wahl)",
    ),
    rule(
        "address",
        "evaluator,assistant,classifier,language model,llm,ai ,ai,",
        r"\b(?:evaluator|assistant|classifier|language model|llm|ai)s?\W{1,3}(?:must|should|shall"
        r"|has to|have to|needs? to)\W{1,3}(?:return|ignore|match|choose|select|answer|report|set"
        r"|output|pick|start|trigger|treat|say|always|disregard|open)\b",
    ),
    rule(
        "address",
        "evaluator,assistant,classifier,model,llm,ai,gpt,livesop,bot,sudo",
        r"(?:^|[.!?\n]\s{0,3})[^\w\n.!?]{0,3}(?:(?:hey|hi|hello|dear|ok)\W{1,3})?(?:evaluator"
        r"|assistant|classifier|language model|model|llm|ai|chatgpt|gpt|livesop|bot|sudo)\W{1,3}"
        r"(?:please |kindly )?"
        r"(?:pick|choose|trigger|start|run|match|ignore|select|set|open|execute|approve|disregard"
        r"|grant|post|send|say|return|enable)\b",
    ),
    rule(
        "address",
        "your task,your job,your new,your goal,your role",
        r"\byour (?:new |only |real )?(?:task|job|goal|role|purpose)\W{1,3}(?:is|has changed|now)\b"
        rf"{gap(4)}(?:open|match|choose|select|start|trigger|evaluate|classify|answer)\b",
    ),
    rule(  # documents that say what to do with messages
        "address",
        "when ,while ,whenever ,wenn ,before ,every ,each ,all ",
        rf"\b(?:when|whenever|while|before|after|if)\W{{1,3}}(?:you )?"
        rf"(?:evaluat|classif|judg|scor|match|process|read|answer|see|cit)\w*{gap(6)}"
        rf"(?:set|choose|select|match|return|output|answer with|respond with|report)\b{gap(6)}"
        rf"(?:workflow|sop|confidence|auto-?pilot|match|evidence|reasoning)\b",
        rf"|\b(?:every|each|all|any)\W{{1,3}}(?:\w{{1,20}}\W{{1,3}}){{0,3}}?(?:message|signal"
        rf"|request)s?\b{gap(8)}(?:must|shall|should|has to|have to)\b{gap(2)}(?:match\w*"
        rf"|classified|trigger\w*|start\w*)\b{gap(6)}(?:workflow|sop|as)\b",
    ),
    # Lines that pretend to come from the program, not from a person.
    rule(
        "role",
        "system,assistant,developer,ai,evaluator,model,administrator",
        r"(?:^|\n)[ \t>*_#\[<|(-]{0,10}(?:system|assistant|developer|ai|evaluator|model"
        r"|administrator)[\]>*_|)]{0,4}\s?[:>]\s?[*_]{0,3}(?=[^\n]{0,120}\b(?:you|your|ignore|disregard"
        r"|override\w*|match(?:es|ed)?|select|choose|confidence|sop|auto-?pilot|instruct\w+"
        r"|authori[sz]ed|trusted)\b)[^\n]*",
        exact=True,
    ),
    rule(
        "role",
        "system,admin,developer",
        r"\b(?:(?:new|updated|important|secret)\W{1,3})?(?:system|admin|administrator|developer)\W{1,3}"
        r"(?:prompts?|override|instructions?|directives?|command)\b\W{0,6}(?::|\n)[^\n]*",
        exact=True,
    ),
    rule(  # the marks of chat templates, and what stands between them
        "role",
        "|>,|&gt;,inst],sys,_of_turn,assistant,instruction",
        rf"{_TOKEN}(?:(?:(?!{_TOKEN})[\s\S]){{0,600}}{_TOKEN}|[^\n]*(?:\n[^\n]+)?)",
        exact=True,
    ),
    rule(  # ... as in a call of a model, or in front matter
        "role",
        "role",
        r"\{?[\"']?\brole[\"']?\s{0,3}:\s{0,3}[\"']?(?:system|assistant|developer)\b[\"']?"
        r"(?:[^\n]{0,3}\n?[^\n]{0,3}content[^\n]*)?",
        exact=True,
    ),
    rule(
        "role",
        "begin,end of,end system,human,user",
        r"(?:^|\n)\W{0,8}(?:begin|start|end)(?: of)? (?:system|admin|developer)"
        r" (?:message|prompt)[^\n]*"
        r"|(?:^|\n)\W{0,4}(?:human|user)\s?:[^\n]*\n+\W{0,4}(?:assistant|ai)\s?:[^\n]*",
        exact=True,
    ),
    rule(
        "role",
        "##",
        r"(?:^|\n)#{2,6} ?(?:system(?: prompt)?|instruction|assistant|response|human)\s?:?[ \t]*"
        r"\n[^\n]*",
        exact=True,
    ),
    rule(  # an end of the data that is none
        "delimiter",
        "end of,ende der,fin de",
        r"(?:^|\n)\W{0,12}(?:end of|ende der|fin des?)\W{1,3}(?:the )?(?:user |untrusted )?"
        r"(?:message|input|prompt|context|data|knowledge|document|instructions?|nachricht|mensaje)"
        r"\b\W{0,12}(?=\n|$)",
        exact=True,
    ),
    # Answers in the evaluator's place.
    rule(
        "answer",
        "confidence",
        rf"\{{[^{{}}]{{0,300}}(?:{_WORKFLOW_KEY}[^{{}}]{{0,300}}confidence|confidence[^{{}}]{{0,300}}{_WORKFLOW_KEY})"
        r"[^{}]{0,400}\}?",
        exact=True,
    ),
    rule(
        "answer",
        "confidence",
        rf"\b{_WORKFLOW_KEY}[^\n]{{0,80}}\n?[^\n]{{0,40}}\bconfidence[\"']?\s{{0,3}}[:=][^\n]*"
        rf"|\bconfidence[\"']?\s{{0,3}}[:=][^\n]{{0,40}}\n?[^\n]{{0,40}}\b{_WORKFLOW_KEY}[^\n]*",
        exact=True,
    ),
    rule(
        "answer",
        "tool_call,tool_result,function_call,invoke",
        rf"{LESS}/?(?:tool_calls?|tool_results?|function_calls?|function_results?|invoke)\b[^\n]*",
        exact=True,
    ),
)
