"""What a form's column could do to an answer besides what it is mapped to: sign it, name somebody else, refuse.

Read by meaning in the languages of consent.form_options; a doubt always counts against taking an answer in.
"""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from consent.form_options import plain_text

_ATTESTING = re.compile(
    r"\battest|\bcertif(y|ies|ied|ication|ico|ie|iziere)\b|\bsign(ed|ing|ature|er|o|e|iere)?\b|\baffirm|\bdeclar|"
    r"\bswear\b|\bperjury\b|\blegally binding\b|\bforce of\b|\bfirm(o|a|ar|e)\b|unterschr|unterzeich|"
    r"\bversicher|\bbestatig|\bjuro\b|\bassin(o|a|ar|e|atura)\b|署名|サイン|誓"
)
_TYPED_AS_SIGNATURE = re.compile(
    r"legal name|nombre (completo )?legal|nom legal|nome (completo )?legal|rechtlicher name|"
    r"\bsign(ed|ing|ature)?\b|\bfirma|unterschr|assinatura|署名"
)
_OTHERS = re.compile(
    r"emergenc|\bcontact|caregiver|carer\b|spouse|partner|relative|friend|next of kin|witness|employer|school|"
    r"representative|guardian|proxy|husband|wife\b|\bson\b|daughter|parents? name|mother|father|"
    r"contacto|notfall|kontakt|angehorig|urgence|temoin|testigo|zeuge|testemunha|conjuge|conjoint|esposo|esposa|"
    r"physician|provider|緊急|連絡先|家族"
)
_WHO = re.compile(
    r"\bwho( is| has|s)? (filling|filled|completing|completed|completes|answering|answered|signing|signed|"
    r"submitting)|"
    r"\bperson (who is |that is )?(filling|completing|answering|signing|submitting)|"
    r"\b(form )?(completed|filled (out|in)|answered|submitted) by\b|\bi am (filling|completing|answering|"
    r"signing)\b|"
    r"quien (llena|completa|contesta|responde|rellena|firma)|persona que (llena|completa|responde|firma)|"
    r"\bwer (fullt|beantwortet|unterschreibt)|\bqui (remplit|repond|signe)|\bquem (preenche|responde|assina)|記入者"
)
_ARE_YOU_THE_PATIENT = re.compile(
    r"\bare you (yourself )?the patient\b|\bi am the patient\b|es usted (el|la) paciente|sind sie (der|"
    r"die) patient|"
    r"etes vous (le|la) patient|voce e (o|a) paciente|患者(様)?(ご)?本人ですか"
)
_SELF = re.compile(
    r"(yes |si |ja |oui |sim )?((this is|it is|its|for) )?("
    r"self|(the )?same|me|my ?self|just me|i am (the )?(patient|self|myself)( (named )?(above|here|below)|"
    r" (my|him|her)self)?|"
    r"im the patient( myself)?|(i|the) patient|(the )?patient( (my|him|her) ?self)?|"
    r"i am (filling|completing|answering) "
    r"(this|it)( form)?( out| in)? (for )?myself|"
    r"yo( mism[oa])?|(yo )?soy (el|la) (mism[oa] )?paciente|(el|la) (mism[oa] )?paciente( mism[oa])?|"
    r"para mi mism[oa]|"
    r"ich( selbst)?|ich bin (selbst )?(der|die) patient(in)?|(der|die) patient(in)?( selbst)?|"
    r"moi( meme)?|je suis (le|la) patiente?|(le|la) patiente?( lui meme| elle meme)?|"
    r"eu( mesm[oa])?|(eu )?sou (o|a) (propri[oa] )?paciente|(o|a) (propri[oa] )?paciente|"
    r"(私は)?(患者)?(ご)?本人(です)?|患者です"
    r")"
)
_NOBODY_ELSE = re.compile(r"(n a|na|none|no|not applicable|does not apply|ninguno|no aplica|nein|non|nao|entfallt)")
_CONTRARY = re.compile(
    r"\bobject|\boppos|\brefus|\bdeclin|\bdisagree|\bwithh[eo]l|\bprevent|\bprohibit|\bforbid|"
    r"\bopt(ing)? out|\bblock\b|"
    r"\b(do|would|should|must|may|to) (you |we |i |it |they )?(rather |prefer )?not\b|\bdont\b|"
    r"\bnot (be )?(want|shar|sen|cop|transfer|"
    r"mov|receiv|continu|kept|given|tell|told|contact|notif)\w*|\bnever\b|"
    r"\bwidersp|\bablehn|\blehnen\b|\beinwand|\bdagegen\b|\brechaz|\bniega|\boponer?\b|\bopone|\brecus|\bse opoe|"
    r"反対|拒否|やめ|停止"
)
_ENDING = re.compile(
    r"\b(stop|end|quit|leave|cancel|terminate|discontinue|withdraw|revoke|disenroll|unenroll|drop)(ping|"
    r"ing|ling)?\b|"
    r"\btake me out\b|\b(dejar|terminar|cancelar|salir|suspender|retirar)|\b(beenden|aufhoren|kundigen|"
    r"austreten|abbrechen)|"
    r"\b(arreter|cesser|quitter|annuler|resilier)|\b(parar|sair|encerrar)"
)
_OWN_END = re.compile(
    r"\b(may|can|could|right to|free to|able to|puedo|kann|peux|posso)( \w+){0,3}? (stop|cancel|withdraw|revoke|end)|"
    r"\b(reply|text|send)( \w+)? stop( to (opt out|stop|end|cancel))?"
)
_GOING_ON = re.compile(
    r"\b(continu|keep|start|enrol|elect|stay|remain|receiv|fortsetz|weiter|seguir|permanec|receb|recib)"
)
_SURVEY = re.compile(
    r"\bsatisf|\bhappy\b|\bpleased\b|\brate\b|\brating\b|\brecommend|\bhow (well|often|easy|likely|good|"
    r"do you feel|was|were)\b|"
    r"\b(did|was|were|has|have) (you|our|we|your|the|it)\b|\bexperience\b|\bexperiencia\b|\bzufrieden|"
    r"\bcontent[oe]?s?\b|"
    r"\bempfehl|\brecomend|満足|おすすめ"
)
_ASKING = re.compile(
    r"consent|authori[sz]|autori[sz]|permi(t|ss|so)|\ballow|\bagree|\baccept|\bapprov|\bmay (we|i|she|he|"
    r"they|dr|home|our|your|the|my)\b|"
    r"\bmay \w+( \w+){0,6} (keep|copy|receive|access|get|have|use|hold|transfer|move)\b|\b(can|shall|"
    r"should|could) (we|i|dr|the|your|my)\b|"
    r"\b(release|transfer|send|shar(e|ing)|copy|copying|keep|keeping|mov(e|ing)|sent|moved|copied|shared|obtain|disclos\w+|"
    r"retain)\b|\bwhat should happen\b|\bdo with\b|"
    r"\bhipaa\b|einwillig|einverst|zustimm|\bdurfen\b|\bdarf\b|erlaub|genehmig|ubermitt|weitergabe|acept|"
    r"concord|consint|\bpode(mos|m)?\b|"
    r"\bpuede(n|mos)?\b|pouvons|peut\b|acceptez|transfer|traslad|envi(o|ar|e|en)\b|copi[ae]|conserv|"
    r"同意|許可|承諾|送付|移行|提供|てもよい|ていい"
)


