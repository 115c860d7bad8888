/** Settings: each is saved as it is chosen. */

import { open } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/texts.js";
import { onMac } from "../list/keys.js";
import { refused } from "../list/refusal.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */
/** @typedef {{ value: string, label: string, lang?: string }} Choice */

/** @param {Store} store @param {Acts} acts */
export function show(store, acts) {
  const { settings } = store;
  const save = (/** @type {Partial<import("../shapes").Settings>} */ change) => acts.setSettings(change).catch(refused);
  const mod = onMac() ? "⌘" : "Ctrl";
  const rows = [
    choice("language", settings.language, languages, (value) => save({ language: /** @type {any} */ (value) })),
    choice("theme", settings.theme, () => ["auto", "light", "dark"].map((value) => ({ value, label: t(`settings.theme_${value}`) })), (value) => save({ theme: /** @type {any} */ (value) })),
    choice("send_by", settings.send_by, () => [
      { value: "enter", label: t("settings.send_enter") },
      { value: "ctrl_enter", label: t("settings.send_ctrl_enter", { mod }) },
    ], (value) => save({ send_by: /** @type {any} */ (value) })),
    choice("model", settings.model ?? "", () => models(store), (value) => save({ model: value || null })),
    choice("think", String(settings.think ?? ""), () => [
      { value: "", label: t("settings.think_auto") },
      { value: "true", label: t("settings.think_on") },
      { value: "false", label: t("settings.think_off") },
    ], (value) => save({ think: value === "" ? null : value === "true" })),
    check("shortcuts", settings.shortcuts, (on) => save({ shortcuts: on })),
  ];
  // what another tab set, or the server refused, shows here too
  const paint = () => rows.forEach((row) => row.show(store.settings));
  const away = [store.on("settings", paint), store.on("models", paint)];
  open(t("settings.title"), [h("div", { class: "settings" }, rows.map((row) => row.element))], { onclose: () => away.forEach((stop) => stop()) });
}

/** Each language in its own words. @returns {Choice[]} */
function languages() {
  return [{ value: "auto", label: t("settings.language_auto") }, { value: "zh", label: "简体中文", lang: "zh-Hans" }, { value: "en", label: "English", lang: "en" }];
}

/** @param {Store} store @returns {Choice[]} */
function models(store) {
  const names = store.models.map((model) => model.id);
  const { model } = store.settings;
  if (model !== null && !names.includes(model)) names.push(model); // it is gone, and still set
  const standard = store.defaultModel ? t("settings.model_auto_named", { model: store.defaultModel }) : t("settings.model_auto");
  return [{ value: "", label: standard }, ...names.map((name) => ({ value: name, label: name }))];
}

/** @typedef {{ element: HTMLElement, show: (settings: Record<string, any>) => void }} Shown */

/**
 * @param {string} name of the setting @param {string} value @param {() => Choice[]} choices as they are now
 * @param {(value: string) => void} save @returns {Shown}
 */
function choice(name, value, choices, save) {
  const id = `setting-${name}`;
  const select = h("select", { id, class: "field", onchange: () => save(select.value) });
  let listed = "";
  const show = (/** @type {string} */ chosen) => {
    const all = choices();
    if (JSON.stringify(all) !== listed) fill(select, all.map((one) => h("option", { value: one.value, text: one.label, lang: one.lang })));
    listed = JSON.stringify(all);
    select.value = chosen;
  };
  show(value);
  return {
    element: h("div", { class: "setting" }, h("label", { for: id, text: t(`settings.${name}`) }), select),
    show: (settings) => show(String(settings[name] ?? "")),
  };
}

/** @param {string} name @param {boolean} on @param {(on: boolean) => void} save @returns {Shown} */
function check(name, on, save) {
  const id = `setting-${name}`;
  const box = h("input", { id, type: "checkbox", class: "switch", role: "switch", checked: on, onchange: () => save(box.checked) });
  return {
    element: h("div", { class: "setting" }, h("label", { for: id, text: t(`settings.${name}`) }), box),
    show: (settings) => {
      box.checked = Boolean(settings[name]);
    },
  };
}
