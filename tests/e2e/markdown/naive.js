// The renderer one would write in ten minutes: everything anew with each message. What ours is measured against.
import { md } from "../../../static/src/markdown/parser.js";
import { sanitise } from "../../../static/src/markdown/sanitise.js";

export class Naive {
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
    this.box.replaceChildren(sanitise(md.render(this.text)));
  }

  end() {
    this.now();
  }
}
