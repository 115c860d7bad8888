/** What a message is while its answer is written further, and what it became. */

/** @typedef {import("../shapes").Generation} Generation */
/** @typedef {import("../shapes").Message} Message */

/** What a message has already comes again in its answer's log, and is not shown twice. @param {Message} message @param {Generation} live */
export function goOn(message, live) {
  live.asker ??= { id: null, name: message.asker ?? "" };
  if (live.s || live.text || live.think) return;
  live.again = { text: message.text.length, think: message.thinking.length };
  live.text = message.text;
  live.think = message.thinking;
}

const STATES = /** @type {const} */ ({
  stop: "complete", length: "complete", filtered: "complete", stopped: "stopped", error: "failed", interrupted: "interrupted",
});

/** A message as its answer left it. @param {Message} message @param {Generation} live @returns {Message} */
export function ended(message, live) {
  const { live: _over, ...rest } = message;
  if (live.s === Infinity) return rest;
  const reason = /** @type {keyof typeof STATES | null} */ (live.reason);
  return {
    ...rest, text: live.text, thinking: live.think, usage: live.usage, reason, error: live.err?.code ?? null,
    state: reason ? (STATES[reason] ?? "complete") : "complete", model: live.model || message.model, generation: live.g,
    thought_ms: live.usage?.thought_ms ?? live.thinkMs ?? message.thought_ms,
  };
}
