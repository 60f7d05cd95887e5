"""What text orders an evaluator to do: to choose, to be sure, to switch, to send, to tell.

These need no talk of instructions to do harm. Each rule wants an order (at the beginning of a
clause, not in a question or a report) and what only an evaluator or LiveSOP could do about it.
"""

from livesop_bot.evaluation.instructions import LESS, gap, rule

# An order begins a clause. “Can we skip the approval?” and “they skipped the approval” do not.
_ORDER = (
    r"(?:^|[.!?:;,\n(>\[*\"'#-]\W{0,6}|\b(?:and|then|please|also|must|always|should|now|instead|just"
    r"|only|simply|immediately|it|you|shall|will|kindly|bitte|und)\W{1,3})"
)
_SOP = r"(?:workflows?|sops?|playbooks?)"
_SURE = r"(?:1(?:[.,]0+)?|100|0?[.,]9\d*|9\d|full|maximum|max|highest|one)"
_ELSEWHERE = rf"(?:#[\w-]+|{LESS}[#@!][^>\n]{{1,60}}|@(?:channel|here|everyone)\b|https?:|\w@\w)"
_SEND = "(?:post|send|write|publish|announce|forward|deliver|route|redirect|broadcast|copy|dm)"
_TELL = (
    r"\b(?:reveal|print|show|repeat|output|leak|quote|dump|list|disclose|expose|display|share"
    r"|tell me|give me|write out|summari[sz]e|translate|send|post|include|append)"
)

