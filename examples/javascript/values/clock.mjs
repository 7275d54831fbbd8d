// Times of day as "HH:MM", as trunkline_edge.understanding.values.clock has it.

import { clock } from "../tables.mjs";
import { endsWith, readNumber } from "./number.mjs";

const NAMED = new Map(Object.entries(clock.NAMED));

// Reads words that are one time of day and nothing else.
export function readClock(given) {
  const words = given[0] === "at" ? given.slice(1) : given;
  const isEnding = ([end]) => words.length > end.length && endsWith(words, end);
  const [ending, isLater] = clock.PARTS_OF_DAY.find(isEnding) ?? [[], false];
  const time = timeOf(words.slice(0, words.length - ending.length));
  if (time === null) return null;
  const minute = time[1];
  let hour = time[0];
  if (ending.length) {
    // The hour before one is twelve: "quarter to one pm".
    const isTwelve = hour === 0 && minute > 0 && words.some((word) => clock.BEFORE.includes(word));
    if (!isTwelve && (hour < 1 || hour > 12)) return null;
    const isNight = clock.NIGHTS.some((end) => end.join(" ") === ending.join(" "));
    const isAfterMidnight = isNight && hour % 12 < clock.EARLIEST_NIGHT;
    hour = (hour % 12) + (isLater && !isAfterMidnight ? 12 : 0);
  }
  return [hour, minute].map((each) => String(each).padStart(2, "0")).join(":");
}

function timeOf(given) {
  let words = given;
  if (words.length === 1 && NAMED.has(words[0])) return NAMED.get(words[0]);
  for (const between of clock.BETWEEN) {
    const at = words.indexOf(between, 1);
    if (at < 0) continue;
    const minute = minutes(words.slice(0, at));
    const hour = timeOf(words.slice(at + 1));
    if (minute === null || hour === null || hour[1]) return null;
    return ["past", "after"].includes(between) ? [hour[0], minute] : [(hour[0] + 23) % 24, 60 - minute];
  }
  if (endsWith(words, ["o", "'", "clock"]) || endsWith(words, ["o", "\u2019", "clock"])) words = words.slice(0, -3);
  else if (endsWith(words, ["oclock"])) words = words.slice(0, -1);
  else if (words.length > 2 && [":", "."].includes(words.at(-2)) && Array.from(words.at(-1)).length === 2) {
    return hourAndMinute(words.slice(0, -2), words.slice(-1));
  }
  // "six thirty", "eleven oh five": the longest hour that leaves a minute, else an hour alone
  for (let at = words.length - 1; at > 0; at--) {
    const hasOh = words[at] === "oh" || words[at] === "o";
    const minuteWords = words.slice(at + (hasOh ? 1 : 0));
    const said = readNumber(minuteWords);
    if (Number.isInteger(said) && said < 10 === hasOh) {
      const found = hourAndMinute(words.slice(0, at), minuteWords);
      if (found) return found;
    }
  }
  return hourAndMinute(words, ["0"]);
}

// Reads the minutes before or after an hour; 1 to 59.
function minutes(words) {
  const number = readNumber(["minute", "minutes"].includes(words.at(-1)) ? words.slice(0, -1) : words);
  if (number === 0.25 || number === 0.5) return 60 * number;
  return Number.isInteger(number) && number > 0 && number < 60 ? number : null;
}

function hourAndMinute(hourWords, minuteWords) {
  const [hour, minute] = [readNumber(hourWords), readNumber(minuteWords)];
  const isBelow = (number, most) => Number.isInteger(number) && number >= 0 && number < most;
  return isBelow(hour, 24) && isBelow(minute, 60) ? [hour, minute] : null;
}
