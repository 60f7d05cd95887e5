/** A column of messages with day dividers, for a channel or a thread; redraws only what changed. */

import { dateOf, dayKey, dayLabel } from "/page/dates.js";
import { h, reconcile } from "/page/dom.js";
import { Form } from "/page/form.js";
import { messageNode } from "/page/message.js";
import { asTyped } from "/page/mrkdwn.js";

const SAME_BREATH_SECONDS = 300;
const NEAR_END_PIXELS = 80;

export class MessageList {
  #store;
  #actions;
  #inThread;
  #channel = null;
  #cache = new Map();
  #forms = new Map();
  #editing = null;
  #rows = () => [];
  #atEnd = true;

  constructor(store, actions, { inThread, label }) {
    this.#store = store;
    this.#actions = { ...actions, edit: (ts) => this.edit(ts) };
    this.#inThread = inThread;
    this.node = h("div.messages", {
      role: "log", "aria-label": label, "aria-live": "polite", tabindex: "0",
      onkeydown: (event) => this.#key(event),
      onscroll: () => { this.#atEnd = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR_END_PIXELS; },
    });
    new ResizeObserver(() => this.#atEnd && this.toEnd()).observe(this.node);
  }

  /** Shows a conversation: `rows()` gives {message, ephemeral}; `lead` stands above it. */
  show(channel, rows, { lead = null } = {}) {
    this.#channel = channel;
    this.#rows = rows;
    this.#cache.clear();
    this.#editing = null;
    this.lead = lead;
    this.node.replaceChildren();
    this.update();
    this.toEnd();
  }

  /** Scrolls to the end; of a last message too tall for that, the beginning is shown. */
  toEnd() {
    this.#atEnd = true;
    this.node.scrollTop = this.node.scrollHeight;
    const beyond = this.node.getBoundingClientRect().top - (this.node.lastElementChild?.getBoundingClientRect().top ?? Infinity);
    if (beyond > 0) this.node.scrollTop -= beyond;
  }

  /** Brings the column up to date; stays at the end when it was there. */
  update() {
    if (!this.#channel) return;
    const active = this.node.contains(document.activeElement) ? document.activeElement : null;
    const nodes = this.lead ? [this.lead] : [];
    const threads = this.#inThread ? new Map() : this.#store.threads(this.#channel);
    let last = null;
    for (const row of this.#rows()) {
      const day = dayKey(dateOf(row.message.ts));
      if (!last || last.day !== day) nodes.push(this.#divider(day, dateOf(row.message.ts)));
      const compact = Boolean(last && last.day === day && sameBreath(last.row, row));
      nodes.push(this.#node(row, compact, threads.get(row.message.ts)));
      if (this.#inThread && row.message.thread_ts === row.message.ts) nodes.push(this.#count());
      last = { day, row };
    }
    reconcile(this.node, nodes);
    if (active && !active.isConnected) this.#refocus(active);
    if (this.#atEnd) this.toEnd();
  }

  #node(row, compact, replies) {
    const { message, ephemeral } = row;
    const isEditing = this.#editing === message.ts;
    const signature = JSON.stringify([message, compact, isEditing, replies, this.#store.me.id]);
    const kept = this.#cache.get(message.ts);
    if (kept?.signature === signature) return kept.node;
    if (!this.#forms.has(message.ts)) this.#forms.set(message.ts, new Form());
    const node = messageNode({
      message, ephemeral, compact, channel: this.#channel, store: this.#store, actions: this.#actions, inThread: this.#inThread,
      form: this.#forms.get(message.ts), editor: isEditing ? this.#editor(message) : null,
      redraw: () => { this.#cache.delete(message.ts); this.update(); },
    });
    if (kept && isEditing) queueMicrotask(() => node.querySelector("textarea")?.focus());
    this.#cache.set(message.ts, { signature, node });
    return node;
  }

  #divider(day, date) {
    return this.#kept(`day-${day}`, dayLabel(date), (label) => h("div.day", { role: "separator", "aria-label": label }, h("span", {}, label)));
  }

  #count() {
    const count = this.#rows().filter((r) => !r.ephemeral).length - 1;
    const text = count === 0 ? "No replies yet" : `${count} ${count === 1 ? "reply" : "replies"}`;
    return this.#kept("count", text, () => h("div.reply-count", {}, h("span", {}, text)));
  }

  #kept(key, text, make) {
    const kept = this.#cache.get(key);
    if (kept?.signature === text) return kept.node;
    const node = make(text);
    this.#cache.set(key, { signature: text, node });
    return node;
  }

  /** Gives the focus to what replaced the focused element. */
  #refocus(old) {
    const ts = old.closest("[data-ts]")?.dataset.ts;
    const row = ts && this.node.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    const same = row && old.dataset.key && row.querySelector(`[data-key="${CSS.escape(old.dataset.key)}"]`);
    if (same) same.focus({ preventScroll: true });
    else if (row && !row.contains(document.activeElement)) row.focus({ preventScroll: true });
  }

  /** Turns a message into its own editor; null ends that. */
  edit(ts) {
    this.#editing = ts;
    this.update();
  }

  /** Edits the person's newest message here, as ↑ does in an empty box. */
  editLast() {
    const own = this.#rows().filter((r) => r.message.user === this.#store.me.id && !r.message.bot_id && !r.ephemeral).at(-1);
    if (own) this.edit(own.message.ts);
    return Boolean(own);
  }

  #editor(message) {
    const box = h("textarea.input", { rows: 3, "aria-label": "Edit message", value: asTyped(message.text, this.#store) });
    const save = async () => {
      const text = box.value.trim();
      if (text && !(await this.#actions.saveEdit(this.#channel, message.ts, text))) return;
      this.edit(null);
    };
    box.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.edit(null);
      else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        save();
      }
    });
    return h("div.editor", {}, box, h("div.editor-foot", {},
      h("button.button", { type: "button", onclick: () => this.edit(null) }, "Cancel"),
      h("button.button.primary", { type: "button", onclick: save }, "Save")));
  }

  /** ↑ and ↓ walk through the messages; Tab then reaches a message's own buttons. */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const onRow = event.target === this.node || event.target.matches("article.message");
    if (!step || !onRow) return;
    event.preventDefault();
    const rows = [...this.node.querySelectorAll("article.message")];
    const at = rows.indexOf(event.target);
    const next = at === -1 ? rows.at(step === 1 ? 0 : -1) : rows[at + step];
    next?.focus();
  }

  /** Scrolls to a message and lights it up; false when it is not here. */
  highlight(ts) {
    const node = this.node.querySelector(`[data-ts="${CSS.escape(ts)}"]`);
    if (!node) return false;
    node.scrollIntoView({ block: "center" });
    node.classList.remove("highlight");
    node.getBoundingClientRect(); // restarts the animation
    node.classList.add("highlight");
    node.focus({ preventScroll: true });
    return true;
  }
}

/** Whether Slack would leave out the second message's author and picture. */
function sameBreath(first, second) {
  const a = first.message;
  const b = second.message;
  return !first.ephemeral && !second.ephemeral && !a.subtype && !b.subtype
    && a.user === b.user && a.bot_id === b.bot_id && a.username === b.username
    && Number(b.ts) - Number(a.ts) < SAME_BREATH_SECONDS;
}
