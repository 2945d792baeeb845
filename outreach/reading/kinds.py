"""The words of every kind of reply but the opt-out."""

import re

from outreach.reading.phrases import pattern
from outreach.reading.words import set_of

_RELATIVES = (
    "mom|mommy|mother|mama|dad|daddy|father|papa|husband|wife|spouse|son|daughter|brother|sister"
    "|grandma|grandmother|grandpa|grandfather|aunt|uncle|parent"
)
_KIN = f"he|she|they|hes|shes|patient|person|{_RELATIVES}"
DEVICE_DIED = re.compile(
    r"\b(?:phone|battery|cell|computer|car|internet|link|line|site|dog|cat)(?: \w+){0,2} (?:died|dead)\b"
)
WRONG_NUMBER = pattern(r"""
    (?:wrong|rong|worng|wong|incorrect) (?:number|num|nbr|no|person|phone|cell|contact|guy|lady|patient|family|house)
    (?:wrong|incorrect) (?:recipient|people|man|woman|party)|(?:^|the )wrong$|my name (?:is not|isnt|aint)
    (?:her|his|their) old (?:number|phone|cell)|(?:number|phone) (?:was|has been|got|is) (?:reassigned|given to)
    new owner|got (?:this|a) new (?:number|phone)|no such (?:person|patient)
    (?:dont|do not) have (?:anyone|anybody|any one|a person) (?:by|named|with|called)
    (?:dont|do not) know who (?:that|this person|he|she|you (?:are|re) (?:looking|trying)|youre (?:looking|trying))
    (?:aqui no|no) vive(?:n)?(?: aqui)?
    (?:not|isnt|aint|wasnt) (?:my|his|her|their|\w+s) (?:number|phone|cell|name)
    not (?:the )?(?:right|correct|intended) (?:number|person|recipient)
    (?:not|aint) (?:that|this|the) (?:person|patient)
    (?:not|aint) (?:me|him|her)(?= sorry| wrong| here| anymore| you|$)
    (?:never been|was never|am not|im not|not) (?:a|your) (?:patient|client)
    (?:number|phone) (?:has |is )?(?:changed|belongs|no longer|now belongs)
    changed (?:his|her|their) number
    no longer (?:his|her|their|at this|belongs|(?:has|have|uses?) this|(?:lives?|works?) here)
    (?:doesnt|does not|dont|do not) (?:(?:live|work) here|(?:use|own) this (?:number|phone))
    (?:dont|do not) know (?:him|her|them|that person|this person|any (?:dr|doctor)|anyone (?:named|by|called))
    never heard of|no(?:body| one) (?:here )?(?:named|(?:by|with) (?:that|this))
    mistaken (?:number|identity)
    (?:just|recently|i|and) got this (?:number|phone)|(?:numero|telefono|persona) (?:incorrect[oa]|erroneo)
    equivocad[oa]|se equivoc\w+|no soy (?:yo|el|ella|esa|ese|la|un|una|su|paciente)
    no (?:lo|la|los) conozco|no conozco a|no es (?:mi|su|el) (?:numero|telefono)
    ya no (?:tiene|usa|vive)
""")
DECEASED = pattern(rf"""
    (?:pass(?:ed)?|past|pased) (?:away|a way)|deceased|decesed|deseased|demised|r i p|(?:is|are|s|gone to) in heaven
    (?:gone to|shes in|hes in|is with the) heaven|(?:with|to be with|gone to) (?:the lord|god|jesus)
    (?:we )?buried (?:him|her|my|our)|lost (?:his|her) (?:\w+ )?(?:battle|fight)
    (?:is|was|been|hes|shes|are) dead|death certificate
    no longer (?:here )?(?:with us|living|alive)|rest in peace|rip(?! off)|(?:the|his|her) funeral|obituary
    (?:her|his) estate
    lost (?:my|our|his|her) (?:{_RELATIVES})|(?:{_KIN}) (?:has |just |is )?expired
    (?:{_KIN}) (?:\w+ ){{0,4}}(?:died|passed)(?! (?:by|out|the|your|my|his|a|it|me|him|her))
    died (?:in|on|last|yesterday|today|this|of|from|at|two|three|\d+|a|january|february|march|april|may)
    ^died$|fallec\w+|murio|(?:ha|habia|esta) muert[oa]|difunt[oa]|en paz descanse|descanse en paz
""")
HELP = set_of("help info information ayuda informacion hlp halp")
HELP_WANTED = re.compile(r"(?<!your )(?<!the )(?<!no )(?<!su )\b(?:help|ayuda|ayudeme|ayudarme|ayudenme)\b(?! needed)")
EMERGENCY = pattern(r"""
    911|9 1 1|nine one one|988|emergency|emergencia|ambulance|ambulancia|suicid\w+|self harm|poison\w*|stroke
    chest (?:\w+ ){0,2}(?:pains?|hurts?|hurting|tight\w*|pressure)
    (?:pains?|pressure|tight\w*) in (?:\w+ )?chest|heart attack|face (?:is )?droop\w*
    (?:cant|cannot|can not|trouble|difficulty|hard time|hardly|barely|hard to) breath\w*
    (?:not|stopped|stop|quit|isnt) breath\w*
    short(?:ness)? of breath|out of breath|unconscious|unresponsive|passed out|fainted|seizures?|overdos\w+
    (?:kill|hurt|harm|shoot|cut)\w* (?:myself|himself|herself)|kill me|better off dead|choking
    (?:want|wanna|ready|going) (?:to )?die|(?:dont|do not) want to (?:live|be alive|be here)
    (?:quit|stop) living
    end (?:my|it|his|her|this) (?:own )?(?:life|all)
    bleeding (?:\w+ ){0,2}(?:badly|heavily|everywhere|out|a lot|bad)|(?:wont|cant) (?:\w+ )?bleeding
    too many (?:\w+ )?(?:pills|tablets|meds)|(?:wont|will not|cant|doesnt) wake up|(?:slurred|slurring)
    speech is (?:\w+ )?slurred|(?:coughing|vomiting|throwing|spitting)(?: up)? blood|black(?:ed|ing) out
    throat is (?:closing|swelling|swollen)|(?:cant|cannot|dont want to) go on (?:living|like this|anymore)
    hit (?:my|his|her) head|hurting (?:myself|himself|herself)|voy a matar
    severe (?:pain|bleeding|headache)|anaphyla\w+|allergic reaction|cant get up
    dolor (?:de|en el) pecho|duele el pecho|no (?:puedo|puede) respirar|falta de aire|me ahogo|infarto
    derrame
    matarme|quiero morir\w*|quitarme la vida|sobredosis|sangrando mucho|convulsion\w*|desmay\w+
""")
END_OF_LIFE = re.compile(
    r"\b(?:end (?:my|it|his|her|this) (?:own )?(?:life|all)|(?:quit|stop) (?:living|breathing))\b"
    r"|\bquitarme la vida\b"
)

