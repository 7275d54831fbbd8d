// Made by `python -m examples.make_tables` from trunkline_edge.understanding: change it there, not here.

export const text = {
  MAX_CHARACTERS: 512,
  MAX_RAW_CHARACTERS: 2048,
  MAX_MARKS: 30,
};

export const featurizer = {
  UNKNOWN_ID: 1,
  FIRST_WORD_ID: 2,
  MIN_MENDED: 3,
};

export const pieces = {
  WORD_START: "\u2581",
  WITHIN_WORD: "##",
  UNKNOWN_PENALTY: 10.0,
};

export const edits = {
  MIN_LETTERS: 4,
  FEWEST_LETTERS: 3,
};

export const sounds = {
  SPELLINGS: [["ew|ue$", "u"], ["(?<=[a-z])(?:ee|ie)$", "y"], ["tm(?=a)", "m"]],
  RULES: [["(.)\\1", "\\1"], ["^(?:kn|gn|pn)", "n"], ["^wr", "r"], ["^wh", "w"], ["mb$", "m"], ["tch|ch(?=[eiao])|ch$", "j"], ["ch", "k"], ["[ts]ion|cian", "jan"], ["igh|eigh", "i"], ["[ao]ugh", "o"], ["gh", "k"], ["ph", "f"], ["sh", "j"], ["th", "0"], ["ck|q|c(?![eiy])", "k"], ["c", "s"], ["dg|g(?=e$)", "j"], ["x", "ks"], ["(?<=[a-z])e$", ""], ["(?<=[aeo])w", ""], ["(?<=.)y", "i"]],
  VOWEL_CLASSES: [[101, 73], [105, 73], [97, 65], [111, 79], [117, 79]],
  MIN_LETTERS: 5,
  MIN_CONSONANTS: 2,
};

export const names = {
  MAX_NAMES: 10000,
  MAX_NAME_CHARACTERS: 100,
  MAX_NAMES_BYTES: 4000000,
  MAX_WORDS: 12,
  MAX_CANDIDATES: 8,
  EXACT: 1.0,
  MISSPELT: 0.5,
  MAX_HOPS: 4,
  SHARE: 0.5,
  MARGIN: 0.15,
  MAX_POSTINGS: 256,
  MAX_WAYS: 8,
  MISSPELT_WORDS: 2,
};

export const confidence = {
  LEAST: 1e-06,
};

export const biases = {
  HOPELESS: -10000.0,
};

export const slots = {
  MOST_CUT: 2,
  MOST_LACKED: 8,
  MOST_NUMBERS: 8,
  MOST_BETWEEN: 2,
  MISSED: 0.5,
  UNREAD: 0.5,
};

export const commands = {
  CONJUNCTIONS: {"en": {"first": ["and", "then"], "more": ["also", "and", "then"], "small": ["at", "in", "my", "of", "our", "please", "the"]}, "de": {"first": ["dann", "und"], "more": ["auch", "dann", "und"], "small": ["am", "bei", "bitte", "das", "dem", "den", "der", "die", "im", "in", "mein", "meine", "meinen", "von"]}, "fr": {"first": ["et", "puis"], "more": ["aussi", "ensuite", "et", "puis"], "small": ["au", "dans", "de", "des", "du", "l'", "la", "le", "les", "l\u2019", "ma", "mes", "mon", "\u00e0"]}, "es": {"first": ["despu\u00e9s", "e", "luego", "y"], "more": ["despu\u00e9s", "luego", "tambi\u00e9n", "y"], "small": ["de", "del", "el", "en", "favor", "la", "las", "los", "mi", "mis", "por"]}, "nl": {"first": ["daarna", "dan", "en"], "more": ["daarna", "dan", "en", "ook"], "small": ["alsjeblieft", "bij", "de", "het", "in", "mijn", "onze", "op", "van"]}},
  LEAST_SURE: 0.9,
  MAX_PIECES: 5,
  MAX_WORDS: 64,
  MIN_WORDS: 2,
};

