// Where one utterance may fall into several commands, as trunkline_edge.understanding.commands has it.

import { SPACES, splitWords } from "./words.mjs";

const FIRST = { en: new Set(["and", "then"]) };
const MORE = { en: new Set(["and", "then", "also"]) };
const MAX_PIECES = 5;
const MAX_WORDS = 64;
const MIN_WORDS = 2; // of a command

// Returns [start, end] of what lies between conjunctions: one piece, the whole text, where nothing is to be cut.
export function pieces(points, lang) {
  const language = lang.split("-")[0];
  const found = FIRST[language] ? cuts(points, FIRST[language], MORE[language]) : [];
  if (found.length === 0 || found.length >= MAX_PIECES || splitWords(points).length > MAX_WORDS) {
    return [[0, points.length]];
  }
  const starts = [0, ...found.map(([, end]) => end)];
  const ends = [...found.map(([start]) => start), points.length];
  return starts.map((start, at) => [start, ends[at]]);
}

function cuts(points, first, more) {
  const isGap = new RegExp(`[${SPACES},]`);
  const words = [];
  for (let at = 0; at < points.length; at++) {
    if (isGap.test(points[at])) continue;
    const start = at;
    while (at < points.length && !isGap.test(points[at])) at++;
    words.push({ start, end: at, said: points.slice(start, at).join("").toLowerCase() });
  }
  const found = [];
  words.forEach(({ start, end, said }, at) => {
    const before = at ? words[at - 1].end : 0;
    const after = at + 1 < words.length ? words[at + 1].start : points.length;
    if (before === start || end === after) return; // nothing on one side of it: the text begins or ends here
    const last = found.at(-1);
    if (last && last[1] === start && more.has(said)) last[1] = after;
    else if (first.has(said)) found.push([before, after]);
  });
  return found;
}

// Returns [start, answer] of each command: parted where all parts are surer than the whole. `answer` answers a text
// (an array of code points) as one command.
export async function commands(points, whole, lang, answer) {
  const places = pieces(points, lang);
  const words = (part) => part.join("").split(new RegExp(`[${SPACES}]+`)).filter(Boolean).length;
  const sure = whole.intents.length ? whole.intents[0].p : 0;
  // The surest way to part the text up to each piece: how sure its least sure command is, and the commands.
  const ways = [];
  for (let last = 0; places.length > 1 && last < places.length; last++) {
    let best = { p: 0, found: [] };
    for (let first = 0; first <= last; first++) {
      const start = places[first][0];
      const part = points.slice(start, places[last][1]);
      const { p, found } = first ? ways[first - 1] : { p: 1, found: [] };
      if (p <= best.p || part.length === points.length || words(part) < MIN_WORDS) continue;
      const said = await answer(part);
      const least = said.rejected ? 0 : Math.min(p, said.intents[0].p);
      if (least > best.p) best = { p: least, found: [...found, [start, said]] };
    }
    ways.push(best);
  }
  return ways.length && ways.at(-1).p > sure ? ways.at(-1).found : [[0, whole]];
}
