/** The row under a message: copy, edit, another answer, the versions beside it, and when and by what it was made. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { moment, number, t } from "../../lib/texts.js";
import { contextUsed, place, speed } from "./facts.js";

/** @typedef {import("./message.js").Item} Item */
/** @typedef {import("./deeds.js").Deeds} Deeds */

/** @param {Item} item @param {Deeds} deeds @param {boolean} [offered] whether to try again is offered above already @returns {import("../../lib/dom.js").Child[]} */
export function actionRow(item, deeds, offered = false) {
  const answer = item.kind === "answer";
  const text = item.message.text || item.live?.text || "";
  const failed = answer && !text; // its card has what can be done
  const meta = h("span", { class: "meta", text: metaOf(item) });
  return [
    answer ? switcher(item, deeds) : meta,
    text && action("copy", "copy", t(answer ? "log.copy_answer" : "log.copy_question"), (button) => deeds.copy(text, button)),
    !answer && item.may && !item.busy && !item.asker && !item.pending && action("edit", "edit", t("log.edit"), () => deeds.edit(item)),
    answer && !failed && !offered && item.may && !item.busy && action("retry", "retry", t("log.regenerate"), () => deeds.regenerate(item)),
    answer && !failed && action("more", "more", t("log.more"), (button) => deeds.more(item, button)),
    answer ? !failed && meta : switcher(item, deeds),
  ];
}

/** @param {string} act @param {string} drawing @param {string} name @param {(button: HTMLElement) => void} does @returns {HTMLElement} */
function action(act, drawing, name, does) {
  const button = h("button", {
    type: "button", class: "icon small", "aria-label": name, title: name, data: { act },
    "aria-haspopup": act === "more" ? "menu" : null, "aria-expanded": act === "more" ? "false" : null,
    onclick: () => does(button),
  }, icon(drawing));
  return button;
}

/** "‹ 1/2 ›". @param {Item} item @param {Deeds} deeds @returns {HTMLElement | null} */
function switcher(item, deeds) {
  const at = place(item.versions, item.message.id);
  if (!at) return null;
  const step = (/** @type {"before" | "after"} */ side, /** @type {string} */ drawing) => {
    const to = at[side];
    const name = t(`log.version_${side}`);
    return h("button", {
      type: "button", class: "icon small", "aria-label": name, title: name, data: { act: side },
      "aria-disabled": to === null ? "true" : null, onclick: () => to !== null && deeds.showBranch(item, to, side),
    }, icon(drawing));
  };
  return h("span", { class: "versions", role: "group", "aria-label": t("log.versions") },
    step("before", "chevron-left"),
    h("span", { "aria-label": t("log.version", { at: at.at, of: at.of }), role: "img", text: `${at.at}/${at.of}` }),
    step("after", "chevron-right"),
  );
}

/** "25 Nov 2026, 14:32 · qwen3:32b · 812 tokens · 34 tokens/s". @param {Item} item @returns {string} */
export function metaOf(item) {
  const { message } = item;
  const usage = item.live?.usage ?? message.usage;
  const rate = speed(usage);
  const used = contextUsed(usage, item.window);
  const parts = [
    message.created && moment(message.created),
    item.kind === "answer" && message.model,
    usage?.out && t("log.tokens", { count: usage.out }),
    rate !== null && t("log.speed", { rate: number(rate) }),
    used !== null && t("log.context_short", { used }),
  ];
  return parts.filter(Boolean).join(" · ");
}
