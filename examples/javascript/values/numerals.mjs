// Numbers in German, French, Spanish and Dutch, as trunkline_edge.understanding.values.numerals has them: every whole
// number below a thousand stands in a table in all its spellings, without spaces, hyphens and accents.

import { number, numerals as tables } from "../tables.mjs";
import { DIGITS } from "../text.mjs";
import { fractionsApart, thousands } from "./number.mjs";
import { SPELLINGS } from "./spellings.mjs";

const LIGATURES = new Map(tables.LIGATURES.map(([point, letters]) => [String.fromCodePoint(point), letters]));
const COMBINING = /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20dc\u20e1\u20e5-\u20f0\ufe20-\ufe2f]/g;

// Returns a word without accents: "fünf" is "funf", "dreißig" "dreissig".
export function fold(word) {
  const spread = Array.from(word, (letter) => LIGATURES.get(letter) ?? letter).join("");
  return spread.normalize("NFKD").replace(COMBINING, "");
}

// How one language says numbers.
export class Numerals {
  constructor(code) {
    Object.assign(this, tables.NUMERALS[code]);
    this.parts = new Map(Object.entries(this.parts));
    this.table = new Map();
    for (let n = tables.MOST; n >= 0; n--) {
      for (const said of SPELLINGS[code](n)) {
        this.table.set(fold(said), n);
        this.table.set(fold(said.replaceAll("ü", "ue").replaceAll("ö", "oe")), n); // "fuenf"
      }
    }
  }

  // Folded words that a slip may have hit: those of small numbers, of parts, and the great ones.
  get words() {
    const small = [...this.table].filter(([, n]) => n <= 100 || n % 100 === 0).map(([form]) => form);
    return [...small, ...this.parts.keys(), ...this.points, ...this.minus, this.thousand];
  }

  // Reads folded words that are one number and nothing else.
  read(given) {
    const words = fractionsApart(given);
    if (number.DASHES.includes(words[0]) || this.minus.includes(words[0])) {
      const found = this.read(words.slice(1));
      return found === null || found < 0 ? null : -found;
    }
    if (words.length === 0) return null;
    const isSaid = (word, at) => !tables.APART.includes(word) || at === 0 || at === words.length - 1;
    const said = words.filter(isSaid);
    return written(words) ?? this.part(said.join("")) ?? this.decimal(said) ?? this.cardinal(said);
  }

  // Reads "halb", "drei viertel", "zweieinhalb", "deux et demi".
  part(said) {
    if (this.parts.has(said)) return this.parts.get(said);
    for (const [part, value] of this.parts) {
      if (!said.endsWith(part) || value >= 1) continue;
      const count = said.slice(0, -part.length);
      const joints = this.direct.includes(part) ? [...this.joints, ""] : this.joints;
      for (const joint of joints.filter((each) => count.endsWith(each))) {
        const found = this.whole(count.slice(0, count.length - joint.length));
        if (found) return found + value;
      }
    }
    return null;
  }

  // Reads "zwanzig komma fünf", "vingt virgule vingt-cinq", "null komma null fünf". A point word with nothing before it
  // is another word: "con veinte", "Punkt acht".
  decimal(words) {
    const at = words.findIndex((word) => this.points.includes(word));
    const after = words.slice(at + 1);
    const count = at > 0 ? this.cardinal(words.slice(0, at)) : null;
    if (count === null || after.length === 0) return null;
    const single = after.map((word) => this.whole(word));
    const isSpelt = single.every((digit) => digit !== null && digit < 10);
    const text = String((isSpelt ? single.join("") : this.cardinal(after)) ?? "");
    return text && text.length + String(count).length <= tables.MAX_DIGITS ? Number(`${count}.${text}`) : null;
  }

  // Reads a whole number below a million: "zweitausendsiebenhundert", "deux mille sept cents", "5 mil".
  cardinal(words) {
    // Digits are parted from what is around them: "20" and "5" are not 205.
    const said = words.map((word) => (DIGITS.test(word) ? `|${word}|` : word)).join("");
    const found = this.whole(said);
    if (found !== null) return found;
    for (const [scale, least, most, word] of [
      [1000, 1, tables.MOST, this.thousand],
      [100, 11, 99, this.hundred],
    ]) {
      const at = word === null ? -1 : said.indexOf(word);
      if (at < 0) continue;
      const after = said.slice(at + word.length);
      const count = at ? this.whole(said.slice(0, at)) : 1;
      const rest = after ? this.whole(after) : 0;
      if (count === null || rest === null || count < least || count > most || rest >= scale) continue;
      if (rest || !after) return count * scale + rest;
    }
    return null;
  }

  // Reads a number of the table, or digits.
  whole(said) {
    const bars = said.split("|").length - 1;
    return this.table.get(said) ?? (bars === 0 || bars === 2 ? digits(said.replace(/^\|+|\|+$/g, "")) : null);
  }
}

const digits = (word) => (/^[0-9]+$/.test(word) && word.length <= tables.MAX_DIGITS ? Number(word) : null);

// Reads "20", "20,5", "20.5"; a full stop or a space before three digits parts thousands, "2.700".
function written(words) {
  if (words.length === 1) return digits(words[0]);
  if (words.length === 4 && words[2] === "/" && digits(words[0])) {
    const part = written(words.slice(1));
    return part !== null && part > 0 && part < 1 ? digits(words[0]) + part : null;
  }
  if (words.length > 3) return thousands(words, ".");
  const [first, last] = [words[0], words.at(-1)];
  const between = words.slice(1, -1).join(" ");
  if (digits(first) === null || digits(last) === null) return null;
  if ((first + last).length > tables.MAX_DIGITS) return null;
  const groups = last.length === 3 && first.length <= 3 && !first.startsWith("0");
  if (groups && ["", "."].includes(between)) return Number(first + last);
  if ([",", "."].includes(between)) return Number(`${first}.${last}`);
  return between === "/" && digits(last) ? digits(first) / digits(last) : null;
}
