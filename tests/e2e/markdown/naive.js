// The renderer one would write in ten minutes: everything anew with each message. What ours is measured against.
import MarkdownIt from "markdown-it";
import { sanitise } from "../../../static/src/markdown/sanitise.js";

/** @type {typeof import("../../../static/src/markdown/languages.js") | null} */
let languages = null;
const md = new MarkdownIt({
  linkify: true,
  highlight: (code, language) => (languages?.knows(language) ? html(languages.read(code, language)) : ""),
});

function html(piece) {
  if (typeof piece === "string") return md.utils.escapeHtml(piece);
  const inside = piece.children.map(html).join("");
  return piece.scope ? `<span class="${piece.scope}">${inside}</span>` : inside;
}

export class Naive {
  /** With colours, as it would have. */
  static async prepare() {
    languages = await import("../../../static/src/markdown/languages.js");
  }

  constructor(box, everyFrame = false) {
    this.box = box;
    this.text = "";
    this.everyFrame = everyFrame;
    this.frame = 0;
  }

  push(text) {
    this.text += text;
    if (!this.everyFrame) this.now();
    else this.frame ||= requestAnimationFrame(() => this.now());
  }

  now() {
    this.frame = 0;
    const made = md.render(this.text).replace(/ style="[^"]*"/g, ""); // of tables: the policy would complain
    this.box.replaceChildren(sanitise(made));
  }

  end() {
    this.now();
  }
}
