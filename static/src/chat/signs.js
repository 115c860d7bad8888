/** What the banner says, and what notices do. */

import { announce } from "../lib/announce.js";
import { fill, h } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { moment, t } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { words } from "./live/errors.js";

/** @typedef {import("./acts.js").Acts} Acts */

/**
 * @typedef {object} Sign
 * @property {string} name so that the same is not drawn and announced twice
 * @property {string} text
 * @property {string} [ref] for the administrator
 * @property {boolean} [serious] nothing goes on by itself
 * @property {{ text: string, act: () => void }} [button]
 */

/** @param {Acts} acts @returns {Sign | null} */
function signOf(acts) {
  const { phase, online, reason, retryAt, ref, plain, newer } = acts.store.connection;
  const retry = { text: t("banner.retry"), act: () => acts.live.retry() };
  const refresh = { text: t("banner.refresh"), act: () => location.reload() };
  if (phase === "denied") return { name: "denied", serious: true, text: reason && reason !== "forbidden" ? words(reason) : t("banner.denied"), ref };
  if (phase === "ended") return { name: "ended", serious: true, text: t("banner.ended") };
  if (phase === "old") return { name: "old", serious: true, text: t("banner.old"), button: refresh };
  if (phase === "ready" && online) return newer ? { name: "newer", text: t("banner.newer"), button: refresh } : null;
  if (reason === "too_many") return { name: "too-many", text: t("banner.too_many"), button: { ...retry, text: t("banner.use_here") } };
  if (reason !== null && phase === "waiting") return { name: "broken", serious: true, text: words(reason), ref, button: retry };
  if (!online) return { name: "offline", text: t("banner.offline"), button: retry };
  if (plain) return { name: "plain", text: t("banner.plain"), button: retry };
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
  if (phase === "waiting" && seconds > 0) return { name: "lost", text: t("banner.lost", { count: seconds }), button: retry };
  return { name: "again", text: t("banner.again") };
}

/** The sign of this moment, or none. @param {HTMLElement} place @param {Acts} acts */
export function draw(place, acts) {
  const sign = signOf(acts);
  const shown = /** @type {HTMLElement | null} */ (place.firstElementChild);
  if (!sign) {
    fill(place);
    return;
  }
  const text = shown?.querySelector("p");
  if (shown?.dataset.sign === sign.name && text) {
    text.textContent = sign.text;
    return;
  }
  fill(place, h("div", { class: `banner ${sign.serious ? "serious" : ""}`, data: { sign: sign.name }, role: sign.serious ? "alert" : null },
    icon(sign.serious ? "warning" : "info"),
    h("p", { text: sign.text }),
    sign.ref && h("code", { text: sign.ref }),
    sign.button && h("button", { type: "button", class: "btn quiet", text: sign.button.text, onclick: sign.button.act }),
  ));
  if (!sign.serious) announce(sign.text);
}

/** @param {import("./shapes").Notice} notice @param {Acts} acts */
export function tell(notice, acts) {
  const { c, args } = notice;
  if (args?.id !== undefined) {
    ofReader(notice, acts);
    return;
  }
  const action = c && c !== acts.store.open ? { label: t("notice.open"), act: () => void acts.open(c) } : undefined;
  toast(t(notice.key, args), { action, tone: notice.level === "warning" ? "danger" : "plain" });
}

const DAY = 86_400; // seconds

/**
 * Somebody may read a conversation of this person, or looked at it: it stays until they say that they know,
 * and comes again at their next visit until then.
 * @param {import("./shapes").Notice} notice @param {Acts} acts
 */
function ofReader({ key, level, args = {} }, acts) {
  const { id, who, reason, until, title } = args;
  const seen = () => void acts.live.api.call("POST", "/api/notices", { body: { seen: [id] } }).catch(() => {});
  toast(t(key, { who, reason, until: moment(until), title: title ?? t("list.untitled") }), {
    action: { label: t("notice.seen"), act: seen }, seconds: DAY, tone: level === "warning" ? "danger" : "plain",
  });
}
