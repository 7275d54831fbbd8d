// From decoded spans to the slots of an answer, as trunkline_edge.understanding.slots has it.
// A span is {start, end, label, p}; a slot also has name, raw, value, unit, isName, id, and candidates.

import { slots as weights } from "./tables.mjs";
import { normalise, SPACES, splitWords } from "./text.mjs";

// A full stop, a comma or a sign that is of no number: "5, 6" are two, and "- 5" is five after a dash.
const LOOSE = new RegExp(`[.,](?![0-9])|(?<![0-9])[.,]|^[-\u2212\u2013][${SPACES}]`);
// No sign: that of "twenty-five".
const HYPHEN = /^[\p{L}\p{N}_][-\u2212\u2013]/u;

const textOf = (points, start, end) => points.slice(start, end).join("");

// Returns the slots of one command; without a reader each has its words in normal form as value. A number is read with
// the words of it that its span lacks. A remainder ("one and a half hours") fills its slot only where no other span
// does, and so does a span that cannot be read.
export function fillSlots(spans, points, domain, values) {
  const slotOf = (span, name, value) => {
    const raw = textOf(points, span.start, span.end);
    const p = value ? span.p : weights.UNREAD * span.p;
    const plain = { value: value?.value ?? null, unit: value?.unit ?? null };
    return { ...span, name, raw, ...plain, p, isName: false, id: null, candidates: [] };
  };
  if (values === null) {
    const plain = (span) => ({ value: normalise(textOf(points, span.start, span.end)) });
    return spans.map((span) => slotOf(span, span.label, plain(span)));
  }
  const whole = completed(spans, points, domain, values);
  const readings = values.agreeing(whole, points).map((span) => readSpan(span, points, domain, values));
  const taken = new Set(readings.map(({ found: [first] }) => (first.value ? first.slot : null)));
  return readings
    .filter(({ found: [first] }) => first.value || !taken.has(first.slot))
    .flatMap(({ span, found }) =>
      found
        .filter(({ slot }, at) => at === 0 || !taken.has(slot))
        .map(({ slot, value }) => slotOf(span, slot, value)),
    );
}

const readAt = ({ start, end, label }, points, domain, values) =>
  values.read(label, textOf(points, start, end), textOf(points, end, points.length), domain);

// Reads a span; where it cannot be, the longest part of it that can: "sixty thanks" is sixty. A word that tells of the
// value is no such rest: of "two fifths", "two" would be another number.
function readSpan(span, points, domain, values) {
  const read = (part) => readAt(part, points, domain, values);
  const whole = { span, found: read(span) };
  if (whole.found[0].value) return whole;
  const words = splitWords(points.slice(span.start, span.end));
  for (let cut = 1; cut <= weights.MOST_CUT; cut++) {
    for (let first = 0; first <= cut; first++) {
      const kept = words.slice(first, Math.max(first, words.length - (cut - first)));
      const rest = [...words.slice(0, first), ...words.slice(words.length - (cut - first))];
      if (kept.length === 0 || rest.some(({ form }) => values.tells(span.label, form))) continue;
      const part = { ...span, start: span.start + kept[0].start, end: span.start + kept.at(-1).end };
      const found = read(part);
      if (found[0].value) return { span: part, found };
    }
  }
  return whole;
}

// Returns the spans, each number whole of which they have a part, and once: "1" and "5" may be of "1.5".
function completed(spans, points, domain, values) {
  if (spans.filter(({ label }) => values.isNumber(label)).length > weights.MOST_NUMBERS) return spans;
  const made = [];
  for (const span of spans) {
    const last = made.at(-1);
    if (!values.isNumber(span.label)) made.push(span);
    else if (!last || last.label !== span.label || last.end < span.end) {
      made.push(wholeOf(span, spans, points, domain, values));
    }
  }
  return made;
}

// Returns a span with the words beside it that make its number another one: "21" of "21 and a half" with these. All has
// to be one number of the same slot, without a word of another label's span. A sign makes less of a number, and follows
// none: "20-25" has two.
function wholeOf(given, spans, points, domain, values) {
  const { label, p } = given;
  const others = spans.filter((other) => other.label !== label);
  const first = Math.max(0, ...others.map(({ end }) => end).filter((end) => end <= given.start));
  const last = Math.min(points.length, ...others.map(({ start }) => start).filter((start) => start >= given.end));
  const ahead = splitWords(points.slice(first, given.start)).reverse();
  const behind = splitWords(points.slice(given.end, last));
  const starts = goingOn(label, ahead, values).map(({ start }) => first + start);
  const ends = goingOn(label, behind, values).map(({ end }) => given.end + end);
  const lacked = starts.length + ends.length;
  if (lacked === 0 || lacked > weights.MOST_LACKED) return given;
  const isHyphen = (at) => at > 0 && HYPHEN.test(textOf(points, at - 1, at + 1));
  const span = isHyphen(given.start) ? { ...given, start: given.start + 1 } : given;
  const { span: part, found: own } = readSpan(span, points, domain, values);
  const places = [...starts, part.start].flatMap((start) => [...ends, part.end].map((end) => ({ start, end, label })));
  places.pop();
  places.sort((one, other) => one.start - one.end - (other.start - other.end));
  for (const { start, end } of places) {
    const found = readAt({ start, end, label }, points, domain, values);
    if (!found[0].value || found[0].slot !== own[0].slot || LOOSE.test(textOf(points, start, end))) continue;
    if (start < part.start && amountOf(found) < 0 !== amountOf(own) < 0) {
      const before = ahead.find((word) => first + word.end <= start)?.form ?? "";
      if (amountOf(found) > amountOf(own) || isHyphen(start) || values.tells(label, before)) continue;
    }
    if (JSON.stringify(found) === JSON.stringify(own)) return span;
    const joined = spans.filter((other) => start <= other.start && other.end <= end);
    return { ...span, start, end, p: Math.min(p, ...joined.map((other) => other.p)) };
  }
  return span;
}

