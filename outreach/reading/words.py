"""From what was typed to plain words, with disguised opt-out words in their usual spelling."""

import re
import unicodedata

_LOOKALIKES = str.maketrans(
    dict(zip("АВСЕНІЈКМОРЅТХУасеіјорѕхуԁԛ", "ABCEHIJKMOPSTXYaceijopsxydq", strict=True))
    | dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧορτυ", "ABEZHIKMNOPTYXoptu", strict=True))
    | dict(zip("тпкмнв", "tnkmhb", strict=True))
    | dict(zip("ꓢꓔꓳꓑꓠꓴꓰꓲᴀʙᴄᴅᴇɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "stopnueiabcdeghijklmnoprstuvwyz", strict=True))
    | {"ı": "i", "ɩ": "i", "ո": "n"}
    | {0x1F1E6 + n: chr(97 + n) for n in range(26)}  # regional indicators
    | {base + n: chr(97 + n) for base in (0x1F150, 0x1F170) for n in range(26)}  # white on black
    | dict.fromkeys("'’‘‛′`´ʼ＇", "")
    | dict.fromkeys("“”„‟″«»「」", '"')
    | dict.fromkeys("¿", "?")
    | dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0", "")  # letters that show nothing
)
_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cs", "Co", "Cn"})


def made_plain(text: str) -> str:
    """Lower case without accents, styles or anything that does not show (NFKD, the ground form of NFKC)."""
    wide = unicodedata.normalize("NFKD", text.translate(_LOOKALIKES)).casefold()
    return "".join(c for c in wide if c.isascii() or unicodedata.category(c) not in _UNSEEN)


_LEET = (str.maketrans("013457$@", "oieastsa"), str.maketrans("013457$@", "oleastsa"))
_REPEATED = re.compile(r"(.)\1+")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_SPELLED_OUT = frozenset(("help", "info", "ayuda", "no", "yes", "ok"))


def once(word: str) -> str:
    """Repeated letters written once: `stoppp` is `stop`."""
    return _REPEATED.sub(r"\1", word)


def set_of(words: str) -> frozenset[str]:
    return frozenset(words.split())


def words_of(said: str) -> list[str]:
    """Lower-case words in order; disguised opt-out words are put back into their usual spelling."""
    words = [_undisguised(word) for word in re.findall(r"[a-z0-9$@]+", said)]
    return _joined_pairs(_joined_letters(words))


def _undisguised(word: str) -> str:
    if word.isdigit():
        return word
    if word.isalpha():
        return _DRAWN_OUT.sub(r"\1", word)
    readings = (word.translate(leet) for leet in _LEET)
    return next(filter(is_opt_out_word, readings), word.strip("$@") or "$")


def _joined_letters(words: list[str]) -> list[str]:
    """`s t o p` becomes `stop`; other single letters stay as they are."""
    joined: list[str] = []
    run: list[str] = []
    for word in [*words, ""]:
        if len(word) == 1:
            run.append(word)
            continue
        joined += _spelled_out(run)
        run = []
        joined += [word] if word else []
    return joined


def _spelled_out(letters: list[str]) -> list[str]:
    spelled = once("".join(letters).translate(_LEET[0]))
    if spelled in OPT_OUT_WORDS or spelled in _SPELLED_OUT:
        return [spelled]
    return [*letters, *[word for word in OPT_OUT_WORDS if word in spelled][:1]]


def _joined_pairs(words: list[str]) -> list[str]:
    """`st op` and `opt out` become one word."""
    joined: list[str] = []
    for word in words:
        pair = once((joined[-1] + word).translate(_LEET[0])) if joined else ""
        if pair in OPT_OUT_WORDS and not is_opt_out_word(word):
            joined[-1] = pair
        else:
            joined.append(word)
    return joined


# All in the spelling of `once`: no letter twice in a row.
LONG_OPT_OUT_WORDS = ("stop", "quit", "unsubscribe", "cancel", "revoke", "optout")
CANCEL_WORDS = set_of("cancel cancle cancal cancelar cancela cancele cancelen")
OPT_OUT_WORDS = CANCEL_WORDS | set_of("""
    stop stopal stopit quit end endal revoke revoking revocation unsubscribe optout optedout optingout stpo
    sotp tsop stp stopt stahp stawp qiut quti unsub unsubscribed unsubscribing unsubscribeme unsuscribe
    unsubcribe unsubscrib unsubscibe unsubsribe unsubscirbe unsubscribir cease desist aret areter aretez
    alto parar pare paren basta detener detenga detengan deten detente revocar revoco desuscribir
    desuscribirme desuscribe
""")
PLAINLY_OPT_OUT = re.compile(rf"\b(?:{'|'.join(sorted(OPT_OUT_WORDS))})\b", re.IGNORECASE)
_NOT_STOP = re.compile(
    r"stop(?:ed|ing|er|ers|over|light|lights|sign|gap|watch|age)$|(?:non|short|door|back|pit|bus|truck)stop$"
)


def is_opt_out_word(word: str) -> bool:
    word = once(word)
    if word in OPT_OUT_WORDS or _RUN_TOGETHER.search(word):
        return True
    return (word.startswith("stop") or word.endswith("stop")) and not _NOT_STOP.match(word)


_RUN_TOGETHER = re.compile(
    "stoptext|stopsend|stopmes|donotext|dontext|nomoretext|takemeof|removeme|leavemealone|optmeout"
)
TEXT_WORDS = set_of("""
    text texts texting txt txts txting message messages messaging msg msgs msging sms mensaje mensajes textos
""")
AROUND_STOP = TEXT_WORDS | set_of("""
    please pls plz plse thanks thank thx ty you u your ur ok okay yes no hi hello hey sir maam kindly now
    just to all of me my us this these those it the number phone cell and i im id a an want would like wish
    need immediately sending from with be am right away asap today already can go ahead will shall must ever
    again any more anymore sent iphone ipad android por favor gracias ya de los las me mis enviar mandar si
    no hola quiero
""")
