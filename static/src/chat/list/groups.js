/** The list in groups of days: pinned, today, yesterday, 7 days, 30 days, then months. Pure. */

/** @typedef {{ id: string, updated: string, pinned: boolean }} Dated */
/** @typedef {{ key: string, ids: string[] }} Group */

const DAY = 86_400_000;

/**
 * What the list shows, in order; groups without a conversation are not there.
 *
 * A group's key is `pinned today yesterday week month`, or the first of a month as `2026-09-01`.
 * @param {Dated[]} cards the last used first
 * @param {Date} now
 * @param {string} [zone] an IANA name; the person's own otherwise
 * @returns {Group[]}
 */
export function grouped(cards, now, zone) {
  const dates = calendar(zone);
  const today = dates(now);
  /** @type {Map<string, string[]>} */
  const groups = new Map([["pinned", []]]);
  for (const card of cards) {
    const key = card.pinned ? "pinned" : groupOf(dates(new Date(card.updated)), today);
    const ids = groups.get(key);
    if (ids) ids.push(card.id);
    else groups.set(key, [card.id]);
  }
  return [...groups].map(([key, ids]) => ({ key, ids })).filter((group) => group.ids.length > 0);
}

/** @param {string} day @param {string} today both as 2026-11-25 @returns {string} */
function groupOf(day, today) {
  const ago = Math.round((Date.parse(today) - Date.parse(day)) / DAY);
  if (ago <= 0) return "today"; // a clock that is behind ours
  if (ago === 1) return "yesterday";
  if (ago <= 7) return "week";
  if (ago <= 30) return "month";
  return `${day.slice(0, 7)}-01`;
}

/**
 * What says the day of a moment, as 2026-11-25.
 * @param {string} [zone] @returns {(at: Date) => string}
 */
function calendar(zone) {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return (at) => parts.format(at);
}

/** Milliseconds until the next day begins here. @param {Date} now @returns {number} */
export function untilTomorrow(now) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1).getTime() - now.getTime();
}
