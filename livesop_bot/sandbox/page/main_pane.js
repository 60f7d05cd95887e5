/** The middle: a channel, the conversation with the app, or the app's Home tab. */

import { renderBlocks } from "/page/blocks.js";
import { Composer } from "/page/composer.js";
import { avatar, fill, h } from "/page/dom.js";
import { Form } from "/page/form.js";
import { actor } from "/page/interactions.js";
import { MessageList } from "/page/message_list.js";
import { botName } from "/page/sidebar.js";

export class MainPane {
  #node;
  #store;
  #actions;
  #place = null;
  #head = h("header.pane-head");
  #list;
  #home = h("div.home", { role: "tabpanel", "aria-label": "Home", tabindex: "0" });
  #composers = new Map();
  #homeForm = new Form();
  #homeOf = "";
  #foot = h("div.pane-foot");

  constructor(node, store, actions, coach) {
    this.#store = store;
    this.#actions = actions;
    this.#list = new MessageList(store, actions, { inThread: false, label: "Messages" });
    this.#node = node;
    node.append(this.#head, coach, this.#list.node, this.#home, this.#foot);
  }

  show(place) {
    this.#place = place;
    const isHome = place.kind === "home";
    this.#list.node.hidden = isHome;
    this.#foot.hidden = isHome;
    this.#home.hidden = !isHome;
    this.#drawHead();
    if (isHome) {
      this.updateHome();
      return;
    }
    const channel = this.#store.channels.get(place.channel);
    this.#foot.replaceChildren(this.#composer(channel).node);
    this.#list.show(place.channel, () => this.#store.timeline(place.channel), { lead: this.#lead(channel) });
    if (!document.querySelector("dialog[open]")) this.#composer(channel).focus();
  }

  #drawHead() {
    const channel = this.#store.channels.get(this.#place.channel);
    const dm = this.#store.botDm();
    const isApp = this.#place.kind === "home" || channel?.is_im;
    if (!isApp) {
      fill(this.#head, h("h2", {}, h("span.hash", {}, "#"), channel.name), channel.topic && h("p.topic", {}, channel.topic));
      return;
    }
    const tab = (target, label, here) => h("button.tab", {
      type: "button", role: "tab", "aria-selected": String(here), "data-key": `tab-${label}`, onclick: () => this.#actions.go(target),
    }, label);
    fill(this.#head, h("h2", {}, avatar({ is_bot: true }, "small"), botName(this.#store), h("span.badge", {}, "APP")),
      h("div.tabs", { role: "tablist", "aria-label": botName(this.#store) },
        tab({ kind: "home" }, "Home", this.#place.kind === "home"),
        dm && tab({ kind: "channel", channel: dm.id }, "Messages", this.#place.kind !== "home")));
  }

  /** What stands above the first message. */
  #lead(channel) {
    if (channel.is_im) {
      return h("div.beginning", {}, avatar({ is_bot: true }, "large"), h("h3", {}, botName(this.#store)),
        h("p", {}, "This is the conversation between you and the app."));
    }
    return h("div.beginning", {}, h("h3", {}, `# ${channel.name}`),
      h("p", {}, channel.topic || `This is the very beginning of #${channel.name}.`));
  }

  /** A box per channel, so that unsent words stay where they were typed. */
  #composer(channel) {
    if (!this.#composers.has(channel.id)) {
      this.#composers.set(channel.id, new Composer({
        store: this.#store, name: channel.id,
        placeholder: `Message ${channel.is_im ? botName(this.#store) : `#${channel.name}`}`,
        send: (text) => this.#actions.send(channel.id, text),
        share: (file) => this.#actions.share(channel.id, file),
        editLast: () => this.#list.editLast(),
      }));
    }
    return this.#composers.get(channel.id);
  }

  /** Brings the messages up to date when they are those of `channel` (or of any, when undefined). */
  update(channel) {
    if (this.#place?.kind === "channel" && (!channel || channel === this.#place.channel)) this.#list.update();
  }

  updateHome() {
    if (this.#place?.kind !== "home") return;
    const { home, me } = this.#store;
    if (this.#homeOf !== me.id) {
      this.#homeOf = me.id;
      this.#homeForm = new Form();
    }
    const container = { type: "view", view_id: home?.id };
    fill(this.#home, home
      ? renderBlocks(home.blocks ?? [], {
        store: this.#store, form: this.#homeForm, scope: "home", redraw: () => this.updateHome(),
        act: actor(this.#store, container, this.#homeForm),
      })
      : h("div.home-empty", {}, h("h3", {}, `${botName(this.#store)} has not set up its Home yet`), h("p", {}, "It appears here as soon as the app publishes it.")));
  }

  /** Whether an open thread stands in its place, as it does in a narrow window. */
  get covered() {
    return !this.#node.checkVisibility();
  }

  toEnd() {
    this.#list.toEnd();
  }

  highlight(ts) {
    return this.#list.highlight(ts);
  }
}
