/** What a person does with a conversation from its menu: beside its row, and in the page's head. */

import { confirm } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";
import { openMenu } from "../../lib/menu.js";
import { t } from "../../lib/texts.js";
import { toast } from "../../lib/toast.js";
import { refused, summon, titleOf } from "./refusal.js";
import { renameAt } from "./rename.js";
import { deedsOf, placesFor } from "./rights.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */
/** @typedef {import("../../lib/menu.js").Item} Item */

const UNDO = 10; // seconds that a deletion is offered to be taken back; the server waits 30

/**
 * Open the menu of a conversation.
 * @param {Store} store @param {Acts} acts @param {string} id
 * @param {HTMLElement} button
 * @param {{ rename: () => void, removed?: () => void }} here what differs from place to place
 */
export function conversationMenu(store, acts, id, button, here) {
  const card = store.cards.get(id);
  if (!card) return;
  /** @type {Record<import("./rights.js").Deed, () => (Item | "line")[]>} */
  const offer = {
    rename: () => [item("rename", "edit", here.rename)],
    pin: () => [item(card.pinned ? "unpin" : "pin", card.pinned ? "unpin" : "pin", () => pin(acts, id, !card.pinned))],
    archive: () => [item(card.archived ? "unarchive" : "archive", "archive", () => archive(acts, id, !card.archived))],
    export: () => [
      item("export_markdown", "download", () => download(acts.exportUrl(id, "markdown"))),
      item("export_json", "download", () => download(acts.exportUrl(id, "json"))),
    ],
    access: () => [item("access", "eye", () => void summon(import("../dialogs/access.js"), (dialog) => dialog.show(store, acts, id)))],
    move: () => [item("move", "team", () => setTimeout(() => moveMenu(store, acts, id, button)))], // once this one is shut
    delete: () => ["line", { ...item("delete", "trash", () => void remove(store, acts, id, here.removed)), danger: true }],
  };
  openMenu(button, deedsOf(card, store).flatMap((deed) => offer[deed]()));
}

/** @param {string} key @param {string} icon @param {() => void} act @returns {Item} */
function item(key, icon, act) {
  return { label: t(`list.${key}`), icon, act };
}

/**
 * Choose who sees a conversation: oneself, or a team.
 * @param {Store} store @param {Acts} acts @param {string} id @param {HTMLElement} button
 */
export function moveMenu(store, acts, id, button) {
  const card = store.cards.get(id);
  if (!card) return;
  openMenu(button, placesFor(card, store).map((team) => ({
    label: team === null ? t("list.private") : store.teamName(team),
    note: team === null ? t("list.private_note") : t("list.team_note"),
    icon: team === null ? "lock" : "team",
    checked: team === card.team,
    act: () => void (team !== card.team && move(store, acts, id, team)),
  })));
}

/** @param {Store} store @param {Acts} acts @param {string} id @param {string | null} team */
async function move(store, acts, id, team) {
  const card = store.cards.get(id);
  if (!card) return;
  const where = team === null ? t("list.private") : store.teamName(team);
  const sure = await confirm({
    title: t("list.move_title", { where }),
    text: team === null ? t("list.move_private", { title: titleOf(card) }) : t("list.move_team", { title: titleOf(card), where }),
    yes: t("list.move_yes"),
  });
  if (!sure) return;
  await settled(acts.move(id, team), t("list.moved", { where }));
}

/** @param {Acts} acts @param {string} id @param {boolean} on */
function pin(acts, id, on) {
  void settled(acts.pin(id, on));
}

/** @param {Acts} acts @param {string} id @param {boolean} on */
export function archive(acts, id, on) {
  const back = { action: { label: t("list.undo"), act: () => archive(acts, id, !on) } };
  return settled(acts.archive(id, on), t(on ? "list.archived" : "list.unarchived"), on ? back : {});
}

/**
 * Give it another title, in the place of `shown`.
 * @param {Store} store @param {Acts} acts @param {string} id @param {HTMLElement} shown what shows the title
 * @param {() => void} done called at the end
 */
export function rename(store, acts, id, shown, done) {
  const card = store.cards.get(id);
  if (card && deedsOf(card, store).includes("rename")) renameAt(shown, card.title, (title) => void settled(acts.rename(id, title)), done);
}

/**
 * Ask, then delete; a while later it can still be taken back.
 * @param {Store} store @param {Acts} acts @param {string} id @param {() => void} [removed] called once it left the list
 */
export async function remove(store, acts, id, removed) {
  const card = store.cards.get(id);
  if (!card) return;
  const title = titleOf(card);
  const text = [t("list.delete_text", { title }), card.team !== null && t("list.delete_team", { where: store.teamName(card.team) }), card.running && t("list.delete_running")];
  const sure = await confirm({ title: t("list.delete_title"), text: text.filter(Boolean).join(" "), yes: t("list.delete_yes"), danger: true });
  if (!sure) return;
  const wasOpen = store.open === id;
  const gone = acts.remove(id);
  removed?.();
  const undo = async () => {
    await gone;
    await acts.undoRemove(id);
    if (wasOpen && store.open === null) await acts.open(id);
  };
  const shut = toast(t("list.deleted", { title }), { seconds: UNDO, action: { label: t("list.undo"), act: () => void settled(undo()) } });
  gone.catch((/** @type {unknown} */ error) => {
    shut();
    refused(error);
  });
}

/**
 * Wait for an act; a refusal is said in words.
 * @param {Promise<unknown>} act @param {string} [done] what is said when it worked
 * @param {Parameters<typeof toast>[1]} [more]
 */
export async function settled(act, done, more) {
  try {
    await act;
  } catch (error) {
    refused(error);
    return;
  }
  if (done) toast(done, more);
}

/** @param {string} address */
function download(address) {
  const link = h("a", { href: address, download: "" });
  document.body.append(link);
  link.click();
  link.remove();
}
