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
  MISSED: 0.5,
  UNREAD: 0.5,
};

export const commands = {
  CONJUNCTIONS: {"en": {"first": ["and", "then"], "more": ["also", "and", "then"], "small": ["at", "in", "my", "of", "our", "the"]}, "de": {"first": ["dann", "und"], "more": ["auch", "dann", "und"], "small": ["am", "bei", "das", "dem", "den", "der", "die", "im", "in", "mein", "meine", "meinen", "von"]}, "fr": {"first": ["et", "puis"], "more": ["aussi", "ensuite", "et", "puis"], "small": ["au", "dans", "de", "des", "du", "l'", "la", "le", "les", "ma", "mes", "mon", "\u00e0"]}, "es": {"first": ["despu\u00e9s", "e", "luego", "y"], "more": ["despu\u00e9s", "luego", "tambi\u00e9n", "y"], "small": ["de", "del", "el", "en", "la", "las", "los", "mi", "mis"]}, "nl": {"first": ["daarna", "dan", "en"], "more": ["daarna", "dan", "en", "ook"], "small": ["bij", "de", "het", "in", "mijn", "onze", "op", "van"]}},
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
  MINUS: ["-", "minus", "negative"],
  SLASH: "\u2044",
  MAX_DIGITS: 15,
};

export const clock = {
  NAMED: {"noon": [12, 0], "midday": [12, 0], "midnight": [0, 0]},
  PARTS_OF_DAY: [[["am"], false], [["a", ".", "m", "."], false], [["a", ".", "m"], false], [["in", "the", "morning"], false], [["pm"], true], [["p", ".", "m", "."], true], [["p", ".", "m"], true], [["in", "the", "afternoon"], true], [["in", "the", "evening"], true], [["tonight"], true], [["at", "night"], true]],
  BETWEEN: ["past", "after", "to", "before", "till"],
};

export const duration = {
  SECONDS: {"second": 1, "seconds": 1, "sec": 1, "secs": 1, "s": 1, "minute": 60, "minutes": 60, "min": 60, "mins": 60, "m": 60, "hour": 3600, "hours": 3600, "hr": 3600, "hrs": 3600, "h": 3600, "day": 86400, "days": 86400, "d": 86400, "week": 604800, "weeks": 604800},
};

export const kinds = {
  KINDS: ["number", "percent", "temperature", "duration", "ordinal", "datetime", "list", "text"],
  ORDINALS: {"first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine", "twelfth": "twelve"},
  DEGREE_WORDS: ["degree", "degrees", "o", "\u00b0"],
  SPELLERS: {"number": ["dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "million", "minus", "negative", "nine", "nineteen", "ninety", "one", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero"], "percent": ["cent", "dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "full", "fully", "half", "halves", "hundred", "maximum", "million", "minus", "negative", "nine", "nineteen", "ninety", "one", "percent", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero"], "temperature": ["below", "c", "celsius", "centigrade", "degree", "degrees", "dozen", "eight", "eighteen", "eighty", "eleven", "f", "fahrenheit", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "k", "kelvin", "million", "minus", "negative", "nine", "nineteen", "ninety", "o", "one", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "zero", "\u00b0"], "duration": ["d", "day", "days", "dozen", "eight", "eighteen", "eighty", "eleven", "fifteen", "fifty", "five", "forty", "four", "fourteen", "h", "half", "halves", "hour", "hours", "hr", "hrs", "hundred", "m", "million", "min", "mins", "minus", "minute", "minutes", "negative", "nine", "nineteen", "ninety", "one", "point", "quarter", "quarters", "s", "sec", "second", "seconds", "secs", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "third", "thirds", "thirteen", "thirty", "thousand", "three", "twelve", "twenty", "two", "week", "weeks", "zero"], "datetime": [".", "a", "after", "afternoon", "am", "at", "before", "clock", "dozen", "eight", "eighteen", "eighty", "eleven", "evening", "fifteen", "fifty", "five", "forty", "four", "fourteen", "half", "halves", "hundred", "in", "m", "midday", "midnight", "million", "minus", "morning", "negative", "night", "nine", "nineteen", "ninety", "noon", "oclock", "one", "p", "past", "pm", "point", "quarter", "quarters", "seven", "seventeen", "seventy", "six", "sixteen", "sixty", "ten", "the", "third", "thirds", "thirteen", "thirty", "thousand", "three", "till", "to", "tonight", "twelve", "twenty", "two", "zero"], "ordinal": ["dozen", "eight", "eighteen", "eighteenth", "eighth", "eightieth", "eighty", "eleven", "eleventh", "fifteen", "fifteenth", "fifth", "fiftieth", "fifty", "first", "five", "fortieth", "forty", "four", "fourteen", "fourteenth", "fourth", "half", "halves", "hundred", "hundredth", "million", "minus", "negative", "nine", "nineteen", "nineteenth", "ninetieth", "ninety", "ninth", "one", "point", "quarter", "quarters", "second", "seven", "seventeen", "seventeenth", "seventh", "seventieth", "seventy", "six", "sixteen", "sixteenth", "sixth", "sixtieth", "sixty", "ten", "tenth", "third", "thirds", "thirteen", "thirteenth", "thirtieth", "thirty", "thousand", "thousandth", "three", "twelfth", "twelve", "twentieth", "twenty", "two", "zero"]},
};

export const languages = {
  DEGREES: {"c": "\u00b0C", "celsius": "\u00b0C", "centigrade": "\u00b0C", "f": "\u00b0F", "fahrenheit": "\u00b0F", "k": "K", "kelvin": "K"},
};

export const table = {
  ARTICLES: ["a", "an", "my", "our", "some", "the", "your"],
};

export const units = {
  SMALLER: {"hours": "minutes", "minutes": "seconds"},
  UNITS: {"hours": "hours", "hour": "hours", "minutes": "minutes", "minute": "minutes", "seconds": "seconds", "second": "seconds"},
  PARTS: ["half", "quarter", "quarters", "third", "thirds"],
};

export const reader = {
  SIXTIETHS: 60,
};

// Languages whose values this reader does not know.

export const OTHER_LANGUAGES = ["de", "es", "fr", "nl"];
