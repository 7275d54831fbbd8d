// Where one utterance may fall into several commands, as trunkline_edge.understanding.commands has it: "light off and
// blind down", "lamp and fan off". A place is [start, end].

import { commands } from "./tables.mjs";
import { SPACES, splitWords } from "./text.mjs";

const SPACE = new RegExp(`[${SPACES}]`);
const GAP = new RegExp(`[${SPACES},]`);
// As Python's casefold, as far as the conjunctions have such letters.
const folded = (text) => text.toLowerCase().replaceAll("\u017f", "s");

function conjunctionsOf(lang) {
  const code = lang.split("-")[0];
  return Object.hasOwn(commands.CONJUNCTIONS, code) ? commands.CONJUNCTIONS[code] : null;
}

// Returns [start, end, what is said] of all that stands between spaces and commas.
function wordsIn(points, first = 0, last = points.length) {
  const words = [];
  for (let at = first; at < last; at++) {
    if (GAP.test(points[at])) continue;
    const start = at;
    while (at < last && !GAP.test(points[at])) at++;
    words.push([start, at, folded(points.slice(start, at).join(""))]);
  }
  return words;
}

// One command's words, and where they stand in the utterance: together, or in places that others divide.
export class Part {
  constructor(points, places) {
    Object.assign(this, { points, places });
  }

  // Takes the words at some places of an utterance.
  static of(utterance, ...places) {
    return new Part(places.flatMap(([start, end]) => utterance.slice(start, end)), places);
  }

  // Returns where a piece of the part stands in the utterance; null where others divide it.
  find(start, end) {
    let begins = 0;
    for (const [first, last] of this.places) {
      if (begins <= start && end <= begins + last - first) return [start - begins + first, end - begins + first];
      begins += last - first;
    }
    return null;
  }

  // Takes the words at some places of the part; null where others divide one of them.
  part(...places) {
    const found = places.filter(([start, end]) => start < end).map(([start, end]) => this.find(start, end));
    return found.includes(null) ? null : new Part(Part.of(this.points, ...places).points, found);
  }

  get wordCount() {
    return this.points.join("").split(new RegExp(`[${SPACES}]+`)).filter(Boolean).length;
  }
}

// Returns one command for each of several things that share all other words; none where nothing is shared. `things`
// are [start, end, label]: those of one label, with a conjunction or a comma between the last two and nothing else
// between any.
export function shared(part, things, lang) {
  const conjunctions = conjunctionsOf(lang);
  if (conjunctions === null) return [];
  const between = [...conjunctions.first, ...conjunctions.more, ...conjunctions.small];
  const groups = [];
  things.slice(1).forEach((after, at) => {
    const before = things[at];
    const gap = part.points.slice(before[1], after[0]);
    const said = wordsIn(gap).map(([, , word]) => word);
    if (before[2] !== after[2] || !said.every((word) => between.includes(word))) return;
    const isLinked = said.some((word) => conjunctions.first.includes(word)) || gap.includes(",");
    const group = groups.at(-1);
    if (group && String(group.things.at(-1)) === String(before)) {
      group.things.push(after);
      group.isLinked = isLinked;
    } else groups.push({ things: [before, after], isLinked });
  });
  const [group, another] = groups.filter((each) => each.isLinked).map((each) => each.things);
  if (!group || another || group.length > commands.MAX_PIECES) return [];
  const [begin] = group[0];
  const [, end] = group.at(-1);
  const made = group.map(([start, stop]) => part.part([0, begin], [start, stop], [end, part.points.length]));
  return made.includes(null) ? [] : made;
}

// Says whether a text has small words and things, given by start and end, and no verb: "the lamp in the hall".
export function onlyNames(points, things, lang) {
  const conjunctions = conjunctionsOf(lang);
  if (conjunctions === null) return false;
  const isThing = (at) => things.some(([start, end]) => start <= at && at < end);
  const words = wordsIn(points.map((point, at) => (isThing(at) ? " " : point))).map(([, , word]) => word);
  const known = [...conjunctions.small, ...conjunctions.more];
  return words.every((word) => known.includes(word) || !/[\p{L}\p{N}]/u.test(word));
}

// Returns the commands of a part of which all but the first have no verb; none where it is not of several pieces. What
// follows takes the place of as many words at the end of the first piece.
export function alike(part, lang) {
  const [[, end], ...others] = pieces(part.points, lang);
  const first = wordsIn(part.points, 0, end);
  const made = [part.part([0, end])];
  for (const place of others) {
    const { length } = wordsIn(part.points, ...place);
    if (length === 0 || length >= first.length) return [];
    made.push(part.part([0, first.at(-length)[0]], place));
  }
  return others.length === 0 || made.includes(null) ? [] : made;
}

// Returns the places between conjunctions, and between commas that may stand for one: one piece, the whole text, where
// nothing is to be cut.
export function pieces(points, lang) {
  const conjunctions = conjunctionsOf(lang);
  if (conjunctions === null || splitWords(points).length > commands.MAX_WORDS) return [[0, points.length]];
  let found = cuts(points, conjunctions);
  const commas = listed(points, found);
  if (found.length + commas.length < commands.MAX_PIECES) found = [...found, ...commas].sort(([a], [b]) => a - b);
  if (found.length === 0 || found.length >= commands.MAX_PIECES) return [[0, points.length]];
  const starts = [0, ...found.map(([, end]) => end)];
  const ends = [...found.map(([start]) => start), points.length];
  return starts.map((start, at) => [start, ends[at]]);
}

// Returns the places of the commas between two words of a list ("1,000" has none), apart from those of other cuts, with
// a command's words on both sides.
function listed(points, others) {
  const found = [];
  for (let start = points.indexOf(",", 1); start > 0; start = points.indexOf(",", start + 1)) {
    let end = start + 1;
    while (end < points.length && SPACE.test(points[end])) end++;
    const isListed = end > start + 1 && end < points.length && points[end] !== "," && !GAP.test(points[start - 1]);
    if (isListed && !others.some(([first, last]) => first <= start && start < last)) found.push([start, end]);
  }
  const all = [...others, ...found];
  return found.filter(([start, end]) => {
    const before = Math.max(0, ...all.map((place) => place[1]).filter((each) => each <= start));
    const after = Math.min(points.length, ...all.map((place) => place[0]).filter((each) => each >= end));
    return [[before, start], [end, after]].every((place) => wordsIn(points, ...place).length >= commands.MIN_WORDS);
  });
}

// Returns the place of each run of conjunctions, with the spaces and commas that must stand on both sides.
function cuts(points, { first, more }) {
  const words = wordsIn(points);
  const found = [];
  words.forEach(([start, end, said], at) => {
    const before = at ? words[at - 1][1] : 0;
    const after = at + 1 < words.length ? words[at + 1][0] : points.length;
    if (before === start || end === after) return; // nothing on one side of it: the text begins or ends here
    const last = found.at(-1);
    if (last && last[1] === start && more.includes(said)) last[1] = after;
    else if (first.includes(said)) found.push([before, after]);
  });
  return found;
}
