/** What is wrong with the connection, above the dialogue; and short notices at the lower edge. */

import { announce } from "../lib/announce.js";
import { byId, fill, h } from "../lib/dom.js";
import { icon } from "../lib/icons.js";
import { t } from "../lib/texts.js";
import { toast } from "../lib/toast.js";
import { words } from "./live/errors.js";

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./acts.js").Acts} Acts */

/**
 * @typedef {object} Sign
 * @property {string} name as a class, and so that the same is not announced twice
 * @property {string} text
 * @property {string} [ref] for the administrator
 * @property {{ text: string, act: () => void }} [button]
 */

const QUIET = 1_000; // ms that a lost connection may take to come back before anybody hears of it

/** @param {Store} store @param {Acts} acts */
export function mountBanner(store, acts) {
  const place = byId("banner");
  let trouble = 0; // since when the connection is not there, ms
  let told = "";
  let timer = 0;

  const show = () => {
    clearTimeout(timer);
    const { phase } = store.connection;
    const calm = phase === "ready" && store.connection.online;
    if (calm) trouble = 0;
    else trouble ||= Date.now();
    const late = Date.now() - trouble;
    const sign = calm ? newer(store) : late < QUIET && isPassing(store) ? null : signOf(store, acts);
    draw(place, sign);
    if (sign && sign.name !== told) announce(sign.text);
    told = sign?.name ?? "";
    if (!calm) timer = window.setTimeout(show, late < QUIET ? QUIET - late : 1_000);
  };
  store.on("connection", show);
  store.on("notice", (notice) => tell(notice, acts));
  show();
}

/** Whether it may be over in a moment. @param {Store} store @returns {boolean} */
function isPassing({ connection }) {
  return connection.online && ["connecting", "waiting"].includes(connection.phase) && connection.reason === null;
}

/** @param {Store} store @returns {Sign | null} */
function newer(store) {
  if (!store.connection.newer) return null;
  return { name: "newer", text: t("banner.newer"), button: { text: t("banner.refresh"), act: () => location.reload() } };
}

/** @param {Store} store @param {Acts} acts @returns {Sign} */
function signOf(store, acts) {
  const { phase, online, reason, retryAt, ref, plain } = store.connection;
  const retry = { text: t("banner.retry"), act: () => acts.live.retry() };
  if (phase === "denied") return { name: "denied", text: reason && reason !== "forbidden" ? words(reason) : t("banner.denied"), ref };
  if (phase === "ended") return { name: "ended", text: t("banner.ended") };
  if (phase === "old") return { name: "old", text: t("banner.old"), button: { text: t("banner.refresh"), act: () => location.reload() } };
  if (reason === "too_many") return { name: "too-many", text: t("banner.too_many"), button: { text: t("banner.use_here"), act: retry.act } };
  if (reason !== null && phase === "waiting") return { name: "broken", text: words(reason), ref, button: retry };
  if (!online) return { name: "offline", text: t("banner.offline"), button: retry };
  if (plain) return { name: "plain", text: t("banner.plain"), button: retry };
  const seconds = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / 1000);
  if (phase === "waiting" && seconds > 0) return { name: "lost", text: t("banner.lost", { count: seconds }), button: retry };
  return { name: "again", text: t("banner.again") };
}

/** @param {HTMLElement} place @param {Sign | null} sign */
function draw(place, sign) {
  const shown = /** @type {HTMLElement | null} */ (place.firstElementChild);
  if (!sign) {
    fill(place);
    return;
  }
  if (shown?.dataset.sign === sign.name) {
    const text = shown.querySelector("p");
    if (text) text.textContent = sign.text;
    return;
  }
  const serious = ["denied", "ended", "old", "broken"].includes(sign.name);
  fill(place, h("div", { class: `banner ${serious ? "serious" : ""}`, data: { sign: sign.name }, role: serious ? "alert" : null },
    icon(serious ? "warning" : "info"),
    h("p", { text: sign.text }),
    sign.ref && h("code", { text: sign.ref }),
    sign.button && h("button", { type: "button", class: "btn quiet", text: sign.button.text, onclick: sign.button.act }),
  ));
}

/** @param {import("./shapes").Notice} notice @param {Acts} acts */
function tell(notice, acts) {
  const { c } = notice;
  const action = c && c !== acts.store.open ? { label: t("notice.open"), act: () => void acts.open(c) } : undefined;
  toast(t(notice.key, notice.args), { action, tone: notice.level === "warning" ? "danger" : "plain" });
}