// Returns the words outward from a span at which its number may begin or end.
function goingOn(label, words, values) {
  const found = [];
  let between = 0;
  for (const word of words.slice(0, weights.MOST_LACKED)) {
    between = values.tells(label, word.form) ? 0 : between + 1;
    if (between > weights.MOST_BETWEEN) break;
    if (between === 0) found.push(word);
  }
  return found;
}

// Returns the number that was read; 0 where none was.
const amountOf = ([{ value }]) => (typeof value?.value === "number" ? value.value : 0);

// Returns the spans, those that are parts of a known name made one: "kitchen" in "kitchen light" is that lamp. `lists`
// says which list a label's names are in, `intent` which shapes a command may have.
export function preferNames(spans, points, words, lists, lexicon, values, intent) {
  const labels = new Map();
  for (const [label, list] of Object.entries(lists)) labels.set(list, [...(labels.get(list) ?? []), label]);
  const said = [];
  for (const { first, last, list, entry, slips } of lexicon.isEmpty ? [] : lexicon.matches(words.map((w) => w.form))) {
    if (!labels.has(list) || slips) continue;
    const [start, end] = [words[first].start, words[last].end];
    const spoken = normalise(textOf(points, start, end));
    if (entry.names.some((name) => normalise(name) === spoken)) said.push({ start, end, list });
  }
  const listOf = (span) => (Object.hasOwn(lists, span.label) ? lists[span.label] : null);
  const isPlace = (one, other) => one.start === other.start && one.end === other.end;
  const isTouched = (one, other) => one.start < other.end && other.start < one.end;
  let chosen = spans.flatMap((span) => namedApart(span, points, said.filter(({ list }) => list === listOf(span))));

  // Where labels share a list, as albums and tracks that of titles, the net says which is meant.
  const labelOf = (name, touched) => {
    const own = touched.filter((span) => listOf(span) === name.list);
    const known = labels.get(name.list);
    if (own.length > 0) return own.reduce((best, span) => (span.p > best.p ? span : best)).label;
    return known.length === 1 ? known[0] : null;
  };

  // Says whether a span is less than a name that holds it: a part of it, or the same words as another thing.
  const givesWay = (span, name, label) => {
    if (span.start < name.start || name.end < span.end) return false;
    const isSame = isPlace(span, name);
    if (listOf(span) !== null) {
      return !isSame || !said.some((other) => isPlace(span, other) && listOf(span) === other.list);
    }
    if (values?.isListed(span.label)) return true;
    const others = chosen.filter((each) => each !== span).map(({ label }) => label);
    return isSame && intent !== null && Boolean(values?.hasShape(intent, [label, ...others], false));
  };

  const missed = [];
  for (const name of said) {
    const touched = chosen.filter((span) => isTouched(span, name));
    const label = labelOf(name, touched);
    if (label === null) continue;
    const { start, end } = name;
    if (touched.length === 0) missed.push({ start, end, label, p: weights.MISSED });
    else if (touched.every((span) => givesWay(span, name, label))) {
      const p = Math.min(...touched.map((span) => span.p));
      chosen = [...chosen.filter((span) => !touched.includes(span)), { start, end, label, p }];
    }
  }
  missed.sort((one, other) => one.start - one.end - (other.start - other.end));
  for (const span of missed) {
    if (!chosen.some((other) => span.label === other.label || isTouched(span, other))) chosen.push(span);
  }
  return chosen.sort((one, other) => one.start - other.start);
}

// Returns the names of its list of which a span is made: "kitchen bedroom" is two rooms, unless one is called so.
function namedApart(span, points, names) {
  const parts = [];
  for (let at = span.start; at < span.end; ) {
    const begun = names.filter(({ start, end }) => start === at && end <= span.end);
    if (begun.length === 0) return [span];
    const end = Math.max(...begun.map((name) => name.end));
    parts.push({ ...span, start: at, end });
    for (at = end; at < span.end && [" ", ","].includes(points[at]); at++);
  }
  return parts.length > 1 ? parts : [span];
}

// Returns the slots with the ids of the things that they name. What stands in a room is looked for in the room that the
// same command names. A slot that is one thing has as its value the first name of that thing that nothing else of its
// list has.
export function identify(slots, lists, lexicon) {
  const resolved = (ids) =>
    slots.map((slot, at) => {
      const others = ids.filter((id, other) => other !== at && id !== null);
      return Object.hasOwn(lists, slot.label) ? lexicon.resolve(lists[slot.label], slot.raw, others) : null;
    });
  const alone = resolved([]).map((found) => found?.entry?.id ?? null);
  return resolved(alone).map((found, at) => {
    if (found === null) return slots[at];
    if (found.entry === null) return { ...slots[at], isName: true, candidates: found.candidates };
    return { ...slots[at], isName: true, id: found.entry.id, value: found.entry.names[0] };
  });
}

// Returns the first slot that is filled by two different things, numbers or times; null where there is none.
export function saidTwice(slots, lists, values) {
  const found = new Map();
  for (const slot of slots) {
    if (!Object.hasOwn(lists, slot.label) && !values?.counts(slot.label)) continue;
    const meant = slot.id ?? slot.value;
    if (found.has(slot.name) && found.get(slot.name) !== meant) return slot.name;
    found.set(slot.name, meant);
  }
  return null;
}
