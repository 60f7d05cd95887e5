/** The quick tour: ready-made messages to send, and what to look for afterwards. */

import { openDialog } from "/page/dialogs.js";
import { avatar, fill, h, icon, iconButton } from "/page/dom.js";

const SEEN = "livesop.tour.seen";
const DONE = "livesop.tour.done";

export class Tour {
  #store;
  #send;
  #coach = h("section.coach", { "aria-label": "Quick tour", "aria-live": "polite", hidden: true });
  #done = new Set(JSON.parse(localStorage.getItem(DONE) ?? "[]"));

  /** `send(stop)` sends a stop's message; resolves to whether it was sent. */
  constructor(store, send) {
    this.#store = store;
    this.#send = send;
  }

  /** The line above the messages that says what to look for. */
  get node() {
    return this.#coach;
  }

  /** Opens by itself on the first visit only. */
  greet() {
    if (!localStorage.getItem(SEEN) && this.#store.tour.length) this.open();
  }

  open() {
    const leave = () => {
      localStorage.setItem(SEEN, "yes");
      dialog.close();
    };
    const dialog = openDialog({
      kind: "tour",
      title: "Try LiveSOP",
      onclose: leave,
      body: h("div.dialog-body", {},
        h("p.tour-lead", {}, "This is a small Slack workspace on your own computer, with LiveSOP in it. ",
          "Send one of these messages and watch what happens."),
        h("ol.tour-cards", {}, this.#store.tour.map((stop, i) => h("li", {}, this.#card(stop, i, leave))))),
      footer: h("footer.dialog-foot", {},
        h("span.foot-note", {}, "You find these again under Quick tour."),
        h("button.button", { type: "button", onclick: leave }, "Look around first")),
    });
    dialog.querySelector(".tour-card")?.focus();
  }

  #card(stop, i, leave) {
    const user = this.#store.users.get(stop.user);
    const done = this.#done.has(stop.title);
    return h("button.tour-card", { type: "button", class: done ? "done" : "", onclick: () => { leave(); this.play(i); } },
      h("span.tour-number", { "aria-hidden": "true" }, done ? icon("check") : String(i + 1)),
      h("span.tour-text", {},
        h("strong", {}, stop.title),
        h("span.tour-message", {}, stop.text),
        h("span.tour-who", {}, avatar(user, "tiny"), `${user.real_name} in #${this.#store.channelName(stop.channel)}`)),
      h("span.tour-go", {}, "Send"));
  }

  /** Sends a stop's message as its person and says what to look for. */
  async play(i) {
    const stop = this.#store.tour[i];
    if (!(await this.#send(stop))) return;
    this.#done.add(stop.title);
    localStorage.setItem(DONE, JSON.stringify([...this.#done]));
    const next = this.#store.tour[i + 1];
    this.#coach.hidden = false;
    fill(this.#coach,
      icon("compass"),
      h("p", {}, h("strong", {}, `${stop.title}. `), stop.note),
      next && h("button.button", { type: "button", onclick: () => this.play(i + 1) }, `Next: ${next.title}`),
      !next && h("button.button", { type: "button", onclick: () => this.open() }, "All stops"),
      iconButton("close", "Close the tour", () => { this.#coach.hidden = true; }));
  }
}
