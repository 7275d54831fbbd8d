// Names that only one device knows, as trunkline_edge.understanding.names has it.

import { Speller } from "./edits.mjs";
import { soundKey } from "./sounds.mjs";
import { edits, names as limits } from "./tables.mjs";
import { byCodePoint, DIGITS, formsOf, isLetters, normalise } from "./text.mjs";
import { readNumber } from "./values/number.mjs";
import { folded, singular } from "./values/table.mjs";

// Reads a names file: `{list: [{id, names, in}]}`; throws saying where and what is wrong.
export function readNames(text) {
  if (new TextEncoder().encode(text).length > limits.MAX_NAMES_BYTES) {
    throw new Error(`names: at most ${limits.MAX_NAMES_BYTES} bytes are read`);
  }
  const names = JSON.parse(text);
  const refuse = (place, expected, found) => {
    throw new Error(`names: ${place}: expected ${expected}, found ${JSON.stringify(found)?.slice(0, 80)}`);
  };
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(names)) refuse("file", "an object of lists", names);
  const isText = (value, most) => typeof value === "string" && value && Array.from(value).length <= most;
  const isName = (value) => isText(value, limits.MAX_NAME_CHARACTERS) && tokens(formsOf(value)).length > 0;
  for (const [list, entries] of Object.entries(names)) {
    if (!Array.isArray(entries)) refuse(list, "a list of {id, names, in}", entries);
    entries.forEach((entry, at) => {
      const place = `${list}[${at}]`;
      const isEntry = isObject(entry) && Object.keys(entry).every((key) => ["id", "names", "in"].includes(key));
      if (!isEntry) refuse(place, "{id, names, in}", entry);
      if (!isText(entry.id, 255)) refuse(`${place}.id`, "a text of 1 to 255 characters", entry.id);
      if (!Array.isArray(entry.names) || entry.names.length === 0 || !entry.names.every(isName)) {
        refuse(`${place}.names`, `texts with a word, of 1 to ${limits.MAX_NAME_CHARACTERS} characters`, entry.names);
      }
      if (typeof (entry.in ?? "") !== "string") refuse(`${place}.in`, "the id of what it stands in", entry.in);
    });
    if (new Set(entries.map(({ id }) => id)).size < entries.length) refuse(list, "each id once", entries);
  }
  const count = Object.values(names).flat().reduce((sum, entry) => sum + entry.names.length, 0);
  if (count > limits.MAX_NAMES) throw new Error(`${count} names; at most ${limits.MAX_NAMES} are known`);
  return names;
}

// Returns words as names are compared: singular, without marks and owner's endings, numbers in digits; each with the
// first and last of the given words that it stands for.
export function tokens(forms) {
  const found = [];
  for (let at = 0; at < forms.length; at++) {
    const isOwner = ["'", "\u2019"].includes(forms[at + 1]) && forms[at + 2] === "s";
    const form = formOf(forms[at]);
    if (form) found.push({ form, first: at, last: isOwner ? at + 2 : at });
    if (isOwner) at += 2;
  }
  return found;
}

function formOf(word) {
  if (!/[\p{L}\p{N}]/u.test(word)) return ""; // not all of it: vowels of Hindi are marks
  const number = isLetters(word) ? readNumber([word]) : null;
  return Number.isInteger(number) ? String(number) : singular(word);
}

const NOBODY = { entry: null, candidates: [] };

// The names of some lists, ready to be found in words.
export class Lexicon {
  // `lists` are those that a net knows, in the order of its `lexicon` columns; others are left out.
  constructor(names, lists) {
    this.lists = lists;
    this.root = newNode();
    this.speller = new Speller([], edits.FEWEST_LETTERS);
    this.sounding = new Map();
    this.postings = new Map();
    this.within = new Map(Object.values(names).flat().map((entry) => [entry.id, entry.in ?? null]));
    this.places = new Set([...this.within.values()].filter(Boolean));
    for (const list of lists) {
      for (const entry of ownNamesFirst(names[list] ?? [])) {
        for (const name of entry.names) this.add(list, entry, name);
      }
    }
  }

