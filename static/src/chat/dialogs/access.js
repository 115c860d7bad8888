/** Who can see a conversation: by what right, and until when. */

import { open } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { icon } from "../../lib/icons.js";
import { moment, t } from "../../lib/texts.js";
import { titleOf } from "../list/refusal.js";
import { words } from "../live/errors.js";

/** @typedef {import("../store.js").Store} Store */
/** @typedef {import("../acts.js").Acts} Acts */

/**
 * @typedef {object} Readers
 * @property {{ id: string, name: string, reads: boolean }} owner
 * @property {{ slug: string, name: string, members: number } | null} team
 * @property {{ name: string, by: string | null, until: string, break_glass: boolean }[]} grants
 */

/** @param {Store} store @param {Acts} acts @param {string} c */
export async function show(store, acts, c) {
  const card = store.cards.get(c);
  const content = h("div", { class: "access", "aria-busy": "true" }, h("p", { class: "quiet-text", text: t("access.loading") }));
  open(t("access.title"), [card && h("p", { class: "quiet-text", text: titleOf(card) }), content]);
  try {
    fill(content, listOf(await acts.access(c), store.me.id));
  } catch (error) {
    fill(content, h("p", { class: "bad", role: "alert" }, icon("warning"), h("span", { text: words(/** @type {any} */ (error)) })));
  }
  content.removeAttribute("aria-busy");
}

/** @param {Readers} readers @param {string} me @returns {HTMLElement[]} */
function listOf(readers, me) {
  const { owner, team, grants } = readers;
  const you = owner.id === me ? t("access.you") : null;
  return [
    h("ul", { class: "readers" },
      reader("lock", owner.name + (you ? ` ${you}` : ""), t(owner.reads ? "access.owner" : "access.owner_left")),
      team && reader("team", team.name, t("access.team", { count: team.members })),
      grants.map((grant) => reader("eye", grant.name, why(grant))),
    ),
    h("p", { class: "quiet-text", text: t(team || grants.length ? "access.note" : "access.note_private") }),
  ];
}

/** @param {Readers["grants"][number]} grant @returns {string} */
function why(grant) {
  const until = moment(grant.until);
  if (grant.break_glass) return t("access.break_glass", { until });
  return grant.by ? t("access.grant_by", { by: grant.by, until }) : t("access.grant", { until });
}

/** @param {string} drawing @param {string} name @param {string} reason @returns {HTMLElement} */
function reader(drawing, name, reason) {
  return h("li", null, icon(drawing), h("div", null, h("strong", { text: name }), h("p", { class: "quiet-text", text: reason })));
}
