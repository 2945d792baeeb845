"""Opt-outs said in plain language: English first, then Spanish. Each list is one pattern."""

import re


def pattern(alternatives: str) -> re.Pattern[str]:
    """One pattern from alternatives, some on each line; it holds for whole words only."""
    lines = [line.strip() for line in alternatives.strip().splitlines()]
    return re.compile(rf"\b(?:{'|'.join(lines)})\b")


_TEXTS = "(?:texts?|texting|txts?|messages?|messaging|msgs?|sms|reminders?|notifications?|alerts?|spam)"
_NOT = "(?:dont|do not|donot|dnt|doesnt|does not|never|didnt|did not|no longer|not)"
_HAVING = (
    "(?:get|gets|got|getting|receive|received|see|saw|seen|mind|understand|understood|find|open|recognize|remember"
    "|know|have|sure|certain|clear|worry|answer|answered|reply|replied|delay|mean|able|just|only"
    "|work|working|load|loading|show|showing|going|coming|through)"
)
"""Who says "I did not get the text" wants it."""
_TAKE_ME_OFF = pattern(r"""
    (?:take|get|remove|delete|drop|pull) (?:me|us|this|my name|(?:my |this |our )?number) (?:off?|from|out)
    (?:take|get|remove|delete|drop) (?:\w+ ){1,4}(?:off|from|out of) (?:your|the|this|these) (?:list|texts?)
    (?:remove|delete|erase|unlist) (?:me|us|(?:my|our|this|the) (?:number|phone|cell|name|info|contact))
    ^(?:please )?(?:remove|delete|out|unfollow)(?: please| this)?$
    (?:scratch|cross|strike) (?:me|us|this|my name|(?:my |this |our )?number) (?:off?|from|out)
    take (?:\w+ ){1,2}off (?:this|it)\b
    (?:^|want |me |us )off(?: of)?(?: (?:this|here|it))?$|(?:delete|erase|remove) (?:all )?(?:my|our|his|her) \w+
    (?:forget|lose|block) (?:my|this) number
    (?:dont|do not|never|quit) (?:use|using) this (?:number|phone)(?! to call)
    (?:remove|removed|delete|erase|rid of|rmv?|tk|drop|lose) (?:\w+ ){0,4}(?:number|num|list|lists|texts|messages)
    (?:number|me|us|name) (?:be |is |was )?(?:removed|deleted|erased|taken off)
    (?:get|rmv?|tk) (?:rid of )?(?:me|us) (?:off|from)
    (?:want|wants|like|need|needs|wish|asked|ask|asking) to be (?:removed|taken off|deleted|left alone|unlisted)
    rmv? (?:me|us)
    (?:dis|un ?|de)enroll\w*|deactivat\w+|dnd
    (?:turn|shut|switch) off (?:\w+ )?(?:texts?|texting|messages|notifications|these|this)
    (?:turn|shut|switch) (?:texts?|texting|messages|notifications|these|this|them|it) off
    disable (?:\w+ )?(?:texts?|texting|messages|notifications|these|this)
    (?:strike|scratch|drop|exclude|remove|delete|erase) (?:me|us)
    (?:strike|scratch|drop|exclude|remove|delete|erase) (?:my|this|our) (?:\w+ )?(?:number|phone|cell|name|line)
    take off (?:my|this|me|us|our) (?:\w+ )?(?:number|name|phone|cell)|take (?:my|this|our) (?:\w+ ){1,3}off$
    off my (?:phone|cell|line)|leave (?:me|us|my \w+|this number) out|leave (?:this|the) (?:thread|chat|group)
    out of (?:\w+ ){0,2}(?:list|texts?|messages)|^exclude$
    ^(?:please )?remove(?: \w+){1,3}$|^(?:please )?take (?:\w+ ){1,3}off(?: please)?$|remove (?:both|all) of us
    (?:dnc|do not call|do not text|do not contact|no call) list|(?:dont|do not) include (?:me|us|my)|want out$
    opt (?:\w+ ){1,3}out|(?:opted|opting) (?:\w+ ){0,2}out
    off (?:of )?(?:your|the|this) (?:list|texts?|messages?)
    sa[cq]\w+me de|quit\w+me de|(?:borr|elimin)\w*[ae]n?me\b
    (?:borr|elimin|quit)\w+ (?:mi|este) (?:numero|nombre|telefono)
    ^(?:por favor )?(?:sacar|quitar|eliminar|borrar|bloquear|finalizar|suspend\w+)(?:me)?(?: \w+){0,3}$
    ^(?:fin|termin(?:a|e|en|ar))$
    ^(?:por favor )?(?:quit|sa[cq]u?|borr|elimin)\w*[ae]n?me(?: por favor| ya)?$
    ^(?:por favor )?ya no(?: por favor| gracias)?$
    (?:dar|den|de|dame|deme)(?:me|se|nos)? de baja|me doy de baja|^baja por favor$
""")
_NO_MORE_TEXTS = pattern(rf"""
    no (?:more|further|mas) (?:\w+ ){{0,3}}(?:{_TEXTS}|calls?|contact|of (?:this|these)|mensajes?|textos?)
    ^(?:please )?no (?:more|mas)(?: please| thanks| thank you| por favor)?$
    no more(?: please| thanks| thank you)?$|done with (?:\w+ )?(?:this|these|your|the|all)\b
    no (?:further|more) (?:\w+ )?(?:communications?|correspondence|contacting|outreach)
    (?:refrain|avoid|abstain)(?: from)? (?:\w+ )?(?:texting|contacting|messaging|sending)
    no need (?:to|for) (?:\w+ ){{0,2}}(?:send|contact|{_TEXTS})
    you (?:dont|do not) (?:have|need) to (?:text|send|message)
    (?:consent|permission|authorization) (?:is |has been )?(?:withdrawn|revoked|denied|refused|rescinded|removed|over)
    unauthorized (?:\w+ )?{_TEXTS}|asked (?:two|three|four|several|many|\d+) times|upset by (?:\w+ ){{0,2}}{_TEXTS}
    my request (?:not|to)|not to be (?:texted|contacted|messaged|called)|please (?:dont|do not)$
    had enough(?: of (?:this|these|it|you|your|the)|$)|nothing (?:further|more)(?: please)?$
    enough (?:of |with )?(?:the |these |your |this )?(?:{_TEXTS}|already|is enough)
    ^(?:thats |that is |ok )?enough(?: please)?$
    no (?:{_TEXTS}|calls|contact)(?! (?:came|about|yet|arrived|has|was))|stop(?:ping|ped) (?:\w+ ){{0,3}}{_TEXTS}
    ya no (?:mas|me|quiero)
    (?:terminate|halt|suspend|withdraw) (?:\w+ ){{0,3}}(?:{_TEXTS}|consent|permission|me)
    discontinue
    ^(?:please )?(?:withdraw|terminate|block(?:ed)?|mute|report(?:ed)?)(?: please| this| me)?$
    ^(?:cancell?ed|unwanted|not welcome|nomore)$
    (?:withdraw|revoke|take back) (?:\w+ ){{0,3}}(?:permission|consent|authorization)
    (?:nobody|no one|never|who) (?:\w+ ){{0,2}}(?:asked|signed|permission|consent\w*)
    (?:unwanted|unsolicited|too many|too much|hate|hates|dislike|without|never ?mind|exclude) (?:\w+ ){{0,3}}{_TEXTS}
    (?:sick|tired) of (?:\w+ ){{0,3}}{_TEXTS}|no ?mo(?:re)? (?:\w+ ){{0,2}}{_TEXTS}
    {_TEXTS} (?:(?!{_HAVING}\b)\w+ ){{0,4}}(?:unwanted|{_NOT} (?!(?:\w+ )?{_HAVING}\b)\w+)
    (?:keep|keeps|still|constantly) (?:on )?(?:texting|messaging|sending|bothering|contacting)
    (?:keep|keeps|still|constantly) getting (?:\w+ )?(?:this|these|those|{_TEXTS})
    (?:didnt|did not|never) consent(?:ed)?$
    (?:dont|do not|never|no) (?:\w+ ){{0,3}}consent to (?:text|contact|message|call)\w*
    only (?:\w+ )?(?:call|calls|phone calls)|calls only
    prefer (?:\w+ ){{0,3}}(?:call|calls|called|phone|mail|letters?)
    (?:prefer|choose|rather) not (?:\w+ ){{0,4}}(?:texts?|texted|messages|messaged|contacted)
    (?:cant|cannot|unable to) (?:receive|accept|take) (?:\w+ )?{_TEXTS}|^(?:im )?ending (?:this|these|it|{_TEXTS})
    ya estuvo
""")
_DO_NOT_TEXT = pattern(rf"""
    {_NOT} (?:(?:please|ever|you|u|even|keep|be|to) ){{0,3}}(?:text|txt|texting|message|messaging|msg)
    (?:dont|do not|donot|dnt|never) (?:(?:please|ever|you|u|keep) ){{0,3}}(?:contact|contacting|sending)
    (?:dont|do not|donot|dnt|never) (?:please |ever |you |u )?send(?! (?:my|our|his|her) )
    (?:dont|do not|donot|dnt|never) (?:(?:ever|you|u|keep) ){{0,2}}(?:bother|bothering|disturb|spam)
    (?:dont|do not|never) (?:ever )?(?:call|calling|write|writing|harass|harassing|sms)
    {_NOT} (?:want|wish|need|like|care|wanna|ask|asked|sign|signed|agree|agreed) (?:\w+ ){{0,4}}{_TEXTS}
    {_NOT} (?:\w+ ){{0,4}}permission|permission to (?:text|txt|message|contact)
    {_NOT} (?:sign|signed) (?:\w+ )?up|(?:dont|do not|never|no) (?:ever )?reach(?:ing)? out
    (?:calls?|phone|mail|email|letters?) not (?:\w+ )?{_TEXTS}
    {_NOT} (?:consent|consented|authorize|permit|give permission) (?:\w+ ){{0,4}}{_TEXTS}
    {_NOT} (?:want|wish|need|like) (?:\w+ ){{0,3}}(?:contacted|texted|messaged|bothered|hear from|called)
    {_NOT} (?:want|wish|need) (?:any |more |your |these |further )*(?:calls?|contact)
    {_NOT} (?:want|need) (?:this|these|them|it|any of (?:this|these)) (?:anymore|any more)
    {_NOT} (?:want|need) (?:these|them|any)(?: please| thanks)?$
    {_NOT} (?:(?!{_HAVING}\b)\w+ ){{0,5}}{_TEXTS}
    (?:not|no longer) interested in (?:\w+ ){{0,2}}(?:{_TEXTS}|receiving|getting|hearing|these)
    (?:instead of|rather than|not by|not via|prefer not|rather not) (?:\w+ )?(?:\w+ )?{_TEXTS}
    {_NOT} (?:use|do|read|accept|have) (?:texts?|texting|text messages|text messaging|sms)
    no (?:(?:me|nos|mas|le|vuelva a|vuelvan a|quiero que me) )?(?:envi|mand|escrib|texte)\w*
    no (?:me |nos |le )?(?:vuelva|vuelvan|vuelvas) a|no (?:me|nos) busqu\w+
    no (?:(?:me|nos|mas|vuelva a|vuelvan a|quiero que me) )?(?:contact|molest|llam)\w*
    no me hab\w+
    no (?:quiero|deseo|necesito|autorizo|acepto|permito) (?:\w+ ){{0,4}}(?:mensajes?|textos?|sms|llamadas?)
    (?:dej|par)\w* de (?:\w+ )?(?:enviar|mandar|escribir|textear|molestar|llamar|contactar)\w*
""")
_LEAVE_ME_ALONE = pattern(r"""
    leave (?:me|us|him|her|them|(?:my|our) \w+) (?:\w+ \w+ )?(?:alone|be)|let me (?:alone|be)
    ^(?:please )?(?:go away|get lost)|buzz off
    bug off
    (?:fuck|piss|f|eff|screw) (?:off|you|u)|knock it off|cut it out|harassing me
    this is (?:spam|junk|harassment|illegal)|tcpa|fcc|^illegal$|(?:will|gonna|going to) sue|annoying
    ^(?:shut up|scram|get a life|cut (?:it|this|that)(?: out)?)$|go to hell
    (?:youre|you are|this is|these are|they are) (?:bothering|disturbing|harassing|upsetting)
    (?:lawyer|attorney) (?:\w+ ){0,6}text|blow(?:ing|n)? up my (?:phone|cell)
    (?:block|blocking|blocked|report|reporting|reported) (?:you|this|u|your|all|these|them)|suing|sue you|lawsuit
    ^(?:spam|spammers?|scam|scammers?|junk(?: mail)?|harassment|halt|baja|callate|para(?: ya| por favor)?)$
    (?:dejenme|dejeme|dejame) (?:\w+ )?(?:en paz|tranquil[oa])|deje\w* (?:\w+ )?en paz|no me jod\w+
    no quiero (?:recibir|estar en|saber nada)
""")
PLAIN_LANGUAGE = {
    "take me off": _TAKE_ME_OFF,
    "no more texts": _NO_MORE_TEXTS,
    "do not text": _DO_NOT_TEXT,
    "leave me alone": _LEAVE_ME_ALONE,
}
