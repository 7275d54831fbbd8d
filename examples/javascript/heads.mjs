// What the heads of a bundle say of one command, as `Runtime.answer` of trunkline_edge.understanding.session has it.

import { tagBias, unfitting, unsuited } from "./biases.mjs";
import { confidenceOf } from "./confidence.mjs";
import { decodeHead, scaled, softmax } from "./decode.mjs";
import { fillSlots, identify, preferNames, saidTwice } from "./slots.mjs";
import { result } from "./tables.mjs";

export class Heads {
  constructor(manifest, values) {
    const find = (name, kind) => manifest.heads.find((head) => head.name === name && head.kind === kind) ?? null;
    Object.assign(this, { manifest, values, lists: manifest.names ?? {} });
    this.intent = find("intent", "class");
    this.domain = find("domain", "class");
    this.slots = find("slots", "tag");
    this.knowsSeveral = Boolean(this.intent?.labels.includes(result.SEVERAL));
  }

  // Answers an utterance as one command; probabilities are not rounded.
  answer(heard) {
    const { words, isCut } = heard.encoding;
    if (words.length === 0) return this.result({}, "empty: no word found", null);
    const { answers, sure } = this.weighed(heard);
    const cut = isCut ? `cut: only the first ${words.length} words were read` : null;
    return this.result(answers, this.refusal(answers, sure), cut);
  }

  // Says whether an answer is taken for one of several commands: of a lamp and a fan it names two.
  isSeveral({ intents }) {
    const namesTwo = ({ slots }) => this.knowsSeveral && saidTwice(slots, this.lists, null) !== null;
    return intents.some((intent) => namesTwo(intent) || intent.name === result.SEVERAL);
  }

  refusal(answers, sure) {
    const said = this.intent && answers.intent[0].label;
    if (said === result.OUT_OF_SCOPE) return "out of scope";
    if (said === result.SEVERAL) return "several commands, not all of them understood";
    if (this.intent && sure < this.intent.threshold) {
      const judged = this.manifest.weighs_claims ? "answer less sure than" : "intent below";
      return `${judged} its threshold of ${this.intent.threshold.toFixed(2)}`;
    }
    const twice = this.knowsSeveral ? saidTwice(answers.slots ?? [], this.lists, this.values) : null;
    if (twice) return `${twice} is said twice`;
    const isEnough = !this.values || !this.intent || this.values.isEnough(said, this.had(answers));
    return isEnough ? null : `incomplete: ${said} needs more than was said`;
  }

  // Returns each head's answer, and how sure the whole is: a known thing that is named keeps out what cannot be done
  // with it.
  weighed(heard) {
    let { answers, logits } = this.decoded(heard, {});
    if (this.values && this.intent && this.domain && this.slots && answers.slots.length) {
      const barred = unsuited(this.intent, this.domain, logits, answers.slots, this.values);
      if (barred) ({ answers, logits } = this.decoded(heard, barred));
    }
    return { answers, sure: this.sure(logits) };
  }

  // Returns each head's answer and logits; `barred` is added to the logits of its heads.
  decoded({ points, read, encoding, lexicon, tensors }, barred) {
    const { likeliest, logits } = this.logits(tensors, barred);
    const answers = {};
    for (const head of this.manifest.heads) answers[head.name] = decodeHead(head, logits[head.name], encoding.words);
    const domain = this.domain && answers.domain[0].label;
    for (const { name, kind } of this.manifest.heads) {
      if (kind !== "tag") continue;
      const isSlots = name === "slots";
      const hasNames = isSlots && this.manifest.names;
      let spans = answers[name];
      if (hasNames) {
        const mayBe = ([label]) => !this.values || likeliest === null || this.values.fits(likeliest, label);
        const fitting = Object.fromEntries(Object.entries(this.lists).filter(mayBe));
        spans = preferNames(spans, read, encoding.words, fitting, lexicon, this.values, likeliest);
      }
      let slots = fillSlots(spans, read, domain, isSlots ? this.values : null);
      if (hasNames) slots = identify(slots, this.lists, lexicon);
      answers[name] = slots.map((slot) => ({ ...slot, raw: points.slice(slot.start, slot.end).join("") }));
    }
    return { answers, logits };
  }

  // Returns the likeliest intent and each head's logits, rows of words or one row; those of slots keep out labels that
  // the intent never has. Sums are of single precision, as the device's are.
  logits(tensors, barred) {
    const logits = {};
    for (const head of this.manifest.heads) logits[head.name] = rowsOf(tensors[head.logits], head.kind);
    const add = (name, bias) => {
      logits[name] = logits[name].map((row) => row.map((each, at) => Math.fround(each + Math.fround(bias[at]))));
    };
    for (const [name, bias] of Object.entries(barred)) add(name, bias);
    if (this.slots?.lean && !tensors.lexicon.data.some(Boolean)) {
      add("slots", tagBias(this.slots.labels, (label) => (Object.hasOwn(this.lists, label) ? this.slots.lean : 0)));
    }
    const row = logits.intent?.[0];
    const likeliest = this.intent && this.intent.labels[row.indexOf(Math.max(...row))];
    if (this.intent && this.slots && this.values) add("slots", unfitting(likeliest, this.slots, this.values));
    return { likeliest, logits };
  }

  // Returns how sure an answer as one command is, which the threshold judges.
  sure(logits) {
    if (!this.intent) return 1;
    const p = ({ name, temperature }) => softmax(scaled(logits[name][0], temperature));
    if (!this.manifest.weighs_claims) return Math.max(...p(this.intent));
    return confidenceOf(p(this.intent), this.intent.labels, this.domain && p(this.domain));
  }

  result(answers, refusal, cut) {
    const own = [this.intent, this.domain, this.intent && this.slots];
    const isClass = ({ kind }) => kind === "class";
    const others = this.manifest.heads.filter((head) => !own.includes(head) && head.name in answers);
    const ordered = [...others.filter((head) => !isClass(head)), ...others.filter(isClass)];
    const said = (head) => [head.name, isClass(head) ? answers[head.name][0] : answers[head.name]];
    const domain = this.domain && answers.domain ? answers.domain[0] : null;
    const slots = (this.slots && answers.slots) ?? [];
    const [best] = (this.intent && answers.intent) || [];
    const intents = best ? [{ name: best.label, p: best.p, slots, unspoken: this.unspoken(answers) }] : [];
    const reason = [refusal, cut].filter(Boolean).join("; ") || null;
    return { intents, domain, heads: Object.fromEntries(ordered.map(said)), rejected: refusal !== null, reason };
  }

  // Returns the labels of the spans that slots were read from.
  labels(answers) {
    return this.slots ? answers.slots.map(({ label }) => label) : [];
  }

  // Returns what a command has: labels, and slots that no word says.
  had(answers) {
    return [...this.labels(answers), ...Object.keys(this.unspoken(answers))];
  }

  // Returns the slots of the likeliest intent that no word says.
  unspoken(answers) {
    const domain = this.domain && answers.domain[0].label;
    return this.values ? this.values.unspoken(answers.intent[0].label, domain, this.labels(answers)) : {};
  }
}

function rowsOf({ data, dims }, kind) {
  const width = kind === "tag" ? dims.at(-1) : data.length;
  const row = (_, at) => Array.from(data.slice(at * width, (at + 1) * width));
  return Array.from({ length: data.length / width }, row);
}
