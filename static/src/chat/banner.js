/** What is wrong with the connection, above the dialogue; short notices at the lower edge. What they say: signs.js. */

import { byId, fill, h } from "../lib/dom.js";
import { t } from "../lib/texts.js";
import { rare } from "./lazy.js";

/** @typedef {import("./store.js").Store} Store */

const QUIET = 1_000; // ms that a lost connection may take to come back before anybody hears of it

/** @param {Store} store @param {import("./acts.js").Acts} acts */
export function mountBanner(store, acts) {
  const place = byId("banner");
  let trouble = 0; // since when the connection is not there, ms
  let timer = 0;
  const show = () => {
    clearTimeout(timer);
    const { connection } = store;
    const calm = connection.phase === "ready" && connection.online;
    trouble = calm ? 0 : trouble || Date.now();
    const late = Date.now() - trouble;
    const quiet = calm ? !connection.newer && !place.firstChild : late < QUIET && isPassing(store);
    if (!calm) timer = window.setTimeout(show, late < QUIET ? QUIET - late : QUIET);
    if (!quiet) rare().then((parts) => parts.drawSign(place, acts), plainly);
  };
  const plainly = () => { // the network went before the words for it had come
    const text = t(store.connection.online ? "banner.again" : "banner.offline");
    fill(place, trouble ? h("div", { class: "banner" }, h("p", { text })) : null);
  };
  store.on("connection", show);
  store.on("notice", (notice) => rare().then((parts) => parts.tellNotice(notice, acts), () => {}));
  show();
}

/** Whether it may be over in a moment. @param {Store} store @returns {boolean} */
function isPassing({ connection }) {
  return connection.online && ["connecting", "waiting"].includes(connection.phase) && connection.reason === null;
}
