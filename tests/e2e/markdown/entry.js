// What the tests drive: the renderer as the page uses it, and renderers to be measured beside it.
import { h } from "../../../static/src/lib/dom.js";
import { speak } from "../../../static/src/lib/texts.js";
import words from "../../../chat/texts/en/markdown.json";
import { codeOf, mindCopies, render } from "../../../static/src/markdown/index.js";
import { md } from "../../../static/src/markdown/parser.js";
import { StreamView } from "../../../static/src/markdown/stream.js";
import { sanitise } from "../../../static/src/markdown/sanitise.js";
import { Naive } from "./naive.js";
import { feed } from "./feed.js";
import { cost, judge, ours, plain, wrong } from "./judge.js";

speak(words, "en");
const box = document.getElementById("box");
mindCopies(document.body, (button) => document.body.append(h("p", { class: "copied", text: codeOf(button) })));

/** What can be seen, independent of how text nodes are cut and of what is added while idle. */
function look(node) {
  const copy = node.cloneNode(true);
  for (const span of copy.querySelectorAll("[class^=hl-]")) span.replaceWith(...span.childNodes);
  for (const block of copy.querySelectorAll("[data-coloured]")) block.removeAttribute("data-coloured");
  for (const element of copy.querySelectorAll("*")) {
    const attributes = [...element.attributes].sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { name } of attributes) element.removeAttribute(name);
    for (const { name, value } of attributes) element.setAttribute(name, value);
  }
  copy.normalize();
  const shell = document.createElement("div");
  shell.append(...copy.childNodes);
  return shell.innerHTML;
}

/** Words as people see them: not those of bars over code. */
function words_of(node) {
  const copy = node.cloneNode(true);
  for (const bar of copy.querySelectorAll(".bar, .host")) bar.remove();
  return copy.textContent;
}

/** Each visible character with the elements it is in: "strong>p>x" for a bold x. */
function marks(node) {
  const found = [];
  const walk = (at, within) => {
    for (const child of at.childNodes) {
      if (child instanceof Text) for (const one of child.data.replace(/\s/g, "")) found.push(`${within}${one}`);
      else if (!child.matches(".bar, .host")) walk(child, `${within}${child.nodeName.toLowerCase()}>`);
    }
  };
  walk(node, "");
  return found;
}

/** What was shown, character by character, that was not in the end. */
function flashes(text) {
  const steps = [];
  const shell = document.createElement("div");
  const view = new StreamView(shell);
  for (const one of text) {
    view.push(one);
    view.now();
    steps.push([view.text, marks(shell)]);
  }
  view.end();
  const end = marks(shell);
  return steps
    .map(([source, shown]) => [source, shown, shown.findIndex((mark, at) => mark !== end[at])])
    .filter(([, , at]) => at >= 0)
    .map(([source, shown, at]) => `${JSON.stringify(source.slice(-30))}: ${shown.slice(at).join(" ").slice(0, 80)} / ${end.slice(at).join(" ").slice(0, 80)}`);
}

/** The look of a text, rendered whole. */
function whole(text) {
  const shell = document.createElement("div");
  shell.append(render(text));
  return look(shell);
}

/** A stream of its own in an element that is not shown; flushed after each piece. */
function streamed(pieces) {
  const shell = document.createElement("div");
  const view = new StreamView(shell);
  for (const piece of pieces) {
    view.push(piece);
    view.now();
  }
  view.end();
  return look(shell);
}

function fresh() {
  const shell = h("div", { class: "answer" });
  box.append(shell);
  return shell;
}

Object.assign(globalThis, { clawd: { render, StreamView, codeOf, sanitise, md, look, words_of, flashes, whole, streamed, fresh, box, Naive, feed, cost, judge, ours, plain, wrong } });
document.documentElement.dataset.ready = "";
