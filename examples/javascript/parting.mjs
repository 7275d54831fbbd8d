// The commands in an utterance of several, as trunkline_edge.understanding.parting has it.

import { alike, onlyNames, Part, pieces, shared } from "./commands.mjs";
import { commands } from "./tables.mjs";

// One of several commands: its words, and the answer to them alone.
class Command {
  constructor(part, answer) {
    Object.assign(this, { part, answer });
  }

  // Accepted, and none of its slots is of words that others divide.
  get isUnderstood() {
    const slots = this.answer.intents.flatMap((intent) => intent.slots);
    return !this.answer.rejected && slots.every(({ start, end }) => this.part.find(start, end) !== null);
  }

  // Returns what is to be done, and which slots say of what.
  get kind() {
    const [intent] = this.answer.intents;
    return [intent.name, ...new Set(intent.slots.map((slot) => slot.label).sort())].join("\n");
  }

  // Has a slot in the last of its places, if it has any: the words that it does not share with other commands.
  get namesAnew() {
    const places = this.answer.intents.flatMap(({ slots }) => slots.map((slot) => this.placed(slot).start));
    return places.length === 0 || Math.max(...places) >= this.part.places.at(-1)[0];
  }

  // Returns a slot with its place in the utterance.
  placed(slot) {
    const [start, end] = this.part.find(slot.start, slot.end) ?? [slot.start, slot.end];
    return { ...slot, start, end };
  }
}

// Returns the commands: parted where all parts are surer than the whole; none where it is one command. A net that has
// learnt to tell several commands is believed. `answer` answers a text (an array of code points) as one command.
export async function commandsIn(points, whole, { heads, languages }, answer) {
  // Ways to part an utterance have texts in common, each of which is answered once.
  const answers = new Map();
  const ask = async (part) => {
    const text = part.join("");
    if (!answers.has(text)) answers.set(text, await answer(part));
    return answers.get(text);
  };
  const isOne = whole.intents.length > 0 && !heads.isSeveral(whole);
  if (isOne && heads.knowsSeveral) return [];
  const sure = isOne ? whole.intents[0].p : commands.LEAST_SURE;
  let best = { p: sure, found: [] };
  // Languages often part a text alike, and each way asks the net.
  const ways = new Map(languages.map((lang) => pieces(points, lang)).map((places) => [places.join(";"), places]));
  for (const places of ways.values()) {
    const way = await parted(places);
    if (way.p > best.p) best = way;
  }
  return best.found;

  // Returns the surest way to part the utterance at these places: how sure its least sure command is, and all. No surer
  // than the whole, where this is one, or than LEAST_SURE, there is none: what such a way ends with, the net is not
  // asked.
  async function parted(places) {
    // The surest way to part the text up to each piece.
    const upTo = [];
    for (let last = 0; places.length > 1 && last < places.length; last++) {
      let surest = { p: sure, found: [] };
      for (let first = 0; first <= last; first++) {
        const part = Part.of(points, [places[first][0], places[last][1]]);
        const before = first ? upTo[first - 1] : { p: 1, found: [] };
        if (before.p <= surest.p || part.wordCount < commands.MIN_WORDS) continue;
        const isWhole = part.points.length === points.length;
        const found = await read(part, isWhole ? whole : await ask(part.points), isOne && isWhole);
        if (first && found.some((command) => borrows(command, before.found[0]))) continue;
        const least = found.length ? Math.min(before.p, ...found.map((each) => each.answer.intents[0].p)) : 0;
        if (least > surest.p) surest = { p: least, found: [...before.found, ...found] };
      }
      upTo.push(surest);
    }
    return upTo.at(-1) ?? { p: sure, found: [] };
  }

  // Returns the command in a part, one for each of the things that share it, or none that is understood. Of what
  // `staysOne` nothing else is made.
  async function read(part, said, staysOne) {
    if (!said.rejected && !staysOne) return [new Command(part, said)];
    if (!heads.isSeveral(said)) return [];
    const things = said.intents[0].slots.map(({ start, end, label }) => [start, end, label]);
    for (const lang of languages) {
      let parts = shared(part, things, lang);
      const isReplaced = parts.length === 0 && !(await hasOwnVerb(part, lang));
      if (isReplaced) parts = alike(part, lang);
      const found = [];
      for (const each of parts) found.push(new Command(each, await ask(each.points)));
      const isUnderstood = found.every((each) => each.isUnderstood); // else one may have no intent at all
      // Of "mute the big radio, uh no, the tv" the second says of nothing, or of "the big", that it is to be mute.
      const names = !isReplaced || found.every((each) => each.namesAnew);
      if (isUnderstood && names && new Set(found.map((each) => each.kind)).size === 1) return found;
    }
    return [];
  }

  // Says whether a piece after the first is a command as it stands, and needs no words of the first.
  async function hasOwnVerb(part, lang) {
    const made = pieces(part.points, lang).map((place) => part.part(place)).filter(Boolean);
    const found = [];
    for (const each of made) found.push(new Command(each, await ask(each.points)));
    const [first, ...others] = found;
    return others.some((each) => each.isUnderstood && !borrows(each, first));
  }

  // Says whether one command only names things, and what to do with them says another before it.
  function borrows(later, first) {
    return hasOnlyNames(later) && !hasOnlyNames(first);
  }

  function hasOnlyNames({ part, answer: { intents } }) {
    const slots = intents.flatMap((intent) => intent.slots).filter(({ label }) => Object.hasOwn(heads.lists, label));
    const things = slots.map(({ start, end }) => [start, end]);
    return languages.some((lang) => onlyNames(part.points, things, lang));
  }
}

// Returns one result of several commands; what is neither intent nor domain is still said of the whole.
export function merged(whole, commands) {
  const intents = commands.flatMap((command) =>
    command.answer.intents.map((intent) => ({ ...intent, slots: intent.slots.map((slot) => command.placed(slot)) })),
  );
  const domains = commands.map(({ answer }) => answer.domain).filter(Boolean);
  const isOne = new Set(domains.map(({ label }) => label)).size === 1;
  const reason = commands.map(({ answer }) => answer.reason).find(Boolean) ?? null;
  return { ...whole, intents, domain: isOne ? domains[0] : null, rejected: false, reason };
}
