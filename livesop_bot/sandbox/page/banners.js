/** The lines at the top that say when something is not connected. */

import { fill, h, icon } from "/page/dom.js";

/** Draws the banners: the sandbox cannot be reached, or the bot is not connected to it. */
export function drawBanners(store, { unreachable = false, bot = "LiveSOP", retry } = {}) {
  const lost = unreachable || (store.loaded && !store.online && store.wasOnline);
  const idle = !lost && store.online && store.bot.connections === 0;
  fill(document.getElementById("banners"),
    lost && h("div.banner.lost", {}, icon("warn"),
      h("span", {}, "The sandbox cannot be reached. Trying again …"),
      retry && h("button.button", { type: "button", "data-key": "retry", onclick: retry }, "Try now")),
    idle && h("div.banner.idle", {}, icon("warn"),
      h("span", {}, `${bot} is not connected to this workspace. It answers as soon as it is back.`)));
}
