/** What is offered with a conversation: what its `may` and the person's scopes allow. Pure. */

/** @typedef {"rename" | "pin" | "archive" | "export" | "access" | "move" | "delete"} Deed */
/** @typedef {{ may: string[], mine: boolean, team: string | null }} Allowed */
/** @typedef {{ can: (scope: string) => boolean, teams: { slug: string }[] }} Person */

/**
 * The deeds of a conversation's menu, in its order.
 * @param {Allowed} card @param {Person} person @returns {Deed[]}
 */
export function deedsOf(card, person) {
  const may = (/** @type {string} */ deed) => card.may.includes(deed);
  const writes = person.can("chat:write");
  /** @type {[Deed, boolean][]} */
  const all = [
    ["rename", writes && may("rename")],
    ["pin", may("pin")],
    ["archive", may("pin")], // both are marks of the reader's own
    ["export", may("export")],
    ["access", true],
    ["move", placesFor(card, person).length > 1],
    ["delete", writes && may("delete")],
  ];
  return all.filter(([, allowed]) => allowed).map(([deed]) => deed);
}

/**
 * Where it is and where it may go: slugs, null is private. A lead does not make it private: it would go back
 * to an owner who may have left.
 * @param {Allowed} card @param {Person} person @returns {(string | null)[]}
 */
export function placesFor(card, person) {
  if (!person.can("chat:write") || !card.may.includes("move")) return [card.team];
  const teams = person.teams.map((team) => team.slug);
  const here = card.team !== null && !teams.includes(card.team) ? [card.team] : [];
  return [...(card.mine ? [null] : []), ...here, ...teams];
}
