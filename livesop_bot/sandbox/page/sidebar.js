/** The left side: workspace, channels, the app, and who one is acting as. */

import { avatar, fill, h, icon } from "/page/dom.js";

/** Draws the sidebar. `place` is what the main side shows; `go`, `actAs` and `tour` do what they say. */
export function drawSidebar(node, store, place, { go, actAs, tour }) {
  const item = (target, label, lead, extra) => {
    const here = target.kind === place.kind && target.channel === place.channel;
    const unread = here ? 0 : (store.unread.get(target.channel) ?? 0);
    return h("button.nav-item", {
      type: "button", class: `${here ? "here" : ""} ${unread ? "unread" : ""}`, "aria-current": here ? "page" : null,
      "data-key": `nav-${target.kind}-${target.channel ?? ""}`, "data-channel-item": target.channel,
      onclick: () => go(target),
    }, h("span.lead", { "aria-hidden": "true" }, lead), h("span.nav-label", {}, label), extra,
      unread > 0 && h("span.count", { "aria-label": `${unread} unread` }, String(unread)));
  };
  const dm = store.botDm();
  fill(node,
    h("header.team", {},
      h("img.team-mark", { src: "/page/icon.svg", alt: "" }),
      h("div", {}, h("h1", {}, store.team.name), h("p", {}, "Sandbox: stays on this computer"))),
    h("div.nav", {},
      h("h2", { id: "nav-channels" }, "Channels"),
      h("div", { role: "group", "aria-labelledby": "nav-channels" },
        store.publicChannels().map((c) => item({ kind: "channel", channel: c.id }, c.name, "#"))),
      h("h2", { id: "nav-apps" }, "Apps"),
      h("div", { role: "group", "aria-labelledby": "nav-apps" },
        h("div.app-name", {}, avatar({ is_bot: true }, "small"), h("span", {}, botName(store)),
          h("span.dot", { class: store.bot.connections > 0 ? "on" : "", role: "img", "aria-label": store.bot.connections > 0 ? "connected" : "not connected" })),
        item({ kind: "home" }, "Home", icon("home")),
        dm && item({ kind: "channel", channel: dm.id }, "Messages", icon("reply")))),
    h("div.acting", {},
      h("h2", { id: "acting-as" }, "Acting as"),
      h("div", { role: "radiogroup", "aria-labelledby": "acting-as", onkeydown: radioKeys },
        [...store.users.values()].filter((u) => !u.is_bot).map((u) => {
          const isMe = u.id === store.me.id;
          return h("button.person", {
            type: "button", role: "radio", "aria-checked": String(isMe), tabindex: isMe ? "0" : "-1", class: isMe ? "here" : "",
            "data-key": `person-${u.id}`, "data-person": u.id, onclick: () => actAs(u.id),
          }, avatar(u, "small"),
            h("span.person-text", {}, h("span", {}, u.real_name || u.name), u.title && h("small", {}, u.title)),
            u.is_admin && h("span.badge", { title: "A workspace admin" }, "ADMIN"));
        })),
      h("button.nav-item.tour-button", { type: "button", "data-key": "tour", onclick: tour }, h("span.lead", {}, icon("compass")), h("span.nav-label", {}, "Quick tour"))));
  node.querySelector(".nav .here")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** What the app calls itself. */
export function botName(store) {
  return store.users.get(store.bot.user_id)?.real_name || store.bot.name || "LiveSOP";
}

/** Arrow keys move through the people, as in any radio group; Enter or Space acts as one. */
function radioKeys(event) {
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = [...event.currentTarget.querySelectorAll("[role=radio]")];
  all[(all.indexOf(document.activeElement) + step + all.length) % all.length].focus();
}
