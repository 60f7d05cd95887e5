/** What the page knows of the workspace: the server's state plus everything pushed since. */

/** Emits "messages", "home", "bot", "online" and "all"; the parts of the page listen. */
export class Store extends EventTarget {
  /** When the sandbox was started: at each start it is a fresh workspace. */
  started = "";
  team = {};
  me = null;
  users = new Map();
  channels = new Map();
  messages = new Map();
  ephemerals = [];
  home = null;
  bot = { connections: 0 };
  commands = [];
  shortcuts = [];
  tour = [];
  unread = new Map();
  online = false;
  wasOnline = false;
  loaded = false;

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  /** Replaces everything with the answer of the `state` verb. */
  load(state) {
    const meId = state.me.id;
    const before = this.me?.id === meId && this.started === state.started ? this.messages : null;
    if (!before) this.unread.clear();
    this.started = state.started;
    this.team = state.team;
    this.users = new Map(state.users.map((user) => [user.id, user]));
    this.me = state.me;
    this.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
    this.messages = new Map(
      Object.entries(state.messages).map(([id, list]) => [id, new Map(list.map((m) => [m.ts, m]))]),
    );
    if (before) this.#countMissed(before, meId);
    this.ephemerals = state.ephemerals;
    this.home = state.home;
    this.bot = state.bot;
    this.commands = state.commands;
    this.shortcuts = state.shortcuts;
    this.tour = state.tour;
    this.loaded = true;
    this.#emit("all");
  }

  /** Marks as unread what came while the page was not connected. */
  #countMissed(before, meId) {
    for (const [channel, list] of this.messages) {
      for (const message of list.values()) {
        if (!before.get(channel)?.has(message.ts) && !isReply(message) && message.user !== meId) this.markUnread(channel);
      }
    }
  }

  setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    this.wasOnline ||= online;
    this.#emit("online");
  }

  /** Takes one push in; unknown kinds are left to whoever listens to them. */
  apply(push) {
    switch (push.push) {
      case "message":
      case "message_changed": {
        const isNew = !this.list(push.channel).has(push.message.ts);
        this.list(push.channel).set(push.message.ts, push.message);
        this.#emit("messages", { channel: push.channel, message: push.message, isNew });
        break;
      }
      case "message_deleted":
        this.list(push.channel).delete(push.ts);
        this.#emit("messages", { channel: push.channel });
        break;
      case "ephemeral":
        if (push.user !== this.me?.id) break;
        this.dropEphemeral(push.message.ts);
        this.ephemerals.push({ channel: push.channel, user: push.user, message: push.message });
        this.#emit("messages", { channel: push.channel, message: push.message, isNew: true, ephemeral: true });
        break;
      case "ephemeral_deleted":
        this.dropEphemeral(push.ts);
        this.#emit("messages", { channel: push.channel });
        break;
      case "home":
        if (push.user !== this.me?.id) break;
        this.home = push.view;
        this.#emit("home");
        break;
      case "connections":
        this.bot = { ...this.bot, connections: push.count };
        this.#emit("bot");
        break;
    }
  }

  dropEphemeral(ts) {
    this.ephemerals = this.ephemerals.filter((e) => e.message.ts !== ts);
  }

  /** The messages of a channel, by ts. */
  list(channel) {
    if (!this.messages.has(channel)) this.messages.set(channel, new Map());
    return this.messages.get(channel);
  }

  message(channel, ts) {
    return this.list(channel).get(ts);
  }

  /** Messages and ephemerals of a channel that pass, oldest first, as {message, ephemeral}. */
  #rows(channel, passes) {
    const rows = [...this.list(channel).values()].map((message) => ({ message, ephemeral: false }));
    for (const e of this.ephemerals) {
      if (e.channel === channel) rows.push({ message: e.message, ephemeral: true });
    }
    return rows.filter(({ message }) => passes(message)).sort((a, b) => Number(a.message.ts) - Number(b.message.ts));
  }

  /** What the channel itself shows: no thread replies, unless they were also sent to the channel. */
  timeline(channel) {
    return this.#rows(channel, (m) => !isReply(m) || m.subtype === "thread_broadcast");
  }

  /** The ts of each thread's replies, by the ts of its first message. */
  threads(channel) {
    const threads = new Map();
    for (const message of this.list(channel).values()) {
      if (isReply(message)) threads.set(message.thread_ts, [...(threads.get(message.thread_ts) ?? []), message.ts]);
    }
    return threads;
  }

  /** The replies of a thread. */
  replies(channel, ts) {
    return this.#rows(channel, (m) => m.thread_ts === ts && m.ts !== ts);
  }

  /** Who wrote it: a person, the bot, or a stand-in for whoever is not known. */
  author(message) {
    const user = this.users.get(message.user) ?? (message.bot_id ? this.users.get(this.bot.user_id) : undefined);
    const isBot = Boolean(message.bot_id || user?.is_bot);
    const name = message.username || user?.real_name || user?.name || this.bot.name || "Unknown";
    return { ...user, name, is_bot: isBot, initials: user?.initials ?? name.slice(0, 1).toUpperCase() };
  }

  name(user) {
    const known = this.users.get(user);
    return known ? known.real_name || known.name : user;
  }

  channelName(id) {
    const channel = this.channels.get(id);
    if (!channel) return id;
    return channel.is_im ? this.bot.name || "LiveSOP" : channel.name;
  }

  /** The channels of the sidebar, and the conversation with the bot. */
  publicChannels() {
    return [...this.channels.values()].filter((c) => !c.is_im);
  }

  botDm() {
    return [...this.channels.values()].find((c) => c.is_im);
  }

  markUnread(channel) {
    this.unread.set(channel, (this.unread.get(channel) ?? 0) + 1);
  }

  /** Slack's address of a message, as "Copy link" gives it. */
  permalink(channel, message) {
    const base = `${this.team.url.replace(/\/$/, "")}/archives/${channel}/p${message.ts.replace(".", "")}`;
    return isReply(message) ? `${base}?thread_ts=${message.thread_ts}&cid=${channel}` : base;
  }

  /** {channel, ts, thread_ts?} of one of this workspace's permalinks, else null. */
  parsePermalink(href) {
    const base = this.team.url?.replace(/\/$/, "");
    if (!base || !href.startsWith(`${base}/archives/`)) return null;
    const url = new URL(href);
    const match = /^\/archives\/([A-Z0-9]+)(?:\/p(\d{10})(\d{6}))?\/?$/.exec(url.pathname);
    if (!match) return null;
    const ts = match[2] ? `${match[2]}.${match[3]}` : null;
    return { channel: match[1], ts, thread_ts: url.searchParams.get("thread_ts") };
  }
}

/** Whether a message stands inside a thread. */
export function isReply(message) {
  return Boolean(message.thread_ts) && message.thread_ts !== message.ts;
}
