/** What the tools' buttons open: comes with the first click. */

import { openMenu } from "../../lib/menu.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { words } from "../live/errors.js";

export { clearContext } from "./clearing.js";

/**
 * @typedef {import("../store.js").Store} Store
 * @typedef {import("../acts.js").Acts} Acts
 */

const THINKING = /** @type {const} */ ([[null, "auto"], [true, "on"], [false, "off"]]);

/** @param {HTMLElement} button @param {Store} store @param {Acts} acts */
export function chooseThinking(button, store, acts) {
  openMenu(button, THINKING.map(([think, word]) => ({
    label: t(`composer.think.${word}.long`),
    checked: store.settings.think === think,
    act: () => set(acts, { think }),
  })));
}

/** @param {HTMLElement} button @param {Store} store @param {Acts} acts @param {string} current */
export function chooseModel(button, store, acts, current) {
  openMenu(button, store.models.map(({ id }) => ({
    label: id,
    checked: id === current,
    act: () => set(acts, { model: id === store.defaultModel ? null : id }),
  })));
}

/** @param {HTMLElement} button @param {Store} store @param {() => void} chosen */
export function chooseTeam(button, store, chosen) {
  const choices = [{ slug: null, name: t("list.private") }, ...store.teams];
  openMenu(button, choices.map(({ slug, name }) => ({
    label: name,
    icon: slug === null ? "lock" : "team",
    note: t(slug === null ? "list.private_note" : "composer.team.note"),
    checked: store.newTeam === slug,
    act: () => {
      store.setNewTeam(slug);
      chosen();
    },
  })));
}

/** @param {Acts} acts @param {Partial<Store["settings"]>} settings */
function set(acts, settings) {
  acts.setSettings(settings).catch((/** @type {unknown} */ error) => toast(words(error), { tone: "danger" }));
}
