/** One image of a draft: picture, name, how far it is, and what can be done about it. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { size, t } from "../../lib/texts.js";
import { pixelRefusal } from "./checks.js";

/**
 * @typedef {import("./images.js").Item} Item
 */

export class Thumb {
  /**
   * @param {Item} item @param {import("../shapes").Limits} limits
   * @param {{ remove: () => void, retry: () => void, fail: (words: string) => void }} then fail: it cannot be shown
   */
  constructor(item, limits, then) {
    const { name, url, file } = item;
    const picture = h("img", { src: url, alt: "", onload: () => this.#loaded(limits, file !== null, then.fail), onerror: () => file || then.fail(t("composer.image.gone")) });
    this.picture = picture;
    this.view = h("button", { type: "button", class: "thumb-view", "aria-label": t("composer.image.view", { name }), onclick: () => show(url, name) }, picture);
    this.words = h("small");
    this.bar = h("progress", { max: "1", "aria-label": t("composer.image.progress", { name }) });
    this.retry = h("button", { type: "button", class: "icon small", "aria-label": t("composer.image.retry", { name }), title: t("composer.image.retry", { name }), onclick: then.retry }, icon("retry"));
    this.away = h("button", { type: "button", class: "icon small", "aria-label": t("composer.image.remove", { name }), title: t("composer.image.remove", { name }), onclick: then.remove }, icon("close"));
    this.element = h("li", { class: "thumb" },
      this.view,
      h("div", { class: "thumb-text" }, h("span", { class: "thumb-name", text: name, title: name }), this.words, this.bar),
      this.retry, this.away,
    );
  }

  /** @param {Item} item */
  draw(item) {
    const { state, part, words, final } = item;
    this.element.dataset.state = state;
    this.bar.hidden = state !== "uploading";
    this.bar.value = part;
    this.retry.hidden = state !== "failed" || final;
    if (state === "uploading") this.words.textContent = progress(part);
    else this.words.textContent = words;
    this.words.title = words;
  }

  /** Where there are more than fit. */
  reveal() {
    this.element.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  focus() {
    this.away.focus();
  }

  /** @param {import("../shapes").Limits} limits @param {boolean} fresh @param {(words: string) => void} fail */
  #loaded(limits, fresh, fail) {
    const why = fresh ? pixelRefusal(this.picture.naturalWidth, this.picture.naturalHeight, limits) : null;
    if (why) fail(t(why.key, why.args));
  }
}

/** All is sent, and the gateway is at work on it. @param {number} part @returns {string} */
function progress(part) {
  return part < 1 ? t("composer.image.uploading", { percent: Math.round(part * 100) }) : t("composer.image.preparing");
}

/** What the gateway made of it. @param {number} before @param {number | undefined} after @returns {string} */
export function result(before, after) {
  return after ? t("composer.image.sizes", { before: size(before), after: size(after) }) : size(before);
}

/** @param {string} src @param {string} alt */
function show(src, alt) {
  document.dispatchEvent(new CustomEvent("clawd:lightbox", { detail: { src, alt } }));
}
