// What must never be in a page that shows Markdown, and what showing it costs.
import { render } from "../../../static/src/markdown/index.js";
import { StreamView } from "../../../static/src/markdown/stream.js";
import { md } from "../../../static/src/markdown/parser.js";
import { sanitise } from "../../../static/src/markdown/sanitise.js";
import { Naive } from "./naive.js";

const TAGS = /^(p|br|hr|h[2-6]|strong|em|s|code|pre|blockquote|[uo]l|li|table|thead|tbody|t[rhd]|a|span|div|small|button|input)$/i;
const ATTRIBUTES = /^(on.*|id|name|style|src|srcset|action|formaction|background|poster|ping|is|slot|part)$/;
const ADDRESS = /^(https?:\/\/|mailto:)/i;

/** The elements of an answer that are not as they must be. */
export function wrong(answer) {
  return [...answer.querySelectorAll("*")].filter((one) => {
    const attributes = [...one.attributes].some(({ name, value }) => ATTRIBUTES.test(name) || (name === "href" && !ADDRESS.test(value)));
    const link = one.matches("a[href]") && (one.rel !== "noopener noreferrer nofollow" || one.target !== "_blank");
    return attributes || link || (one.matches("input") && !one.disabled) || !(TAGS.test(one.tagName) || one.closest("math"));
  });
}

/** Each text rendered whole and streamed: what is wrong in the page then. */
export async function judge(texts, place) {
  const found = [];
  for (const text of texts) {
    const whole = place();
    whole.append(render(text));
    const streamed = place();
    const view = new StreamView(streamed);
    const size = Math.max(5, Math.ceil(text.length / 60));
    for (let at = 0; at < text.length; at += size) {
      view.push(text.slice(at, at + size));
      view.now();
    }
    view.end();
    for (const answer of [whole, streamed]) found.push(...wrong(answer).map((one) => [text, one.outerHTML]));
    whole.remove();
    streamed.remove();
  }
  await new Promise((done) => setTimeout(done, 100)); // for whatever would run late
  return found;
}

const timed = (act) => {
  const begun = performance.now();
  act();
  return performance.now() - begun;
};

/** The longest step and all of them, in times of one plain rendering of 20 kB of usual Markdown. */
export function cost(text, shell) {
  const usual = "Some **bold** text with `code` and [a link](https://example.com).\n\n- one\n- two\n\n".repeat(240);
  const once = () => timed(() => shell.replaceChildren(sanitise(md.render(usual))));
  once();
  const unit = Math.max(once(), once(), once());
  shell.replaceChildren();
  const view = new StreamView(shell);
  const steps = [];
  const size = Math.ceil(text.length / 100);
  for (let at = 0; at < text.length; at += size) {
    view.push(text.slice(at, at + size));
    if (steps.length < 20 || at + size >= text.length) steps.push(timed(() => view.now()));
  }
  view.ended = true;
  while (!view.pace.stopped) steps.push(timed(() => view.now()));
  const whole = timed(() => render(text));
  return { longest: Math.max(...steps, whole) / unit, all: steps.reduce((a, b) => a + b, 0) / unit, unit };
}

/**
 * The time that ours takes for a text which comes in pieces, as often as there would be frames at 200 pieces a
 * second.
 */
export function ours(text, size, shell) {
  const view = new StreamView(shell);
  return timed(() => {
    for (let at = 0, piece = 0; at < text.length; at += size, piece += 1) {
      view.push(text.slice(at, at + size));
      if (piece % 3 === 0) view.now();
    }
    view.end();
  });
}

/** The same for what renders everything with each piece. */
export function plain(text, size, shell) {
  const view = new Naive(shell);
  return timed(() => {
    for (let at = 0; at < text.length; at += size) view.push(text.slice(at, at + size));
  });
}
