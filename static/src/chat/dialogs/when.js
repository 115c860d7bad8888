/** A moment as short as it stays clear: the time today, the day this year, else the date. */

import { locale } from "../../lib/texts.js";

/**
 * @param {string} at @param {Date} [now] @param {string} [lang] @param {string} [zone] the person's own
 * @returns {string}
 */
export function when(at, now = new Date(), lang = locale(), zone = undefined) {
  const moment = new Date(at);
  const say = (/** @type {Intl.DateTimeFormatOptions} */ parts, /** @type {Date} */ date) => new Intl.DateTimeFormat(lang, { ...parts, timeZone: zone }).format(date);
  /** @type {Intl.DateTimeFormatOptions} */
  const whole = { year: "numeric", month: "short", day: "numeric" };
  if (say(whole, moment) === say(whole, now)) return say({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, moment);
  if (say({ year: "numeric" }, moment) === say({ year: "numeric" }, now)) return say({ month: "short", day: "numeric" }, moment);
  return say(whole, moment);
}
