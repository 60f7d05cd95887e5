/** Slack's modals: a stack of up to three views, of which the top one is shown. */

import { renderBlocks } from "/page/blocks.js";
import { call } from "/page/api.js";
import { openDialog, toast } from "/page/dialogs.js";
import { fill, h } from "/page/dom.js";
import { Form } from "/page/form.js";
import { actor } from "/page/interactions.js";
import { plainText } from "/page/mrkdwn.js";
import { closePopover } from "/page/popover.js";

const TROUBLE = "We had some trouble connecting. Try again?";

export class Modals {
  #store;
  #stack = [];
  #dialog = null;
  #shown = null;

  constructor(store) {
    this.#store = store;
  }

  /** Takes a push about views; those of other people are not ours. */
  apply(push) {
    if (!push.push.startsWith("view_") || push.user !== this.#store.me?.id) return;
    const at = this.#stack.findIndex((entry) => entry.id === push.view_id);
    const entry = { id: push.view_id, view: push.view, form: new Form(), errors: {}, pending: false, trouble: "" };
    switch (push.push) {
      case "view_opened":
        this.#stack = [entry];
        break;
      case "view_pushed":
        this.#stack.push(entry);
        break;
      case "view_updated":
        if (at === -1) return;
        Object.assign(this.#stack[at], { view: push.view, errors: {}, pending: false, trouble: "" });
        break;
      case "view_closed":
        if (push.all) this.#stack = [];
        else if (at !== -1) this.#stack.splice(at); // what lay on it goes with it
        break;
    }
    this.#draw();
  }

  /** Closes everything and tells the server, as the ✕ does. */
  closeAll() {
    if (this.#stack.length) this.#tellClosed(this.#stack.at(-1).id, { all: true });
    this.forget();
  }

  /** Takes everything off the screen without a word to the server. */
  forget() {
    this.#stack = [];
    this.#draw();
  }

  /** Closes the view on top; the one below comes back. */
  #closeTop() {
    const entry = this.#stack.pop();
    if (entry) this.#tellClosed(entry.id);
    this.#draw();
  }

  #tellClosed(id, { all = false } = {}) {
    call("view_close", { user: this.#store.me.id, view_id: id, all }).catch((fault) => toast(fault.message, { bad: true }));
  }

  #draw() {
    const top = this.#stack.at(-1);
    if (top && this.#shown === top) {
      this.#redraw();
      if (document.activeElement.matches(".dialog-x")) this.#focusFirst(); // there was nothing else before
      return;
    }
    closePopover();
    this.#dialog?.close();
    this.#dialog = null;
    this.#shown = top ?? null;
    if (!top) return;
    this.#dialog = openDialog({
      kind: "modal",
      title: "",
      back: this.#stack.length > 1 ? () => this.#closeTop() : undefined,
      onclose: () => this.closeAll(),
      body: h("form.dialog-body", { novalidate: true, id: "modal-form", onsubmit: (event) => { event.preventDefault(); this.#submit(); } }),
      footer: h("footer.dialog-foot"),
    });
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.#submit();
    });
    this.#redraw();
    this.#focusFirst();
  }

  #focusFirst() {
    const first = this.#dialog.querySelector(".dialog-body :is(input, textarea, .select), .dialog-foot .primary");
    (first ?? this.#dialog.querySelector(".dialog-x")).focus({ preventScroll: true }); // it is read from its top
  }

  /** Shows the top view's present state inside the open dialog. */
  #redraw() {
    const entry = this.#shown;
    const { view, form, errors } = entry;
    const dialog = this.#dialog;
    fill(dialog.querySelector("h2"), plainText(view.title?.text ?? ""));
    const container = { type: "view", view_id: entry.id };
    fill(dialog.querySelector(".dialog-body"),
      entry.trouble && h("div.trouble", { role: "alert" }, entry.trouble),
      renderBlocks(view.blocks ?? [], {
        store: this.#store, form, scope: entry.id, errors, act: actor(this.#store, container, form), redraw: () => this.#draw(),
      }));
    fill(dialog.querySelector(".dialog-foot"),
      h("button.button", { type: "button", "data-key": "modal-close", onclick: () => this.#closeTop() },
        plainText(view.close?.text ?? (view.submit ? "Cancel" : "Close"))),
      view.submit && h("button.button.primary", {
        type: "submit", form: "modal-form", "data-key": "modal-submit", class: entry.pending ? "pending" : "",
        "aria-busy": entry.pending ? "true" : null,
      }, h("span.button-label", {}, plainText(view.submit.text))));
  }

  async #submit() {
    const entry = this.#shown;
    if (!entry || entry.pending || !entry.view.submit) return;
    entry.trouble = "";
    entry.errors = entry.form.missing(entry.view.blocks ?? []);
    entry.pending = Object.keys(entry.errors).length === 0;
    this.#redraw();
    if (entry.pending) {
      try {
        const answer = await call("view_submit", { user: this.#store.me.id, view_id: entry.id, values: entry.form.values() });
        entry.errors = answer.errors ?? {};
      } catch (fault) {
        entry.trouble = `${TROUBLE} ${fault.message}`;
      }
      entry.pending = false;
      if (this.#shown === entry) this.#redraw();
    }
    this.#dialog?.querySelector(".has-error :is(input, textarea, .select)")?.focus();
  }
}
