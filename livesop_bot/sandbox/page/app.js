/** The page: puts the parts together and routes what people do and what the server pushes. */

import { call, Live } from "/page/api.js";
import { confirmDialog, toast } from "/page/dialogs.js";
import { MainPane } from "/page/main_pane.js";
import { Modals } from "/page/modals.js";
import { drawBanners } from "/page/banners.js";
import { botName, drawSidebar } from "/page/sidebar.js";
import { isReply, Store } from "/page/store.js";
import { ThreadPane } from "/page/thread_pane.js";
import { Tour } from "/page/tour.js";
import { closePopover } from "/page/popover.js";

const MOST_BYTES = 5 * 1024 * 1024;

const PLACE = "livesop.place";

class App {
  #store = new Store();
  #place = { kind: "channel", channel: null };
  #live = null;
  #early = [];
  #awaited = null;
  #stale = null;
  #modals = new Modals(this.#store);
  #tour = new Tour(this.#store, (stop) => this.#playStop(stop));
  #actions = {
    openThread: (channel, ts) => this.#thread.open(channel, ts),
    copyLink: (channel, message) => copy(this.#store.permalink(channel, message)),
    remove: (channel, message) => this.#remove(channel, message),
    dismiss: (ts) => this.#try("dismiss", { ts }),
    shortcut: (channel, ts, callback_id) => this.#try("message_shortcut", { channel, ts, callback_id }),
    saveEdit: (channel, ts, text) => this.#try("edit_message", { channel, ts, text }),
    send: (channel, text, threadTs) => this.#send(channel, text, threadTs),
    share: (channel, file) => this.#share(channel, file),
    go: (place) => this.#go(place),
  };
  #main = new MainPane(document.getElementById("main"), this.#store, this.#actions, this.#tour.node);
  #thread = new ThreadPane(document.getElementById("thread"), this.#store, this.#actions, () => this.#remember());

