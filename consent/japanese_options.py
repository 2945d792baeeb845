"""What a chosen option means in Japanese, whose sentences end with the verb and its negation."""

import re

YES, NO, NOT_APPLICABLE, MORE_INFORMATION, UNCLEAR = "yes", "no", "not_applicable", "more_information", "unclear"
_SCRIPT = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
_NOT_APPLICABLE = re.compile(
    r"該当(し(ない|ません)|なし|せず)|対象外|対象では|(加入|登録|参加|利用)して(い)?(ない|ません)"
)
_MORE = re.compile(
    r"(詳し|詳細|情報|説明|相談|質問|電話|時間).*(必要|希望|ほし|欲し|聞|知り|ください|下さい|お願い|したい|あり|要)|"
    r"わから|分から|迷って|検討"
)
_DOUBT = re.compile(r"(だ|です|ます|ません)が|ただし|但し|のみ|だけ|かもしれ|場合|たぶん|おそらく|一部|以外")
_NO = re.compile(r"ません|ない|拒否|お?断り|不同意|反対|辞退|不要|やめ|止め")
_YES = re.compile(r"同意|希望|許可|承諾|承認|了承|継続|続け|通知|連絡|お願い|知らせ|伝え|構い|送って|了解")
_SELF = re.compile(r"(自分|本人|自身|私)(で|から|が)")


def is_japanese(words: str) -> bool:
    return bool(_SCRIPT.search(words))


def meaning_of(words: str, *, notice: bool) -> str:
    """yes, no, not_applicable, more_information or unclear. `notice`: "I tell them myself" is a no there."""
    led = YES if words.startswith("はい") else NO if words.startswith("いいえ") else ""
    if _NOT_APPLICABLE.search(words):
        return UNCLEAR if led == YES else NOT_APPLICABLE
    if _MORE.search(words) and led != YES:
        return UNCLEAR if led == NO else MORE_INFORMATION
    if _DOUBT.search(words) or words.endswith(("か", "?")):
        return UNCLEAR
    denied = _NO.search(words.replace("構いません", "構います").replace("かまいません", "構います"))
    if notice and led != YES and _SELF.search(words):
        return NO
    if led == YES:
        return UNCLEAR if denied else YES
    if led == NO:
        affirmed = not denied and re.search(r"(同意|希望|許可|承諾|継続)(し|いた)?(します|する|ます)$", words)
        return UNCLEAR if affirmed else NO
    return NO if denied else YES if _YES.search(words) else UNCLEAR
