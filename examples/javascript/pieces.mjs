// Words cut into the pieces that a pre-trained model learned, as trunkline_edge.understanding.pieces has it.

import { pieces as constants } from "./tables.mjs";

const { WORD_START, WITHIN_WORD, UNKNOWN_PENALTY } = constants;

export class Pieces {
  // A line is a piece, and of a Unigram model also its score, after a tab.
  constructor(lines) {
    const parts = lines.map((line) => line.split("\t"));
    if (new Set(parts.map(({ length }) => length)).size > 1 || parts[0]?.length > 2) {
      throw new Error("pieces with and without scores: expected a piece a line, or piece, tab and score");
    }
    this.numbers = new Map(parts.map(([piece], number) => [piece, number]));
    this.longest = parts.reduce((most, [piece]) => Math.max(most, Array.from(piece).length), 1);
    this.scores = parts.filter(({ length }) => length > 1).map(([, score]) => Number(score));
    if (!this.scores.every(Number.isFinite)) throw new Error("a piece's score that is no finite number");
    this.unknown = this.scores.reduce((least, score) => Math.min(least, score), 0) - UNKNOWN_PENALTY;
  }

  // Returns the numbers of a word's pieces, in order; null where a character has none.
  cut(form) {
    return this.scores.length ? this.likeliest(Array.from(WORD_START + form)) : this.longestFirst(Array.from(form));
  }

  // Viterbi: the cut whose scores add up to the most.
  likeliest(points) {
    const best = [0, ...points.map(() => -Infinity)];
    const last = best.map(() => [0, null]);
    const take = (start, end, number, score) => {
      if (best[start] + score > best[end]) [best[end], last[end]] = [best[start] + score, [start, number]];
    };
    for (let start = 0; start < points.length; start++) {
      take(start, start + 1, null, this.unknown);
      let piece = "";
      for (let end = start; end < Math.min(points.length, start + this.longest); end++) {
        const number = this.numbers.get((piece += points[end]));
        if (number !== undefined) take(start, end + 1, number, this.scores[number]);
      }
    }
    const cut = [];
    for (let [end, number] = [points.length, null]; end; cut.unshift(number)) [end, number] = last[end];
    return cut;
  }

  longestFirst(points) {
    const cut = [];
    for (let start = 0, end; start < points.length; start = end) {
      const mark = start ? WITHIN_WORD : "";
      const piece = () => this.numbers.get(mark + points.slice(start, end).join(""));
      end = Math.min(points.length, start + this.longest);
      while (end > start + 1 && piece() === undefined) end--;
      cut.push(piece() ?? null);
    }
    return cut;
  }
}
