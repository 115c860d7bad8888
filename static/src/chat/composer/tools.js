/** The row below the text: image, clear context, thinking, model, who sees it. */

import { h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { summon } from "../list/refusal.js";
import { imagesRefused } from "./files.js";
import { name, tool } from "./parts.js";
import { clearable, openCard, running } from "./state.js";

const KINDS = "image/png,image/jpeg,image/webp,image/gif,.heic,.heif"; // the last two to say why not

/**
 * @typedef {import("../store.js").Store} Store
 * @typedef {import("../acts.js").Acts} Acts
 */

export class Tools {
  /**
   * @param {Store} store @param {Acts} acts @param {HTMLElement} row
   * @param {{ add: (files: File[]) => void, chosen: () => void }} then add: these images; chosen: another team
   */
  constructor(store, acts, row, then) {
    this.store = store;
    this.then = then;
    this.picker = h("input", { type: "file", accept: KINDS, multiple: true, hidden: true, onchange: () => this.#picked() });
    this.image = tool({ icon: "image", label: t("composer.image"), onclick: () => this.#pick() });
    this.clear = tool({ icon: "clear", label: t("composer.clear"), folds: "folds late", onclick: () => this.#clear(acts) });
    this.think = tool({ icon: "think", label: "", class: "menued", onclick: () => this.#open((to) => to.chooseThinking(this.think, store, acts)) });
    this.model = tool({ icon: "sliders", label: "", class: "menued", onclick: () => this.#open((to) => to.chooseModel(this.model, store, acts, this.#model())) });
    this.seen = tool({ icon: "lock", label: "", folds: "", class: "seen menued", onclick: () => this.#open((to) => to.chooseTeam(this.seen, store, then.chosen)) });
    this.seenBy = h("span", { class: "seen", hidden: true }, icon("lock"), h("span", { class: "label" }));
    for (const button of [this.think, this.model, this.seen]) {
      button.setAttribute("aria-haspopup", "menu");
      button.setAttribute("aria-expanded", "false");
    }
    row.append(this.picker, this.image, this.clear, this.think, this.seen, this.seenBy, this.model);
  }

  refresh() {
    const { store } = this;
    const refused = imagesRefused(store);
    name(this.image, t("composer.image"), refused && t(refused, { scope: "image:upload" }));
    name(this.clear, t("composer.clear"), clearable(store) || running(store) ? null : t("composer.clear.nothing"));
    const thinks = how(store.settings.think);
    name(this.think, t("composer.think", { how: t(`composer.think.${thinks}`) }));
    this.think.dataset.think = thinks;
    const model = this.#model();
    this.model.hidden = store.models.length < 2;
    name(this.model, model);
    this.think.hidden = store.models.find(({ id }) => id === model)?.thinking === false;
    this.#drawSeen();
  }

  #pick() {
    const refused = imagesRefused(this.store);
    if (refused) toast(t(refused, { scope: "image:upload" }));
    else this.picker.click();
  }

  #picked() {
    const files = [...(this.picker.files ?? [])];
    this.picker.value = ""; // the same file may be chosen again
    this.then.add(files);
  }

  /** @param {Acts} acts */
  #clear(acts) {
    if (clearable(this.store) || running(this.store)) this.#open((to) => to.clearContext(this.store, acts));
    else toast(t("composer.clear.nothing"));
  }

  /** @param {(to: typeof import("./choices.js")) => void} act */
  #open(act) {
    return summon(import("./choices.js"), act);
  }

  /** @returns {string} */
  #model() {
    const { settings, models, defaultModel } = this.store;
    const chosen = models.find(({ id }) => id === settings.model);
    return chosen?.id ?? defaultModel;
  }

  /** Of a new conversation it is a choice, of another what it is: the bar above moves it. */
  #drawSeen() {
    const { store } = this;
    const card = openCard(store);
    const choice = store.open === null && store.teams.length > 0;
    const team = store.open === null ? store.newTeam : (card?.team ?? null);
    const label = team === null ? t("list.private") : store.teamName(team);
    const said = t(team === null ? "composer.seen.private" : "composer.seen.team", { team: label });
    this.seen.hidden = !choice;
    this.seenBy.hidden = choice || (store.open !== null && !card);
    for (const box of [this.seen, this.seenBy]) {
      if (box.dataset.team === (team ?? "")) continue;
      box.dataset.team = team ?? "";
      box.querySelector("svg")?.replaceWith(icon(team === null ? "lock" : "team"));
    }
    name(this.seen, label);
    this.seen.title = said;
    this.seen.setAttribute("aria-label", `${label}: ${said}`);
    const shown = this.seenBy.querySelector(".label");
    if (shown) shown.textContent = label;
    this.seenBy.title = said;
  }
}

/** @param {boolean | null} think @returns {"auto" | "on" | "off"} */
function how(think) {
  if (think === null) return "auto";
  return think ? "on" : "off";
}
