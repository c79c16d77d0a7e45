"""Words in Arabic letters as songs romanise them, with or without vowel marks.

Where vowels are not written, a consonant is given an `a`, and loses it where no
syllable needs one: `ktabt` becomes `katabt`. Readable, and often the wrong vowel.
"""

import re

from anyascii import anyascii

from vaejax.text.syllables import Unit, joined, pairs, shortened, without_schwas

_CONSONANTS = pairs(
    "ب ت ث ج ح خ د ذ ر ز س ش ص ض ط ظ ع غ ف ق ك ل م ن ه ء ؤ ئ ڤ چ پ گ ک",
    "b t th j h kh d dh r z s sh s d t z ' gh f q k l m n h ' ' ' v ch p g k",
)
_SUN_LETTERS = "تثدذرزسشصضطظن"  # the l of the article becomes their sound
_ALEFS = {"ا": "a", "\u0671": "a", "أ": "a", "إ": "i", "آ": "aa"}
_GLIDES = {"و": ("w", "u", "oo"), "ي": ("y", "i", "ee")}  # a consonant, a long vowel
_LONG_A = "اى\u0670"
_MARKS = {"\u064e": "a", "\u064f": "u", "\u0650": "i", "ة": "a"}
_TANWIN = {"\u064b": "a", "\u064c": "u", "\u064d": "i"}  # vowels with an n
_SHADDA, _SUKUN = "\u0651", "\u0652"  # a doubled consonant, and one without a vowel
_VOWELLED = frozenset((*"اىويةآ", *_MARKS, *_TANWIN, _SHADDA))
_ARTICLE = re.compile(
    "(?:([وفبك])[\u064e\u0650]?)?[ا\u0671]ل\u0652?(?=..)|(ل)\u0650?ل\u0652?(?=..)"
)
_DOUBLED_FIRST = re.compile("^(.[\u064e-\u0650]?)\u0651")  # NFC puts shadda last
_HEADS = {None: "al", "و": "wal", "ف": "fal", "ب": "bil", "ك": "kal"}
_WORDS = pairs(
    "و يا من في فى على علي إلى الى عن لا ما أنا انا أنت انت إنت أنتي انتي إنتي هو هي"
    " هى نحن كل مع هذا هذه ذلك الذي التي قد لم لن كم حتى بين تحت كان لي لك له لها بي"
    " بك فيك الله لله والله حب حبك حبي ليل عين قلب قلبك قلبها عمري كنت مش ده دي إيه"
    " ايه اللي اللى ليه زي بس عندي منك عنك كيف",
    "wa ya min fi fi 'ala 'ala ila ila 'an la ma ana ana anta anta inta anti anti"
    " inti huwa hiya hiya nahnu kull ma'a hadha hadhihi dhalik alladhi allati qad lam"
    " lan kam hatta bayna tahta kan li lak lahu laha bi bik fik allah lillah wallah"
    " hubb hubbak hubbi layl 'ayn qalb qalbak qalbaha 'umri kunt mish da di eih eih"
    " elli elli leih zayy bas 'andi minnak 'annak kayf",
)


def arabic(word: str) -> str:
    """The word in Latin letters; ayn and hamza are ', the article stands apart by -."""
    word = word.replace("\u0640", "").replace("ی", "ي")  # tatweel; the ya of Persian
    if word in _WORDS:
        return _WORDS[word]
    if word[:1] == "و" and word[1:] in _WORDS:
        return f"wa {_WORDS[word[1:]]}"
    article = _ARTICLE.match(word)
    if not article:
        return _spoken(word)
    head = "lil" if article[2] else _HEADS[article[1]]
    rest = _DOUBLED_FIRST.sub(r"\1", word[article.end() :])
    if rest[0] in _SUN_LETTERS:
        head = head[:-1] + _CONSONANTS[rest[0]]
    return f"{head}-{_spoken(rest)}"


def _spoken(word: str) -> str:
    if word.endswith("وا"):  # they did: the alef is not said
        word = word[:-1]
    units: list[Unit] = []
    for i, letter in enumerate(word):
        if letter in _CONSONANTS:
            units.append(Unit(_CONSONANTS[letter], "a", inherent=True))
        elif letter == "ة" and word[i + 1 :]:
            units.append(Unit("t"))
        elif letter in _GLIDES and (not units or _is_consonant(word, i)):
            units.append(Unit(_GLIDES[letter][0], "a", inherent=True))
        elif letter in _ALEFS and (not units or letter != "ا"):
            vowel = _ALEFS[letter]
            units.append(Unit("'" if units else "", vowel, inherent=vowel == "a"))
        elif letter.isalpha() and letter not in "اوىية":  # of Persian or Urdu
            units.append(Unit(anyascii(letter), "a", inherent=True))
        elif units:
            units[-1] = _voiced(units[-1], letter)
    if len(units) > 1 and units[-1].inherent:
        units[-1] = units[-1]._replace(vowel="")
    return shortened(joined(without_schwas(units)))


def _is_consonant(word: str, i: int) -> bool:
    """Whether a waw or ya is one: it follows an alef, or a vowel follows it."""
    return word[i - 1] == "ا" or word[i + 1 : i + 2] in _VOWELLED


def _voiced(unit: Unit, mark: str) -> Unit:
    """The consonant with what a vowel letter or a mark after it says."""
    vowel, onset, coda = unit.vowel, unit.onset, unit.coda
    if mark in _GLIDES:
        glide, short, long = _GLIDES[mark]
        if unit.inherent or vowel == short:
            vowel = long
        elif vowel == "a":
            coda = glide
    elif mark in _LONG_A and vowel == "a" and not coda:
        vowel = "aa"
    elif mark in _TANWIN:
        vowel, coda = _TANWIN[mark], "n"
    elif mark == _SHADDA:
        onset = onset[:1] + onset
    elif mark == _SUKUN and not coda:
        vowel = ""
    return Unit(onset, _MARKS.get(mark, vowel), inherent=False, coda=coda)