ORDERS = (
    # Which SOP to choose.
    rule(
        "choice",
        "workflow,sop,playbook",
        rf"{_ORDER}(?:re)?(?:match|choose|select|pick|classify|label)\b{gap(7)}{_SOP}\b",
    ),
    rule(
        "choice",
        "workflow,sop,playbook",
        rf"{_ORDER}(?:start|trigger|run|launch|execute|fire)\b{gap(5)}(?:sop|playbook)s?\b",
    ),
    rule(  # “run the release workflow” may be said to a colleague; a slug, or haste, rather not
        "choice",
        "workflow",
        rf"{_ORDER}(?:start|trigger|run|launch|execute|fire)\b(?:{gap(2)}(?:workflow\W{{1,4}})?"
        rf"[\"'`]?\w+-\w[\w-]*[\"'`]?(?:\W{{1,4}}workflow)?\b|{gap(5)}workflow\b[^\n.!?]{{0,60}}?\b"
        rf"(?:instead|without|automatically|regardless|no matter)\b)",
    ),
    rule(
        "choice",
        "as ",
        rf"{_ORDER}(?:classify|treat|label|mark|handle|regard|evaluate|consider|report)\W{{1,3}}"
        rf"(?:this|it|every|all|any)\b{gap(6)}as\b{gap(3)}(?:(?:a|an|the) )?[\"'`]?(?:match|\w+-\w+"
        rf"|{_SOP}|incident|refund|sev\W?1)\b",
    ),
    rule(
        "choice",
        "every ,all ,any ",
        r"\b(?:every|all|any) (?:message|signal|request)s?(?: \w{1,20}){0,4} (?:is|are) (?:an? )?"
        r"(?:\w{1,20} )?(?:incidents?|refunds?|match(?:es)?|outages?)\b",
    ),
    rule(
        "choice",
        "workflow,sop",
        rf"{_ORDER}(?:output|return|say|answer|print|report)\b{gap(2)}(?:workflow|sop)(?:_id)?\s?=",
    ),
    rule(
        "choice",
        "this ,the message",
        rf"\b(?:this|the) (?:message|signal|conversation|text)\b{gap(3)}(?:match(?:es|ed)?"
        rf"|classified|trigger\w*|start\w*|belongs? to)\b{gap(6)}(?:{_SOP}|as)\b",
    ),
    rule(
        "choice",
        "correct,right,expected,true,proper,valid,best,only",
        rf"\b(?:correct|right|expected|true|proper|valid|best|only)\W{{1,3}}(?:matching )?(?:match"
        rf"|{_SOP}|classification|label|workflow.id)\b\W{{0,3}}(?:\w{{1,20}}\W{{1,3}}){{0,4}}?"
        rf"(?:is|must be|would be)\b",
    ),
    rule(
        "choice",
        "regardless,no matter,independent,whatever",
        r"\b(?:regardless of|no matter|independent of|whatever)\W{1,3}(?:the |its |what )?(?:the )?"
        r"(?:actual )?(?:content|message|text|user|customer|input|it)s?"
        r"\W{0,2}(?:says?|asks?|,|\.|$|\n)",
    ),
    rule(
        "choice",
        "wahl,nimm,start,choisi,selection,declench,elige,escoge,selecciona,escolha,selecione"
        ",inicie,ejecuta,execute,lance,demarre,scegli,kies",
        r"\b(?:wahle?|nimm|starte|choisi\w*|selectionn\w+|declench\w+|lance[zr]?|demarre[zr]?|elige"
        r"|escoge|selecciona|inicia|ejecuta|escolha|selecione|inicie|execute|scegli|seleziona|kies)\b",
        rf"{gap(6)}(?:workflows?|sops?|ablauf|procedures?|procedimientos?|procedimento|flujos?"
        rf"|fluxos?|processo|flusso|werkstroom)\b",
    ),
    # How sure to be.
    rule(
        "confidence",
        "confidence,certainty",
        rf"\b(?:set|let|make|raise|report|return|use|give|put|assign|increase|output|mark|state"
        rf"|claim|match|select|choose|answer|respond|classify)\b{gap(7)}(?:(?:{_SURE}"
        rf"|100 ?%|absolute|complete)\W{{1,6}}(?:confidence|certainty)"
        rf"|(?:confidence|certainty)\b\W{{1,6}}"
        rf"(?:\w{{1,12}}\W{{1,6}}){{0,4}}?{_SURE}\b)",
    ),
    rule(
        "confidence",
        "confidence",
        r"\bconfidence(?: (?:score|level|value))?\W{1,3}(?:must|should|shall|has to|needs to|always"
        r"|is always)\b"
        r"|\bconfidence[\"']?\s{0,3}[:=]\s{0,3}[\"']?(?:1(?:\.0+)?|100 ?%?)(?![\d.])"
        r"|\b(?:raise|increase|boost|maximi[sz]e)\W{1,3}(?:the |your )?confidence\b",
    ),
    rule(
        "confidence",
        "konfidenz,confidence,confiance,confianza,confianca,fiducia,sicherheit",
        r"\b(?:setz\w*|gib|mets|mettez|fixe[zr]?|regle[zr]?|pon|ponga|fija|establec\w+|defina|coloque"
        rf"|ponha|imposta|zet)\b{gap(5)}(?:konfidenz|confidence|confiance|confianza|confianca|fiducia"
        rf"|sicherheit)\b\W{{1,6}}(?:\w{{1,12}}\W{{1,6}}){{0,3}}?{_SURE}\b",
    ),
    # What to answer, and what to keep quiet about.
    rule(
        "output",
        "only,exactly,just,nothing but,exclusively,nur,uniquement,solo,unicamente,apenas,somente",
        rf"\b(?:respond|answer|reply|output|return|print|write|say|produce|antworte|repond\w*|responde"
        rf"|responda|rispondi)\b{gap(3)}(?:only|exactly|just|nothing but|exclusively|nur|uniquement"
        rf"|seulement|solo|unicamente|apenas|somente)\b{gap(3)}(?:json|words?|string|workflow|sop"
        rf"|confidence|valid|object|wort|mot|palabra|palavra)\b",
    ),
    rule(
        "output",
        "reasoning,evidence",
        rf"{_ORDER}(?:include|put|write|append|add|copy|insert|quote|mention|use|give|leave|set)\b"
        rf"{gap(8)}(?:the|your|as)\W{{1,3}}(?:reasoning|evidence)\b",
    ),
    rule(
        "output",
        "do not,don't,never",
        rf"\b(?:do not|don't|never)\W{{1,3}}(?:explain|mention|reveal|tell|show|log|report|disclose"
        rf"|follow|quote)\b{gap(4)}(?:(?:this|these) instructions?|your reasoning|this rule)\b",
    ),
    rule(
        "output",
        "in your,to your,your answer,your reply,your response,into your",
        rf"{_ORDER}(?:include|put|append|add|insert|end|begin|start)\b{gap(8)}your\W{{1,3}}"
        rf"(?:next )?(?:answer|reply|response|reasoning|output|message)s?\b",
    ),
    # What it knows, and what others wrote.
    rule(
        "leak",
        "prompt,instruction,configuration,your rules,above,api key,token,secret,environment",
        rf"{_TELL}\b{gap(4)}(?:system prompt|hidden (?:prompt|instructions)"
        rf"|(?:your|initial|original|secret)"
        rf"\W{{1,3}}(?:\w{{1,20}} )?(?:prompts?|instructions?|configuration|rules|api keys?|tokens?"
        rf"|secrets?|environment)|(?:words|text|everything|all) above)\b",
    ),
    rule(
        "leak",
        "prompt,your instructions,your rules",
        r"\bwhat (?:are|were) your (?:\w{1,20} )?(?:instructions|rules)\b"
        r"|\byour (?:system |hidden |initial )?prompt\b|\bsystem prompts?\b.{0,60}\byours?\b",
    ),
    rule(
        "leak",
        "_token,_key,database_url",
        rf"{_TELL}\b{gap(5)}(?:slack_bot_token|slack_app_token|openai_api_key"
        rf"|database_url|jira_api_token)\b",
    ),
    rule(
        "leak",
        "message,signal,conversation,histor,credential,secret,token,knowledge",
        rf"{_ORDER}(?:{_SEND}|upload|submit|exfiltrate|transmit|include|list|show)\b{gap(4)}"
        rf"(?:messages|signals|conversations?|history|credentials|secrets|tokens|knowledge)\b"
        rf"[^\n.!?]{{0,60}}(?:{_ELSEWHERE}|other team|another team|other channel|private channel)",
    ),
    # Switches and limits.
    rule(
        "switch",
        "auto-pilot,autopilot,auto pilot,kill switch,kill-switch,approval,safety,gate",
        rf"{_ORDER}(?:turn|switch|set|flip|toggle|enable|activate|unlock|disable|deactivate|remove)"
        rf"\b{gap(5)}(?:auto\W?pilot|kill\W?switch|approvals?|safety (?:checks?|rules?)"
        rf"|decision gate)\b",
    ),
    rule(
        "switch",
        "auto-pilot,autopilot,auto pilot,automatique,automatico",
        r"\b(?:schalt\w*|aktivier\w*|activ\w+|ative|ativar|attiva|enciend\w+|ligue|allum\w+)\b"
        rf"{gap(5)}(?:auto\W?pilot\w*|pilot\w? automati\w+)\b",
    ),
    rule(
        "switch",
        "auto-pilot,autopilot,auto pilot",
        r"\bauto\W?pilot\W{1,3}(?:must|should|shall|has to|is hereby|is allowed|may act|acts)\b",
    ),
    rule(
        "switch",
        "pilot,no human,automatically,auto-approve,permission,authori,approval",
        r"(?:^|[.!?\n]\s{0,3})auto\W?pilot on\b\W{0,3}(?:[.!\n]|$)"
        rf"|\b(?:permission|authori[sz]ed?(?: you)?|allowed)\W{{1,3}}to\b{gap(4)}(?:auto\W?pilot"
        rf"|approvals?)\b|\bi grant\b{gap(4)}auto\W?pilot\b"
        rf"|\bno human (?:is )?(?:needed|required|necessary)\b|{_ORDER}(?:auto-?approve\b"
        rf"|approve {gap(2)}automatically)",
    ),
    rule(
        "switch",
        "approv,human,confirm,threshold,gate,review,checks",
        rf"{_ORDER}(?:skip|bypass|omit|override|lower|ignore)\b{gap(4)}(?:approvals?"
        rf"|human (?:review|approval|check)|confirmations?|checks|(?:decision )?gate"
        rf"|thresholds?)\b",
    ),
    rule(
        "switch",
        "without,no need,do not ask,don't ask,do not wait",
        rf"{_ORDER}(?:start|run|execute|proceed|perform|trigger|send|pay|post|act|approve|do)\b"
        rf"{gap(8)}(?:without (?:any |a |further |human ){{0,2}}(?:approval|confirmation|permission"
        rf"|asking|review|human)|no need (?:for|to)|(?:do not|don't) (?:ask|wait))\b",
    ),
    # Where to, to whom, and with what.
    rule(
        "target",
        "instead,rather than,and not",
        rf"\b(?:{_SEND}|notify|reply|answer|ask|tell|ping)\b[^\n.!?]{{0,80}}{_ELSEWHERE}[^\n!?]{{0,60}}"
        rf"\b(?:instead|rather than|and not (?:in|to))\b"
        rf"|\binstead\b[^\n.!?]{{0,40}}\b(?:{_SEND}|notify)\b[^\n.!?]{{0,40}}{_ELSEWHERE}",
    ),
    rule(
        "target",
        "answer,reply,response,output,evaluation,reasoning,action",
        rf"{_ORDER}{_SEND}\b{gap(2)}(?:answer|reply|response|output|evaluation|reasoning|action)s?\b"
        rf"[^\n.!?]{{0,40}}\b(?:to|in|into|at|on)\W{{1,4}}{_ELSEWHERE}",
    ),
    rule(
        "target",
        "@channel,@everyone,@here,!channel,!here,!everyone",
        rf"{_ORDER}(?:{_SEND}|notify|ping|mention|tag|cc)\b[^\n.!?]{{0,60}}"
        rf"(?:{LESS}!(?:channel|here|everyone)|@(?:channel|here|everyone))\b",
    ),
    rule(
        "target",
        "channel,recipient,destination,target,webhook",
        rf"{_ORDER}(?:change|set|switch|replace|redirect|override|point|use)\b{gap(4)}(?:channel"
        rf"|recipient|destination|target|webhook)s?\b{gap(3)}(?:to|with|=|as|is)?\W{{0,6}}{_ELSEWHERE}",
    ),
    rule(
        "target",
        "your answer,your reply,your response",
        rf"\byour (?:answer|reply|response)\W{{1,3}}(?:must|should|shall|has to)\b{gap(3)}"
        rf"(?:to|in)\W{{1,3}}{_ELSEWHERE}",
    ),
    rule(
        "target",
        "as the,to the,to every,in the",
        rf"{_ORDER}(?:use|take)\b[^\n.!?]{{0,20}}{_ELSEWHERE}\S*\W{{1,3}}as (?:the )?(?:webhook"
        rf"|channel|recipient|target)\b|{_ORDER}(?:add|include|put|insert|append)\b[^\n!?]{{0,40}}https?:\S+"
        rf"\W{{1,3}}(?:to|in|into) (?:the|every|each) (?:thread message|answer|reply|response)",
    ),
    rule(
        "field",
        "=",
        rf"{_ORDER}(?:set|change|overwrite)\W{{1,3}}(?:the )?(?:summary|description|title|assignee"
        rf"|priority|project|reporter|amount|labels?)\s?:?=",
    ),
    rule(
        "field",
        "field",
        rf"{_ORDER}(?:set|change|overwrite|replace|fill|update)\b{gap(4)}fields?\b{gap(4)}(?:to|with|=)\b"
        rf"|{_ORDER}fields?\b\W{{0,3}}\w{{1,20}}\W{{1,3}}(?:must|should|shall) be\b",
    ),
)
