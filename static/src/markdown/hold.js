/**
 * What of an unfinished text may be shown: nothing whose look the next character could change.
 *
 * `**bo` is bold at once (mend.js closes it); but a lone `-`, a half `[link`, the head of a table are kept
 * back for the few characters until it is clear what they are.
 */

const BEGINNING =
  /^[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:[-=*_#~`|$+:]+|\d{1,9}[.)]?|\\|\[[ xX]?\]?)?[ \t]*$/;
const FENCE = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(?:`{3,}[^`]*|~{3,}.*)$/;
const RULE = /^[|:\- \t]*$/;
const ROW = /^[ \t>]*\|/;
/** Beyond these nothing is kept back: the longest line, words of a link, address, marks in a row. */
const LONG = 1000;
const LINK = 80;
const ADDRESS = 2000;
const MARKS = 40;

/**
 * @param {string} text the text from the last finished block on, lines ended by "\n"
 * @returns {string} what to render of it now
 */
export function shown(text) {
  const start = text.lastIndexOf("\n") + 1;
  const line = text.slice(start);
  const head = line.length < LONG ? tableHead(text, start, line) : -1;
  if (head >= 0) return text.slice(0, head);
  if (line === "") return text;
  if (line.length < LONG && (BEGINNING.test(line) || FENCE.test(line))) return text.slice(0, start);
  const settled = Math.max(start, text.length - ADDRESS - LINK);
  return text.slice(0, settled) + inline(text.slice(settled));
}

/** Where a table begins whose second line is not complete, or -1. @param {string} text @param {number} start @param {string} line */
function tableHead(text, start, line) {
  const before = lineBefore(text, start);
  if (ROW.test(line)) return before && before.text.includes("|") ? second(text, before, line) : start;
  return before && ROW.test(before.text) && RULE.test(line) ? second(text, before, line) : -1;
}

/** @param {string} text @param {{ start: number, text: string }} before @param {string} line */
function second(text, before, line) {
  const third = lineBefore(text, before.start);
  const isHead = ROW.test(before.text) && !third?.text.includes("|");
  return isHead && RULE.test(line) && !/\n\s*$/.test(line) ? before.start : -1;
}

/** @param {string} text @param {number} start @returns {{ start: number, text: string } | null} */
function lineBefore(text, start) {
  if (start === 0) return null;
  const from = text.lastIndexOf("\n", start - 2) + 1;
  return { start: from, text: text.slice(from, start - 1) };
}

/** The last line without its undecided end. @param {string} line @returns {string} */
function inline(line) {
  const open = line.lastIndexOf("[", line.length - 1);
  if (open >= 0) {
    const rest = line.slice(open);
    const link = /^\[([^\]]*)(?:\](?:\(([^)\s]*)?)?)?$/.exec(rest);
    const picture = line[open - 1] === "!";
    if (link && (link[1] ?? "").length <= LINK && (link[2] ?? "").length <= ADDRESS) {
      const whole = !picture && rest.includes("](");
      return whole ? `${line.slice(0, open)}[${link[1]}]()` : line.slice(0, picture ? open - 1 : open);
    }
  }
  const end = Math.max(0, line.length - MARKS);
  return line.slice(0, end) + line.slice(end).replace(/(?:[*_~`$!\\]+|&[#\w]{0,31}|[\ud800-\udbff])$/, "");
}