export const result = {
  OUT_OF_SCOPE: "oos",
  SEVERAL: "several",
};

export const number = {
  ONES: ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
  TENS: ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
  SCALES: {"million": [1000000, 999], "thousand": [1000, 999], "hundred": [100, 99], "dozen": [12, 99]},
  SMALL: {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90},
  PARTS: {"half": 0.5, "quarter": 0.25, "third": 0.3333333333333333},
  DASHES: ["-", "\u2013", "\u2212"],
  MINUS: ["-", "minus", "negative", "\u2013", "\u2212"],
  SLASH: "\u2044",
  MAX_DIGITS: 15,
  WORDS: ["dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "million", "minus", "negative", "nine", "nineteen", "ninety", "one", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero"],
};

export const clock = {
  NAMED: {"noon": [12, 0], "midday": [12, 0], "midnight": [0, 0]},
  PARTS_OF_DAY: [[["am"], false], [["a", ".", "m", "."], false], [["a", ".", "m"], false], [["in", "the", "morning"], false], [["pm"], true], [["p", ".", "m", "."], true], [["p", ".", "m"], true], [["in", "the", "afternoon"], true], [["a", "m"], false], [["p", "m"], true], [["in", "the", "evening"], true], [["tonight"], true], [["at", "night"], true]],
  NIGHTS: [["tonight"], ["at", "night"]],
  EARLIEST_NIGHT: 5,
  BEFORE: ["to", "before", "till"],
  BETWEEN: ["past", "after", "to", "before", "till"],
};

export const duration = {
  SECONDS: {"second": 1, "seconds": 1, "sec": 1, "secs": 1, "s": 1, "minute": 60, "minutes": 60, "min": 60, "mins": 60, "m": 60, "hour": 3600, "hours": 3600, "hr": 3600, "hrs": 3600, "h": 3600, "day": 86400, "days": 86400, "d": 86400, "week": 604800, "weeks": 604800},
  SIXTY: 60,
};