  get isEmpty() {
    return this.root.after.size === 0;
  }

  // Says of each word whether it begins, and whether it continues, a known name of each list: (words, 2 x lists).
  tensor(forms) {
    const width = 2 * this.lists.length;
    const known = new Float32Array(forms.length * width);
    for (const { first, last, list, slips } of this.isEmpty ? [] : this.matches(forms)) {
      const sure = slips ? limits.MISSPELT : limits.EXACT;
      for (let word = first; word <= last; word++) {
        const at = word * width + 2 * this.lists.indexOf(list) + (word > first ? 1 : 0);
        known[at] = Math.max(known[at], sure);
      }
    }
    return known;
  }

  // Yields every known name that stands in the words, nested ones too; without a leading article. Several are not the
  // one: where a lamp is called "Kitchen Light", "kitchen lights" are those of the kitchen.
  *matches(forms) {
    const said = tokens(forms);
    const plural = said.map(({ form, first }) => form !== forms[first] && forms[first] === `${form}s`);
    const ways = (form) => this.waysOf(form, edits.MIN_LETTERS);
    for (let start = 0; start < said.length; start++) yield* walk(this.root, said, start, start, 0, ways, plural);
  }

  // Returns which entry of a list a span means: word for word, then with slips, then by most of its words.
  //
  // `said` are ids of other things in the same command: where a place is among them, an entry that is known to stand
  // somewhere else is out. A span is a name already: a slip may also be in words of three letters.
  resolve(list, text, said = []) {
    const spoken = tokens(folded(formsOf(text)));
    if (spoken.length === 0) return NOBODY;
    const places = new Set(said.filter((id) => this.places.has(id)));
    const ways = (form) => this.waysOf(form, edits.FEWEST_LETTERS);
    const isWhole = (match) => match.last === spoken.at(-1).last && match.list === list;
    const whole = [...walk(this.root, spoken, 0, 0, 0, ways)].filter(isWhole);
    if (whole.length === 0) return this.nearest(list, spoken, places);
    // None of them in the place that was said: then nothing is meant that we know.
    const fitting = whole.filter(({ entry }) => this.mayBe(entry, places));
    const fewest = Math.min(...fitting.map(({ slips }) => slips));
    return chosen(fitting.filter(({ slips }) => slips === fewest).map(({ entry }) => entry));
  }

  add(list, entry, name) {
    const words = formsOf(name);
    const forms = tokens(folded(words)).map(({ form }) => form).slice(0, limits.MAX_WORDS);
    const isPlural = !forms.includes(words.at(-1));
    const joined = forms.length === 2 ? [forms.join("")] : []; // "living room" is written "livingroom" too
    for (const path of [forms, joined].filter((each) => each.length)) {
      let node = this.root;
      for (const form of path) {
        if (!node.after.has(form)) node.after.set(form, newNode());
        node = node.after.get(form);
      }
      const isThere = node.ends.some((end) => end.list === list && end.entry === entry && end.isPlural === isPlural);
      if (!isThere) node.ends.push({ list, entry, isPlural });
      for (const form of path) {
        const key = this.speller.has(form) ? null : soundKey(form);
        if (key !== null) filed(this.sounding, key, form);
        this.speller.add(form);
      }
    }
    for (const form of new Set(forms)) filed(this.postings, JSON.stringify([list, form]), [new Set(forms), entry]);
  }

  // Returns the known words that a word may stand for, and the slips in it: itself; else what is one edit away; else
  // what sounds alike.
  waysOf(form, least) {
    if (this.speller.has(form)) return [[form, 0]];
    let near = this.speller.near(form, least);
    if (near.length === 0) near = this.sounding.get(soundKey(form)) ?? [];
    return near.slice(0, limits.MAX_WAYS).map((word) => [word, 1]);
  }

