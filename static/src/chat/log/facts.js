/** What is said of a message, made from its facts: no page needed. */

/**
 * @typedef {object} Usage
 * @property {number} [in] @property {number} [out]
 * @property {number | null} [ttft_ms] @property {number} [ms]
 * @property {number | null} [context] tokens that the model could see
 */

const LONG = 1200; // characters of a question from which it is folded
const LINES = 18;

/** Tokens a second while it wrote, null where it is not known. @param {Usage | null | undefined} usage @returns {number | null} */
export function speed(usage) {
  const time = (usage?.ms ?? 0) - (usage?.ttft_ms ?? 0);
  if (!usage?.out || time <= 0) return null;
  const rate = (usage.out * 1000) / time;
  return rate < 10 ? Math.round(rate * 10) / 10 : Math.round(rate);
}

/**
 * Per cent of the model's context that is used, null where it is not known.
 * @param {Usage | null | undefined} usage @param {number | null} [window] of the model, where the answer does not say @returns {number | null}
 */
export function contextUsed(usage, window) {
  const all = usage?.context ?? window;
  if (!usage?.in || !all) return null;
  return Math.min(100, Math.round(((usage.in + (usage.out ?? 0)) * 100) / all));
}

/**
 * "‹ 2/3 ›": which version this is, and those beside it. Null where there is one alone.
 * @param {string[]} versions @param {string} id
 * @returns {{ at: number, of: number, before: string | null, after: string | null } | null}
 */
export function place(versions, id) {
  const here = versions.indexOf(id);
  if (here < 0 || versions.length < 2) return null;
  return { at: here + 1, of: versions.length, before: versions[here - 1] ?? null, after: versions[here + 1] ?? null };
}

/** Whether a question is so long that it is folded. @param {string} text @returns {boolean} */
export function isLong(text) {
  return text.length > LONG || text.split("\n", LINES + 1).length > LINES;
}

/** Whole seconds, at least one. @param {number} ms @returns {number} */
export function seconds(ms) {
  return Math.max(1, Math.round(ms / 1000));
}

/** The beginning of an answer as it is read out: without marks. @param {string} text @returns {string} */
export function beginning(text) {
  const plain = text.replace(/```[^\n]*|[*_#>`|~]+/g, " ").replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\s+/g, " ").trim();
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain;
}

/**
 * What an answer is doing or how it ended.
 * @param {{ state?: string | null, reason?: string | null, text?: string, thinking?: string }} message
 * @param {{ state: string, text: string, think: string, reason?: string | null } | undefined} live
 * @returns {"queued" | "waiting" | "thinking" | "writing" | "stopped" | "interrupted" | "length" | "filtered" | "failed" | "complete"}
 */
export function phase(message, live) {
  if (live && live.state !== "done") {
    if (live.text) return "writing";
    if (live.think) return "thinking";
    return live.state === "queued" ? "queued" : "waiting";
  }
  const reason = live?.reason ?? message.reason;
  if (reason === "error" || message.state === "failed") return "failed";
  if (reason === "stopped" || message.state === "stopped") return "stopped";
  if (reason === "interrupted" || message.state === "interrupted") return "interrupted";
  if (reason === "length" || reason === "filtered") return reason;
  if (!live && message.state === "queued") return "queued";
  if (!live && message.state === "generating") return message.text ? "writing" : "waiting";
  return "complete";
}

/** Whether it is still to change. @param {string} what of `phase` @returns {boolean} */
export function isLive(what) {
  return what === "queued" || what === "waiting" || what === "thinking" || what === "writing";
}
