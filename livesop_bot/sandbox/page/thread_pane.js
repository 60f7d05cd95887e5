/** The right side: one thread, with a message box of its own. */

import { Composer } from "/page/composer.js";
import { fill, h, iconButton } from "/page/dom.js";
import { MessageList } from "/page/message_list.js";

export class ThreadPane {
  #node;
  #store;
  #actions;
  #list;
  #changed;
  #opener = null;
  #drafts = new Map();
  #composer = null;
  channel = null;
  ts = null;

  /** `changed()` is called when another thread is open, or none. */
  constructor(node, store, actions, changed) {
    this.#changed = changed;
    this.#node = node;
    this.#store = store;
    this.#actions = actions;
    this.#list = new MessageList(store, actions, { inThread: true, label: "Thread" });
    node.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.defaultPrevented) this.close();
    });
  }

  /** Opens a thread; `focus` puts the caret into its box. */
  open(channel, ts, { focus = true } = {}) {
    const again = this.channel === channel && this.ts === ts;
    if (!again) {
      this.#keepDraft();
      this.#opener = document.activeElement;
      this.channel = channel;
      this.ts = ts;
      this.#composer = new Composer({
        store: this.#store, placeholder: "Reply", name: `thread-${ts}`,
        send: (text) => this.#actions.send(channel, text, ts),
        editLast: () => this.#list.editLast(),
      });
      this.#node.hidden = false;
      fill(this.#node,
        h("header.pane-head", {}, h("h2", {}, "Thread"), h("p.topic", {}, `# ${this.#store.channelName(channel)}`),
          iconButton("close", "Close thread", () => this.close())),
        this.#list.node, h("div.pane-foot", {}, this.#composer.node));
      this.#composer.text = this.#drafts.get(`${channel}/${ts}`) ?? "";
      this.#list.show(channel, () => this.#rows());
      this.#changed();
    }
    if (focus) this.#composer.focus();
  }

  #rows() {
    const root = this.#store.message(this.channel, this.ts);
    return [...(root ? [{ message: { ...root, thread_ts: root.ts }, ephemeral: false }] : []), ...this.#store.replies(this.channel, this.ts)];
  }

  #keepDraft() {
    if (this.#composer) this.#drafts.set(`${this.channel}/${this.ts}`, this.#composer.text);
  }

  close() {
    if (!this.ts) return;
    this.#keepDraft();
    const inside = this.#node.contains(document.activeElement);
    this.channel = null;
    this.ts = null;
    this.#composer = null;
    this.#node.hidden = true;
    this.#changed();
    if (inside) this.#focusOpener();
  }

  /** Gives the focus back to what opened the thread, or to what was drawn in its place since. */
  #focusOpener() {
    const key = this.#opener?.dataset.key;
    const opener = this.#opener?.isConnected ? this.#opener : key && document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    opener?.closest(".message")?.focus({ preventScroll: true }); // its buttons are out of sight until then
    opener?.focus();
  }

  update(channel) {
    if (!this.ts || (channel && channel !== this.channel)) return;
    if (!this.#rows().length) this.close();
    else this.#list.update();
  }

  toEnd() {
    this.#list.toEnd();
  }

  highlight(ts) {
    return this.#list.highlight(ts);
  }
}