  async start() {
    const kept = JSON.parse(sessionStorage.getItem(PLACE) ?? "{}");
    if (kept.place) this.#place = kept.place;
    for (const name of ["all", "home", "bot", "online", "messages"]) {
      this.#store.addEventListener(name, (event) => this.#draw(name, event.detail));
    }
    document.addEventListener("click", (event) => this.#follow(event));
    window.addEventListener("focus", () => this.#live?.retry());
    await this.#enter(kept.user);
    if (kept.thread && this.#store.message(this.#place.channel, kept.thread)) this.#thread.open(this.#place.channel, kept.thread);
    this.#tour.greet();
  }

  /** Becomes a person: fetches what they see and listens to what they would hear. */
  async #enter(user) {
    closePopover();
    if (this.#store.me) this.#modals.closeAll();
    this.#live?.close();
    let state;
    for (;;) {
      try {
        state = await call("state", user ? { user } : {});
        break;
      } catch (fault) {
        if (this.#store.loaded) {
          toast(fault.message, { bad: true });
          this.#listen();
          return;
        }
        if (user) user = undefined; // kept from an earlier sandbox, with other people
        else {
          drawBanners(this.#store, { unreachable: true });
          await new Promise((resolve) => setTimeout(resolve, 1000));
        }
      }
    }
    this.#load(state);
    this.#listen();
  }

  #load(state) {
    const wasDm = this.#store.channels.get(this.#place.channel)?.is_im;
    this.#store.load(state);
    if (wasDm) this.#place = { kind: "channel", channel: this.#store.botDm()?.id };
    const here = this.#place.kind === "home" || this.#store.channels.has(this.#place.channel);
    if (!here) this.#place = { kind: "channel", channel: this.#store.publicChannels()[0]?.id };
    if (!this.#store.channels.has(this.#thread.channel)) this.#thread.close();
    this.#show();
  }

  /** Opens the live connection. The state is fetched again once it stands, so that nothing falls between. */
  #listen() {
    const user = this.#store.me.id;
    const live = new Live(user, {
      open: async () => {
        this.#early = [];
        const early = this.#early;
        try {
          const state = await call("state", { user });
          if (this.#live !== live) return;
          if (state.started === this.#store.started) this.#store.load(state);
          else this.#startAnew(state);
          this.#store.unread.delete(this.#place.channel);
          this.#store.setOnline(true);
          this.#early = null;
          for (const push of early) this.#take(push);
          document.body.dataset.live = user;
        } catch {
          live.drop();
        }
      },
      push: (push) => (this.#early ? this.#early.push(push) : this.#take(push)),
      lost: () => {
        delete document.body.dataset.live;
        this.#store.setOnline(false);
      },
    });
    this.#live = live;
  }

  /** The sandbox was started again under the page: nothing that was open is there any more. */
  #startAnew(state) {
    this.#modals.forget();
    this.#load(state);
    toast("The sandbox was started again, with a fresh workspace: earlier messages are gone. LiveSOP's own memory is kept.");
  }

  #take(push) {
    this.#store.apply(push);
    this.#modals.apply(push);
  }

  /** Redraws what a change touches; a burst of messages is drawn once. */
  #draw(name, detail) {
    if (!this.#store.loaded) return;
    if (name === "messages") {
      this.#heard(detail);
      if (!this.#stale) requestAnimationFrame(() => this.#drawMessages());
      this.#stale = [...(this.#stale ?? []), detail];
      return;
    }
    if (name === "all") {
      this.#main.update();
      this.#thread.update();
      this.#showAnswer();
    }
    if (name === "all" || name === "home") this.#main.updateHome();
    if (name !== "home") this.#sidebar();
    drawBanners(this.#store, { bot: botName(this.#store), retry: () => this.#live.retry() });
  }

  #drawMessages() {
    const changes = this.#stale;
    this.#stale = null;
    for (const channel of new Set(changes.map((change) => change.channel))) {
      this.#main.update(channel);
      this.#thread.update(channel);
    }
    const own = changes.filter(({ isNew, message }) => isNew && message.user === this.#store.me.id);
    if (own.some(({ message }) => !isReply(message))) this.#main.toEnd();
    if (own.some(({ message }) => isReply(message))) this.#thread.toEnd();
    this.#sidebar();
  }

  /** Counts what was not seen. */
  #heard({ channel, message, isNew, ephemeral }) {
    if (!isNew) return;
    const { me } = this.#store;
    const shown = this.#place.kind === "channel" && this.#place.channel === channel;
    if (!shown && !ephemeral && !isReply(message) && message.user !== me.id) this.#store.markUnread(channel);
    this.#showAnswer();
  }

  /** Opens the thread of the tour's message as soon as it has an answer, however that came. */
  #showAnswer() {
    if (!this.#awaited) return;
    const { channel, ts } = this.#awaited;
    if (!this.#store.replies(channel, ts).length) return;
    this.#awaited = null;
    this.#thread.open(channel, ts, { focus: false });
  }

  #sidebar() {
    drawSidebar(document.getElementById("sidebar"), this.#store, this.#place, {
      go: (place) => this.#go(place),
      actAs: (user) => user !== this.#store.me.id && this.#enter(user),
      tour: () => this.#tour.open(),
    });
  }

  #go(place) {
    const same = place.kind === this.#place.kind && place.channel === this.#place.channel;
    this.#place = place;
    if (!same || this.#main.covered) this.#thread.close();
    this.#show();
  }

  /** Shows the present place from scratch. */
  #show() {
    const { kind, channel } = this.#place;
    this.#remember();
    this.#store.unread.delete(channel);
    this.#main.show(this.#place);
    this.#sidebar();
    const isDm = this.#store.channels.get(channel)?.is_im;
    if (kind === "home" || isDm) this.#try("open_home", { tab: kind === "home" ? "home" : "messages" });
    const name = kind === "home" ? botName(this.#store) : this.#store.channelName(channel);
    document.title = `${name} · ${this.#store.team.name} · LiveSOP sandbox`;
  }

  /** Keeps where this tab is for a reload. */
  #remember() {
    sessionStorage.setItem(PLACE, JSON.stringify({ user: this.#store.me.id, place: this.#place, thread: this.#thread.ts }));
  }

  /** Shares a file of this machine, as base64. */
  async #share(channel, file) {
    if (file.size > MOST_BYTES) {
      toast("The sandbox takes files of up to 5 MB.", { bad: true });
      return;
    }
    const bytes = new Uint8Array(await file.arrayBuffer());
    const content = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    await this.#try("share_file", { channel, name: file.name, content });
  }

  /** Posts or runs a command; resolves to whether it went out. */
  async #send(channel, text, threadTs) {
    if (!text.startsWith("/")) return this.#try("post_message", { channel, text, thread_ts: threadTs });
    if (threadTs) {
      toast("Slack does not run slash commands in threads. Send it in the channel.", { bad: true });
      return false;
    }
    return this.#try("command", { channel, text });
  }

  async #playStop(stop) {
    if (stop.user !== this.#store.me.id) await this.#enter(stop.user);
    this.#go({ kind: "channel", channel: stop.channel });
    const answer = await this.#try("post_message", { channel: stop.channel, text: stop.text });
    if (!answer) return false;
    this.#awaited = { channel: stop.channel, ts: answer.ts };
    this.#showAnswer();
    return true;
  }

  async #remove(channel, message) {
    const sure = await confirmDialog({
      title: { text: "Delete message" }, text: { type: "plain_text", text: "Are you sure you want to delete this message? This cannot be undone." },
      confirm: { text: "Delete" }, style: "danger",
    }, this.#store);
    if (sure) await this.#try("delete_message", { channel, ts: message.ts });
  }

  /** Calls a verb as the person acting; a refusal becomes a toast and false. */
  async #try(verb, body) {
    try {
      return await call(verb, { user: this.#store.me.id, ...body });
    } catch (fault) {
      toast(fault.message, { bad: true });
      return false;
    }
  }

  /** Links to this workspace's messages and channels stay in the page. */
  #follow(event) {
    const mention = event.target.closest?.("[data-channel]");
    if (mention) {
      this.#modals.closeAll();
      this.#go({ kind: "channel", channel: mention.dataset.channel });
      return;
    }
    const link = event.target.closest?.("a[href]");
    const target = link && this.#store.parsePermalink(link.href);
    if (!target) return;
    event.preventDefault();
    this.#jump(target);
  }

  #jump({ channel, ts, thread_ts: thread }) {
    const known = this.#store.channels.has(channel) && (!ts || this.#store.message(channel, ts));
    if (!known) {
      toast("This message is not in the sandbox (any more).", { bad: true });
      return;
    }
    this.#modals.closeAll();
    this.#go({ kind: "channel", channel });
    const root = thread ?? this.#store.message(channel, ts)?.thread_ts;
    if (root && root !== ts) {
      this.#thread.open(channel, root, { focus: false });
      this.#main.highlight(root);
      this.#thread.highlight(ts);
    } else if (ts) this.#main.highlight(ts);
  }
}

/** Puts an address on the clipboard, or shows it where the browser does not allow that. */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("Link copied.");
  } catch {
    toast(text);
  }
}

await new App().start();
