/** The message box: Enter sends, Shift+Enter breaks the line; suggests commands, people and channels. */

import { avatar, fill, h, iconButton } from "/page/dom.js";

let serial = 0;

/** Options: {store, placeholder, send(text) → Promise<boolean>, share?(file), editLast?()}; `send` keeps the text when it resolves to false. */
export class Composer {
  #options;
  #box;
  #list;
  #send;
  #suggestions = [];
  #active = 0;
  #dismissed = "";
  #id = `suggestions-${++serial}`;

  constructor(options) {
    this.#options = options;
    this.#box = h("textarea", {
      rows: 1, "aria-label": options.placeholder, placeholder: options.placeholder, "data-key": `composer-${options.name}`,
      "aria-autocomplete": "list", "aria-controls": this.#id,
      oninput: () => this.#changed(),
      onkeydown: (event) => this.#key(event),
      onblur: () => this.#hide(),
    });
    this.#send = iconButton("send", "Send now", () => this.#submit(), { class: "send" });
    this.#list = h("div.suggestions", { role: "listbox", id: this.#id, "aria-label": "Suggestions", hidden: true });
    this.node = h("div.composer", {}, this.#list, h("div.composer-box", {}, options.share && this.#attach(), this.#box, this.#send));
    this.#changed();
  }

  /** The paper clip: shares a file at once, as it is. */
  #attach() {
    const picker = h("input", {
      type: "file", hidden: true, "aria-label": "File to share",
      onchange: () => {
        for (const file of picker.files) this.#options.share(file);
        picker.value = "";
      },
    });
    return [picker, iconButton("clip", "Share a file", () => picker.click(), { class: "attach" })];
  }

  get text() {
    return this.#box.value;
  }

  set text(text) {
    this.#box.value = text;
    this.#changed();
  }

  focus() {
    this.#box.focus();
    this.#box.setSelectionRange(this.text.length, this.text.length);
  }

  async #submit() {
    const text = this.text.trim();
    if (!text) return;
    this.text = "";
    const sent = await this.#options.send(text);
    if (!sent) this.text = this.text ? `${text}\n${this.text}` : text;
  }

  #key(event) {
    if (event.isComposing) return;
    const open = this.#suggestions.length > 0;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      this.#active = (this.#active + step + this.#suggestions.length) % this.#suggestions.length;
      this.#drawList();
    } else if (open && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !this.#complete()))) {
      event.preventDefault();
      this.#choose(this.#suggestions[this.#active]);
    } else if (open && event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#dismissed = this.text;
      this.#hide();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && !this.text) {
      if (this.#options.editLast?.()) event.preventDefault();
    }
  }

  /** Whether the words before the caret already are the suggestion, so that Enter sends. */
  #complete() {
    const { insert } = this.#suggestions[this.#active];
    return insert === undefined || this.text.trim() === insert.trim();
  }

  #changed() {
    this.#box.style.height = "auto";
    if (this.#box.isConnected) this.#box.style.height = `${Math.min(this.#box.scrollHeight, 240)}px`;
    this.#send.disabled = !this.text.trim();
    this.#suggestions = this.text === this.#dismissed ? [] : this.#suggest();
    this.#active = 0;
    this.#drawList();
  }

  #hide() {
    this.#suggestions = [];
    this.#drawList();
  }

  /** What fits the word at the caret: {insert?, from, title, detail, lead?}. */
  #suggest() {
    const { store } = this.#options;
    const before = this.text.slice(0, this.#box.selectionEnd ?? this.text.length);
    if (/^\/\S*$/.test(before)) {
      return store.commands.filter((c) => c.command.startsWith(before))
        .map((c) => ({ insert: `${c.command} `, from: 0, title: `${c.command} ${c.usage_hint ?? ""}`, detail: c.description }));
    }
    const used = /^(\/\S+) /.exec(before);
    if (used) {
      return store.commands.filter((c) => c.command === used[1])
        .map((c) => ({ from: 0, title: `${c.command} ${c.usage_hint ?? ""}`, detail: c.description }));
    }
    const word = /(?:^|\s)([@#])([\p{L}\p{N}_-]*)$/u.exec(before);
    if (!word) return [];
    const from = before.length - word[2].length - 1;
    const fits = (name) => name?.toLowerCase().startsWith(word[2].toLowerCase());
    if (word[1] === "#") {
      return store.publicChannels().filter((c) => fits(c.name))
        .map((c) => ({ insert: `#${c.name} `, from, title: `#${c.name}`, detail: c.topic }));
    }
    return [...store.users.values()].filter((u) => fits(u.real_name) || fits(u.name))
      .map((u) => ({ insert: `@${u.real_name || u.name} `, from, title: u.real_name || u.name, detail: u.title, lead: avatar(u, "small") }));
  }

  #choose(suggestion) {
    if (suggestion.insert === undefined) return;
    const caret = this.#box.selectionEnd;
    this.text = this.text.slice(0, suggestion.from) + suggestion.insert + this.text.slice(caret);
    const at = suggestion.from + suggestion.insert.length;
    this.#box.setSelectionRange(at, at);
    this.#changed();
  }

  #drawList() {
    this.#list.hidden = this.#suggestions.length === 0;
    fill(this.#list, this.#suggestions.map((s, i) => h("div.suggestion", {
      role: "option", id: `${this.#id}-${i}`, "aria-selected": String(i === this.#active), class: i === this.#active ? "active" : "",
      onpointerdown: (event) => {
        event.preventDefault();
        this.#choose(s);
      },
    }, s.lead, h("span.suggestion-title", {}, s.title), s.detail && h("span.suggestion-detail", {}, s.detail))));
    if (this.#list.hidden) this.#box.removeAttribute("aria-activedescendant");
    else this.#box.setAttribute("aria-activedescendant", `${this.#id}-${this.#active}`);
  }
}