  // Returns the entry that shares most words, if it shares enough and clearly more than the next. A number is no word
  // like others: "bedroom three" is not the bedroom, nor the second one.
  nearest(list, said, places) {
    const read = said.map(({ form }) => this.waysOf(form, edits.FEWEST_LETTERS)[0]?.[0]);
    const words = new Set(read.filter((word) => word !== undefined));
    const unknown = read.filter((word) => word === undefined).length;
    const numbers = said.map(({ form }) => form).filter((form) => DIGITS.test(form));
    const found = [...words].map((word) => this.postings.get(JSON.stringify([list, word]))).filter(Boolean);
    const rarest = found.reduce((best, each) => (each.length < best.length ? each : best), found[0] ?? []);
    const shares = new Map();
    for (const [forms, entry] of rarest.slice(0, limits.MAX_POSTINGS)) {
      const common = [...forms].filter((form) => words.has(form)).length;
      const share = common / (forms.size + words.size - common + unknown);
      const isFitting = numbers.every((form) => forms.has(form)) && this.mayBe(entry, places);
      if (isFitting && share > (shares.get(entry) ?? 0)) shares.set(entry, share);
    }
    const ranked = [...shares].sort(([a, one], [b, other]) => other - one || byCodePoint(a.id, b.id));
    if (ranked.length === 0 || ranked[0][1] < limits.SHARE) return NOBODY;
    return chosen(ranked.filter(([, share]) => share > ranked[0][1] - limits.MARGIN).map(([entry]) => entry));
  }

  // Says whether an entry stands in one of the places that were said, as far as the names tell.
  mayBe(entry, places) {
    const around = [];
    for (let step = entry.in; step != null && around.length < limits.MAX_HOPS; step = this.within.get(step)) {
      around.push(step);
    }
    return places.size === 0 || around.length === 0 || around.some((place) => places.has(place));
  }
}

const newNode = () => ({ after: new Map(), ends: [] });

function filed(table, key, value) {
  if (table.has(key)) table.get(key).push(value);
  else table.set(key, [value]);
}

// Yields the names that go on from `node` with the words from `at`; no singular where these are `plural`.
function* walk(node, said, start, at, slips, ways, plural = null) {
  if (at > start) {
    for (const { list, entry, isPlural } of node.ends) {
      if (plural !== null && !isPlural && plural[at - 1]) continue;
      yield { first: said[start].first, last: said[at - 1].last, list, entry, slips };
    }
  }
  if (at === said.length || node.after.size === 0 || slips > limits.MISSPELT_WORDS) return;
  for (const [form, slip] of ways(said[at].form)) {
    const after = node.after.get(form);
    if (after) yield* walk(after, said, start, at + 1, slips + slip, ways, plural);
  }
  const after = at + 1 < said.length ? node.after.get(said[at].form + said[at + 1].form) : undefined; // "bed room"
  if (after) yield* walk(after, said, start, at + 2, slips, ways, plural);
}

// Returns the entries of a list, each with the first name before all others that no other entry has.
function ownNamesFirst(entries) {
  const forms = entries.map(({ names }) => names.map(normalise));
  const owners = new Map();
  for (const form of forms.flatMap((each) => [...new Set(each)])) owners.set(form, (owners.get(form) ?? 0) + 1);
  return entries.map((entry, i) => {
    const at = Math.max(0, forms[i].findIndex((form) => owners.get(form) === 1));
    return { ...entry, names: [entry.names[at], ...entry.names.toSpliced(at, 1)] };
  });
}

function chosen(entries) {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  if (byId.size === 1) return { entry: entries[0], candidates: [] };
  return { entry: null, candidates: [...byId.keys()].sort(byCodePoint).slice(0, limits.MAX_CANDIDATES) };
}