export const kinds = {
  KINDS: ["number", "percent", "temperature", "duration", "ordinal", "datetime", "list", "text"],
  ORDINALS: {"first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine", "twelfth": "twelve"},
  DEGREE_WORDS: ["degree", "degrees", "o", "\u00b0"],
  SPELLERS: {"number": ["dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "million", "minus", "negative", "nine", "nineteen", "ninety", "one", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero"], "percent": ["cent", "dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "full", "fully", "half", "halves", "hundred", "maximum", "million", "minus", "negative", "nine", "nineteen", "ninety", "one", "percent", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero"], "temperature": ["below", "c", "celsius", "centigrade", "degree", "degrees", "dozen", "eight", "eighteen", "eighty", "eleven", "f", "fahrenheit", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "k", "kelvin", "million", "minus", "negative", "nine", "nineteen", "ninety", "o", "one", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero", "\u00b0", "\u00b0c", "\u00b0f"], "duration": ["d", "day", "days", "dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "h", "half", "halves", "hour", "hours", "hr", "hrs", "hundred", "m", "million", "min", "mins", "minus", "minute", "minutes", "negative", "nine", "nineteen", "ninety", "one", "point", "quarter", "quarters", "s", "sec", "second", "seconds", "secs", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "week", "weeks", "zero"], "datetime": [".", "a", "after", "afternoon", "am", "at", "before", "clock", "dozen", "eight", "eighteen", "eighty", "eleven", "evening", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "in", "m", "midday", "midnight", "million", "minus", "morning", "negative", "night", "nine", "nineteen", "ninety", "noon", "oclock", "one", "p", "past", "pm", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "the", "third", "thirds", "thirteen", "thirty", "thousand", "three", "till", "to", "tonight", "twelve", "twenty", "two", "zero"], "ordinal": ["dozen", "eight", "eighteen", "eighteenth", "eighth", "eightieth", "eighty", "eleven", "eleventh", "fifteen", "fifteenth", "fifth", "fiftieth", "fifty", "first", "five", "fortieth", "forty", "four", "fourteen", "fourteenth", "fourth", "half", "halves", "hundred", "hundredth", "million", "minus", "negative", "nine", "nineteen", "nineteenth", "ninetieth", "ninety", "ninth", "one", "point", "quarter", "quarters", "second", "seven", "seventeen", "seventeenth", "seventh", "seventieth", "seventy", "six", "sixteen", "sixteenth", "sixth", "sixtieth", "sixty", "ten", "tenth", "third", "thirds", "thirteen", "thirteenth", "thirtieth", "thirty", "thousand", "thousandth", "three", "twelfth", "twelve", "twentieth", "twenty", "two", "zero"]},
  UNREAD: ["eighteenth", "eighteenths", "eighth", "eighths", "eightieth", "eightieths", "eleventh", "elevenths", "fifteenth", "fifteenths", "fifth", "fifths", "fiftieth", "fiftieths", "first", "firsts", "fortieth", "fortieths", "fourteenth", "fourteenths", "fourth", "fourths", "hundredth", "hundredths", "nineteenth", "nineteenths", "ninetieth", "ninetieths", "ninth", "ninths", "seventeenth", "seventeenths", "seventh", "sevenths", "seventieth", "seventieths", "sixteenth", "sixteenths", "sixth", "sixths", "sixtieth", "sixtieths", "tenth", "tenths", "third", "thirds", "thirteenth", "thirteenths", "thirtieth", "thirtieths", "thousandth", "thousandths", "twelfth", "twelfths", "twentieth", "twentieths"],
  TELLING: {"number": ["eighteenth", "eighteenths", "eighth", "eighths", "eightieth", "eightieths", "eleventh", "elevenths", "fifteenth", "fifteenths", "fifth", "fifths", "fiftieth", "fiftieths", "first", "firsts", "fortieth", "fortieths", "fourteenth", "fourteenths", "fourth", "fourths", "hundredth", "hundredths", "nineteenth", "nineteenths", "ninetieth", "ninetieths", "ninth", "ninths", "seventeenth", "seventeenths", "seventh", "sevenths", "seventieth", "seventieths", "sixteenth", "sixteenths", "sixth", "sixths", "sixtieth", "sixtieths", "tenth", "tenths", "third", "thirds", "thirteenth", "thirteenths", "thirtieth", "thirtieths", "thousandth", "thousandths", "twelfth", "twelfths", "twentieth", "twentieths"], "percent": ["eighteenth", "eighteenths", "eighth", "eighths", "eightieth", "eightieths", "eleventh", "elevenths", "fifteenth", "fifteenths", "fifth", "fifths", "fiftieth", "fiftieths", "first", "firsts", "fortieth", "fortieths", "fourteenth", "fourteenths", "fourth", "fourths", "hundredth", "hundredths", "nineteenth", "nineteenths", "ninetieth", "ninetieths", "ninth", "ninths", "seventeenth", "seventeenths", "seventh", "sevenths", "seventieth", "seventieths", "sixteenth", "sixteenths", "sixth", "sixths", "sixtieth", "sixtieths", "tenth", "tenths", "third", "thirds", "thirteenth", "thirteenths", "thirtieth", "thirtieths", "thousandth", "thousandths", "twelfth", "twelfths", "twentieth", "twentieths"], "duration": ["eighteenth", "eighteenths", "eighth", "eighths", "eightieth", "eightieths", "eleventh", "elevenths", "fifteenth", "fifteenths", "fifth", "fifths", "fiftieth", "fiftieths", "first", "firsts", "fortieth", "fortieths", "fourteenth", "fourteenths", "fourth", "fourths", "hundredth", "hundredths", "nineteenth", "nineteenths", "ninetieth", "ninetieths", "ninth", "ninths", "seventeenth", "seventeenths", "seventh", "sevenths", "seventieth", "seventieths", "sixteenth", "sixteenths", "sixth", "sixths", "sixtieth", "sixtieths", "tenth", "tenths", "third", "thirds", "thirteenth", "thirteenths", "thirtieth", "thirtieths", "thousandth", "thousandths", "twelfth", "twelfths", "twentieth", "twentieths"], "temperature": ["below", "eighteenth", "eighteenths", "eighth", "eighths", "eightieth", "eightieths", "eleventh", "elevenths", "fifteenth", "fifteenths", "fifth", "fifths", "fiftieth", "fiftieths", "first", "firsts", "fortieth", "fortieths", "fourteenth", "fourteenths", "fourth", "fourths", "hundredth", "hundredths", "nineteenth", "nineteenths", "ninetieth", "ninetieths", "ninth", "ninths", "seventeenth", "seventeenths", "seventh", "sevenths", "seventieth", "seventieths", "sixteenth", "sixteenths", "sixth", "sixths", "sixtieth", "sixtieths", "tenth", "tenths", "third", "thirds", "thirteenth", "thirteenths", "thirtieth", "thirtieths", "thousandth", "thousandths", "twelfth", "twelfths", "twentieth", "twentieths"], "ordinal": ["eighth", "fifth", "first", "last", "ninth", "second", "third", "twelfth"], "datetime": ["afternoon", "am", "eighteenth", "eighteenths", "eighth", "eighths", "eightieth", "eightieths", "eleventh", "elevenths", "evening", "fifteenth", "fifteenths", "fifth", "fifths", "fiftieth", "fiftieths", "first", "firsts", "fortieth", "fortieths", "fourteenth", "fourteenths", "fourth", "fourths", "hundredth", "hundredths", "midday", "midnight", "morning", "night", "nineteenth", "nineteenths", "ninetieth", "ninetieths", "ninth", "ninths", "noon", "pm", "seventeenth", "seventeenths", "seventh", "sevenths", "seventieth", "seventieths", "sixteenth", "sixteenths", "sixth", "sixths", "sixtieth", "sixtieths", "tenth", "tenths", "third", "thirds", "thirteenth", "thirteenths", "thirtieth", "thirtieths", "thousandth", "thousandths", "tonight", "twelfth", "twelfths", "twentieth", "twentieths"]},
};

