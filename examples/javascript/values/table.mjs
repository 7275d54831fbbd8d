// What rows have said, and what it meant, as trunkline_edge.understanding.values.table has it.

import { Speller } from "../edits.mjs";
import { edits, table } from "../tables.mjs";
import { formsOf } from "../text.mjs";
import { languageOf } from "./languages.mjs";

// What the wordings of one label mean; null where no row has said so.
export class Meanings {
  // `wordings` maps a text to its value; articles and plurals are those of the languages.
  constructor(wordings, languages) {
    this.languages = languages.map(languageOf);
    const pairs = Object.entries(wordings).map(([text, value]) => [formsOf(text), value]);
    this.said = new Map(pairs.map(([forms, value]) => [forms.join(" "), value]));
    this.folded = new Map();
    this.speller = new Speller([], edits.FEWEST_LETTERS);
    for (const [forms, value] of pairs) {
      for (const words of this.bare(forms)) {
        for (const key of [words.join(" "), words.join("")]) { // "day light" is "daylight"
          // Of wordings that differ only in what is forgiven, and mean different things, none is meant.
          this.folded.set(key, (this.folded.has(key) ? this.folded.get(key) : value) === value ? value : null);
        }
        for (const word of words) this.speller.add(word);
      }
      for (const word of forms) this.speller.add(word);
    }
  }

  // Returns the value of words that rows have said just so.
  exact(words) {
    return this.said.get(words.join(" ")) ?? null;
  }

  // Returns the value of words that rows have said just so, but for slips.
  respelt(words) {
    return this.exact(words.map((word) => this.speller.mended(word)));
  }

  // Returns the value of words that rows have said with another article, number or spelling.
  forgiving(words) {
    for (const bare of this.bare(words)) {
      const mended = bare.map((word) => this.speller.mended(word));
      for (const key of [bare.join(" "), bare.join(""), mended.join(" ")]) {
        const found = this.folded.get(key) ?? null;
        if (found !== null) return found;
      }
    }
    return null;
  }

  // Returns the words without articles and plurals, as each language would have them.
  bare(words) {
    return this.languages.map((language) => (language ? language.bare(words) : folded(words)));
  }
}

// Returns the words without leading articles, each in the singular.
export function folded(words) {
  let start = 0;
  while (start < words.length - 1 && table.ARTICLES.includes(words[start])) start++;
  return words.slice(start).map(singular);
}

// Returns an English plural without its ending, roughly: both sides of a comparison are cut alike.
export function singular(word) {
  const { length } = Array.from(word);
  if (length < edits.MIN_LETTERS || !word.endsWith("s") || /(ss|us|is)$/.test(word)) return word;
  if (word.endsWith("ies") && length > edits.MIN_LETTERS) return `${word.slice(0, -3)}y`;
  return word.slice(0, /(ches|shes|xes|sses|zes)$/.test(word) ? -2 : -1);
}
