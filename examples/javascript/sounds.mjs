// What English words sound like, as trunkline_edge.understanding.sounds has it: "stewdio" and "studio" have one key.

import { sounds } from "./tables.mjs";

const compiled = (rules) => rules.map(([pattern, sound]) => [new RegExp(pattern, "g"), sound.replace("\\", "$")]);
const SPELLINGS = compiled(sounds.SPELLINGS);
const RULES = compiled(sounds.RULES);
const VOWEL_CLASSES = new Map(sounds.VOWEL_CLASSES.map((pair) => pair.map((point) => String.fromCodePoint(point))));
const VOWELS = /[IAO]+/g;

const written = (word, rules) => rules.reduce((text, [pattern, sound]) => text.replace(pattern, sound), word);

// Returns what all words of this sound have in common; null for a word too short to be known by it, or not Latin.
export function soundKey(word) {
  if (word.length < sounds.MIN_LETTERS || !/^[a-z]+$/.test(word)) return null;
  const sound = Array.from(written(written(word, SPELLINGS), RULES), (letter) => VOWEL_CLASSES.get(letter) ?? letter);
  const key = sound.join("").replace(VOWELS, (run) => run[0]);
  return key.replace(VOWELS, "").length >= sounds.MIN_CONSONANTS ? key : null;
}
