import assert from "node:assert/strict";
import { test } from "node:test";
import { formerly, itemsOf } from "../../../static/src/chat/log/items.js";

const said = (id, role, more = {}) => ({ id, role, parent: null, asker: "Alice", text: id, images: [], generation: null, ...more });

function store({ messages, may = ["continue"], team = null, scopes = ["chat:write"], running, phase = "ready" }) {
  return {
    open: "c", me: { id: "1", name: "Alice" }, contextLength: 100, connection: { phase },
    cards: new Map([["c", { team, may }]]),
    can: (scope) => scopes.includes(scope),
    branch: () => messages,
    siblings: (id) => [id],
    running: () => running,
    generation: () => undefined,
  };
}

test("ui-66 nobody is offered what they may not do", () => {
  const messages = [said("q", "user"), said("a", "assistant")];
  const may = (more) => itemsOf(store({ messages, ...more })).every((item) => item.may);
  assert.equal(may({}), true);
  assert.equal(may({ may: [] }), false);
  assert.equal(may({ scopes: [] }), false);
  assert.equal(may({ phase: "denied" }), false);
});

test("a question of somebody else in a team carries their name, one's own does not", () => {
  const messages = [said("q1", "user"), said("q2", "user", { asker: "Bob" })];
  assert.deepEqual(itemsOf(store({ messages, team: "team-a" })).map((item) => item.asker), [null, "Bob"]);
  assert.deepEqual(itemsOf(store({ messages })).map((item) => item.asker), [null, null]);
});

test("a namesake's question is theirs, also for who reads by a grant, and after they are gone", () => {
  const messages = [
    said("q1", "user", { asker_id: "1" }), said("q2", "user", { asker_id: "2" }), said("q3", "user", { asker: null, asker_id: null }),
  ];
  for (const team of ["team-a", null]) {
    const shown = itemsOf(store({ messages, team })).map((item) => item.asker);
    assert.deepEqual(shown, [null, "Alice", "?"]);
  }
});

test("ui-25 dots stand under a question that is on its way, and under no other", () => {
  const on = (state) => itemsOf(store({ messages: [said("p", "user", { pending: { id: "p", state } })] })).map((item) => item.key);
  assert.deepEqual(on("sending"), ["p", "wait:p"]);
  assert.deepEqual(on("waiting"), ["p"]);
  assert.deepEqual(on("failed"), ["p"]);
});

test("ui-25 a stored question is known as the one that was on its way", () => {
  const [pending] = itemsOf(store({ messages: [said("p", "user", { pending: { id: "p", state: "sending" } })] }));
  const [stored, other] = itemsOf(store({ messages: [said("q", "user", { sent: "p" }), said("r", "user")] }));
  assert.equal(formerly(stored, [pending]), pending);
  assert.equal(formerly(other, [pending]), undefined);
});