@lru_cache(maxsize=2048)
def _spoken(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", plain_text(text)).split())


def attests(text: str) -> bool:
    """Words by which somebody signs or vouches."""
    return bool(_ATTESTING.search(_spoken(text)))


def name_signs(heading: str) -> bool:
    """A question for the name that says that typing it signs, or asks for the legal name to that end."""
    return bool(_TYPED_AS_SIGNATURE.search(_spoken(heading)))


def of_others(heading: str) -> bool:
    """The question is about somebody who is not the patient."""
    return bool(_OTHERS.search(_spoken(heading)))


def asks_who(heading: str) -> bool:
    """Who fills in the form, or whether that is the patient."""
    spoken = _spoken(heading)
    return bool(_WHO.search(spoken) or _ARE_YOU_THE_PATIENT.search(spoken))


def signed_by(heading: str, text: str) -> str:
    """Who answers for the patient; empty where the patient does, and only then."""
    spoken, asked = _spoken(text), _spoken(heading)
    if not spoken:
        return "nobody was named" if asks_who(heading) else ""
    if _ARE_YOU_THE_PATIENT.search(asked) and not _WHO.search(asked):
        return "" if re.fullmatch(r"(yes|y|si|ja|oui|sim|はい|x|1|true)", spoken) or _SELF.fullmatch(spoken) else text
    if _SELF.fullmatch(spoken) or (_NOBODY_ELSE.fullmatch(spoken) and not asks_who(heading)):
        return ""
    return text


def is_contrary(heading: str, meaning: str) -> bool:
    """A question to which "yes" may mean no: "Do you object to …", "I want to stop APCM"."""
    spoken = _OWN_END.sub(" ", _spoken(heading))
    if _CONTRARY.search(spoken):
        return True
    both = re.search(r"\b(or|o|oder|ou)\b", spoken)
    affirmed = _GOING_ON.search(spoken) and not both
    return meaning in ("apcm", "texting") and bool(_ENDING.search(spoken)) and not affirmed


def is_survey(heading: str) -> bool:
    return bool(_SURVEY.search(_spoken(heading)))


def asks_for_records(heading: str, values: Iterable[str]) -> bool:
    """Whether the question asks leave to keep, copy or move records, by its title or by its choices."""
    if is_survey(heading):
        return False
    return bool(_ASKING.search(_spoken(heading))) or any(_ASKING.search(_spoken(value)) for value in values)


def attesting_share(values: Sequence[str]) -> float:
    filled = [value for value in values if value.strip()]
    return sum(map(attests, filled)) / len(filled) if filled else 0