export const numerals = {
  NUMERALS: {"de": {"thousand": "tausend", "hundred": "hundert", "points": ["komma", "punkt"], "minus": ["minus"], "parts": {"halb": 0.5, "halbe": 0.5, "halben": 0.5, "halber": 0.5, "halbes": 0.5, "einhalb": 0.5, "einhalbe": 0.5, "einhalben": 0.5, "einhalber": 0.5, "einhalbes": 0.5, "einehalb": 0.5, "einehalbe": 0.5, "einehalben": 0.5, "einehalber": 0.5, "einehalbes": 0.5, "einenhalb": 0.5, "einenhalbe": 0.5, "einenhalben": 0.5, "einenhalber": 0.5, "einenhalbes": 0.5, "einemhalb": 0.5, "einemhalbe": 0.5, "einemhalben": 0.5, "einemhalber": 0.5, "einemhalbes": 0.5, "einerhalb": 0.5, "einerhalbe": 0.5, "einerhalben": 0.5, "einerhalber": 0.5, "einerhalbes": 0.5, "eineshalb": 0.5, "eineshalbe": 0.5, "eineshalben": 0.5, "eineshalber": 0.5, "eineshalbes": 0.5, "halfte": 0.5, "haelfte": 0.5, "diehalfte": 0.5, "diehaelfte": 0.5, "dreiviertel": 0.75, "einedreiviertel": 0.75, "zweiviertel": 0.5, "zweidrittel": 0.6666666666666666, "viertel": 0.25, "einviertel": 0.25, "eineviertel": 0.25, "einemviertel": 0.25, "drittel": 0.3333333333333333, "eindrittel": 0.3333333333333333, "einemdrittel": 0.3333333333333333, "anderthalb": 1.5, "anderthalbe": 1.5, "anderthalben": 1.5}, "joints": ["undein", "undeine", "ein", "und"], "direct": ["dreiviertel"]}, "nl": {"thousand": "duizend", "hundred": "honderd", "points": ["komma", "punt"], "minus": ["min", "minus"], "parts": {"half": 0.5, "halve": 0.5, "eenhalf": 0.5, "eenhalve": 0.5, "helft": 0.5, "dehelft": 0.5, "driekwart": 0.75, "tweederde": 0.6666666666666666, "kwart": 0.25, "eenkwart": 0.25, "eenderde": 0.3333333333333333, "anderhalf": 1.5, "anderhalve": 1.5}, "joints": ["eneen", "en"], "direct": []}, "fr": {"thousand": "mille", "hundred": null, "points": ["virgule", "point"], "minus": ["moins"], "parts": {"demi": 0.5, "demie": 0.5, "moitie": 0.5, "undemi": 0.5, "undemie": 0.5, "unmoitie": 0.5, "unedemi": 0.5, "unedemie": 0.5, "unemoitie": 0.5, "lamoitie": 0.5, "troisquarts": 0.75, "troisquart": 0.75, "quart": 0.25, "unquart": 0.25, "lequart": 0.25, "tiers": 0.3333333333333333, "untiers": 0.3333333333333333, "deuxtiers": 0.6666666666666666}, "joints": ["etun", "et"], "direct": []}, "es": {"thousand": "mil", "hundred": null, "points": ["coma", "punto", "con"], "minus": ["menos"], "parts": {"medio": 0.5, "media": 0.5, "mitad": 0.5, "unmedio": 0.5, "unmedia": 0.5, "unmitad": 0.5, "unamedio": 0.5, "unamedia": 0.5, "unamitad": 0.5, "lamitad": 0.5, "trescuartos": 0.75, "cuarto": 0.25, "uncuarto": 0.25, "tercio": 0.3333333333333333, "untercio": 0.3333333333333333, "dostercios": 0.6666666666666666}, "joints": ["yun", "y"], "direct": []}},
  MOST: 999,
  MAX_DIGITS: 15,
  APART: ["-", "\u2010", "\u2011"],
  LIGATURES: [[223, "ss"], [339, "oe"]],
  GERMAN: ["null", "eins", "zwei", "drei", "vier", "f\u00fcnf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zw\u00f6lf", "dreizehn", "vierzehn", "f\u00fcnfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"],
  GERMAN_TENS: ["zwanzig", "drei\u00dfig", "vierzig", "f\u00fcnfzig", "sechzig", "siebzig", "achtzig", "neunzig"],
  GERMAN_ONES: ["eins", "ein", "eine", "einen", "einem", "einer", "eines"],
  DUTCH: ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen", "tien", "elf", "twaalf", "dertien", "veertien", "vijftien", "zestien", "zeventien", "achttien", "negentien"],
  DUTCH_TENS: ["twintig", "dertig", "veertig", "vijftig", "zestig", "zeventig", "tachtig", "negentig"],
  FRENCH: ["z\u00e9ro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize", "quatorze", "quinze", "seize", "dixsept", "dixhuit", "dixneuf"],
  FRENCH_TENS: [[20, "vingt"], [30, "trente"], [40, "quarante"], [50, "cinquante"], [60, "soixante"], [80, "quatrevingt"]],
  SWISS_TENS: [[70, ["septante"]], [80, ["huitante", "octante"]], [90, ["nonante"]]],
  SPANISH: ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce", "trece", "catorce", "quince", "diecis\u00e9is", "diecisiete", "dieciocho", "diecinueve"],
  SPANISH_TENS: ["veinte", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"],
  SPANISH_HUNDREDS: ["ciento", "doscient", "trescient", "cuatrocient", "quinient", "seiscient", "setecient", "ochocient", "novecient"],
};

export const languages = {
  DEGREES: {"c": "\u00b0C", "\u00b0c": "\u00b0C", "celsius": "\u00b0C", "centigrade": "\u00b0C", "f": "\u00b0F", "\u00b0f": "\u00b0F", "fahrenheit": "\u00b0F", "k": "K", "kelvin": "K"},
  LANGUAGES: {"de": {"percent": [["prozent"]], "most": ["ganz", "max", "maximal", "maximale", "maximum", "voll"], "degrees": ["grad", "o", "\u00b0"], "below_zero": ["unter", "null"], "seconds": {"sekunde": 1, "sekunden": 1, "sek": 1, "s": 1, "minute": 60, "minuten": 60, "min": 60, "m": 60, "stunde": 3600, "stunden": 3600, "std": 3600, "h": 3600, "tag": 86400, "tage": 86400, "tagen": 86400, "woche": 604800, "wochen": 604800}, "split": {"viertelstunde": ["viertel", "stunde"], "dreiviertelstunde": ["drei", "viertel", "stunde"], "halbstunde": ["halb", "stunde"]}, "conjunction": "und", "between": ["-"], "ordinal_ends": [".", "te", "ten", "ter", "tes"], "ordinals": ["achte", "achtem", "achten", "achter", "achtes", "dritte", "drittem", "dritten", "dritter", "drittes", "elfte", "elftem", "elften", "elfter", "elftes", "erste", "erstem", "ersten", "erster", "erstes", "fuenfte", "fuenftem", "fuenften", "fuenfter", "fuenftes", "funfte", "funftem", "funften", "funfter", "funftes", "neunte", "neuntem", "neunten", "neunter", "neuntes", "sechste", "sechstem", "sechsten", "sechster", "sechstes", "siebente", "siebentem", "siebenten", "siebenter", "siebentes", "siebte", "siebtem", "siebten", "siebter", "siebtes", "vierte", "viertem", "vierten", "vierter", "viertes", "zehnte", "zehntem", "zehnten", "zehnter", "zehntes", "zweite", "zweitem", "zweiten", "zweiter", "zweites", "zwoelfte", "zwoelftem", "zwoelften", "zwoelfter", "zwoelftes", "zwolfte", "zwolftem", "zwolften", "zwolfter", "zwolftes"], "articles": ["das", "dem", "den", "der", "des", "die", "ein", "eine", "einem", "einen", "einer", "mein", "meine", "meinen", "meiner", "unser"], "plurals": [["innen", "in"], ["en", ""], ["er", ""], ["es", ""], ["e", ""], ["n", ""], ["s", ""]], "linking": []}, "fr": {"percent": [["pour", "cent"], ["pourcent"], ["pourcents"]], "most": ["max", "maximal", "maximale", "maximum"], "degrees": ["degre", "degres", "o", "\u00b0"], "below_zero": ["sous", "zero"], "seconds": {"seconde": 1, "secondes": 1, "sec": 1, "s": 1, "minute": 60, "minutes": 60, "min": 60, "m": 60, "heure": 3600, "heures": 3600, "h": 3600, "jour": 86400, "jours": 86400, "semaine": 604800, "semaines": 604800}, "split": {}, "conjunction": "et", "between": ["d", "'", "\u2019", "de", "-"], "ordinal_ends": ["e", "eme", "er", "ere"], "ordinals": ["centieme", "centiemes", "cinquantieme", "cinquantiemes", "cinquieme", "cinquiemes", "deuxieme", "deuxiemes", "dixieme", "dixiemes", "douzieme", "douziemes", "huitieme", "huitiemes", "millieme", "milliemes", "neuvieme", "neuviemes", "onzieme", "onziemes", "premier", "premiere", "premieres", "premiers", "quarantieme", "quarantiemes", "quatorzieme", "quatorziemes", "quatrieme", "quatriemes", "quinzieme", "quinziemes", "seizieme", "seiziemes", "septieme", "septiemes", "sixieme", "sixiemes", "soixantieme", "soixantiemes", "treizieme", "treiziemes", "trentieme", "trentiemes", "troisieme", "troisiemes", "unieme", "uniemes", "vingtieme", "vingtiemes"], "articles": ["'", "d", "de", "des", "du", "l", "la", "le", "les", "ma", "mes", "mon", "nos", "notre", "un", "une", "\u2019"], "plurals": [["eaux", "eau"], ["aux", "al"], ["ees", ""], ["es", ""], ["ee", ""], ["s", ""], ["x", ""], ["e", ""]], "linking": []}, "es": {"percent": [["por", "ciento"], ["porciento"]], "most": ["max", "maxima", "maximo", "maximum"], "degrees": ["grado", "grados", "o", "\u00b0"], "below_zero": ["bajo", "cero"], "seconds": {"segundo": 1, "segundos": 1, "seg": 1, "s": 1, "minuto": 60, "minutos": 60, "min": 60, "m": 60, "hora": 3600, "horas": 3600, "h": 3600, "dia": 86400, "dias": 86400, "semana": 604800, "semanas": 604800}, "split": {}, "conjunction": "y", "between": ["de", "-"], "ordinal_ends": ["o", "a", "er", "."], "ordinals": ["cuarta", "cuartas", "cuarto", "cuartos", "decima", "decimas", "decimo", "decimos", "novena", "novenas", "noveno", "novenos", "octava", "octavas", "octavo", "octavos", "primer", "primera", "primeras", "primero", "primeros", "quinta", "quintas", "quinto", "quintos", "segunda", "segundas", "septima", "septimas", "septimo", "septimos", "sexta", "sextas", "sexto", "sextos", "tercer", "tercera", "terceras", "tercero", "terceros"], "articles": ["al", "el", "la", "las", "lo", "los", "mi", "mis", "nuestra", "nuestro", "un", "una", "unas", "unos"], "plurals": [["ones", "on"], ["as", ""], ["os", ""], ["es", ""], ["s", ""], ["a", ""], ["o", ""], ["e", ""]], "linking": ["con"]}, "nl": {"percent": [["procent"], ["percent"]], "most": ["max", "maximaal", "maximale", "maximum", "vol"], "degrees": ["graad", "graden", "o", "\u00b0"], "below_zero": ["onder", "nul"], "seconds": {"seconde": 1, "seconden": 1, "sec": 1, "s": 1, "minuut": 60, "minuten": 60, "min": 60, "m": 60, "kwartier": 900, "uur": 3600, "uren": 3600, "u": 3600, "h": 3600, "dag": 86400, "dagen": 86400, "week": 604800, "weken": 604800}, "split": {"halfuur": ["half", "uur"]}, "conjunction": "en", "between": ["-"], "ordinal_ends": ["e", "de", "ste"], "ordinals": ["achtste", "derde", "eerste", "elfde", "negende", "tiende", "twaalfde", "tweede", "vierde", "vijfde", "zesde", "zevende"], "articles": ["'t", "de", "een", "het", "mijn", "ons", "onze"], "plurals": [["en", ""], ["s", ""], ["e", ""]], "linking": []}},
  UNREAD: ["achtel", "coma", "fuenftel", "funftel", "komma", "miljard", "miljoen", "milliard", "milliarde", "milliarden", "milliards", "million", "millionen", "millions", "millon", "millones", "sechstel", "virgule", "zehntel"],
};

export const table = {
  ARTICLES: ["a", "an", "my", "our", "some", "the", "your"],
};

export const units = {
  SMALLER: {"hours": "minutes", "minutes": "seconds"},
  UNITS: {"hours": "hours", "hour": "hours", "minutes": "minutes", "minute": "minutes", "seconds": "seconds", "second": "seconds"},
  PARTS: ["half", "quarter", "quarters", "third", "thirds"],
  SECONDS: [[3600, "hours"], [60, "minutes"], [1, "seconds"]],
};

export const reader = {
  SIXTIETHS: 60,
};