POLITE = set_of("""
    please pls plz thanks thank thx ty you u sir maam hi hello hey por favor gracias muchas hola dr doctor
""")
SMALL_WORDS = set_of("""
    i im am good fine thats that is its all right alright ok okay so very much at this time now de ahora
    really sorry but it to me will do with sounds great go ahead course absolutely would like want can be of
    the for a perfect cool esta bien lo yo un momento today later definitely and just we us my
""")
NO = set_of("no nope nah naw n nop negative pass")
YES = set_of("""
    yes yessir y yeah yep yup yea yes ye ya ok okay okey k kk sure si claro agree agreed accept accepted
    consent approve approved absolutely definitely affirmative correct sii vale acepto autorizo certainly
    confirm confirmed
""")
DECLINE = pattern(r"""
    not interested|no interest|^(?:hard pass|no way)$
    (?:wont|will not|not) (?:be )?(?:coming|transferring|moving|switching)
    ^no (?:\w+ )?(?:not )?(?:coming|moving|transferring)|(?:i|we|must|will|respectfully|to) decline|declined|declining
    i refuse
    refused?
    (?:dont|do not) (?:consent|agree|authorize|approve|accept|give (?:my )?(?:consent|permission))
    (?:dont|do not) (?:want|wish) to (?:transfer|move|change|switch|participate|continue|sign|share|join|go)
    (?:dont|do not) (?:want|wish) (?:my (?:records|chart|info\w*)|this|it|that|any|anything)
    (?:rather|prefer|choose) not|not (?:at this time|right now|for me|now|really|today)|no for me
    count me out
    (?:ill|i will|i) pass|(?:changed|changing|switched|switching) (?:doctors?|providers?|physicians?|drs?)
    (?:found|have|got|see|seeing) (?:a |another |already |new |different ){1,3}(?:doctor|dr|provider|pcp)
    no longer (?:a|your) patient
    (?:staying|stay) (?:put|here|where|at|with (?:my|the) (?:old|current|present))
    (?:dont|do not) (?:transfer|move|share|release) (?:my|any)
    no (?:lo |la )?(?:quiero|gracias|acepto|autorizo|deseo|me interesa)|no estoy (?:interesad[oa]|de acuerdo)
    prefiero (?:que )?no
""")
_GREETING = "(?:and |but |so |ok |okay |hi |hello |hey |yes |no |hola )*"
QUESTION = pattern(rf"""
    ^{_GREETING}(?:who|whos|what|wat|wut|whats|when|whens|where|wheres|why|how|hows|which|is|are|can|could|does|did)
    ^{_GREETING}(?:should|would|may i|am i|have you|has|do (?:i|you|we|they))
    ^{_GREETING}will (?:i|you|my|the|there|it|this|dr|he|she|we)
    ^{_GREETING}(?:que|quien|cuando|donde|como|por que|cual|cuanto|puedo|puede|tengo que|es esto|esto es)
    questions?|preguntas?|re ?send|send (?:it|me|the link|that) (?:again|another)|call my \w+
    (?:need|want|like) to (?:talk|speak)|(?:hablar|comunicar\w*) con|confused|confusing|not sure|unsure|wonder\w*|idk
    (?:dont|do not) understand|maybe
    perhaps
    no entiendo|no se|no estoy segur[oa]|(?:dont|do not|didnt) (?:know|get)|depends|explain|tell me
    let me (?:know|think)|(?:need|want) to know|need more|more info\w*|think about
    call me|call back|please call|llame\w*|llam[ae]me|quisiera saber|tal vez|quizas
    (?:doesnt|does not|didnt|isnt|wont|wouldnt|cant|cannot|not) (?:work\w*|open\w*|load\w*|click|see|find)
    link|error|no funciona|no abre
""")
AGREES = pattern(r"""
    ^(?:i |we )?(?:agree|consent|accept|approve|authorize)|i do (?:agree|consent|accept|authorize|approve)
    sounds (?:good|great)|of course|go ahead|please do|por supuesto|de acuerdo|esta bien|count me in
    ^(?:ok |okay |yes |i )?will do
    (?:want|like|wish|love|happy) to (?:stay|continue|keep|follow|move|come|remain|transfer|go) with
    ^(?:ill|i will|im|i am) (?:follow|following|(?:com|mov|go)(?:e|ing)? with)|please (?:transfer|move|send) my
    quiero (?:seguir|continuar)
    ^(?:done|all done|its done|filled it out|completed)
""")
CONDITION = pattern("""
    no|nope|never|but|not|dont|however|only|unless|if|except|cant|wont|until|unsure|pero|solo|excepto
""")
